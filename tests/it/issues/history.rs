//! A history of feedings: two companies whose orders have the same numbers, events that come again, late, in another order
//! or not at all, people who change the orders meanwhile, deaths and faults; and what must be true in the end: each
//! feeding is one issue of its amount, on its own line of its own company's order, and a substitute is none.

use super::test_app::{add_order, app_with, companies, config, event_of, fed, post, prefixed, sealed, work_order};
use serde_json::json;
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_platform::runs;
use tenon_sandbox::{Fault, NewFeeding, Sandbox};
use tenon_tests::{Boundary, TestApp};

/// Steps after which a history that is not at rest has failed.
const LIMIT: usize = 900;
/// The orders' codes in the MES; the prefix is the second company's.
pub const ORDERS: [&str; 3] = ["478", "479", "B-478"];

/// What is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// What is kept in batches.
    Batch,
    /// What is weighed.
    Bulk,
    /// What stands in for another, and no order has a line for.
    Substitute,
}

/// One feeding.
#[derive(Clone, Copy, Debug)]
pub struct Feeding {
    pub order: &'static str,
    pub what: What,
    pub amount: u32,
    /// Whether an event tells of it.
    pub publishes: bool,
    /// At which step.
    pub at: usize,
}

/// What else happens, of the feeding with this place in the plan.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// An event of it comes once more, of another request.
    Again(usize),
    /// An event comes of it and of all before it, the last first.
    Backwards(usize),
    /// Somebody changes its order in B1.
    ChangeOrder(usize),
    /// Somebody takes it back in the MES.
    TakeBack(usize),
}

#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub seed: u64,
    pub feedings: Vec<Feeding>,
    pub acts: Vec<(usize, Act)>,
    pub deaths: Vec<Boundary>,
    pub faults: Vec<(usize, Fault)>,
    /// Of the second company's B1.
    pub other_faults: Vec<(usize, Fault)>,
}

impl Plan {
    /// Whether the second company comes into it.
    fn is_of_two(&self) -> bool {
        self.feedings.iter().any(|feeding| feeding.order.starts_with("B-"))
    }

    fn last(&self) -> usize {
        let feedings = self.feedings.iter().map(|feeding| feeding.at);
        feedings.chain(self.acts.iter().map(|(at, _)| *at)).max().unwrap_or(0)
    }
}

/// What was done so far.
#[derive(Default)]
struct Progress {
    /// The feedings' ids, by their places in the plan.
    ids: Vec<Option<i64>>,
    /// Feedings that were taken back.
    taken_back: Vec<i64>,
}

impl Progress {
    async fn step(&mut self, app: &TestApp, plan: &Plan, step: usize) {
        for (place, feeding) in plan.feedings.iter().enumerate().filter(|(_, feeding)| feeding.at == step) {
            self.ids[place] = Some(fed(app, new_feeding(feeding)));
        }
        for (_, act) in plan.acts.iter().filter(|(at, _)| *at == step) {
            self.act(app, plan, *act, step).await;
        }
    }

    async fn act(&mut self, app: &TestApp, plan: &Plan, act: Act, step: usize) {
        let (Act::Again(place) | Act::Backwards(place) | Act::ChangeOrder(place) | Act::TakeBack(place)) = act;
        let Some(id) = self.ids[place] else { return };
        let order = |place: usize| work_order(app, plan.feedings[place].order);
        match act {
            Act::Again(_) => {
                post(app, &sealed(&event_of(&format!("again-{step}"), &[(id, order(place))]))).await;
            }
            Act::Backwards(_) => {
                let known = (0..=place).rev().filter_map(|place| Some((self.ids[place]?, order(place))));
                post(app, &sealed(&event_of(&format!("backwards-{step}"), &known.collect::<Vec<_>>()))).await;
            }
            Act::ChangeOrder(_) => {
                let (company, entry) = company(app, plan.feedings[place].order);
                let change = json!({ "PlannedQuantity": 200 + step, "Remarks": step.to_string() });
                company.b1().change_document(app.clock.now_ms(), "ProductionOrders", entry, change).unwrap();
            }
            Act::TakeBack(_) => {
                let data = json!({ "recordList": [{ "id": id, "taskId": 1, "opeAmount": 1, "opeUnitId": 41, "reason": "多投" }] });
                app.sandbox.blacklake().publish(app.clock.now_ms(), "mfg.result_notify.feeding_retract", data);
                self.taken_back.push(id);
            }
        }
    }
}

fn new_feeding(feeding: &Feeding) -> NewFeeding {
    let amount = amount(feeding);
    let new = |material: &str| NewFeeding {
        publishes: feeding.publishes,
        ..NewFeeding::of(feeding.order, material, &amount)
    };
    match feeding.what {
        What::Batch => NewFeeding { batch: "RM2001-B7".to_owned(), ..new("RM-2001") },
        What::Bulk => NewFeeding { unit: "千克".to_owned(), ..new("RM-2003") },
        What::Substitute => NewFeeding { stands_in_for: Some("RM-2001".to_owned()), ..new("RM-9") },
    }
}

fn amount(feeding: &Feeding) -> String {
    format!("{}.25", feeding.amount)
}

/// The company of an order, and its number there.
fn company<'a>(app: &'a TestApp, order: &str) -> (&'a Sandbox, i64) {
    match order.strip_prefix("B-") {
        Some(entry) => (app.second.as_ref().unwrap(), entry.parse().unwrap()),
        None => (&app.sandbox, order.parse().unwrap()),
    }
}

async fn begin(plan: &Plan) -> TestApp {
    let mut app = match plan.is_of_two() {
        true => companies(plan.seed, prefixed).await.0,
        false => app_with(plan.seed, config).await,
    };
    add_order(&app.sandbox, app.clock.now_ms(), 479);
    app.sandbox.blacklake().make_order(app.clock.now_ms(), "479", "FG-1001");
    // The look for missed feedings begins before the first of them.
    app.step().await;
    app.clock.advance(Duration::from_secs(5));
    app
}

/// Plays it; returns the effects of the first process.
pub async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = begin(plan).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut progress = Progress { ids: vec![None; plan.feedings.len()], ..Progress::default() };
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        for (_, fault) in plan.other_faults.iter().filter(|(at, _)| *at == step) {
            app.second.iter().for_each(|other| other.inject(fault.clone()));
        }
        progress.step(&app, plan, step).await;
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
        outcome = match idle && step >= plan.last() {
            true => verify(&app, plan, &progress).await,
            false => Err("not at rest".to_owned()),
        };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 2 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    let log = app.sandbox.snapshot().log;
    let publishes = log.iter().rev().take(60);
    let publishes: Vec<String> =
        publishes.map(|r| format!("{} {} {} {}", r.at_ms % 10_000_000, r.method, r.path, r.outcome)).collect();
    let letters = app.dead_letters().await;
    Err(format!("{outcome:?} after {LIMIT} steps; dead letters: {letters:?}\nplan: {plan:?}\n{}", publishes.join("\n")))
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    if let Some(at) = app.local.queue.next_visible_at(&PRODUCTION_ISSUES).await.unwrap() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

async fn verify(app: &TestApp, plan: &Plan, progress: &Progress) -> Result<(), String> {
    let letters = app.dead_letters().await;
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    let mut wanted = 0;
    for (feeding, id) in plan.feedings.iter().zip(&progress.ids) {
        let id = id.ok_or("a feeding was not made")?;
        if feeding.what != What::Substitute {
            issued_once(app, feeding, id)?;
            wanted += 1;
        }
    }
    let made: usize = app.second.iter().chain([&app.sandbox]).map(|company| company.b1().postings().len()).sum();
    if made != wanted {
        return Err(format!("{made} postings of {wanted} feedings"));
    }
    assert_taken_back_noted(app, plan, progress).await
}

fn issued_once(app: &TestApp, feeding: &Feeding, id: i64) -> Result<(), String> {
    let (company, entry) = company(app, feeding.order);
    let issues = company.b1().rows("InventoryGenExits");
    let mark = format!("MES-F {id}");
    let issues: Vec<_> = issues.iter().filter(|row| row["Comments"] == mark.as_str()).collect();
    let line = if feeding.what == What::Batch { 0 } else { 3 };
    let expected = (json!(amount(feeding).parse::<f64>().unwrap()), json!(entry), json!(line));
    let made: Vec<_> = issues
        .iter()
        .flat_map(|issue| issue["DocumentLines"].as_array().unwrap())
        .map(|line| (line["Quantity"].clone(), line["BaseEntry"].clone(), line["BaseLine"].clone()))
        .collect();
    if made == [expected] { Ok(()) } else { Err(format!("feeding {id}, {feeding:?}: {issues:?}")) }
}

/// What was taken back, and the vendor was told that we know, stays in sight.
async fn assert_taken_back_noted(app: &TestApp, plan: &Plan, progress: &Progress) -> Result<(), String> {
    if progress.taken_back.is_empty() {
        return Ok(());
    }
    let mut runs = Vec::new();
    for flow in ["issues", "issues-b"].into_iter().take(if plan.is_of_two() { 2 } else { 1 }) {
        // A process that is to die may die here too; the next one is looked at.
        let newest = runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 100).await;
        runs.extend(newest.map_err(|error| error.to_string())?);
    }
    for event in app.sandbox.blacklake().events().iter().filter(|event| event.state == "delivered") {
        if event.event["header"]["eventType"] != "mfg.result_notify.feeding_retract" {
            continue;
        }
        let id = event.event["data"]["recordList"][0]["id"].to_string();
        let is_expected_letter = runs.iter().any(|run| {
            run.status == RunStatus::Failed
                && run.code.as_deref() == Some("flow.issue-taken-back")
                && run.message.contains(&id)
        });
        if !is_expected_letter {
            return Err(format!("nobody was told that {id} was taken back"));
        }
    }
    Ok(())
}
