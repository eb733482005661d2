//! Drawn histories: documents sent and repeated through outages, lost answers and deaths; in the end B1 has each once.

use super::test_app::{CODE, app_with, ask, config, receipt, rows, with_backflush};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_engine::Moment;
use tenon_sandbox::{Fault, FaultKind};
use tenon_tests::{Boundary, TestApp};

/// Numbers drawn from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn place(&mut self, n: u64) -> usize {
        usize::try_from(self.below(n)).unwrap()
    }
}

fn histories() -> u64 {
    std::env::var("TENON_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

fn one_by_one(c: &mut Value) {
    config(c);
    c["barcode"][0]["changeset"] = json!(false);
}

fn document(number: u64, backflush: bool) -> Value {
    let mut body = if backflush { with_backflush() } else { receipt() };
    body["MainTable"]["U_CZSJ"] = json!(format!("2023-09-20 21:04:{number:02}"));
    body
}

async fn send(app: &TestApp, body: &Value) -> Value {
    ask(app, "POST", "/barcode/b1-main/save", &[("x-apig-appcode", CODE)], Some(&body.to_string())).await.body
}

fn trouble(app: &TestApp, draws: &mut Draws) {
    let at = ["InventoryGenEntries", "InventoryGenExits", "$batch", "Login"][draws.place(4)];
    let kind = match draws.below(6) {
        0 => FaultKind::DropAfterCommit,
        1 => FaultKind::DropBeforeCommit,
        2 => FaultKind::Html(502),
        3 => FaultKind::Status(400, r#"{"error":{"code":-5002,"message":{"value":"not now"}}}"#.to_owned()),
        4 => FaultKind::Late(Duration::from_secs(30)),
        _ => FaultKind::ExpireSessions,
    };
    app.sandbox.inject(Fault::new(kind).on("POST", at));
}

// R-B24, R-B25, R-B34, R-B35
#[tokio::test]
async fn whatever_happens_each_document_is_there_once_and_its_answer_says_which() {
    for seed in 0..histories().div_ceil(6) {
        let mut draws = Draws(seed + 1);
        let mut app = app_with(if seed % 2 == 0 { config } else { one_by_one }, |_| {}).await;
        let documents: Vec<Value> = (0..3).map(|n| document(n, draws.below(2) == 0)).collect();
        for _ in 0..8 {
            if draws.below(2) == 0 {
                trouble(&app, &mut draws);
            }
            if draws.below(5) == 0 {
                let moment = if draws.below(2) == 0 { Moment::Before } else { Moment::After };
                app.restart(Some(Boundary { effect: draws.place(14), moment }));
            }
            let which = draws.place(3);
            send(&app, &documents[which]).await;
            if app.crash_injector.is_dead() {
                app.restart(None);
            }
            app.clock.advance(Duration::from_secs(draws.below(90)));
        }
        app.sandbox.clear_faults();
        app.restart(None);
        let mut told = BTreeMap::new();
        for (number, body) in documents.iter().enumerate() {
            for _ in 0..8 {
                app.clock.advance(Duration::from_secs(130));
                let answer = send(&app, body).await;
                if answer["success"] == true {
                    told.insert(number, answer["data"].clone());
                    break;
                }
            }
            assert!(told.contains_key(&number), "seed {seed}: document {number} is not done");
        }
        let entries: Vec<Value> = rows(&app, "InventoryGenEntries").iter().map(|row| row["DocEntry"].clone()).collect();
        let mut named: Vec<Value> = told.values().map(|data| data["DocEntry"].clone()).collect();
        named.sort_by_key(|entry| entry.as_i64());
        assert_eq!(entries, named, "seed {seed}: receipts");
        let issues: Vec<Value> = rows(&app, "InventoryGenExits").iter().map(|row| row["DocEntry"].clone()).collect();
        let issued = told.values().map(|data| data["issue"]["DocEntry"].clone()).filter(|entry| !entry.is_null());
        let mut issued: Vec<Value> = issued.collect();
        issued.sort_by_key(|entry| entry.as_i64());
        assert_eq!(issues, issued, "seed {seed}: issues");
    }
}
