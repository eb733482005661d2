//! The schedules. Each ticks every second; what is due decides the flow itself, by claiming its slot.

use super::registry::{self, Handler};
use super::{Ending, reached};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_catalog::Function;
use tenon_platform::Context;
use tenon_platform::lambda::ScheduleHandler;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long the same failure is not told again, in ms.
const AGAIN_AFTER_MS: i64 = 60_000;

/// The schedules of the catalog.
pub fn schedules() -> impl Iterator<Item = (&'static Function, ScheduleHandler)> {
    registry::all().filter_map(|(function, handler)| match handler {
        Handler::Schedule(handler) => Some((function, handler)),
        _ => None,
    })
}

/// Runs of one schedule under way at once. A run that hangs on one vendor does not keep the next from the
/// others; what is under way already is passed over by the schedule itself.
const AT_ONCE: usize = 16;

/// Ticks one schedule until told to stop; runs under way are finished, or cut off in the end.
pub async fn run(
    ctx: Context,
    function: &'static Function,
    handler: ScheduleHandler,
    mut ends: watch::Receiver<Ending>,
) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut runs, failing) = (JoinSet::new(), Arc::new(Mutex::new(Failing::default())));
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = reached(&mut ends, Ending::Finishing) => break,
        }
        while runs.try_join_next().is_some() {}
        if runs.len() >= AT_ONCE {
            continue;
        }
        let (ctx, failing) = (registry::within(&ctx, function), Arc::clone(&failing));
        runs.spawn(async move {
            let Err(error) = handler(&ctx).await else { return };
            if failing.lock().unwrap_or_else(PoisonError::into_inner).is_news(error.code, ctx.now_ms()) {
                tracing::error!(schedule = function.name, error.code = error.code, error.message = %error, "a schedule failed and is tried again every second");
            }
        });
    }
    // What takes longer hangs on a vendor, and is safe to leave: it is done again from what is stored.
    tokio::select! {
        () = async { while runs.join_next().await.is_some() {} } => {}
        () = reached(&mut ends, Ending::CutOff) => {}
    }
}

/// What a schedule that ticks every second has told of its failures, so that an outage is no flood.
#[derive(Default)]
struct Failing(Option<(&'static str, i64)>);

impl Failing {
    /// Whether a failure is to be told: one that is new, or that was last told a minute ago.
    fn is_news(&mut self, code: &'static str, now_ms: i64) -> bool {
        let reported = self.0.is_some_and(|(reported, at_ms)| code == reported && now_ms - at_ms < AGAIN_AFTER_MS);
        if !reported {
            self.0 = Some((code, now_ms));
        }
        !reported
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_crypto::secrets::MasterKey;
    use tenon_engine::{Gate, GateDecision, Local};
    use tenon_platform::http::NoHttp;
    use tenon_platform::{Clock, Entropy};
    use tenon_testkit::Logged;

    #[tokio::test]
    async fn every_schedule_that_fails_on_the_table_says_so_as_an_error() {
        let local = Local::memory(Clock::system()).await.unwrap().with_gate(Gate::new(|_, _| GateDecision::Kill));
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
        for (function, handler) in schedules() {
            let (lines, _listening) = Logged::listen(tracing::Level::ERROR);
            let (stop, ends) = watch::channel(Ending::NotYet);
            let ticking = tokio::spawn(run(ctx.clone(), function, handler, ends));
            let is_failure = |line: &str| line.contains("a schedule failed") && line.contains(function.name);
            while !lines.all().iter().any(|line| is_failure(line)) {
                assert!(!ticking.is_finished());
                tokio::task::yield_now().await;
            }
            let all = lines.all();
            let line = all.iter().find(|line| is_failure(line)).unwrap();
            assert!(line.contains("ERROR") && line.contains("platform.table"), "{line}");
            drop(stop);
            ticking.await.unwrap();
        }
    }

    #[test]
    fn a_failure_is_told_when_it_begins_changes_and_lasts() {
        let mut failing = Failing::default();
        assert!(failing.is_news("table.failed", 1_000));
        assert!(!failing.is_news("table.failed", 2_000));
        assert!(failing.is_news("b1.unreachable", 3_000));
        assert!(!failing.is_news("b1.unreachable", 62_999));
        assert!(failing.is_news("b1.unreachable", 63_000));
    }
}
