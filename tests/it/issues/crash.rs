//! Crash points of issues: every boundary of a feeding's first process, and seeded histories.

use super::history::{Act, Feeding, ORDERS, Plan, What, play};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};

const ONE: Feeding = Feeding { order: "478", what: What::Batch, amount: 3, publishes: true, at: 0 };

// R-M57
#[test]
fn a_feeding_survives_death_at_every_boundary() {
    let undisturbed = Plan { feedings: vec![ONE], ..Plan::default() };
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 10, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, 1).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

// R-M57: the answer of the post is lost, and then the process dies while it looks for it.
#[test]
fn an_issue_whose_answer_was_lost_survives_death_at_boundaries() {
    let lost = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::B1).on("POST", "InventoryGenExits");
    let undisturbed = Plan { feedings: vec![ONE], faults: vec![(0, lost)], ..Plan::default() };
    let plans: Vec<Plan> =
        boundaries(120, 3).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let orders = if dice.below(2) == 0 { 2 } else { ORDERS.len() };
    let count = 1 + dice.place(4);
    let feeding = || Feeding {
        order: ORDERS[dice.place(orders)],
        what: [What::Batch, What::Batch, What::Bulk, What::Bulk, What::Substitute][dice.place(5)],
        amount: dice.few(20),
        publishes: dice.below(4) > 0,
        at: dice.place(3) * dice.place(4),
    };
    let feedings = (0..count).map(|_| feeding()).collect();
    let act = || match dice.below(7) {
        0 | 1 => Act::Again(dice.place(count)),
        2 | 3 => Act::Backwards(dice.place(count)),
        4 | 5 => Act::ChangeOrder(dice.place(count)),
        _ => Act::TakeBack(dice.place(count)),
    };
    let acts = (0..dice.below(5)).map(|_| (dice.place(12), act())).collect();
    let deaths = dice.deaths(140);
    let faults = dice.faults(|dice| (dice.trouble(), if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Blacklake }));
    let other_faults = if orders > 2 { dice.faults(|dice| (dice.trouble(), Vendor::B1)) } else { Vec::new() };
    Plan { seed: dice.below(1_000_000), feedings, acts, deaths, faults, other_faults }
}

// R-M48, R-M53, R-M57, R-M59
/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_issue_every_feeding_once() {
    let plans: Vec<Plan> = seeds(60).map(random_plan).collect();
    play_all(&plans, play);
}
