//! Drawn histories: documents of two companies sent, repeated and sent twice at once through outages, lost answers and
//! deaths; in the end each is there once, on its own order, and its answer says which.

use super::test_app::{CODE, app_with, call, config, receipt, with_backflush};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_engine::Moment;
use tenon_sandbox::{Fault, FaultKind};
use tenon_tests::histories::{Dice, play_all, seeds};
use tenon_tests::{Boundary, TestApp};

/// Sets that documents go to, each with its company.
const SETS: [(&str, &str); 4] = [
    ("b1-main", "InventoryGenEntries"),
    ("b1-main", "InventoryGenExits"),
    ("b1-main", "PurchaseDeliveryNotes"),
    ("b1-two", "PurchaseDeliveryNotes"),
];

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A receipt of order 478.
    Receipt,
    /// The same with its components' issue.
    Backflush,
    /// A receipt of order 479.
    OtherOrder,
    /// A delivery, of the second company.
    OtherCompany,
}

#[derive(Clone, Debug)]
enum Act {
    Send(usize),
    /// Two requests of the same document at once.
    AtOnce(usize),
    Fault(Fault),
    Die(Boundary),
    Wait(u64),
}

#[derive(Debug)]
struct Plan {
    seed: u64,
    /// Whether B1 takes issue and receipt in two calls.
    one_by_one: bool,
    documents: Vec<Kind>,
    acts: Vec<Act>,
}

fn one_by_one(c: &mut Value) {
    config(c);
    c["barcode"][0]["changeset"] = json!(false);
}

impl Kind {
    fn company(self) -> &'static str {
        if self == Self::OtherCompany { "b1-two" } else { "b1-main" }
    }

    fn set(self) -> &'static str {
        if self == Self::OtherCompany { "PurchaseDeliveryNotes" } else { "InventoryGenEntries" }
    }

    /// The order that its rows are of.
    fn base(self) -> i64 {
        match self {
            Self::Receipt | Self::Backflush => 478,
            Self::OtherOrder => 479,
            Self::OtherCompany => 55,
        }
    }

    /// The document that is the nth.
    fn body(self, n: usize) -> Value {
        let mut body = match self {
            Self::Receipt => receipt(),
            Self::Backflush => with_backflush(),
            Self::OtherOrder => json!({ "method": "InventoryGenEntry", "MainTable": {},
                "data": [{ "BaseEntry": "479", "BaseType": "202", "Quantity": "3", "WarehouseCode": "01" }] }),
            Self::OtherCompany => json!({ "method": "PurchaseDelivery", "MainTable": { "CardCode": "V1" },
                "data": [{ "BaseEntry": "55", "BaseType": "22", "BaseLine": "0", "Quantity": "2.5", "WarehouseCode": "01" }] }),
        };
        body["MainTable"]["U_CZSJ"] = json!(format!("2023-09-20 21:04:{n:02}"));
        body
    }

    async fn send(self, app: &TestApp, n: usize) -> Value {
        let path = format!("/barcode/{}/save", self.company());
        call(app, "POST", &path, &[("x-apig-appcode", CODE)], Some(&self.body(n).to_string())).await.body
    }
}

fn trouble(dice: &Dice) -> Fault {
    let at = ["InventoryGenEntries", "InventoryGenExits", "$batch", "Login", "PurchaseDeliveryNotes"][dice.place(5)];
    let kind = match dice.below(7) {
        0 => FaultKind::DropAfterCommit,
        1 => FaultKind::DropBeforeCommit,
        2 => FaultKind::Html(502),
        3 => FaultKind::Html(503),
        4 => FaultKind::Status(400, r#"{"error":{"code":-5002,"message":{"value":"not now"}}}"#.to_owned()),
        5 => FaultKind::Late(Duration::from_secs(30)),
        _ => FaultKind::ExpireSessions,
    };
    Fault::new(kind).on("POST", at)
}

fn random_plan(seed: u64) -> Plan {
    let dice = Dice::past_first(seed);
    let kinds = [Kind::Receipt, Kind::Backflush, Kind::Backflush, Kind::OtherOrder, Kind::OtherCompany];
    let documents: Vec<Kind> = (0..3).map(|_| kinds[dice.place(kinds.len())]).collect();
    let mut acts = Vec::new();
    for _ in 0..8 {
        if dice.below(2) == 0 {
            acts.push(Act::Fault(trouble(&dice)));
        }
        if dice.below(5) == 0 {
            let moment = if dice.below(2) == 0 { Moment::Before } else { Moment::After };
            acts.push(Act::Die(Boundary { effect: dice.place(16), moment }));
        }
        let which = dice.place(documents.len());
        acts.push(if dice.below(4) == 0 { Act::AtOnce(which) } else { Act::Send(which) });
        acts.push(Act::Wait(dice.below(90)));
    }
    Plan { seed, one_by_one: dice.below(2) == 0, documents, acts }
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = app_with(if plan.one_by_one { one_by_one } else { config }, |_| {}).await;
    for act in &plan.acts {
        match act {
            Act::Send(n) => drop(plan.documents[*n].send(&app, *n).await),
            Act::AtOnce(n) => {
                tokio::join!(plan.documents[*n].send(&app, *n), plan.documents[*n].send(&app, *n));
            }
            Act::Fault(fault) => {
                app.sandbox.inject(fault.clone());
                app.second.iter().for_each(|other| other.inject(fault.clone()));
            }
            Act::Die(boundary) => app.restart(Some(*boundary)),
            Act::Wait(seconds) => app.clock.advance(Duration::from_secs(*seconds)),
        }
        if app.crash_injector.is_dead() {
            app.restart(None);
        }
    }
    app.sandbox.clear_faults();
    app.second.iter().for_each(tenon_sandbox::Sandbox::clear_faults);
    app.restart(None);
    let mut saved = Vec::new();
    for (n, document) in plan.documents.iter().enumerate() {
        saved.push((
            *document,
            answer(&app, *document, n).await.map_err(|why| format!("seed {}: {why}\n{plan:?}", plan.seed))?,
        ));
    }
    verify(&app, &saved).map_err(|why| format!("seed {}: {why}\n{plan:?}", plan.seed))?;
    Ok(plan.acts.len())
}

/// It is sent until it is done.
async fn answer(app: &TestApp, document: Kind, n: usize) -> Result<Value, String> {
    let mut last = Value::Null;
    for _ in 0..8 {
        app.clock.advance(Duration::from_secs(130));
        last = document.send(app, n).await;
        if last["success"] == true {
            return Ok(last["data"].clone());
        }
    }
    Err(format!("document {n} is not done: {last}"))
}

fn verify(app: &TestApp, saved: &[(Kind, Value)]) -> Result<(), String> {
    for (company, set) in SETS {
        let sandbox = if company == "b1-two" { app.second.as_ref().unwrap() } else { &app.sandbox };
        // The first company has a delivery already, which returns are based on.
        let had = usize::from((company, set) == ("b1-main", "PurchaseDeliveryNotes"));
        let made = sandbox.b1().rows(set);
        let made =
            made.iter().skip(had).map(|row| (row["DocEntry"].as_i64(), row["DocumentLines"][0]["BaseEntry"].as_i64()));
        let mut named: Vec<(Option<i64>, Option<i64>)> = Vec::new();
        for (document, data) in saved.iter().filter(|(document, _)| document.company() == company) {
            if document.set() == set {
                named.push((data["DocEntry"].as_i64(), Some(document.base())));
            }
            if set == "InventoryGenExits" && *document == Kind::Backflush {
                named.push((data["issue"]["DocEntry"].as_i64(), Some(document.base())));
            }
        }
        named.sort_unstable();
        let made: Vec<_> = made.collect();
        if made != named {
            return Err(format!("{set} of {company}: {made:?}, answered {named:?}"));
        }
    }
    Ok(())
}

// R-B24, R-B25, R-B34, R-B35
/// 140 histories by default; `TENON_HISTORIES` asks for more, `TENON_HISTORY_SEED` for one.
#[test]
fn seeded_histories_end_with_each_document_once_and_its_answer_says_which() {
    let plans: Vec<Plan> = seeds(140).map(random_plan).collect();
    play_all(&plans, play);
}
