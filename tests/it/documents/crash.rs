//! Crash points of documents: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is exactly one document a request, and none is lost.

use super::forms::form;
use super::test_app::{companies, order, post, rows};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::histories::{Dice, boundaries, play_all, run, seeds};
use tenon_tests::{Boundary, TestApp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    /// Pushed, and pushed again until the answer is Y.
    Pushed,
    /// The same by two calls at once.
    PushedTwice,
    /// Pushed with an item that B1 does not have, until it is refused; corrected, and pushed until the answer is Y.
    Corrected,
    /// Pushed once. When no answer comes nobody pushes it again.
    PushedOnce,
    /// A form that is approved.
    Form,
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
    request: String,
    corrected: bool,
    /// The answer that ended it.
    answer: Option<Value>,
    done: bool,
}

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 500;

async fn play(plan: &Plan) -> Result<usize, String> {
    let (mut app, _) = companies(plan.seed, None).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut documents: Vec<Document> = Vec::new();
    for (index, scenario) in plan.scenarios.iter().enumerate() {
        let request = match scenario {
            Scenario::Form => {
                let (now, dingtalk) = (app.clock.now_ms(), app.sandbox.dingtalk());
                let instance = dingtalk.create_instance(now, form("C100", &[("A-001", "5")])).unwrap();
                dingtalk.approve(now, &instance, "", "同意").unwrap();
                instance
            }
            _ => format!("9{index}"),
        };
        let done = *scenario == Scenario::Form;
        documents.push(Document { scenario: *scenario, request, corrected: false, answer: None, done });
    }
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        let crash_injector = app.crash_injector.clone();
        for document in &mut documents {
            hand_over(&app, document).await;
        }
        app.step().await;
        if first {
            effects = crash_injector.effects();
        }
        if crash_injector.is_dead() {
            first = false;
            app.restart(deaths.next());
        }
        let at_rest = documents.iter().all(|d| d.done) && idle(&app).await;
        outcome = if at_rest { verify(&app, &documents).await } else { Err("not at rest".to_owned()) };
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
    Err(format!("{outcome:?} after {LIMIT} steps; dead letters: {:?}\nplan: {plan:?}", app.dead_letters().await))
}

/// The OA pushes what is not done.
async fn hand_over(app: &TestApp, document: &mut Document) {
    if document.done {
        return;
    }
    let wrong = document.scenario == Scenario::Corrected && !document.corrected;
    let mut body = order(&document.request);
    if wrong {
        body["DocumentLines"][0]["ItemCode"] = json!("NOPE");
    }
    let body = body.to_string();
    let (status, answer) = if document.scenario == Scenario::PushedTwice {
        tokio::join!(post(app, "oa-orders", &body), post(app, "oa-orders", &body)).0
    } else {
        post(app, "oa-orders", &body).await
    };
    document.done = document.scenario == Scenario::PushedOnce;
    if app.crash_injector.is_dead() || status != 200 {
        return;
    }
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    match answer["success"].as_str() {
        Some("Y") => document.done = true,
        _ if wrong && answer["code"] == "b1.refused" => document.corrected = true,
        _ => {}
    }
    document.answer = Some(answer);
}

async fn idle(app: &TestApp) -> bool {
    app.local.queue.next_visible_at(&APPROVALS_WRITE_BACK).await.unwrap().is_none()
        && app.sandbox.dingtalk().callbacks_are_settled()
}

async fn pause(app: &TestApp) -> Duration {
    let now = app.clock.now_ms();
    let mut next = now - now.rem_euclid(60_000) + 60_000;
    if let Some(at) = app.local.queue.next_visible_at(&APPROVALS_WRITE_BACK).await.unwrap() {
        next = next.min(at);
    }
    if let Some(at) = app.sandbox.next_callback_at() {
        next = next.min(at);
    }
    Duration::from_millis(u64::try_from((next - now).max(200)).unwrap())
}

/// One document a request, whose key was answered, and whose run says so.
async fn verify(app: &TestApp, documents: &[Document]) -> Result<(), String> {
    // A refusal that came when nobody waited for the answer any more lies there with B1's words, until it is corrected.
    let is_told = |letter: &String| {
        let letter: Value = serde_json::from_str(letter).unwrap();
        let of = |d: &Document| d.scenario == Scenario::Corrected && letter["body"]["instance"] == d.request.as_str();
        letter["reason"]["code"] == "b1.refused" && documents.iter().any(of)
    };
    let letters: Vec<String> = app.dead_letters().await.into_iter().filter(|letter| !is_told(letter)).collect();
    if !letters.is_empty() {
        return Err(format!("dead letters: {letters:?}"));
    }
    let tenant = TenantId::operator();
    for document in documents {
        let (flow, field) = match document.scenario {
            Scenario::Form => ("ding-orders", "U_instanceID"),
            _ => ("oa-orders", "U_REQUESTID"),
        };
        let made: Vec<Value> =
            rows(app, "Orders").into_iter().filter(|row| row[field] == document.request.as_str()).collect();
        let runs = tenon_platform::runs::newest(&app.ctx, &tenant, &FlowId::new(flow), 100).await;
        let runs = runs.map_err(|error| error.to_string())?;
        let of: Vec<_> = runs.iter().filter(|run| run.instance.as_deref() == Some(&document.request)).collect();
        // What died before anything was stored, and was not pushed again, or was answered N for good, is not there.
        let told_no = document.answer.as_ref().is_some_and(|answer| {
            let open = ["b1.unknown-outcome", "flow.document-open", "flow.busy"];
            answer["success"] == "N" && !open.iter().any(|code| answer["code"] == *code)
        });
        let wanted = match document.scenario {
            Scenario::PushedOnce if told_no => 0,
            Scenario::PushedOnce if of.is_empty() && document.answer.is_none() => 0,
            _ => 1,
        };
        if made.len() != wanted {
            return Err(format!("{} documents of {}, wanted {wanted}", made.len(), document.request));
        }
        if let (Some(answer), [made]) = (&document.answer, made.as_slice())
            && answer["success"] == "Y"
            && answer["key"].as_str() != Some(made["DocEntry"].to_string().as_str())
        {
            return Err(format!("{} was answered {answer}, and is {}", document.request, made["DocEntry"]));
        }
        let newest = of.first().map(|run| run.status);
        if wanted == 1 && newest != Some(RunStatus::Succeeded) {
            return Err(format!("the run of {} says {newest:?}", document.request));
        }
    }
    Ok(())
}

/// What scenarios have in common is tried with the first at every place, and with the others at some.
fn boundaries_of(scenario: Scenario, step: usize) {
    let undisturbed = Plan { scenarios: vec![scenario], ..Plan::default() };
    let effects = run(play(&undisturbed)).unwrap();
    assert!(effects > 12, "only {effects} effects were counted");
    let plans: Vec<Plan> =
        boundaries(effects, step).map(|death| Plan { deaths: vec![death], ..undisturbed.clone() }).collect();
    play_all(&plans, play);
}

/// R-W21.
#[test]
fn a_pushed_document_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Pushed, 1);
}

/// R-W21.
#[test]
fn a_document_pushed_twice_at_once_survives_death_at_boundaries() {
    boundaries_of(Scenario::PushedTwice, 4);
}

/// R-W21.
#[test]
fn a_document_refused_and_corrected_survives_death_at_boundaries() {
    boundaries_of(Scenario::Corrected, 4);
}

#[test]
fn a_document_that_nobody_pushes_again_survives_death_at_boundaries() {
    boundaries_of(Scenario::PushedOnce, 3);
}

#[test]
fn an_approved_form_survives_death_at_boundaries() {
    boundaries_of(Scenario::Form, 2);
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    const SCENARIOS: [Scenario; 5] =
        [Scenario::Pushed, Scenario::PushedTwice, Scenario::Corrected, Scenario::PushedOnce, Scenario::Form];
    let scenarios = (0..=dice.below(3)).map(|_| SCENARIOS[dice.place(5)]).collect();
    let deaths = dice.deaths(90);
    let faults = dice.faults(|dice| {
        let kind = match dice.below(8) {
            0 => FaultKind::DropBeforeCommit,
            1 | 2 => FaultKind::DropAfterCommit,
            3 => FaultKind::Html(502),
            4 => FaultKind::ExpireSessions,
            5 => FaultKind::RateLimited,
            6 => FaultKind::Late(Duration::from_secs(40)),
            _ => FaultKind::Latency(Duration::from_secs(40)),
        };
        (kind, if dice.below(4) > 0 { Vendor::B1 } else { Vendor::DingTalk })
    });
    Plan { seed, scenarios, deaths, faults }
}

/// 40 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    let plans: Vec<Plan> = seeds(40).map(random_plan).collect();
    play_all(&plans, play);
}
