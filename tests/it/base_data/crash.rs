//! Crash points of base data: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is one row a record, it shows the record as it is, and all are marked.

use super::test_app::{change, config, item, mark, rows_of};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::queue::MASTER_DATA_SEND;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp, TestAppOptions};

/// Steps after which a history that is not at rest has failed.
const LIMIT: usize = 700;

#[derive(Clone, Debug, Default)]
struct Plan {
    seed: u64,
    records: usize,
    batch: u32,
    /// Steps at which somebody changes a record and sets its mark.
    changes: Vec<(usize, usize)>,
    deaths: Vec<Boundary>,
    faults: Vec<(usize, Fault)>,
}

fn code(n: usize) -> String {
    format!("A'{n}")
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let flows: fn(&mut Value) = if plan.batch > 1 { batched } else { config };
    let options = TestAppOptions { seed: plan.seed, config: Some(flows), ..TestAppOptions::default() };
    let mut app = TestApp::new(options).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    for n in 0..plan.records {
        item(&app, &code(n), "0");
    }
    let last_change = plan.changes.iter().map(|(step, _)| *step).max().unwrap_or(0);
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        for (_, n) in plan.changes.iter().filter(|(at, _)| *at == step) {
            change(&app, &code(*n), json!({ "ItemName": format!("{}", step + 1), "U_ISSYN": "N" }));
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
        let idle = app.local.queue.next_visible_at(&MASTER_DATA_SEND).await.unwrap().is_none();
        outcome = if idle && step >= last_change { verify(&app, plan).await } else { Err("not at rest".to_owned()) };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 2 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    let log: Vec<String> = app
        .sandbox
        .snapshot()
        .log
        .iter()
        .filter(|r| r.method != "GET")
        .take(60)
        .map(|r| format!("{} {} {} {}", r.at_ms % 10_000_000, r.method, r.path, r.outcome))
        .collect();
    let sent: Vec<String> =
        app.sandbox.weaver().cube_savings().iter().map(|(_, body)| body["data"].to_string()).collect();
    Err(format!(
        "{outcome:?} after {LIMIT} steps; dead letters: {:?}\nplan: {plan:?}\n{}\n{}",
        app.dead_letters().await,
        log.join("\n"),
        sent.join("\n")
    ))
}

fn batched(c: &mut Value) {
    config(c);
    c["flows"][0]["source"]["page_size"] = json!(20);
    c["flows"][0]["form"]["batch"] = json!(3);
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    if let Some(at) = app.local.queue.next_visible_at(&MASTER_DATA_SEND).await.unwrap() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

async fn verify(app: &TestApp, plan: &Plan) -> Result<(), String> {
    let letters = app.dead_letters().await;
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    for n in 0..plan.records {
        let code = code(n);
        let item = app.sandbox.b1().row("Items", "ItemCode", &json!(code)).unwrap();
        let rows = rows_of(app, &code);
        if rows.len() != 1 || rows[0]["wlmc"] != item["ItemName"] || mark(app, &code) != "Y" {
            return Err(format!("{code}: rows {rows:?}, item {item}"));
        }
    }
    Ok(())
}

fn boundaries_of(undisturbed: &Plan, step: usize) {
    let effects = run(play(undisturbed)).unwrap();
    assert!(effects > 10, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, step).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

// R-W13, R-W15, R-W16
#[test]
fn a_record_survives_death_at_its_boundaries() {
    boundaries_of(&Plan { records: 1, batch: 1, ..Plan::default() }, 1);
}

#[test]
fn a_change_of_a_record_survives_death_at_its_boundaries() {
    let plan = Plan { records: 1, batch: 1, changes: vec![(1, 0)], ..Plan::default() };
    // The first process makes the row in its first step; here it lives on, and dies while it changes it.
    let plans: Vec<Plan> = boundaries(80, 1).map(|death| Plan { deaths: vec![death], ..plan.clone() }).collect();
    play_all(&plans, play);
}

#[test]
fn records_that_share_a_call_survive_death_at_boundaries() {
    boundaries_of(&Plan { records: 3, batch: 3, ..Plan::default() }, 2);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let records = 1 + dice.place(5);
    let batch = if dice.below(3) == 0 { 3 } else { 1 };
    let changes = (0..dice.below(4)).map(|_| (dice.place(10), dice.place(records))).collect();
    let deaths = dice.deaths(120);
    let faults = dice.faults(|dice| {
        let kind = match dice.below(8) {
            0 | 1 => FaultKind::DropBeforeCommit,
            2 | 3 => FaultKind::DropAfterCommit,
            4 => FaultKind::Html(502),
            5 => FaultKind::ExpireSessions,
            6 => FaultKind::Late(Duration::from_secs(20)),
            _ => FaultKind::RateLimited,
        };
        (kind, if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Weaver })
    });
    Plan { seed: dice.below(1_000_000), records, batch, changes, deaths, faults }
}

/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_no_record_and_make_no_row_twice() {
    let plans: Vec<Plan> = seeds(60).map(random_plan).collect();
    play_all(&plans, play);
}
