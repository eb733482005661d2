//! Pushed documents: story E2, and what happens when B1 refuses, is slow or says nothing.

use super::test_app::{CODE, app, companies, newest_run, order, post, push, rows};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::run::RunStatus;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

fn on_orders(kind: FaultKind) -> Fault {
    Fault::new(kind).vendor(Vendor::B1).on("POST", "Orders")
}

/// R-W17, R-W18, R-W19, R-W20, R-W21, R-W41: the scenario, step by step.
#[tokio::test]
async fn the_story_of_documents_from_the_oa() {
    let (app, other) = companies(0, None).await;
    // 1: an order with two lines, and its key.
    let first = push(&app, "oa-orders", &order("88201")).await;
    assert_eq!(first["success"], "Y", "{first}");
    let made = rows(&app, "Orders");
    assert_eq!(made.len(), 1);
    assert_eq!(first["key"], made[0]["DocEntry"].to_string());
    assert_eq!(made[0]["U_REQUESTID"], "88201");
    assert!(made[0].get("requestid").is_none());
    let lines = &made[0]["DocumentLines"];
    assert_eq!((lines[0]["Quantity"].as_i64(), lines[0]["UnitPrice"].as_i64()), (Some(5), Some(300)));
    assert_eq!((lines[1]["Quantity"].as_i64(), lines[1]["UnitPrice"].as_f64()), (Some(2), Some(33.5)));
    // 2: again, three times at once.
    let again = order("88201");
    let answers =
        tokio::join!(push(&app, "oa-orders", &again), push(&app, "oa-orders", &again), push(&app, "oa-orders", &again));
    assert_eq!([answers.0, answers.1, answers.2], [first.clone(), first.clone(), first]);
    assert_eq!(rows(&app, "Orders").len(), 1);
    // 3: a supplier, and its key under another request.
    let supplier = |request: &str| json!({ "requestid": request, "CardCode": "V777", "CardName": "上海供应商", "CardType": "cSupplier" });
    let made = push(&app, "oa-suppliers", &supplier("88202")).await;
    assert_eq!((&made["success"], &made["key"]), (&json!("Y"), &json!("V777")));
    let refused = push(&app, "oa-suppliers", &supplier("88203")).await;
    assert_eq!(
        refused,
        json!({ "success": "N", "code": "b1.exists",
            "message": "This entry already exists in the following tables (ODBC -2035)" })
    );
    // 4: an item that B1 does not have; corrected.
    let mut nope = order("88204");
    nope["DocumentLines"][1]["ItemCode"] = json!("NOPE");
    let refused = push(&app, "oa-orders", &nope).await;
    let words = "No matching records found (ODBC -2028)";
    assert_eq!(refused, json!({ "success": "N", "message": words, "code": "b1.refused" }));
    assert_eq!(push(&app, "oa-orders", &order("88204")).await["success"], "Y");
    assert_eq!(rows(&app, "Orders").len(), 2);
    // 5: committed, and the answer lost.
    app.sandbox.inject(on_orders(FaultKind::DropAfterCommit));
    let before = app.clock.now_ms();
    let lost = push(&app, "oa-orders", &order("88205")).await;
    assert_eq!(lost["success"], "N");
    assert!(app.clock.now_ms() - before <= 25_000);
    let found = push(&app, "oa-orders", &order("88205")).await;
    let made = rows(&app, "Orders");
    assert_eq!((found["success"].as_str(), made.len()), (Some("Y"), 3));
    assert_eq!(found["key"], made[2]["DocEntry"].to_string());
    assert_eq!(push(&app, "oa-orders", &order("88205")).await, found);
    // 7: the same request in another company.
    let there = push(&app, "oa-orders-b", &order("88201")).await;
    assert_eq!((there["success"].as_str(), other.b1().rows("Orders").len()), (Some("Y"), 1));
    assert_eq!(rows(&app, "Orders").len(), 3);
}

/// R-W41, E2/6.
#[tokio::test]
async fn whoever_is_not_let_in_and_whatever_is_no_document_does_nothing() {
    let app = app().await;
    let body = order("1").to_string();
    let url = |connection: &str, flow: &str| format!("http://tenon/callbacks/weaver/{connection}/documents/{flow}");
    let none = app.post_with(&url("weaver-main", "oa-orders"), &[], &body).await;
    assert_eq!(none.0, 401);
    for code in ["", "wrong", "the-code-of-barcode", "the-code-from-elsewhere"] {
        let headers = [("x-apig-appcode", code.to_owned())];
        assert_eq!(app.post_with(&url("weaver-main", "oa-orders"), &headers, &body).await, none, "{code}");
        assert_eq!(app.post_with(&url("weaver-main", "no-such-flow"), &headers, &body).await, none, "{code}");
    }
    let headers = [("x-apig-appcode", CODE.to_owned())];
    assert_eq!(app.post_with(&url("ding-main", "oa-orders"), &headers, &body).await, none);
    // A flow that is not there, is another OA's, or of another kind.
    let unknown = post(&app, "no-such-flow", &body).await;
    assert_eq!(unknown.0, 404);
    assert_eq!(post(&app, "ding-orders", &body).await, unknown);
    for wrong in ["no json", "", "[]", "{}", r#"{"requestid": ""}"#, r#"{"requestid": [1]}"#, "requestid=1"] {
        let (status, answer) = post(&app, "oa-orders", wrong).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((status, &answer["success"]), (400, &json!("N")), "{wrong}: {answer}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    let (status, _) = post(&app, "oa-orders", &json!({"requestid": "x".repeat(101)}).to_string()).await;
    assert_eq!(status, 400);
    let (status, answer) = post(&app, "oa-orders", &"x".repeat(2 * 1024 * 1024)).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &answer["success"]), (413, &json!("N")), "{answer}");
    assert_eq!(push(&app, "oa-off", &order("1")).await["code"], "flow.disabled");
    assert!(app.sandbox.snapshot().requests.is_empty(), "B1 saw something");
}

/// R-W19: a number is the text of it, names are translated, and what does not fit is named.
#[tokio::test]
async fn a_mapped_document_is_translated_and_what_does_not_fit_is_named() {
    let app = app().await;
    let body = json!({ "requestid": 7, "kh": " C100\n", "rq": "20241231", "other": "x",
        "mx": [ { "wl": "A-001", "sl": "0.000001" }, { "wl": "", "sl": "" } ] });
    assert_eq!(push(&app, "oa-quotations", &body).await["success"], "Y");
    let made = rows(&app, "Quotations").remove(0);
    assert_eq!((&made["CardCode"], &made["DocDueDate"]), (&json!("C100"), &json!("2024-12-31")));
    assert_eq!(made["DocumentLines"].as_array().unwrap().len(), 1);
    assert_eq!(made["DocumentLines"][0]["Quantity"].as_f64(), Some(0.000_001));
    // The same request, as a text.
    let mut again = body.clone();
    again["requestid"] = json!("7");
    assert_eq!(push(&app, "oa-quotations", &again).await["key"], made["DocEntry"].to_string());
    let wrong = json!({ "requestid": 8, "rq": "soon", "mx": [ { "wl": "A-001" } ] });
    let reply = push(&app, "oa-quotations", &wrong).await;
    assert_eq!(reply["code"], "flow.mapping");
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("kh is empty") && message.contains("rq is \"soon\""), "{message}");
    assert_eq!(rows(&app, "Quotations").len(), 1);
}

/// R-W20: a definite N is final.
#[tokio::test]
async fn while_b1_is_down_the_answer_is_n_and_nothing_is_created_later_by_itself() {
    let mut app = app().await;
    let until_ms = app.clock.now_ms() + 60_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1));
    let before = app.clock.now_ms();
    let answer = push(&app, "oa-orders", &order("1")).await;
    assert_eq!(answer["success"], "N", "{answer}");
    assert!(app.clock.now_ms() - before <= 25_000);
    for _ in 0..5 {
        app.minute().await;
    }
    assert!(rows(&app, "Orders").is_empty());
    assert_eq!(push(&app, "oa-orders", &order("1")).await["success"], "Y");
    assert_eq!(rows(&app, "Orders").len(), 1);
}

async fn minutes(app: &mut TestApp, count: usize) {
    for _ in 0..count {
        app.minute().await;
    }
}

/// R-W20, R-W21: B1 takes its time.
#[tokio::test]
async fn a_create_that_b1_carries_out_late_is_answered_in_time_and_made_once() {
    for late in [FaultKind::Latency(Duration::from_secs(60)), FaultKind::Late(Duration::from_secs(75))] {
        let mut app = app().await;
        push(&app, "oa-orders", &order("warm")).await;
        app.sandbox.inject(on_orders(late.clone()));
        let before = app.clock.now_ms();
        let answer = push(&app, "oa-orders", &order("1")).await;
        assert_eq!(answer["success"], "N", "{late:?} {answer}");
        assert!(app.clock.now_ms() - before <= 25_000, "{late:?} {}", app.clock.now_ms() - before);
        minutes(&mut app, 5).await;
        assert_eq!(push(&app, "oa-orders", &order("1")).await["success"], "Y", "{late:?}");
        assert_eq!(rows(&app, "Orders").len(), 2, "{late:?}");
        assert_eq!(app.dead_letters().await, Vec::<String>::new());
    }
}

/// R-W21: what never arrived is sent again by itself, once it can no longer appear.
#[tokio::test]
async fn a_create_that_never_arrived_goes_on_by_itself() {
    let mut app = app().await;
    app.sandbox.inject(on_orders(FaultKind::DropBeforeCommit));
    let answer = push(&app, "oa-orders", &order("1")).await;
    assert_eq!((answer["success"].as_str(), answer["code"].as_str()), (Some("N"), Some("b1.unknown-outcome")));
    let answer = push(&app, "oa-orders", &order("1")).await;
    assert_eq!((answer["success"].as_str(), answer["code"].as_str()), (Some("N"), Some("flow.document-open")));
    assert!(rows(&app, "Orders").is_empty(), "sent again though the first may still be carried out");
    app.minutes_until(10, "the order", |app| !rows(app, "Orders").is_empty()).await;
    assert_eq!(push(&app, "oa-orders", &order("1")).await["success"], "Y");
    assert_eq!(rows(&app, "Orders").len(), 1);
    assert_eq!(newest_run(&app, "oa-orders").await.status, RunStatus::Succeeded);
}

/// R-W21: concurrent calls of one request, while B1 refuses and while it does not.
#[tokio::test]
async fn calls_of_one_request_at_once_make_one_document_and_hear_the_same() {
    let app = app().await;
    let good = order("1");
    let all = futures_of(&app, "oa-orders", &good).await;
    assert!(all.iter().all(|answer| answer == &all[0] && answer["success"] == "Y"), "{all:?}");
    assert_eq!(rows(&app, "Orders").len(), 1);
    let mut bad = order("2");
    bad["CardCode"] = json!("NOBODY");
    let all = futures_of(&app, "oa-orders", &bad).await;
    assert!(all.iter().all(|answer| answer == &all[0] && answer["code"] == "b1.refused"), "{all:?}");
    assert_eq!(rows(&app, "Orders").len(), 1);
}

async fn futures_of(app: &TestApp, flow: &str, body: &Value) -> Vec<Value> {
    let (a, b, c, d) =
        tokio::join!(push(app, flow, body), push(app, flow, body), push(app, flow, body), push(app, flow, body));
    vec![a, b, c, d]
}

/// R-W21: one request to two flows that create the same object in one company.
#[tokio::test]
async fn two_flows_of_one_object_do_not_take_each_others_documents() {
    let mut app = app().await;
    push(&app, "oa-returns", &order("1")).await;
    // Nothing is committed of the second's: what is found by the request alone would be the first's.
    let fault = Fault::new(FaultKind::DropBeforeCommit).vendor(Vendor::B1).on("POST", "Returns");
    app.sandbox.inject(fault);
    assert_eq!(push(&app, "oa-returns-2", &order("1")).await["success"], "N");
    app.minutes_until(10, "the second's", |app| rows(app, "Returns").len() == 2).await;
    let keys = [push(&app, "oa-returns", &order("1")).await, push(&app, "oa-returns-2", &order("1")).await];
    assert_ne!(keys[0]["key"], keys[1]["key"]);
    let marks: Vec<Value> = rows(&app, "Returns").iter().map(|row| row["U_REQUESTID"].clone()).collect();
    assert_eq!(marks, [json!("1@oa-returns"), json!("1@oa-returns-2")]);
}

/// A draft of B1's own approval procedure is told as an error by some sites.
#[tokio::test]
async fn a_document_that_an_approval_procedure_takes_is_there_and_is_not_made_again() {
    let (app, _) = companies(0, Some(|o| o.b1.approval_on_post = ["Orders".to_owned()].into())).await;
    let answer = push(&app, "oa-orders", &order("1")).await;
    assert_eq!(answer["success"], "Y", "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("waits for approval"), "{answer}");
    assert_eq!(push(&app, "oa-orders", &order("1")).await, answer);
    assert_eq!((rows(&app, "Orders").len(), app.sandbox.snapshot().b1.drafts.len()), (0, 1));
}

/// R-W21: what is pushed otherwise after it was created changes nothing and is told.
#[tokio::test]
async fn another_body_under_a_request_that_is_done_with_changes_nothing() {
    let app = app().await;
    let first = push(&app, "oa-orders", &order("1")).await;
    let mut other = order("1");
    other["Comments"] = json!("changed");
    let answer = push(&app, "oa-orders", &other).await;
    assert_eq!((&answer["success"], &answer["key"]), (&json!("Y"), &first["key"]));
    assert!(answer["message"].as_str().unwrap().contains("differs"), "{answer}");
    assert_eq!(rows(&app, "Orders").len(), 1);
}

/// What was refused is in the history, can be retried by an operator, and the OA then hears that it is there.
#[tokio::test]
async fn a_refused_push_can_be_retried_by_an_operator() {
    let mut app = app().await;
    let mut body = order("1");
    body["DocumentLines"][0]["ItemCode"] = json!("NEW");
    assert_eq!(push(&app, "oa-orders", &body).await["code"], "b1.refused");
    let run = newest_run(&app, "oa-orders").await;
    assert_eq!(
        (run.status, run.code.as_deref(), run.instance.as_deref()),
        (RunStatus::Failed, Some("b1.refused"), Some("1"))
    );
    app.sandbox.b1().create_document(app.clock.now_ms(), "Items", json!({ "ItemCode": "NEW" })).unwrap();
    tenon_flows::operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    assert_eq!(newest_run(&app, "oa-orders").await.status, RunStatus::Succeeded);
    assert_eq!(push(&app, "oa-orders", &body).await["success"], "Y");
    assert_eq!(rows(&app, "Orders").len(), 1);
}

/// R-W19: every digit that the OA wrote is in what B1 gets, as a number or as a text, mapped or not.
#[tokio::test]
async fn numbers_go_to_b1_digit_for_digit() {
    let app = app().await;
    let body = r#"{"requestid":"88301","CardCode":"C100","DocumentLines":[
        {"ItemCode":"A-001","Quantity":0.1000000000000000055511151231257827,"UnitPrice":"12345678901234567.890123"},
        {"ItemCode":"A-003","Quantity":9007199254740993,"UnitPrice":1e-6}]}"#;
    let (status, answer) = post(&app, "oa-orders", body).await;
    assert_eq!(status, 200, "{answer:?}");
    let sent = app.crash_injector.sent("POST", "/Orders");
    assert_eq!(sent.len(), 1);
    for digits in [
        r#""Quantity":0.1000000000000000055511151231257827"#,
        r#""UnitPrice":12345678901234567.890123"#,
        r#""Quantity":9007199254740993"#,
    ] {
        assert!(sent[0].contains(digits), "{digits} not in {}", sent[0]);
    }
    assert!(sent[0].contains(r#""UnitPrice":1e-6"#) || sent[0].contains(r#""UnitPrice":0.000001"#), "{}", sent[0]);
    let body =
        r#"{"requestid":"88302","kh":"C100","rq":"2024-12-31","mx":[{"wl":"A-001","sl":"100000000000.000000001"}]}"#;
    post(&app, "oa-quotations", body).await;
    let sent = app.crash_injector.sent("POST", "/Quotations");
    assert!(sent[0].contains(r#""Quantity":100000000000.000000001"#), "{}", sent[0]);
}

/// R-W44: equal requests and equal codes in two companies, one of which is down.
#[tokio::test]
async fn a_company_that_is_down_is_answered_for_and_the_other_has_its_document() {
    let (app, other) = companies(0, None).await;
    let until_ms = app.clock.now_ms() + 120_000;
    other.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    let there = push(&app, "oa-orders-b", &order("88401")).await;
    assert_eq!(there["success"], "N", "{there}");
    let here = push(&app, "oa-orders", &order("88401")).await;
    assert_eq!((here["success"].as_str(), rows(&app, "Orders").len()), (Some("Y"), 1), "{here}");
    assert_eq!(other.b1().rows("Orders").len(), 0);
    app.clock.advance(Duration::from_secs(900));
    let there = push(&app, "oa-orders-b", &order("88401")).await;
    let made = other.b1().rows("Orders");
    assert_eq!((there["success"].as_str(), made.len(), rows(&app, "Orders").len()), (Some("Y"), 1, 1), "{there}");
    assert_eq!(there["key"], made[0]["DocEntry"].to_string());
    assert_eq!((&made[0]["CardCode"], &made[0]["U_REQUESTID"]), (&json!("C100"), &json!("88401")));
}
