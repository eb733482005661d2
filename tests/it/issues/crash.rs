//! Crash points of issues: every boundary of a feeding's first process, and seeded histories with deaths, faults and
//! events that come again, late or not at all. In the end each feeding has exactly one issue of its amount.

use super::test_app::{ORDER, app_with, config, event_of, fed, issues_of, post, sealed, work_order};
use serde_json::json;
use std::time::Duration;
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_sandbox::{Fault, FaultKind, NewFeeding, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp};

/// Steps after which a history that is not at rest has failed.
const LIMIT: usize = 900;

#[derive(Clone, Debug, Default)]
struct Plan {
    seed: u64,
    /// Amounts, and whether an event tells of the feeding.
    feedings: Vec<(u32, bool)>,
    /// Steps at which an event of a feeding comes once more, of another request.
    again: Vec<(usize, usize)>,
    deaths: Vec<Boundary>,
    faults: Vec<(usize, Fault)>,
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = app_with(plan.seed, config).await;
    // The look for missed feedings begins before the first of them.
    app.step().await;
    app.clock.advance(Duration::from_secs(5));
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut ids = Vec::new();
    for (amount, told) in &plan.feedings {
        let amount = format!("{amount}.25");
        let feeding = NewFeeding::of("478", "RM-2001", &amount);
        ids.push((fed(&app, NewFeeding { told: *told, batch: "RM2001-B7".into(), ..feeding }), amount));
    }
    let order = work_order(&app, "478");
    let last = plan.again.iter().map(|(step, _)| *step).max().unwrap_or(0);
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        for (_, n) in plan.again.iter().filter(|(at, _)| *at == step) {
            let event = event_of(&format!("again-{step}"), &[(ids[*n].0, order)]);
            post(&app, &sealed(&event)).await;
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
        let idle = app.local.queue.next_visible_at(&PRODUCTION_ISSUES).await.unwrap().is_none();
        outcome = if idle && step >= last { verify(&app, &ids).await } else { Err("not at rest".to_owned()) };
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
        .rev()
        .take(60)
        .map(|r| format!("{} {} {} {}", r.at_ms % 10_000_000, r.method, r.path, r.outcome))
        .collect();
    Err(format!(
        "{outcome:?} after {LIMIT} steps; dead letters: {:?}\nplan: {plan:?}\n{}",
        app.dead_letters().await,
        log.join("\n")
    ))
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    if let Some(at) = app.local.queue.next_visible_at(&PRODUCTION_ISSUES).await.unwrap() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

async fn verify(app: &TestApp, ids: &[(i64, String)]) -> Result<(), String> {
    let letters = app.dead_letters().await;
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    for (id, amount) in ids {
        let issues = issues_of(app, *id);
        let quantity = json!(amount.parse::<f64>().unwrap());
        if issues.len() != 1 || issues[0]["DocumentLines"][0]["Quantity"] != quantity {
            return Err(format!("feeding {id} of {amount}: {issues:?}"));
        }
    }
    let postings = app.sandbox.b1().postings_of(ORDER).len();
    if postings == ids.len() { Ok(()) } else { Err(format!("{postings} postings")) }
}

// R-M57
#[test]
fn a_feeding_survives_death_at_every_boundary() {
    let undisturbed = Plan { feedings: vec![(3, true)], ..Plan::default() };
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
    let undisturbed = Plan { feedings: vec![(3, true)], faults: vec![(0, lost)], ..Plan::default() };
    let plans: Vec<Plan> =
        boundaries(120, 3).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let count = 1 + dice.place(4);
    let feedings = (0..count).map(|_| (dice.few(20), dice.below(4) > 0)).collect();
    let again = (0..dice.below(4)).map(|_| (dice.place(12), dice.place(count))).collect();
    let deaths = dice.deaths(140);
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
    Plan { seed: dice.below(1_000_000), feedings, again, deaths, faults }
}

/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_issue_every_feeding_once() {
    let plans: Vec<Plan> = seeds(60).map(random_plan).collect();
    play_all(&plans, play);
}
