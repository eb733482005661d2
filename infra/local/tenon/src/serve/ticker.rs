//! The schedules. Each ticks every second; what is due decides the flow itself, by claiming its slot.

use super::registry::{self, Handler};
use std::time::Duration;
use tenon_platform::Context;
use tenon_platform::lambda::ScheduleHandler;
use tokio::sync::watch;

/// The schedules of the catalog.
pub fn schedules() -> impl Iterator<Item = (&'static str, ScheduleHandler)> {
    registry::all().filter_map(|(function, handler)| match handler {
        Handler::Schedule(handler) => Some((function.name, handler)),
        _ => None,
    })
}

/// Ticks one schedule until told to stop.
pub async fn run(ctx: Context, name: &'static str, handler: ScheduleHandler, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => return,
        }
        if let Err(error) = handler(&ctx).await {
            tracing::debug!(schedule = name, error.code = error.code, "schedule failed; its own log line says why");
        }
    }
}
