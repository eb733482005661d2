//! Several companies with one app of WeCom's, and even one form: story E7.

use super::test_app::{numbers, two_companies};
use serde_json::{Value, json};
use tenon_sandbox::{Fault, FaultKind, Sandbox, Vendor};

fn over_issue(company: &Sandbox, now: i64, reason: &str) -> i64 {
    let fields = json!({ "DocNum": 900_007, "U_ISSYN": "N", "U_UserID": "lisi", "U_Reason": reason, "U_SPNO": null });
    company.b1().create_document(now, "OVERISSUE", fields).unwrap()["DocEntry"].as_i64().unwrap()
}

fn result(company: &Sandbox, key: i64) -> Value {
    company.b1().row("OVERISSUE", "DocEntry", &json!(key)).unwrap()["U_SUCCESS"].clone()
}

// R-C11, R-C16, R-C35
#[tokio::test]
async fn equal_keys_of_two_companies_under_one_form_get_each_its_own_decision() {
    let mut app = two_companies().await;
    let (first, second) = (app.sandbox.clone(), app.second.clone().unwrap());
    let now = app.clock.now_ms();
    let (a, b) = (over_issue(&first, now, "甲公司"), over_issue(&second, now, "乙公司"));
    assert_eq!(a, b, "the keys were to be equal");
    app.minutes_until(4, "submission", |s| {
        numbers(s, "Text-2", "甲公司").len() + numbers(s, "Text-2", "乙公司").len() == 2
    })
    .await;
    app.minute().await;
    let (of_a, of_b) = (numbers(&app, "Text-2", "甲公司").remove(0), numbers(&app, "Text-2", "乙公司").remove(0));
    // A company that is out holds up no other.
    let until_ms = app.clock.now_ms() + 240_000;
    first.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    app.sandbox.wecom().refuse(app.clock.now_ms(), &of_a, "", "不需要").unwrap();
    app.sandbox.wecom().approve(app.clock.now_ms(), &of_b, "", "同意").unwrap();
    app.minutes_until(3, "the second company's result", |_| result(&second, b) == "Y").await;
    app.minutes_until(30, "the first company's result", |_| result(&first, a) == "N").await;
    app.minute().await;
    assert_eq!((result(&first, a), result(&second, b)), (json!("N"), json!("Y")));
    let decided =
        |company: &Sandbox| company.b1().rows("OVERISSUE").iter().filter(|r| !r["U_SUCCESS"].is_null()).count();
    assert_eq!((decided(&first), decided(&second)), (1, 1));
}
