//! The main job and its neighbours, without faults.

use serde_json::json;
use tenon_sandbox::NewDraft;
use tenon_tests::{Site, SiteOptions};

pub fn purchase_request() -> NewDraft {
    NewDraft::new("1470000113")
        .field("U_ISSYN", "N")
        .field("U_UserID", "zhangsan")
        .field("RequesterName", "销售经理：张涛")
        .line(json!({ "ItemCode": "11028", "Quantity": 55.0 }))
        .line(json!({ "ItemCode": "14003", "Quantity": 11.5 }))
}

#[tokio::test]
async fn a_draft_is_approved_in_dingtalk_and_in_b1() {
    let mut site = Site::new(SiteOptions::default()).await;
    let (draft, _) = site.sandbox.create_draft(site.clock.now_ms(), purchase_request()).unwrap();
    site.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    let instance = site.open_instance(draft).unwrap();
    site.minute().await;
    assert_eq!(site.draft(draft)["U_ISSYN"], "Y");
    assert_eq!(site.draft(draft)["U_instanceID"], instance.as_str());

    site.sandbox.approve(site.clock.now_ms(), &instance, "", "同意，尽快采购").unwrap();
    site.minutes_until(3, "write-back", |s| !s.decisions(draft).is_empty()).await;
    site.minute().await;
    assert_eq!(site.decisions(draft), ["ardApproved"]);
    let shown = site.draft(draft);
    assert_eq!(shown["U_Approver"], "manager01");
    assert_eq!(shown["U_Remarks"], "同意，尽快采购");
    assert_eq!(shown["U_ApprovalDate"], "2026-11-22");
    assert_eq!(site.instances_of(draft).len(), 1);
    assert_eq!(site.dead_letters().await, Vec::<String>::new());
}
