//! Custom documents, which are decided by a field of their own: stories E7.

use super::site::{numbers, of_key, over_issue_document, site};
use serde_json::json;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::Site;

fn row(site: &Site, key: i64) -> serde_json::Value {
    site.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(key)).unwrap()
}

// R-C16, R-C17, R-C24, R-C29
#[tokio::test]
async fn a_custom_document_gets_its_result_and_one_without_a_submitter_holds_up_nobody() {
    let mut site = site().await;
    let agreed = over_issue_document(&site, Some("lisi"));
    let nobody = over_issue_document(&site, None);
    let refused = over_issue_document(&site, Some("wangwu"));
    site.minutes_until(4, "submission", |s| of_key(s, agreed).len() + of_key(s, refused).len() == 2).await;
    site.minute().await;
    assert_eq!(of_key(&site, nobody), Vec::<String>::new());
    assert_eq!(numbers(&site, "Text-2", "补料").len(), 2);
    let (one, other) = (of_key(&site, agreed).remove(0), of_key(&site, refused).remove(0));
    site.sandbox.wecom().approve(site.clock.now_ms(), &one, "", "").unwrap();
    site.sandbox.wecom().refuse(site.clock.now_ms(), &other, "", "不需要").unwrap();
    site.minutes_until(6, "results", |s| row(s, agreed)["U_SUCCESS"] == "Y" && row(s, refused)["U_SUCCESS"] == "N")
        .await;
    assert_eq!(row(&site, agreed)["U_SPNO"], one.as_str());
    assert!(row(&site, nobody)["U_SUCCESS"].is_null());
}

// R-C37: too many calls wait, and a user whom the app does not see is told
#[tokio::test]
async fn limits_are_waited_for_and_refusals_are_told_once() {
    let mut site = site().await;
    let limited = Fault::new(FaultKind::RateLimited).vendor(Vendor::WeCom).on("POST", "/cgi-bin/oa/applyevent");
    site.sandbox.inject(limited);
    let document = over_issue_document(&site, Some("lisi"));
    site.minutes_until(6, "submission", |s| of_key(s, document).len() == 1).await;
    let no_right = FaultKind::Status(200, r#"{"errcode":301055,"errmsg":"no approval auth"}"#.to_owned());
    site.sandbox.inject(Fault::new(no_right).vendor(Vendor::WeCom).on("POST", "/cgi-bin/oa/applyevent").times(20));
    let other = over_issue_document(&site, Some("hidden"));
    for _ in 0..5 {
        site.minute().await;
    }
    assert_eq!(of_key(&site, other), Vec::<String>::new());
    let sent = site.sandbox.snapshot().requests["POST /cgi-bin/oa/applyevent"];
    assert!(sent <= 4, "a refusal is not tried again every minute: {sent}");
}
