//! An approved draft that becomes its document, over WeCom.

use super::test_app::{app, goods_issue, of_key};
use serde_json::json;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};

#[tokio::test]
async fn a_draft_that_was_approved_in_wecom_becomes_one_document_where_the_flow_says_so() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    let (kept, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[1]])).unwrap();
    let (added, _) = app.sandbox.b1().create_draft(now, goods_issue("部门领用", &[&[1]])).unwrap();
    let both = |s: &tenon_tests::TestApp| of_key(s, kept).len() + of_key(s, added).len() == 2;
    app.minutes_until(4, "submission", both).await;
    app.minute().await;
    for draft in [kept, added] {
        let number = of_key(&app, draft).remove(0);
        app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    }
    app.minutes_until(6, "adding", |s| s.sandbox.b1().count("InventoryGenExits") == 1).await;
    app.minute().await;
    assert_eq!(app.draft(added)["DocumentStatus"], "bost_Close");
    // R-C39
    assert_eq!(app.draft(kept)["DocumentStatus"], "bost_Open");
    assert_eq!(
        (app.decisions(kept), app.decisions(added)),
        (vec!["ardApproved".to_owned()], vec!["ardApproved".to_owned()])
    );
}

// R-C10: withdrawn after it was agreed to, and before B1 was asked to add the draft
#[tokio::test]
async fn a_draft_whose_form_is_taken_back_before_it_is_added_stays_a_draft() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("部门领用", &[&[1]])).unwrap();
    app.minutes_until(4, "submission", |s| of_key(s, draft).len() == 1).await;
    app.minute().await;
    let number = of_key(&app, draft).remove(0);
    // The decision is in B1, and what tells whether the draft may be added is not answered yet.
    let hangs = FaultKind::Status(503, "<html>".to_owned());
    app.sandbox.inject(Fault::new(hangs).vendor(Vendor::B1).on("POST", "CompanyService_GetAdminInfo").always());
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    app.minutes_until(6, "decision", |s| !s.decisions(draft).is_empty()).await;
    app.minute().await;
    app.sandbox.wecom().withdraw(app.clock.now_ms(), &number).unwrap();
    app.minute().await;
    app.sandbox.clear_faults();
    for _ in 0..30 {
        app.minute().await;
    }
    assert_eq!(
        (app.sandbox.b1().count("InventoryGenExits"), &app.draft(draft)["DocumentStatus"]),
        (0, &json!("bost_Open"))
    );
    let (tenant, flow) = (TenantId::operator(), FlowId::new("issue-dept"));
    let link = tenon_flows::approvals::links::get(&app.ctx, &tenant, &flow, &DocumentKey::Number(draft)).await.unwrap();
    let run = tenon_platform::runs::get(&app.ctx, &tenant, &link.unwrap().data.run).await.unwrap().unwrap();
    assert!(run.message.contains("withdrawn") && run.message.contains("not added"), "{}", run.message);
}
