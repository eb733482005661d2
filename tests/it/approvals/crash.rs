//! Crash points: every boundary of each scenario's first process, and seeded histories of several
//! documents with deaths and faults at random places.

use super::history::{Plan, Scenario, play};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tenon_engine::Moment;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::Boundary;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Plays plans on both cores; panics with the first history that went wrong.
fn play_all(plans: Vec<Plan>) {
    let next = AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
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
    assert!(
        failures.is_empty(),
        "{} of {} histories went wrong:\n{}",
        failures.len(),
        plans.len(),
        failures.join("\n\n")
    );
}

fn every_boundary_of(scenario: Scenario) {
    every_boundary_of_plan(Plan { scenarios: vec![scenario], ..Plan::default() });
}

fn every_boundary_of_plan(undisturbed: Plan) {
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 20, "only {effects} effects were counted");
    let mut plans = Vec::new();
    for effect in 0..effects {
        for moment in [Moment::Before, Moment::After] {
            plans.push(Plan { deaths: vec![Boundary { effect, moment }], ..undisturbed.clone() });
        }
    }
    play_all(plans);
}

#[test]
fn an_approved_draft_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::DraftApproved);
}

#[test]
fn an_approved_draft_that_is_added_becomes_one_document_whatever_dies() {
    every_boundary_of_plan(Plan { scenarios: vec![Scenario::DraftApproved], adds: true, ..Plan::default() });
}

#[test]
fn a_refused_draft_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::DraftRefused);
}

#[test]
fn a_withdrawn_draft_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::DraftWithdrawn);
}

#[test]
fn a_changed_draft_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::DraftChanged);
}

#[test]
fn an_order_handed_in_again_in_the_oa_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::OrderHandedInAgain);
}

#[test]
fn an_approved_order_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::OrderApproved);
}

#[test]
fn a_quotation_survives_death_at_every_boundary() {
    every_boundary_of(Scenario::Quotation);
}

/// A small generator, so that a seed names a history for ever.
struct Dice(AtomicU64);

impl Dice {
    fn below(&self, n: u64) -> u64 {
        let mut x = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n
    }
}

fn random_fault(dice: &Dice) -> Fault {
    let kind = match dice.below(9) {
        0 | 1 => FaultKind::DropBeforeCommit,
        2 | 3 => FaultKind::DropAfterCommit,
        4 => FaultKind::Status(
            500,
            r#"{"error":{"code":-1,"message":{"lang":"en-us","value":"Internal error"}}}"#.to_owned(),
        ),
        5 => FaultKind::Html(502),
        6 => FaultKind::ExpireSessions,
        7 => FaultKind::RateLimited,
        _ => FaultKind::Latency(Duration::from_secs(40)),
    };
    let vendor = if dice.below(2) == 0 { Vendor::B1 } else { Vendor::DingTalk };
    Fault::new(kind)
        .vendor(vendor)
        .nth(1 + u32::try_from(dice.below(4)).unwrap())
        .times(1 + u32::try_from(dice.below(3)).unwrap())
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice(AtomicU64::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)));
    let mut scenarios: Vec<Scenario> =
        (0..1 + dice.below(3)).map(|_| Scenario::DOCUMENTS[usize::try_from(dice.below(6)).unwrap()]).collect();
    if dice.below(3) == 0 {
        scenarios.push(Scenario::Quotation);
    }
    let deaths = (0..dice.below(4))
        .map(|_| Boundary {
            effect: usize::try_from(dice.below(120)).unwrap(),
            moment: if dice.below(2) == 0 { Moment::Before } else { Moment::After },
        })
        .collect();
    let faults = (0..dice.below(5)).map(|_| (usize::try_from(dice.below(12)).unwrap(), random_fault(&dice))).collect();
    let refused_callbacks = if dice.below(4) == 0 { 1..usize::try_from(dice.below(20)).unwrap() + 2 } else { 0..0 };
    let adds = dice.below(3) == 0;
    Plan { seed, scenarios, deaths, faults, adds, refused_callbacks }
}

/// 300 histories by default; `TENON_HISTORIES=10000` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let plans: Vec<Plan> = match number("TENON_HISTORY_SEED") {
        Some(seed) => vec![random_plan(seed)],
        None => (1..=number("TENON_HISTORIES").unwrap_or(300)).map(random_plan).collect(),
    };
    assert!(!plans.is_empty());
    play_all(plans);
}
