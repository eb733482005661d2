//! What operators see before anything is pushed: preview and check.

use super::test_app::{app, order, push, rows};
use serde_json::json;
use tenon_model::{DocumentKey, FlowId, TenantId};

#[tokio::test]
async fn a_preview_shows_what_a_push_that_failed_would_create() {
    let app = app().await;
    let mut body = order("88301");
    body["CardCode"] = json!("NOBODY");
    push(&app, "oa-orders", &body).await;
    let (tenant, flow) = (TenantId::operator(), FlowId::new("oa-orders"));
    let key = Some(DocumentKey::parse("88301"));
    let shown = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, key).await.unwrap();
    let fields = &shown["would_create_in_erp"]["fields"];
    assert_eq!((&fields["CardCode"], &fields["U_REQUESTID"]), (&json!("NOBODY"), &json!("88301")));
    assert_eq!(shown["state"], "failed");
    let unnamed = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap_err();
    assert_eq!(unnamed.code, "flow.kind");
    let gone = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, Some(DocumentKey::parse("1"))).await;
    assert_eq!(gone.unwrap_err().code, "flow.document");
    assert!(rows(&app, "Orders").is_empty());
}

#[tokio::test]
async fn a_check_names_the_field_that_b1_lacks() {
    let app = app().await;
    let found = async || {
        let flow = FlowId::new("oa-orders");
        tenon_flows::compare::flow(&app.ctx, &TenantId::operator(), &flow).await.unwrap()
    };
    assert_eq!((found().await.problems, found().await.compared), (vec![], vec!["object Orders".to_owned()]));
    app.sandbox.b1().remove_field("Orders", "U_REQUESTID");
    let problems = found().await.problems;
    assert!(problems.len() == 1 && problems[0].contains("U_REQUESTID"), "{problems:?}");
    // B1's own words are the answer meanwhile, and nothing is made.
    let answer = push(&app, "oa-orders", &order("1")).await;
    assert_eq!(answer["code"], "b1.refused");
    assert!(answer["message"].as_str().unwrap().contains("U_REQUESTID"), "{answer}");
    assert!(rows(&app, "Orders").is_empty());
}
