//! A history: documents, people's moves, deaths and faults, and what must be true in the end.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK};
use tenon_sandbox::{Fault, NewInstance};
use tenon_tests::{Boundary, TestApp, TestAppOptions};

/// What people do with one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A draft, approved.
    DraftApproved,
    /// A draft, refused.
    DraftRefused,
    /// A draft whose instance is withdrawn; the document is sent again and approved.
    DraftWithdrawn,
    /// A sales order, approved.
    OrderApproved,
    /// A draft that is cancelled, changed and handed in again in B1 while DingTalk approves its form; the
    /// decision is held back until an operator accepts the change.
    DraftChanged,
    /// A sales order whose form is withdrawn and handed in again by hand in DingTalk, and approved there.
    OrderHandedInAgain,
    /// A quotation born in DingTalk, approved.
    Quotation,
}

impl Scenario {
    /// Those that begin with a document in B1.
    pub const DOCUMENTS: [Self; 6] = [
        Self::DraftApproved,
        Self::DraftRefused,
        Self::DraftWithdrawn,
        Self::OrderApproved,
        Self::DraftChanged,
        Self::OrderHandedInAgain,
    ];

    fn is_order(self) -> bool {
        matches!(self, Self::OrderApproved | Self::OrderHandedInAgain)
    }
}

/// A history's plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub seed: u64,
    pub scenarios: Vec<Scenario>,
    /// Boundaries at which the first, second, … process dies.
    pub deaths: Vec<Boundary>,
    /// Faults of the vendors, each with the step before which it is injected.
    pub faults: Vec<(usize, Fault)>,
    /// Whether approved drafts become documents.
    pub adds: bool,
    /// Steps during which our callback URL does not answer.
    pub refused_callbacks: std::ops::Range<usize>,
}

struct Document {
    scenario: Scenario,
    key: i64,
    form: Option<String>,
    /// Its approval request in B1.
    request: Option<i64>,
    withdrawn: bool,
    /// The request it was handed in again with.
    again: Option<i64>,
    decided: bool,
}

/// Steps after which a history that is not at rest has failed: hours of simulated time.
const LIMIT: usize = 700;

/// Plays the history to its end and checks both systems. Returns the number of effects the first
/// process had, which is the number of places it can die.
pub async fn play(plan: &Plan) -> Result<usize, String> {
    let config: Option<fn(&mut Value)> = plan.adds.then_some(|c| c["flows"][0]["on_approved"] = json!("add"));
    let mut app = TestApp::new(TestAppOptions { seed: plan.seed, config, ..TestAppOptions::default() }).await;
    let mut deaths = plan.deaths.iter().copied();
    app.restart(deaths.next());
    let mut documents: Vec<Document> = plan.scenarios.iter().map(|s| begin(&app, *s)).collect();
    let (mut effects, mut quiet, mut first) = (0, 0, true);
    let mut outcome = Ok(());
    for step in 0..LIMIT {
        for (_, fault) in plan.faults.iter().filter(|(at, _)| *at == step) {
            app.sandbox.inject(fault.clone());
        }
        if plan.refused_callbacks.contains(&step) {
            refuse_callbacks(&app);
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
        outcome = if at_rest { verify(&app, plan, &documents).await } else { Err("not at rest".to_owned()) };
        quiet = if outcome.is_ok() { quiet + 1 } else { 0 };
        if quiet > 3 {
            return Ok(effects);
        }
        app.clock.advance(pause(&app).await);
    }
    let mut runs = Vec::new();
    for flow in ["purchase-request", "sales-order", "quotation"] {
        let flow = tenon_model::FlowId::new(flow);
        let found = tenon_platform::runs::newest(&app.ctx, &tenon_model::TenantId::operator(), &flow, 5).await.unwrap();
        runs.extend(found.into_iter().map(|r| format!("{} {:?} {:?}: {}", r.flow, r.document, r.status, r.message)));
    }
    let log = app.sandbox.snapshot().log;
    let tail: Vec<String> =
        log.iter().rev().take(40).rev().map(|r| format!("{} {} {} {}", r.at_ms, r.method, r.path, r.outcome)).collect();
    Err(format!(
        "{outcome:?} after {LIMIT} steps; decided: {:?}, dead letters: {:?}\nplan: {plan:?}\n{}\n{}",
        documents.iter().map(|d| d.decided).collect::<Vec<_>>(),
        app.dead_letters().await,
        runs.join("\n"),
        tail.join("\n")
    ))
}

fn begin(app: &TestApp, scenario: Scenario) -> Document {
    let now = app.clock.now_ms();
    let mut request = None;
    let (key, form) = match scenario {
        Scenario::DraftApproved | Scenario::DraftRefused | Scenario::DraftWithdrawn | Scenario::DraftChanged => {
            let (draft, code) = app.sandbox.b1().create_draft(now, purchase_request()).unwrap();
            request = code;
            (draft, None)
        }
        Scenario::OrderApproved | Scenario::OrderHandedInAgain => {
            let fields =
                json!({ "CardCode": "C20000", "CardName": "上海客户", "U_ISSYN": "N", "U_UserID": "zhangsan" });
            let order = app.sandbox.b1().create_document(now, "Orders", fields).unwrap();
            (order["DocEntry"].as_i64().unwrap(), None)
        }
        Scenario::Quotation => {
            let table = r#"[[{"name":"物料代码","value":"11028"},{"name":"价格","value":"205.5"},{"name":"币种","value":"CNY"},{"name":"可用起始日期","value":"2026-12-01"},{"name":"可用结束日期","value":"2026-12-31"}]]"#;
            let form = NewInstance::new("PROC-Q").field("客户代码", "C20000").field("报价明细", table);
            (0, Some(app.sandbox.dingtalk().create_instance(now, form).unwrap()))
        }
    };
    Document { scenario, key, form, request, withdrawn: false, again: None, decided: false }
}

/// People act as soon as they see something to act on.
async fn act(app: &TestApp, document: &mut Document) {
    if document.decided {
        return;
    }
    if document.again.is_some() {
        return accept(app, document).await;
    }
    let now = app.clock.now_ms();
    let open = match (document.scenario, &document.form) {
        (Scenario::Quotation, form) => form.clone(),
        (scenario, _) if scenario.is_order() => running(&orders_instances(app, document.key)),
        _ => running(&drafts_instances(app, document.key)),
    };
    let Some(instance) = open else { return };
    match document.scenario {
        Scenario::DraftChanged => {
            app.sandbox.b1().end_request(document.request.unwrap(), "arsCancelled").unwrap();
            let changed = json!({ "RequesterName": "李四" });
            app.sandbox.b1().change_document(now, "Drafts", document.key, changed).unwrap();
            document.again = Some(app.sandbox.b1().hand_in_again(now, "Drafts", document.key).unwrap());
            app.sandbox.dingtalk().approve(now, &instance, "", "同意").unwrap();
            return;
        }
        Scenario::OrderHandedInAgain if !document.withdrawn => {
            app.sandbox.dingtalk().terminate(now, &instance).unwrap();
            app.sandbox.dingtalk().resubmit(now, &instance, None).unwrap();
            document.withdrawn = true;
            return;
        }
        Scenario::DraftRefused => app.sandbox.dingtalk().refuse(now, &instance, "", "价格过高").unwrap(),
        Scenario::DraftWithdrawn if !document.withdrawn => {
            app.sandbox.dingtalk().terminate(now, &instance).unwrap();
            document.withdrawn = true;
            return;
        }
        _ => app.sandbox.dingtalk().approve(now, &instance, "", "同意").unwrap(),
    }
    document.decided = true;
}

/// An operator accepts the change as soon as a run holds the decision back. A command that fails is given again.
async fn accept(app: &TestApp, document: &mut Document) {
    let (tenant, flow) = (TenantId::operator(), FlowId::new("purchase-request"));
    let Ok(runs) = tenon_platform::runs::newest(&app.ctx, &tenant, &flow, 50).await else { return };
    let key = DocumentKey::Number(document.key);
    let held =
        runs.into_iter().find(|r| r.document.as_ref() == Some(&key) && r.code.as_deref() == Some("flow.changed"));
    if let Some(run) = held
        && tenon_flows::operator::accept_change(&app.ctx, &tenant, &run.id, "wang.lei").await.is_ok()
    {
        document.decided = true;
    }
}

fn orders_instances(app: &TestApp, key: i64) -> Vec<Value> {
    app.instances_of(key).into_iter().filter(|i| i["processCode"] == "PROC-SO").collect()
}

fn drafts_instances(app: &TestApp, key: i64) -> Vec<Value> {
    app.instances_of(key).into_iter().filter(|i| i["processCode"] == "PROC-PR").collect()
}

fn running(instances: &[Value]) -> Option<String> {
    let found = instances.iter().find(|i| i["status"] == "RUNNING" && i["deleted"] != true);
    found.map(|i| i["instanceId"].as_str().unwrap().to_owned())
}

fn refuse_callbacks(app: &TestApp) {
    let now = app.clock.now_ms();
    for delivery in app.sandbox.due_callbacks(now) {
        app.sandbox.callback_result(now, delivery.id, tenon_sandbox::CallbackOutcome::NoAnswer);
    }
}

/// Nothing is queued, and DingTalk has nothing left to tell.
async fn idle(app: &TestApp) -> bool {
    for queue in [APPROVALS_SUBMIT, APPROVALS_WRITE_BACK] {
        if app.local.queue.next_visible_at(&queue).await.unwrap().is_some() {
            return false;
        }
    }
    app.sandbox.dingtalk().callbacks_are_settled()
}

/// Time passes to the next thing that can happen: a message, a callback, or the next minute's poll.
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

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

/// Exactly one instance per document and attempt, exactly one decision per request, none lost.
async fn verify(app: &TestApp, plan: &Plan, documents: &[Document]) -> Result<(), String> {
    expect("dead letters", app.dead_letters().await, Vec::new())?;
    let approved =
        |d: &&Document| !d.scenario.is_order() && !matches!(d.scenario, Scenario::DraftRefused | Scenario::Quotation);
    let added = if plan.adds { documents.iter().filter(approved).count() } else { 0 };
    expect("documents that drafts became", app.sandbox.b1().count("PurchaseRequests"), added)?;
    for document in documents {
        let key = document.key;
        match document.scenario {
            Scenario::DraftApproved | Scenario::DraftRefused => {
                let word = if document.scenario == Scenario::DraftApproved { "ardApproved" } else { "ardNotApproved" };
                expect(&format!("instances of draft {key}"), drafts_instances(app, key).len(), 1)?;
                expect(&format!("decisions on draft {key}"), app.decisions(key), vec![word.to_owned()])?;
                expect("mark", app.draft(key)["U_ISSYN"].clone(), json!("Y"))?;
                expect("approver", app.draft(key)["U_Approver"].clone(), json!("manager01"))?;
            }
            Scenario::DraftWithdrawn => {
                let mut statuses: Vec<String> =
                    drafts_instances(app, key).iter().map(|i| i["status"].as_str().unwrap().to_owned()).collect();
                statuses.sort();
                expect(&format!("instances of draft {key}"), statuses, vec!["COMPLETED".into(), "TERMINATED".into()])?;
                expect(&format!("decisions on draft {key}"), app.decisions(key), vec!["ardApproved".to_owned()])?;
            }
            Scenario::DraftChanged => {
                expect(&format!("instances of draft {key}"), drafts_instances(app, key).len(), 1)?;
                let given: Vec<(i64, String)> =
                    app.sandbox.b1().accepted_decisions(key).into_iter().map(|d| (d.request, d.status)).collect();
                expect("decisions", given, vec![(document.again.unwrap(), "ardApproved".to_owned())])?;
                expect("approver", app.draft(key)["U_Approver"].clone(), json!("manager01"))?;
            }
            Scenario::OrderHandedInAgain => {
                let instances = orders_instances(app, key);
                let mut statuses: Vec<&str> = instances.iter().map(|i| i["status"].as_str().unwrap()).collect();
                statuses.sort_unstable();
                expect(&format!("instances of order {key}"), statuses, vec!["COMPLETED", "TERMINATED"])?;
                let completed = instances.iter().find(|i| i["status"] == "COMPLETED").unwrap();
                let order = app.sandbox.b1().row("Orders", "DocEntry", &json!(key)).unwrap();
                expect("order's result", order["U_SUCCESS"].clone(), json!("Y"))?;
                expect("order's instance", order["U_instanceID"].clone(), completed["instanceId"].clone())?;
            }
            Scenario::OrderApproved => {
                expect(&format!("instances of order {key}"), orders_instances(app, key).len(), 1)?;
                let order = app.sandbox.b1().row("Orders", "DocEntry", &json!(key)).unwrap();
                expect("order's result", order["U_SUCCESS"].clone(), json!("Y"))?;
                expect("order's mark", order["U_ISSYN"].clone(), json!("Y"))?;
            }
            Scenario::Quotation => {
                let prices = app.sandbox.b1().rows("SpecialPrices");
                expect("special prices", prices.len(), 1)?;
                let areas = prices[0]["SpecialPriceDataAreas"].as_array().unwrap();
                expect("dated prices", areas.len(), 1)?;
                expect("price", areas[0]["SpecialPrice"].as_f64(), Some(205.5))?;
            }
        }
    }
    Ok(())
}
