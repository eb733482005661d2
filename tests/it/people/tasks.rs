//! A new task of an ERP's order, told to the person it waits for.

use super::test_app::{app_with, config, reached, with};
use crate::aiflow::fixture::{APP, ENTERPRISE, Fixture, SECRET};
use crate::aiflow::flows::flow;
use crate::aiflow::orders::{order, task};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::table::Outcome;

fn with_erp(c: &mut Value) {
    config(c);
    c["aiflow_apps"] = json!([{ "enterprise_code": ENTERPRISE, "app_id": APP, "app_secret": SECRET, "tenant": "t-1" }]);
}

#[tokio::test]
async fn whoever_a_new_task_waits_for_is_told_once_also_where_the_people_are_a_tenants() {
    let mut app = app_with(0, with_erp).await;
    let fixture = Fixture {
        ctx: app.ctx.clone(),
        local: app.local.clone(),
        clock: app.clock.clone(),
        tenant: TenantId::new("t-1"),
    };
    let fixture = fixture.with_people().await;
    let person = fixture.directory().by_external(ENTERPRISE, "U2").await.unwrap().unwrap();
    let reachable = with(person.data.clone(), "ding-main", "zhangsan");
    assert_eq!(fixture.directory().put(Some(&person), &reachable, "test").await.unwrap(), Outcome::Done);
    fixture.post("flow/create_third_party", &flow("PO")).await.data();
    let mut synced = order(7, 0, &[task("T1", &["U2"], "ing"), task("T2", &["U3"], "ing")]);
    synced["thirdFlowCode"] = json!("PO");
    for _ in 0..2 {
        app.clock.advance(Duration::from_millis(5));
        fixture.post("order/sync/task", &synced).await.data();
        app.minute().await;
    }
    let messages = reached(&app, "zhangsan");
    assert_eq!(messages.len(), 1, "{messages:?}");
    for part in ["审批T1", "采购申请", "PO-7", "2025-01-25 18:00:00", "web/7", "h5/7"] {
        assert!(messages[0].contains(part), "{part} is not in {}", messages[0]);
    }
}
