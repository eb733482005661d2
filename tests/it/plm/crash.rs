//! Crash points of pushes: every boundary of each scenario's first process, and seeded histories with deaths and faults
//! at random places. In the end B1 has what was pushed last of each key, once, and nothing is left.

use super::test_app::{CODE, ROUTING, components, item, post, row, site};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::queue::MASTER_DATA_PLM;
use tenon_sandbox::{Fault, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp};

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 400;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Items,
    Boms,
    Routings,
}

impl What {
    fn path(self) -> &'static str {
        match self {
            Self::Items => "b1-main/items",
            Self::Boms => "b1-main/boms",
            Self::Routings => "b1-main/routings",
        }
    }

    fn flow(self) -> &'static str {
        match self {
            Self::Items => "plm-items",
            Self::Boms => "plm-boms",
            Self::Routings => "plm-routings",
        }
    }

    /// What is pushed the nth time: records of three keys, the last of which depends on the others.
    fn body(self, n: usize) -> Value {
        match self {
            Self::Items => {
                (0..3).map(|key| json!({"ItemCode": format!("K'{key}"), "ItemName": format!("{n}")})).collect()
            }
            Self::Boms => json!([
                {"TreeCode": "K'2", "ProductTreeLines": [{"ItemCode": "K'1", "Quantity": n + 1}, {"ItemCode": "P", "Quantity": 1}]},
                {"TreeCode": "K'1", "ProductTreeLines": [{"ItemCode": "K'0", "Quantity": n + 1}]},
                {"TreeCode": "K'0", "ProductTreeLines": [{"ItemCode": "P", "Quantity": n + 1}]}]),
            Self::Routings => (0..3)
                .map(|key| {
                    json!({"Code": format!("K'{key}"), "Name": format!("{n}"), "GYLX_LINESCollection":
                    (0..=n).map(|seq| json!({"U_Seq": seq})).collect::<Vec<_>>()})
                })
                .collect(),
        }
    }

    /// Whether B1 has what was pushed the nth time.
    fn is_there(self, app: &TestApp, n: usize) -> Result<(), String> {
        for key in ["K'0", "K'1", "K'2"] {
            let found = match self {
                Self::Items => row(app, "Items", "ItemCode", key)["ItemName"] == format!("{n}"),
                Self::Boms => components(app, key).first().is_some_and(|(_, quantity)| *quantity == n + 1),
                Self::Routings => {
                    let found = row(app, ROUTING, "Code", key);
                    found["GYLX_LINESCollection"].as_array().is_some_and(|rows| rows.len() == n + 1)
                }
            };
            if !found {
                return Err(format!("{key} is not as it was pushed the {n}th time"));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, Default)]
struct Plan {
    seed: u64,
    what: What,
    /// Steps at which something is pushed, in their order.
    pushes: Vec<usize>,
    /// Whether the PLM pushes again until it is answered with 200.
    insists: bool,
    deaths: Vec<Boundary>,
    faults: Vec<(usize, Fault)>,
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = site(plan.seed, None).await;
    if plan.what == What::Boms {
        for code in ["K'0", "K'1", "K'2", "P"] {
            item(&app.sandbox, &app, code, code);
        }
    }
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let (mut latest, mut answered) = (None, true);
    let last = plan.pushes.iter().max().copied().unwrap_or(0);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        let crash_injector = app.crash_injector.clone();
        let due = plan.pushes.iter().position(|at| *at == step);
        if due.is_some() || (plan.insists && !answered) {
            latest = due.or(latest);
            let body = plan.what.body(latest.unwrap_or(0)).to_string();
            let (status, answer) = post(&app, plan.what.path(), CODE, &body).await;
            answered = !crash_injector.is_dead() && status == 200 && answer["code"] == 200;
            if answered {
                plan.what
                    .is_there(&app, latest.unwrap_or(0))
                    .map_err(|why| format!("{why}, and 200 was answered\n{plan:?}"))?;
            }
        }
        app.step().await;
        if first {
            effects = crash_injector.effects();
        }
        if crash_injector.is_dead() {
            first = false;
            app.restart(deaths.next());
        }
        let idle = app.local.queue.next_visible_at(&MASTER_DATA_PLM).await.unwrap().is_none();
        let rests = idle && step >= last && (answered || !plan.insists);
        outcome = if rests { verify(&app, plan, latest.unwrap_or(0)).await } else { Err("not at rest".to_owned()) };
        if app.crash_injector.is_dead() {
            // It died while it was looked at.
            app.restart(deaths.next());
        }
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
        .filter(|r| r.method != "GET")
        .take(40)
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
    if let Some(at) = app.local.queue.next_visible_at(&MASTER_DATA_PLM).await.unwrap() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

async fn verify(app: &TestApp, plan: &Plan, latest: usize) -> Result<(), String> {
    let letters = app.dead_letters().await;
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    let (tenant, flow) = (TenantId::operator(), FlowId::new(plan.what.flow()));
    let runs = tenon_platform::runs::newest(&app.ctx, &tenant, &flow, 50).await.map_err(|e| e.to_string())?;
    if let Some(run) = runs.iter().find(|run| run.status == RunStatus::Retrying && run.document.is_some()) {
        // A push that a later one has replaced is never told otherwise.
        let newer = runs
            .iter()
            .any(|other| other.document == run.document && other.started_ms >= run.started_ms && other.id != run.id);
        if !newer {
            return Err(format!("run {} is retrying: {}", run.id, run.message));
        }
    }
    let (set, many) = match plan.what {
        What::Items => ("Items", 3),
        What::Boms => ("ProductTrees", 3),
        What::Routings => (ROUTING, 3),
    };
    let found = app.sandbox.b1().count(set);
    if plan.insists {
        plan.what.is_there(app, latest)?;
        if found != many {
            return Err(format!("{found} rows in {set}"));
        }
        return Ok(());
    }
    // Who is not answered and does not push again is promised nothing; what was begun is whole all the same.
    if found > many { Err(format!("{found} rows in {set}")) } else { Ok(()) }
}

fn boundaries_of(undisturbed: &Plan, step: usize) {
    let effects = run(play(undisturbed)).unwrap();
    assert!(effects > 10, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, step).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

// R-P9, R-P11, R-P17
#[test]
fn a_push_of_trees_survives_death_at_its_boundaries() {
    boundaries_of(&Plan { what: What::Boms, pushes: vec![0], insists: true, ..Plan::default() }, 1);
}

// R-P10
#[test]
fn a_change_of_trees_survives_death_at_its_boundaries() {
    boundaries_of(&Plan { what: What::Boms, pushes: vec![0, 1], insists: true, ..Plan::default() }, 2);
}

// R-P4, R-P6
#[test]
fn a_push_of_items_survives_death_at_its_boundaries() {
    boundaries_of(&Plan { what: What::Items, pushes: vec![0], insists: true, ..Plan::default() }, 1);
}

// R-P14
#[test]
fn a_push_of_routings_survives_death_at_its_boundaries() {
    boundaries_of(&Plan { what: What::Routings, pushes: vec![0], insists: true, ..Plan::default() }, 2);
}

#[test]
fn a_push_that_nobody_repeats_leaves_no_work_behind() {
    boundaries_of(&Plan { what: What::Items, pushes: vec![0], insists: false, ..Plan::default() }, 2);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let what = [What::Items, What::Boms, What::Routings][dice.place(3)];
    let mut pushes = vec![0];
    pushes.extend((0..dice.below(3)).map(|n| 1 + dice.place(6) + usize::try_from(n).unwrap() * 6));
    pushes.sort_unstable();
    pushes.dedup();
    let deaths = dice.deaths(80);
    let faults = dice.faults(|dice| (dice.trouble(), Vendor::B1));
    Plan { seed: dice.below(1_000_000), what, pushes, insists: true, deaths, faults }
}

/// 60 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_end_with_what_was_pushed_last() {
    let plans: Vec<Plan> = seeds(60).map(random_plan).collect();
    play_all(&plans, play);
}
