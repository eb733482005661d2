//! An approved draft that becomes its document, over WeCom.

use super::test_app::{app, goods_issue, of_key};

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
