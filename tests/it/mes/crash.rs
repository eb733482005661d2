//! Crash points between a company and its MES: every boundary of each scenario's first process, and seeded histories.

use super::history::{Act, ORDERS, Plan, play};
use tenon_sandbox::Vendor;
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};

fn every_boundary_of(acts: Vec<(usize, Act)>, step: usize) {
    let undisturbed = Plan { acts, ..Plan::default() };
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 10, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, step).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

/// The first process lives until it has done this much; it dies at some moment of what comes then.
fn boundaries_after(acts: Vec<(usize, Act)>, from: usize, to: usize, step: usize) {
    let moments = boundaries(to, step).filter(|death| death.effect >= from);
    let plans: Vec<Plan> =
        moments.map(|death| Plan { acts: acts.clone(), deaths: vec![death], ..Plan::default() }).collect();
    play_all(&plans, play);
}

// R-M7, R-M13
#[test]
fn an_item_survives_death_at_every_boundary() {
    every_boundary_of(vec![(0, Act::Item(0))], 1);
}

// R-M29
#[test]
fn an_order_survives_death_at_every_boundary() {
    every_boundary_of(vec![(0, Act::Order("478"))], 1);
}

// R-M26, R-M29
#[test]
fn a_change_and_a_cancellation_survive_death_at_boundaries() {
    boundaries_after(vec![(0, Act::Order("478")), (1, Act::ChangeOrder("478")), (2, Act::Cancel("478"))], 60, 260, 8);
}

// R-M39
#[test]
fn a_receipt_survives_death_at_boundaries() {
    boundaries_after(vec![(0, Act::Order("478")), (2, Act::Report("478")), (2, Act::Earlier("478"))], 60, 260, 5);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let orders = if dice.below(2) == 0 { 2 } else { ORDERS.len() };
    let mut acts = vec![(0, Act::Order(ORDERS[0]))];
    for _ in 0..dice.below(9) {
        let step = dice.place(12);
        let code = ORDERS[dice.place(orders)];
        let act = match dice.below(10) {
            0 => Act::Item(dice.place(3)),
            1 => Act::ChangeItem(dice.place(3)),
            2 | 3 => Act::Order(code),
            4 => Act::ChangeOrder(code),
            5 => Act::Cancel(code),
            6 => Act::Earlier(code),
            7 => Act::ChangeReport(code),
            _ => Act::Report(code),
        };
        let is_again = |known: &(usize, Act)| known.1 == act && matches!(act, Act::Item(_) | Act::Order(_));
        if !acts.iter().any(is_again) {
            acts.push((step, act));
        }
    }
    acts.sort_by_key(|(step, _)| *step);
    let deaths = dice.deaths(200);
    let faults = dice.faults(|dice| (dice.trouble(), if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Blacklake }));
    let other_faults = if orders > 2 { dice.faults(|dice| (dice.trouble(), Vendor::B1)) } else { Vec::new() };
    Plan { seed: dice.below(1_000_000), acts, deaths, faults, other_faults }
}

// R-M26, R-M29, R-M39, R-M59
/// 40 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_post_nothing_twice() {
    let plans: Vec<Plan> = seeds(40).map(random_plan).collect();
    play_all(&plans, play);
}
