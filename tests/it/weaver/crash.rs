//! Crash points over Weaver: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is one request a document and attempt, and one decision.

use super::test_app::{companies, purchase_request, requests_of};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Approved,
    Refused,
    /// Returned to its creator, found by looking, and sent again.
    Returned,
    Formal,
    /// Sent before Tenon.
    Old,
}

#[derive(Clone, Debug, Default)]
struct Plan {
    seed: u64,
    scenarios: Vec<Scenario>,
    deaths: Vec<Boundary>,
    faults: Vec<(usize, Fault)>,
}

struct Document {
    scenario: Scenario,
    key: i64,
    returned: bool,
    decided: bool,
}

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 900;
/// What a draft that was sent before Tenon carries.
const OLD: i64 = 2_900_001;

fn document(app: &TestApp, scenario: Scenario, index: usize) -> Document {
    let now = app.clock.now_ms();
    let draft = match scenario {
        Scenario::Formal => {
            let fields = json!({ "CardName": "供应商", "U_ISSYN": "N", "U_OAUser": "66", "U_REQUESTID": null,
                "U_SUCCESS": null });
            let made = app.sandbox.b1().create_document(now, "PurchaseOrders", fields).unwrap();
            let key = made["DocEntry"].as_i64().unwrap();
            return Document { scenario, key, returned: false, decided: false };
        }
        Scenario::Old => {
            let id = OLD + i64::try_from(index).unwrap();
            purchase_request("66").field("U_ISSYN", "Y").field("U_REQUESTID", id.to_string())
        }
        _ => purchase_request("66"),
    };
    let key = app.sandbox.b1().create_draft(now, draft).unwrap().0;
    Document { scenario, key, returned: false, decided: false }
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = companies(plan.seed).await.0;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut documents: Vec<Document> =
        plan.scenarios.iter().enumerate().map(|(index, scenario)| document(&app, *scenario, index)).collect();
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
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
        for document in &mut documents {
            act(&app, document).await;
        }
        let at_rest = documents.iter().all(|d| d.decided) && idle(&app).await;
        outcome = if at_rest { verify(&app, &documents).await } else { Err("not at rest".to_owned()) };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 3 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    Err(format!("{outcome:?} after {LIMIT} steps; dead letters: {:?}\nplan: {plan:?}", app.dead_letters().await))
}

fn workflow(scenario: Scenario) -> &'static str {
    if scenario == Scenario::Formal { "25" } else { "23" }
}

/// People act as soon as they see something to act on; a result that was not taken is pushed again and again.
async fn act(app: &TestApp, document: &mut Document) {
    if document.scenario == Scenario::Old {
        return act_on_old(app, document).await;
    }
    let requests = requests_of(app, workflow(document.scenario), &document.key.to_string());
    let mut open = requests.iter().filter(|request| request["node"] == "approve" && request["deleted"] == false);
    let Some(id) = open.next_back().map(|request| request["id"].to_string()) else { return };
    let (now, weaver) = (app.clock.now_ms(), app.sandbox.weaver());
    match document.scenario {
        _ if document.decided => {}
        Scenario::Returned if !document.returned => {
            weaver.give_back(now, &id).unwrap();
            document.returned = true;
        }
        Scenario::Refused => {
            weaver.refuse(now, &id, "李总", "价格过高").unwrap();
            document.decided = true;
        }
        _ => {
            weaver.approve(now, &id, "李总", "同意").unwrap();
            document.decided = true;
        }
    }
}

/// The old platform's OA pushes until it is answered with success.
async fn act_on_old(app: &TestApp, document: &mut Document) {
    if document.decided {
        return;
    }
    let id = app.draft(document.key)["U_REQUESTID"].clone();
    let body = json!({ "requestid": id, "status": "1", "approver": "李总", "remark": "同意" });
    let (status, answer) = super::test_app::push_as(app, super::test_app::CODE, &body.to_string()).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    document.decided = status == 200 && answer["success"] == "Y" && !app.crash_injector.is_dead();
}

async fn idle(app: &TestApp) -> bool {
    for queue in [APPROVALS_SUBMIT, APPROVALS_WRITE_BACK] {
        if app.local.queue.next_visible_at(&queue).await.unwrap().is_some() {
            return false;
        }
    }
    app.sandbox.weaver().pushes().iter().all(|push| !matches!(push.state, "pending" | "in-flight"))
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    for queue in [APPROVALS_SUBMIT, APPROVALS_WRITE_BACK] {
        if let Some(at) = app.local.queue.next_visible_at(&queue).await.unwrap() {
            next = next.min(at);
        }
    }
    if let Some(at) = app.sandbox.next_callback_at() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

async fn verify(app: &TestApp, documents: &[Document]) -> Result<(), String> {
    expect("dead letters", &app.dead_letters().await, &Vec::new())?;
    for document in documents {
        let (key, scenario) = (document.key, document.scenario);
        let requests = requests_of(app, workflow(scenario), &key.to_string()).len();
        let (wanted, word) = match scenario {
            Scenario::Approved | Scenario::Formal => (1, "ardApproved"),
            Scenario::Old => (0, "ardApproved"),
            Scenario::Refused => (1, "ardNotApproved"),
            Scenario::Returned => (2, "ardApproved"),
        };
        expect(&format!("requests of {key}"), &requests, &wanted)?;
        if scenario == Scenario::Formal {
            let row = app.sandbox.b1().row("PurchaseOrders", "DocEntry", &json!(key)).unwrap();
            expect("result", &row["U_SUCCESS"], &json!("Y"))?;
        } else {
            expect(&format!("decisions on {key}"), &app.decisions(key), &vec![word.to_owned()])?;
            expect("approver", &app.draft(key)["U_Approver"], &json!("李总"))?;
        }
    }
    Ok(())
}

/// What a scenario does up to its first form is the same for all, so the others are tried at every fourth place.
fn boundaries_of(scenario: Scenario, step: usize) {
    let undisturbed = Plan { scenarios: vec![scenario], ..Plan::default() };
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 20, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, step).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

#[test]
fn an_approved_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Approved, 1);
}

#[test]
fn a_returned_draft_survives_death_at_boundaries() {
    boundaries_of(Scenario::Returned, 4);
}

#[test]
fn an_approved_order_survives_death_at_boundaries() {
    boundaries_of(Scenario::Formal, 4);
}

#[test]
fn a_result_of_a_draft_from_before_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Old, 1);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    const SCENARIOS: [Scenario; 5] =
        [Scenario::Approved, Scenario::Refused, Scenario::Returned, Scenario::Formal, Scenario::Old];
    let scenarios = (0..=dice.below(3)).map(|_| SCENARIOS[dice.place(5)]).collect();
    let deaths = dice.deaths(120);
    let faults = dice.faults(|dice| {
        let kind = match dice.below(8) {
            0 | 1 => FaultKind::DropBeforeCommit,
            2 | 3 => FaultKind::DropAfterCommit,
            4 => FaultKind::Html(502),
            5 => FaultKind::ExpireSessions,
            6 => FaultKind::RateLimited,
            _ => FaultKind::SystemBusy,
        };
        (kind, if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Weaver })
    });
    Plan { seed, scenarios, deaths, faults }
}

/// 90 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    let plans: Vec<Plan> = seeds(90).map(random_plan).collect();
    play_all(&plans, play);
}
