//! Crash points over Weaver: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is one request a document and attempt, and one decision.

use super::test_app::{companies, purchase_request, requests_of};
use serde_json::{Value, json};
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK, QueueName};
use tenon_sandbox::Vendor;
use tenon_tests::TestApp;
use tenon_tests::crash::{Plan, Trouble, end_well, survives_its_boundaries};
use tenon_tests::histories::Dice;

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
struct Scenarios {
    scenarios: Vec<Scenario>,
    trouble: Trouble,
}

struct Document {
    scenario: Scenario,
    key: i64,
    returned: bool,
    decided: bool,
}

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

impl Plan for Scenarios {
    type Progress = Vec<Document>;
    const QUEUES: &'static [QueueName] = &[APPROVALS_SUBMIT, APPROVALS_WRITE_BACK];
    const LIMIT: usize = 900;

    fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    async fn new_app(&self) -> TestApp {
        companies(self.trouble.seed).await.0
    }

    fn begin(&self, app: &TestApp) -> Vec<Document> {
        self.scenarios.iter().enumerate().map(|(index, scenario)| document(app, *scenario, index)).collect()
    }

    async fn after(&self, app: &TestApp, documents: &mut Vec<Document>, _: usize) {
        for document in documents {
            act(app, document).await;
        }
    }

    fn is_over(&self, app: &TestApp, documents: &Vec<Document>, _: usize) -> bool {
        let is_under_way = |state: &str| matches!(state, "pending" | "in-flight");
        documents.iter().all(|d| d.decided)
            && !app.sandbox.weaver().pushes().iter().any(|push| is_under_way(push.state))
    }

    async fn verify(&self, app: &TestApp, documents: &Vec<Document>) -> Result<(), String> {
        verify(app, documents)
    }
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

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

fn verify(app: &TestApp, documents: &[Document]) -> Result<(), String> {
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
    survives_its_boundaries(&Scenarios { scenarios: vec![scenario], ..Scenarios::default() }, step, 20);
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

fn random_plan(seed: u64) -> Scenarios {
    let dice = Dice::past_first(seed);
    const SCENARIOS: [Scenario; 5] =
        [Scenario::Approved, Scenario::Refused, Scenario::Returned, Scenario::Formal, Scenario::Old];
    let scenarios = (0..=dice.below(3)).map(|_| SCENARIOS[dice.place(5)]).collect();
    let deaths = dice.deaths(120);
    let faults =
        dice.faults(|dice| (dice.trouble_of_an_oa(), if dice.below(2) == 0 { Vendor::B1 } else { Vendor::Weaver }));
    Scenarios { scenarios, trouble: Trouble { seed, deaths, faults } }
}

/// 90 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    end_well(90, random_plan);
}
