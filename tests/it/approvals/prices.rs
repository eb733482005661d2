//! Forms born in DingTalk that become special prices.

use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewInstance, Sandbox, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

/// Item, price, and dates.
type Row<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>);

pub(super) fn quotation(rows: &[Row<'_>]) -> NewInstance {
    let table: Vec<Value> = rows
        .iter()
        .map(|(item, price, dates)| {
            let mut cells = vec![
                json!({"name": "物料代码", "value": item}),
                json!({"name": "价格", "value": price}),
                json!({"name": "币种", "value": "CNY"}),
            ];
            if let Some((from, to)) = dates {
                cells.push(json!({"name": "可用起始日期", "value": from}));
                cells.push(json!({"name": "可用结束日期", "value": to}));
            }
            Value::Array(cells)
        })
        .collect();
    NewInstance::new("PROC-Q").field("客户代码", "C20000").field("报价明细", &Value::Array(table).to_string())
}

fn prices(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.b1().rows("SpecialPrices")
}

async fn approve(app: &mut TestApp, form: NewInstance) -> String {
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minute().await;
    instance
}

#[tokio::test]
async fn approved_rows_become_prices_and_a_later_form_changes_them() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    approve(&mut app, quotation(&[("11028", "205.5", None), ("14003", "33", Some(("2026-01-01", "2026-12-31")))]))
        .await;
    let stored = prices(&app.sandbox);
    assert_eq!(stored.len(), 2);
    let of = |item: &str| prices(&app.sandbox).into_iter().find(|p| p["ItemCode"] == item).unwrap();
    assert_eq!(of("11028")["Price"].as_f64(), Some(205.5));
    assert_eq!(of("14003")["SpecialPriceDataAreas"][0]["SpecialPrice"].as_f64(), Some(33.0));

    approve(&mut app, quotation(&[("11028", "199", None), ("14003", "35", Some(("2027-01-01", "2027-12-31")))])).await;
    let of = |item: &str| prices(&app.sandbox).into_iter().find(|p| p["ItemCode"] == item).unwrap();
    assert_eq!(of("11028")["Price"].as_f64(), Some(199.0));
    let areas = of("14003")["SpecialPriceDataAreas"].as_array().unwrap().clone();
    assert_eq!(areas.len(), 2, "a new period must join the old one");
    assert_eq!(areas[0]["SpecialPrice"].as_f64(), Some(33.0));
}

#[tokio::test]
async fn a_repeated_delivery_adds_no_second_dated_price() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let rows = [("14003", "33", Some(("2026-01-01", "2026-12-31")))];
    approve(&mut app, quotation(&rows)).await;
    app.sandbox.dingtalk().replay_last_callback(app.clock.now_ms()).unwrap();
    app.minute().await;
    // The same content in another form must not double it either.
    approve(&mut app, quotation(&rows)).await;
    let stored = prices(&app.sandbox);
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["SpecialPriceDataAreas"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_form_changes_no_price() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let form = quotation(&[("11028", "205.5", None)]);
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().refuse(app.clock.now_ms(), &instance, "", "不同意").unwrap();
    app.minute().await;
    assert!(prices(&app.sandbox).is_empty());
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_that_is_no_price_goes_to_the_dead_letters_with_its_reason() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let instance = approve(&mut app, quotation(&[("11028", "面议", None)])).await;
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains(&instance) && letters[0].contains("面议"), "{}", letters[0]);
    assert!(prices(&app.sandbox).is_empty());
}

#[tokio::test]
async fn an_approved_form_whose_callback_was_never_sent_is_found() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    app.minute().await;
    app.sandbox.dingtalk().set_callback_url(None);
    approve(&mut app, quotation(&[("11028", "205.5", None)])).await;
    assert!(prices(&app.sandbox).is_empty());
    app.minutes_until(22, "reconciliation of the form", |s| !prices(&s.sandbox).is_empty()).await;
    let reads = |s: &TestApp| s.sandbox.calls("GET /v1.0/workflow/processInstances");
    let before = reads(&app);
    for _ in 0..21 {
        app.minute().await;
    }
    assert_eq!(reads(&app), before, "a form that is done with is read again and again");
    assert_eq!(prices(&app.sandbox).len(), 1);
}

fn revocation(of: &str) -> NewInstance {
    let form = quotation(&[("11028", "205.5", None)]);
    NewInstance { biz_action: Some("REVOKE".to_owned()), main_instance: Some(of.to_owned()), ..form }
}

async fn newest_run(app: &TestApp) -> Run {
    let flow = FlowId::new("quotation");
    tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 1).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_revocation_writes_no_price_again_and_says_what_is_left_to_do() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let first = approve(&mut app, quotation(&[("11028", "205.5", None)])).await;
    approve(&mut app, quotation(&[("11028", "199", None)])).await;
    approve(&mut app, revocation(&first)).await;
    assert_eq!(prices(&app.sandbox)[0]["Price"].as_f64(), Some(199.0), "the revoked price came back");
    let run = newest_run(&app).await;
    assert_eq!(run.status, RunStatus::Ended);
    assert!(run.message.contains(&first) && run.message.contains("by hand"), "{}", run.message);
}

#[tokio::test]
async fn a_form_revoked_before_its_prices_were_written_brings_none() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let late =
        app.sandbox.dingtalk().create_instance(app.clock.now_ms(), quotation(&[("11028", "205.5", None)])).unwrap();
    approve(&mut app, revocation(&late)).await;
    assert!(newest_run(&app).await.message.contains("will not be"));
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &late, "", "同意").unwrap();
    app.minute().await;
    assert!(prices(&app.sandbox).is_empty());
}

#[tokio::test]
async fn a_form_handed_in_again_after_it_was_withdrawn_brings_its_prices() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let withdrawn =
        app.sandbox.dingtalk().create_instance(app.clock.now_ms(), quotation(&[("11028", "205.5", None)])).unwrap();
    app.sandbox.dingtalk().terminate(app.clock.now_ms(), &withdrawn).unwrap();
    approve(&mut app, revocation(&withdrawn)).await;
    assert_eq!(prices(&app.sandbox)[0]["Price"].as_f64(), Some(205.5));
    assert_eq!(newest_run(&app).await.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_form_that_failed_and_was_revoked_is_not_written_by_a_retry() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let failed = approve(&mut app, quotation(&[("11028", "205.5", None), ("14003", "面议", None)])).await;
    let run = newest_run(&app).await;
    assert_eq!(run.status, RunStatus::Failed);
    approve(&mut app, revocation(&failed)).await;
    tenon_flows::operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    let flow = FlowId::new("quotation");
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 9).await.unwrap();
    assert_eq!(runs.iter().map(|r| r.status).collect::<Vec<_>>(), [RunStatus::Ended, RunStatus::Ended], "{runs:?}");
    assert!(prices(&app.sandbox).is_empty());
}

/// A change that outlasts its time-out is carried out after another form has read and written the same price.
#[tokio::test]
async fn a_write_that_takes_effect_late_wipes_no_other_forms_price() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let dated = |price, year: &'static str| {
        let dates = match year {
            "2026" => ("2026-01-01", "2026-12-31"),
            "2027" => ("2027-01-01", "2027-12-31"),
            _ => ("2028-01-01", "2028-12-31"),
        };
        quotation(&[("14003", price, Some(dates))])
    };
    approve(&mut app, dated("33", "2026")).await;
    let late = FaultKind::Late(Duration::from_secs(75));
    app.sandbox.inject(Fault::new(late).vendor(Vendor::B1).on("PATCH", "SpecialPrices"));
    for (price, year) in [("35", "2027"), ("37", "2028")] {
        let form = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), dated(price, year)).unwrap();
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &form, "", "同意").unwrap();
        app.step().await;
    }
    for _ in 0..10 {
        app.minute().await;
    }
    let areas = prices(&app.sandbox)[0]["SpecialPriceDataAreas"].as_array().unwrap().clone();
    let mut years: Vec<&str> = areas.iter().map(|a| &a["DateFrom"].as_str().unwrap()[..4]).collect();
    years.sort_unstable();
    assert_eq!(years, ["2026", "2027", "2028"], "{areas:?}");
    let flow = FlowId::new("quotation");
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 9).await.unwrap();
    assert!(runs.iter().all(|r| r.status == RunStatus::Succeeded), "{runs:?}");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}
