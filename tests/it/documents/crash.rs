//! Crash points of documents: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is exactly one document a request, and none is lost.

use super::forms::form;
use super::test_app::{companies, order, post, rows};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::queue::{APPROVALS_WRITE_BACK, QueueName};
use tenon_sandbox::{FaultKind, Vendor};
use tenon_tests::TestApp;
use tenon_tests::crash::{Plan, Trouble, end_well, survives_its_boundaries};
use tenon_tests::histories::Dice;

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
struct Scenarios {
    scenarios: Vec<Scenario>,
    trouble: Trouble,
}

struct Document {
    scenario: Scenario,
    request: String,
    corrected: bool,
    /// The answer that ended it.
    answer: Option<Value>,
    done: bool,
}

impl Plan for Scenarios {
    type Progress = Vec<Document>;
    const QUEUES: &'static [QueueName] = &[APPROVALS_WRITE_BACK];
    const LIMIT: usize = 500;

    fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    async fn new_app(&self) -> TestApp {
        companies(self.trouble.seed, None).await.0
    }

    fn begin(&self, app: &TestApp) -> Vec<Document> {
        let mut documents: Vec<Document> = Vec::new();
        for (index, scenario) in self.scenarios.iter().enumerate() {
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
        documents
    }

    async fn before(&self, app: &TestApp, documents: &mut Vec<Document>, _: usize) -> Result<(), String> {
        for document in documents {
            hand_over(app, document).await;
        }
        Ok(())
    }

    fn is_over(&self, app: &TestApp, documents: &Vec<Document>, _: usize) -> bool {
        documents.iter().all(|d| d.done) && app.sandbox.dingtalk().callbacks_are_settled()
    }

    /// A refusal that came when nobody waited for the answer any more lies there with B1's words, until it is corrected.
    fn is_expected_letter(&self, documents: &Vec<Document>, letter: &str) -> bool {
        let letter: Value = serde_json::from_str(letter).unwrap();
        let of = |d: &Document| d.scenario == Scenario::Corrected && letter["body"]["instance"] == d.request.as_str();
        letter["reason"]["code"] == "b1.refused" && documents.iter().any(of)
    }

    async fn verify(&self, app: &TestApp, documents: &Vec<Document>) -> Result<(), String> {
        verify(app, documents).await
    }
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

/// One document a request, whose key was answered, and whose run says so.
async fn verify(app: &TestApp, documents: &[Document]) -> Result<(), String> {
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
    survives_its_boundaries(&Scenarios { scenarios: vec![scenario], ..Scenarios::default() }, step, 12);
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

fn random_plan(seed: u64) -> Scenarios {
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
    Scenarios { scenarios, trouble: Trouble { seed, deaths, faults } }
}

/// 40 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    end_well(40, random_plan);
}
