//! Crash points between a company and its MES: every boundary of each scenario's first process, and seeded histories with
//! deaths and faults at random places. In the end each item is one material and each order one work order, both as B1 shows
//! them, and each report of a last operation is one receipt.

use super::test_app::{app_with, change_item, change_order, config, finished, item, items, mark, order, receipts};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tenon_platform::queue::{MANUFACTURING_POST, MANUFACTURING_SEND};
use tenon_sandbox::{Fault, FaultKind, NewReport, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp};

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// An item is made.
    Item(usize),
    /// An item is changed.
    ChangeItem(usize),
    /// An order is released.
    Order(i64),
    /// Its quantity is changed.
    ChangeOrder(i64),
    /// It is cancelled.
    Cancel(i64),
    /// Finished goods of it are reported, as soon as the MES has it.
    Report(i64),
    /// An earlier operation of it is.
    Earlier(i64),
}

#[derive(Clone, Debug, Default)]
struct Plan {
    seed: u64,
    /// What people do, and at which step.
    acts: Vec<(usize, Act)>,
    deaths: Vec<Boundary>,
    faults: Vec<(usize, Fault)>,
}

/// What is to be there in the end.
#[derive(Default)]
struct World {
    items: Vec<usize>,
    orders: Vec<i64>,
    reports: Vec<i64>,
    /// Orders of which something was reported.
    reported: BTreeSet<i64>,
    /// Acts that wait for the MES.
    waiting: Vec<Act>,
}

fn code(n: usize) -> String {
    format!("A'{n}")
}

fn act(app: &TestApp, world: &mut World, act: Act, step: usize) {
    let (now, mes) = (app.clock.now_ms(), app.sandbox.blacklake());
    match act {
        Act::Item(n) => {
            item(app, &code(n), "0", "个", false);
            world.items.push(n);
        }
        Act::ChangeItem(n) if world.items.contains(&n) => {
            change_item(app, &code(n), json!({ "ItemName": step.to_string() }))
        }
        Act::Order(entry) => {
            order(app, entry);
            world.orders.push(entry);
        }
        Act::ChangeOrder(entry) if world.orders.contains(&entry) && !is_cancelled(app, entry) => {
            change_order(app, entry, json!({ "PlannedQuantity": 1_000 + step }));
        }
        // A receipt of an order that is cancelled meanwhile is refused, which is another story.
        Act::Cancel(entry) if world.orders.contains(&entry) && !world.reported.contains(&entry) => {
            change_order(app, entry, json!({ "ProductionOrderStatus": "boposCancelled" }));
        }
        Act::Report(entry) | Act::Earlier(entry) if world.orders.contains(&entry) && !is_cancelled(app, entry) => {
            world.reported.insert(entry);
            let process = (act == Act::Earlier(entry)).then(|| "P-CUT".to_owned());
            match mes.report(now, NewReport { process: process.clone(), ..finished(&entry.to_string(), 2.5) }) {
                Ok(id) if process.is_none() => world.reports.push(id),
                Ok(_) => {}
                Err(_) => world.waiting.push(act),
            }
        }
        _ => {}
    }
}

fn is_cancelled(app: &TestApp, entry: i64) -> bool {
    super::test_app::order_row(app, entry)["ProductionOrderStatus"] == "boposCancelled"
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = app_with(config, plan.seed, None).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    items(&app);
    let mut world = World::default();
    let last_act = plan.acts.iter().map(|(step, _)| *step).max().unwrap_or(0);
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        for done in std::mem::take(&mut world.waiting) {
            act(&app, &mut world, done, step);
        }
        for (_, done) in plan.acts.iter().filter(|(at, _)| *at == step) {
            act(&app, &mut world, *done, step);
        }
        let crash_injector = app.crash_injector.clone();
        app.step().await;
        if first {
            effects = crash_injector.effects();
        }
        if crash_injector.is_dead() {
            first = false;
            app.restart(deaths.next());
        }
        let at_rest = step >= last_act + 3 && world.waiting.is_empty() && idle(&app).await;
        outcome = if at_rest { verify(&app, &world).await } else { Err("not at rest".to_owned()) };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 3 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    let log: Vec<String> = app
        .sandbox
        .snapshot()
        .log
        .iter()
        .filter(|r| r.method != "GET" && !r.path.ends_with("progress_report/_list"))
        .rev()
        .take(40)
        .map(|r| format!("{} {} {} {}", r.at_ms % 100_000_000, r.method, r.path, r.outcome))
        .collect();
    Err(format!(
        "{outcome:?} after {LIMIT} steps; dead letters: {:?}\nplan: {plan:?}\n{}",
        app.dead_letters().await,
        log.join("\n")
    ))
}

async fn idle(app: &TestApp) -> bool {
    for queue in [MANUFACTURING_SEND, MANUFACTURING_POST] {
        if app.local.queue.next_visible_at(&queue).await.unwrap().is_some() {
            return false;
        }
    }
    true
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    for queue in [MANUFACTURING_SEND, MANUFACTURING_POST] {
        if let Some(at) = app.local.queue.next_visible_at(&queue).await.unwrap() {
            next = next.min(at);
        }
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

async fn verify(app: &TestApp, world: &World) -> Result<(), String> {
    let letters = app.dead_letters().await;
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    let mes = app.sandbox.blacklake();
    for n in &world.items {
        let row = app.sandbox.b1().row("Items", "ItemCode", &json!(code(*n))).unwrap();
        let material = mes.material(&code(*n)).ok_or_else(|| format!("no material {}", code(*n)))?;
        if material["fields"]["materialName"] != row["ItemName"] {
            return Err(format!("material {material}, item {row}"));
        }
    }
    for entry in &world.orders {
        let (row, found) = (super::test_app::order_row(app, *entry), mes.order(&entry.to_string()));
        if mark(app, *entry) != "Y" {
            return Err(format!("order {entry} is not marked"));
        }
        match found {
            None if is_cancelled(app, *entry) => {}
            None => return Err(format!("no work order {entry}")),
            Some(found) if is_cancelled(app, *entry) && found["status"] != 5 => {
                return Err(format!("work order {found} is open"));
            }
            Some(found)
                if !is_cancelled(app, *entry)
                    && found["planned"] != row["PlannedQuantity"].to_string().trim_end_matches(".0") =>
            {
                return Err(format!("work order {found}, order {row}"));
            }
            Some(_) => {}
        }
    }
    if mes.order_count() > world.orders.len() {
        return Err(format!("{} work orders of {} orders", mes.order_count(), world.orders.len()));
    }
    let mut made: Vec<String> =
        receipts(app).iter().map(|made| made["Comments"].as_str().unwrap_or_default().to_owned()).collect();
    let mut wanted: Vec<String> = world.reports.iter().map(|id| format!("MES {id}")).collect();
    made.sort();
    wanted.sort();
    if made != wanted {
        return Err(format!("receipts {made:?}, wanted {wanted:?}"));
    }
    Ok(())
}

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
    every_boundary_of(vec![(0, Act::Order(478))], 1);
}

// R-M26, R-M29
#[test]
fn a_change_and_a_cancellation_survive_death_at_boundaries() {
    boundaries_after(vec![(0, Act::Order(478)), (1, Act::ChangeOrder(478)), (2, Act::Cancel(478))], 60, 260, 8);
}

// R-M39
#[test]
fn a_receipt_survives_death_at_boundaries() {
    boundaries_after(vec![(0, Act::Order(478)), (2, Act::Report(478)), (2, Act::Earlier(478))], 60, 260, 5);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let mut acts = vec![(0, Act::Order(478))];
    for _ in 0..dice.below(8) {
        let step = dice.place(12);
        let entry = 478 + i64::try_from(dice.below(2)).unwrap();
        let act = match dice.below(8) {
            0 => Act::Item(dice.place(3)),
            1 => Act::ChangeItem(dice.place(3)),
            2 => Act::Order(479),
            3 => Act::ChangeOrder(entry),
            4 => Act::Cancel(entry),
            5 => Act::Earlier(entry),
            _ => Act::Report(entry),
        };
        let is_again = |known: &(usize, Act)| known.1 == act && matches!(act, Act::Item(_) | Act::Order(_));
        if !acts.iter().any(is_again) {
            acts.push((step, act));
        }
    }
    acts.sort_by_key(|(step, _)| *step);
    let deaths = dice.deaths(200);
    let faults = dice.faults(|dice| {
        let kind = match dice.below(8) {
            0 | 1 => FaultKind::DropBeforeCommit,
            2 | 3 => FaultKind::DropAfterCommit,
            4 => FaultKind::Html(502),
            5 => FaultKind::ExpireSessions,
            6 => FaultKind::Late(Duration::from_secs(20)),
            _ => FaultKind::RateLimited,
        };
        (kind, if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Blacklake })
    });
    Plan { seed: dice.below(1_000_000), acts, deaths, faults }
}

/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_post_nothing_twice() {
    let plans: Vec<Plan> = seeds(60).map(random_plan).collect();
    play_all(&plans, play);
}
