//! Crash points: every boundary of each scenario's first process, and seeded histories of several
//! documents with deaths and faults at random places.

use super::history::{Plan, Scenario, play};
use std::time::Duration;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};

fn boundaries_of(scenario: Scenario) {
    boundaries_of_plan(Plan { scenarios: vec![scenario], ..Plan::default() });
}

fn boundaries_of_plan(undisturbed: Plan) {
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 20, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, 1).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

#[test]
fn an_approved_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::DraftApproved);
}

#[test]
fn an_approved_draft_that_is_added_becomes_one_document_whatever_dies() {
    boundaries_of_plan(Plan { scenarios: vec![Scenario::DraftApproved], adds: true, ..Plan::default() });
}

#[test]
fn a_refused_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::DraftRefused);
}

#[test]
fn a_withdrawn_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::DraftWithdrawn);
}

#[test]
fn a_changed_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::DraftChanged);
}

#[test]
fn an_order_handed_in_again_in_the_oa_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::OrderHandedInAgain);
}

#[test]
fn an_approved_order_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::OrderApproved);
}

#[test]
fn a_quotation_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Quotation);
}

fn random_fault(dice: &Dice) -> (FaultKind, Vendor) {
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
    (kind, if dice.below(2) == 0 { Vendor::B1 } else { Vendor::DingTalk })
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::of(seed);
    let mut scenarios: Vec<Scenario> =
        (0..1 + dice.below(3)).map(|_| Scenario::DOCUMENTS[usize::try_from(dice.below(6)).unwrap()]).collect();
    if dice.below(3) == 0 {
        scenarios.push(Scenario::Quotation);
    }
    let deaths = dice.deaths(120);
    let fault = |(kind, vendor)| Fault::new(kind).vendor(vendor).nth(dice.few(4)).times(dice.few(3));
    let faults = (0..dice.below(5)).map(|_| (dice.place(12), fault(random_fault(&dice)))).collect();
    let refused_callbacks = if dice.below(4) == 0 { 1..usize::try_from(dice.below(20)).unwrap() + 2 } else { 0..0 };
    let adds = dice.below(3) == 0;
    Plan { seed, scenarios, deaths, faults, adds, refused_callbacks }
}

/// 120 histories by default; `TENON_HISTORIES=10000` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    let plans: Vec<Plan> = seeds(120).map(random_plan).collect();
    play_all(&plans, play);
}
