//! What an operator does: see what a body would write, try again, check.

use super::test_app::{app, item, new_app, push, row, runs, scenario, writes};
use serde_json::{Value, json};
use tenon_flows::{compare, operator};
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

async fn preview(app: &TestApp, flow: &str, body: &Value) -> Value {
    let (tenant, flow) = (TenantId::operator(), FlowId::new(flow));
    operator::preview_pushed(&app.ctx, &tenant, &flow, body.to_string().as_bytes()).await.unwrap()
}

// R-M58
#[tokio::test]
async fn a_preview_shows_what_a_body_would_write_and_writes_nothing() {
    let app = scenario().await;
    let body =
        json!([{"ItemCode": "A", "ItemName": "a"}, {"ItemCode": "LM4029MC", "ItemName": "内存条"}, {"ItemName": "-"}]);
    let shown = preview(&app, "plm-items", &body).await;
    assert_eq!(shown["records"][0]["would_create"], json!({"ItemCode": "A", "ItemName": "a"}));
    assert_eq!(
        (&shown["records"][1]["would_change"], &shown["records"][1]["unchanged"]),
        (&json!({"ItemName": "内存条"}), &json!(true))
    );
    assert_eq!(shown["problems"], json!(["第3条: ItemCode 为空"]));
    let trees = json!([{"TreeCode": "A", "ProductTreeLines": [{"ItemCode": "A", "Quantity": 1}]},
                       {"TreeCode": "LM4029MC", "ProductTreeLines": [{"ItemCode": "NOPE", "Quantity": 1}]}]);
    let shown = preview(&app, "plm-boms", &trees).await;
    let problems = shown["problems"].to_string();
    assert!(problems.contains("A → A") && problems.contains("NOPE"), "{problems}");
    assert_eq!(writes(&app), Vec::<String>::new());
}

// R-M58
#[tokio::test]
async fn a_failed_record_is_tried_again_when_the_operator_wishes_it() {
    let mut app = app().await;
    app.sandbox.inject(
        Fault::new(FaultKind::Status(
            400,
            json!({"error": {"code": -5002, "message": {"value": "期间已锁定"}}}).to_string(),
        ))
        .vendor(Vendor::B1)
        .on("POST", "Items"),
    );
    push(&app, "items", &json!({"ItemCode": "A", "ItemName": "a"})).await;
    let run = runs(&app, "plm-items").await.remove(0);
    assert!(run.message.contains("期间已锁定"), "{}", run.message);
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minutes_until(3, "the item", |app| app.sandbox.b1().count("Items") == 1).await;
    app.minute().await;
    let after = tenon_platform::runs::get(&app.ctx, &TenantId::operator(), &run.id).await.unwrap().unwrap();
    assert_eq!(after.message, "created Items");
    let again = operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap_err();
    assert_eq!(again.code, "run.succeeded");
}

fn names_much(c: &mut Value) {
    c["flows"][0]["form"] = json!({"fields": [{"from": "编码", "to": "ItemCode"}, {"from": "图号", "to": "U_Drawing"},
                                              {"from": "名称", "to": "ItemNmae"}]});
    c["flows"][1]["form"] = json!({"fields": [{"from": "编码", "to": "TreeCode"}],
        "lines": [{"from": "子件", "fields": [{"from": "子件编码", "to": "ItemCode"}, {"from": "用量", "to": "Quantiy"}]}]});
    c["flows"][2]["object"] = json!("NOSUCH");
}

// R-M58
#[tokio::test]
async fn a_check_tells_what_b1_does_not_have() {
    let app = new_app(0, Some(names_much)).await;
    app.sandbox.b1().remove_field("Items", "U_Drawing");
    item(&app.sandbox, &app, "A", "a");
    let tree = json!({"TreeCode": "A", "ProductTreeLines": [{"ItemCode": "A", "Quantity": 1}]});
    app.sandbox.b1().create_document(app.clock.now_ms(), "ProductTrees", tree).unwrap();
    let found = async |flow: &str| compare::flow(&app.ctx, &TenantId::operator(), &FlowId::new(flow)).await.unwrap();
    let items = found("plm-items").await;
    assert!(items.problems.len() == 2 && items.problems.concat().contains("U_Drawing"), "{items:?}");
    let boms = found("plm-boms").await;
    assert!(boms.problems.is_empty() && boms.warnings.concat().contains("did you mean Quantity?"), "{boms:?}");
    let routings = found("plm-routings").await;
    assert!(routings.problems[0].contains("NOSUCH"), "{routings:?}");
    assert!(found("plm-items-b").await.problems.is_empty());
    assert_eq!(row(&app, "Items", "ItemCode", "A")["ItemName"], "a");
}
