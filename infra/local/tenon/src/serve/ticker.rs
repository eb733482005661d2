//! The schedules. Each ticks every second; what is due decides the flow itself, by claiming its slot.

use super::registry::{self, Handler};
use std::time::Duration;
use tenon_platform::Context;
use tenon_platform::lambda::ScheduleHandler;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The schedules of the catalog.
pub fn schedules() -> impl Iterator<Item = (&'static str, ScheduleHandler)> {
    registry::all().filter_map(|(function, handler)| match handler {
        Handler::Schedule(handler) => Some((function.name, handler)),
        _ => None,
    })
}

/// Runs of one schedule under way at once. A run that hangs on one vendor does not keep the next from the
/// others; what is under way already is passed over by the schedule itself.
const AT_ONCE: usize = 16;

/// How long runs under way are waited for at the end.
const LAST: Duration = Duration::from_secs(5);

/// Ticks one schedule until told to stop; runs under way are finished, if they soon are.
pub async fn run(ctx: Context, name: &'static str, handler: ScheduleHandler, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut runs = JoinSet::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => break,
        }
        while runs.try_join_next().is_some() {}
        if runs.len() >= AT_ONCE {
            continue;
        }
        let ctx = ctx.clone();
        runs.spawn(async move {
            if let Err(error) = handler(&ctx).await {
                tracing::debug!(schedule = name, error.code = error.code, "schedule failed; its own log line says why");
            }
        });
    }
    // What takes longer hangs on a vendor, and is safe to leave: it is done again from what is stored.
    let _ = tokio::time::timeout(LAST, async { while runs.join_next().await.is_some() {} }).await;
}
