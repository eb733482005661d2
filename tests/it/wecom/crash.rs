//! Crash points over WeCom: every boundary of each scenario's first process, and seeded histories with deaths and
//! faults at random places. In the end there is one approval a document and attempt, and one decision.

use super::test_app::{goods_issue, of_key, over_issue_document, site_seeded};
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
    Withdrawn,
    Custom,
    /// A draft with a file, approved and added.
    Added,
}

#[derive(Clone, Debug, Default)]
struct Scenarios {
    scenarios: Vec<Scenario>,
    trouble: Trouble,
}

struct Document {
    scenario: Scenario,
    key: i64,
    withdrawn: bool,
    decided: bool,
}

impl Plan for Scenarios {
    type Progress = Vec<Document>;
    const QUEUES: &'static [QueueName] = &[APPROVALS_SUBMIT, APPROVALS_WRITE_BACK];
    const LIMIT: usize = 700;

    fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    async fn new_app(&self) -> TestApp {
        site_seeded(self.trouble.seed).await
    }

    fn begin(&self, app: &TestApp) -> Vec<Document> {
        self.scenarios
            .iter()
            .map(|scenario| {
                let key = match scenario {
                    Scenario::Custom => over_issue_document(app, Some("lisi")),
                    Scenario::Added => {
                        let (now, b1) = (app.clock.now_ms(), app.sandbox.b1());
                        let file = b1.add_attachment(now, &[("a.pdf", b"1234567")]);
                        let draft = goods_issue("部门领用", &[&[1]]).field("AttachmentEntry", file);
                        b1.create_draft(now, draft).unwrap().0
                    }
                    _ => app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap().0,
                };
                Document { scenario: *scenario, key, withdrawn: false, decided: false }
            })
            .collect()
    }

    async fn after(&self, app: &TestApp, documents: &mut Vec<Document>, _: usize) {
        for document in documents {
            act(app, document);
        }
    }

    fn is_over(&self, app: &TestApp, documents: &Vec<Document>, _: usize) -> bool {
        documents.iter().all(|d| d.decided) && app.sandbox.wecom().callbacks_are_settled()
    }

    async fn verify(&self, app: &TestApp, documents: &Vec<Document>) -> Result<(), String> {
        verify(app, documents)
    }
}

fn template(scenario: Scenario) -> &'static str {
    if scenario == Scenario::Custom { "TMPL-OVER" } else { "TMPL-SCRAP" }
}

/// Numbers and states of a document's approvals.
fn approvals(app: &TestApp, document: &Document) -> Vec<(String, i64)> {
    let numbers = of_key(app, document.key);
    let ours = |info: &Value| {
        let number = info["sp_no"].as_str().unwrap().to_owned();
        let fits = info["template_id"] == template(document.scenario) && numbers.contains(&number);
        fits.then(|| (number, info["sp_status"].as_i64().unwrap()))
    };
    app.sandbox.wecom().instances().iter().filter_map(ours).collect()
}

/// People act as soon as they see something to act on.
fn act(app: &TestApp, document: &mut Document) {
    if document.decided {
        return;
    }
    let open = approvals(app, document).into_iter().find(|(_, status)| *status == 1);
    let Some((number, _)) = open else { return };
    let (now, wecom) = (app.clock.now_ms(), app.sandbox.wecom());
    match document.scenario {
        Scenario::Refused => wecom.refuse(now, &number, "", "价格过高").unwrap(),
        Scenario::Withdrawn if !document.withdrawn => {
            wecom.withdraw(now, &number).unwrap();
            document.withdrawn = true;
            return;
        }
        _ => wecom.approve(now, &number, "", "同意").unwrap(),
    }
    document.decided = true;
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

fn verify(app: &TestApp, documents: &[Document]) -> Result<(), String> {
    let added = documents.iter().filter(|d| d.scenario == Scenario::Added).count();
    expect("documents", &app.sandbox.b1().count("InventoryGenExits"), &added)?;
    for document in documents {
        let (key, scenario) = (document.key, document.scenario);
        let mut states: Vec<i64> = approvals(app, document).into_iter().map(|(_, status)| status).collect();
        states.sort_unstable();
        let (wanted, word) = match scenario {
            Scenario::Approved | Scenario::Custom | Scenario::Added => (vec![2], "ardApproved"),
            Scenario::Refused => (vec![3], "ardNotApproved"),
            Scenario::Withdrawn => (vec![2, 4], "ardApproved"),
        };
        expect(&format!("approvals of {key}"), &states, &wanted)?;
        if scenario == Scenario::Custom {
            let row = app.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(key)).unwrap();
            expect("result", &row["U_SUCCESS"], &json!("Y"))?;
        } else {
            expect(&format!("decisions on {key}"), &app.decisions(key), &vec![word.to_owned()])?;
            expect("approver", &app.draft(key)["U_Approver"], &json!("felix"))?;
            let open = if scenario == Scenario::Added { "bost_Close" } else { "bost_Open" };
            expect("draft", &app.draft(key)["DocumentStatus"], &json!(open))?;
        }
    }
    Ok(())
}

fn boundaries_of(scenario: Scenario) {
    survives_its_boundaries(&Scenarios { scenarios: vec![scenario], ..Scenarios::default() }, 1, 20);
}

#[test]
fn an_approved_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Approved);
}

#[test]
fn an_approved_draft_with_a_file_becomes_one_document_whatever_dies() {
    boundaries_of(Scenario::Added);
}

#[test]
fn a_withdrawn_draft_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Withdrawn);
}

#[test]
fn an_approved_custom_document_survives_death_at_its_boundaries() {
    boundaries_of(Scenario::Custom);
}

fn random_plan(seed: u64) -> Scenarios {
    let dice = Dice::past_first(seed);
    const SCENARIOS: [Scenario; 4] = [Scenario::Approved, Scenario::Refused, Scenario::Withdrawn, Scenario::Custom];
    let mut scenarios: Vec<Scenario> = (0..=dice.below(3)).map(|_| SCENARIOS[dice.place(4)]).collect();
    let deaths = dice.deaths(120);
    let faults =
        dice.faults(|dice| (dice.trouble_of_an_oa(), if dice.below(2) == 0 { Vendor::B1 } else { Vendor::WeCom }));
    if dice.below(3) == 0 {
        scenarios.push(Scenario::Added);
    }
    Scenarios { scenarios, trouble: Trouble { seed, deaths, faults } }
}

/// 90 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_lose_nothing_and_do_nothing_twice() {
    end_well(90, random_plan);
}
