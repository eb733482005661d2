//! Histories: plans of what happens to documents and processes, drawn from a seed or taken boundary by boundary, and
//! played on all cores.

use crate::Boundary;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tenon_engine::Moment;
use tenon_sandbox::{Fault, FaultKind, Vendor};

/// Runs one future to its end.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Plays plans on all cores; panics with those that went wrong.
pub fn play_all<P: Sync>(plans: &[P], play: impl AsyncFn(&P) -> Result<usize, String> + Sync) {
    assert!(!plans.is_empty());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(why) = run(play(plan)) {
                        failures.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} went wrong:\n{}", failures.len(), plans.len(), failures.join("\n\n"));
}

/// At most so many boundaries of a process are tried in an ordinary run.
const BOUNDARIES: usize = 24;

/// Both sides of the boundaries of a process that makes so many effects, of every one in `step`: all of them where
/// `TENON_BOUNDARIES=all` asks for it, otherwise some that are spread over the whole process, in turn before and after
/// an effect.
pub fn boundaries(effects: usize, step: usize) -> impl Iterator<Item = Boundary> {
    let all = std::env::var("TENON_BOUNDARIES").is_ok_and(|which| which == "all");
    let effects = (0..effects).step_by(step);
    let spread = if all { 1 } else { (2 * effects.len()).div_ceil(BOUNDARIES) | 1 };
    let moments = [Moment::Before, Moment::After];
    effects.flat_map(move |effect| moments.map(|moment| Boundary { effect, moment })).step_by(spread)
}

/// The seeds to play: so many; as many as `TENON_HISTORIES` says, or from one to another (`301-600`), so that a long run is
/// played in parts; or the one of `TENON_HISTORY_SEED`.
pub fn seeds(usually: u64) -> RangeInclusive<u64> {
    let variable = |name: &str| std::env::var(name).ok();
    if let Some(seed) = variable("TENON_HISTORY_SEED").and_then(|text| text.parse().ok()) {
        return seed..=seed;
    }
    match variable("TENON_HISTORIES") {
        Some(text) => range(&text).unwrap_or_else(|| panic!("TENON_HISTORIES={text} is neither a number nor a range")),
        None => 1..=usually,
    }
}

fn range(text: &str) -> Option<RangeInclusive<u64>> {
    match text.split_once('-') {
        Some((first, last)) => Some(first.parse().ok()?..=last.parse().ok()?),
        None => Some(1..=text.parse().ok()?),
    }
}

/// A small generator, so that a seed names a history for ever.
pub struct Dice(AtomicU64);

impl Dice {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The dice of a seed.
    pub fn of(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)))
    }

    /// The dice of a seed after the first throw.
    pub fn past_first(seed: u64) -> Self {
        let dice = Self::of(seed);
        dice.below(1);
        dice
    }

    /// A number below this one.
    pub fn below(&self, n: u64) -> u64 {
        let mut x = self.0.fetch_add(Self::STEP, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n
    }

    /// The same, for places in a list.
    pub fn place(&self, n: usize) -> usize {
        usize::try_from(self.below(u64::try_from(n).unwrap())).unwrap()
    }

    /// Up to three deaths, at one of so many effects.
    pub fn deaths(&self, effects: usize) -> Vec<Boundary> {
        let moment = || if self.below(2) == 0 { Moment::Before } else { Moment::After };
        (0..self.below(4)).map(|_| Boundary { effect: self.place(effects), moment: moment() }).collect()
    }

    /// From one to this.
    pub fn few(&self, most: u64) -> u32 {
        u32::try_from(1 + self.below(most)).unwrap()
    }

    /// What may befall a call to a system that a factory's flows write to.
    pub fn trouble(&self) -> FaultKind {
        match self.below(8) {
            0 | 1 => FaultKind::DropBeforeCommit,
            2 | 3 => FaultKind::DropAfterCommit,
            4 => FaultKind::Html([502, 503][self.place(2)]),
            5 => FaultKind::ExpireSessions,
            6 => FaultKind::Late(Duration::from_secs(20)),
            _ => FaultKind::RateLimited,
        }
    }

    /// What may befall a call to an OA or its ERP.
    pub fn trouble_of_an_oa(&self) -> FaultKind {
        match self.below(8) {
            0 | 1 => FaultKind::DropBeforeCommit,
            2 | 3 => FaultKind::DropAfterCommit,
            4 => FaultKind::Html(502),
            5 => FaultKind::ExpireSessions,
            6 => FaultKind::RateLimited,
            _ => FaultKind::SystemBusy,
        }
    }

    /// Up to four faults, each with the step it comes at.
    pub fn faults(&self, fault: impl Fn(&Self) -> (FaultKind, Vendor)) -> Vec<(usize, Fault)> {
        (0..self.below(5))
            .map(|_| {
                let (kind, vendor) = fault(self);
                let fault = Fault::new(kind).vendor(vendor).nth(self.few(4)).times(self.few(3));
                (self.place(12), fault)
            })
            .collect()
    }
}
