//! Routings, which are a custom object of the site: E3, step 3.

use super::test_app::{ROUTING, actions, app, new_app, push, row, runs, writes};
use serde_json::{Value, json};

fn routing() -> Value {
    json!({"Code":"R-test1234","Name":"总装工艺","U_ItemCode":"test1234",
           "GYLX_LINESCollection":[{"U_Seq":10,"U_Process":"P-CUT"},{"U_Seq":20,"U_Process":"P-ASM"}]})
}

// R-P14, E3.3
#[tokio::test]
async fn a_routing_is_created_and_its_rows_are_replaced() {
    let app = app().await;
    assert_eq!(actions(&push(&app, "routings", &routing()).await), ["R-test1234 created"]);
    let mut fewer = routing();
    fewer["GYLX_LINESCollection"].as_array_mut().unwrap().pop();
    assert_eq!(actions(&push(&app, "routings", &fewer).await), ["R-test1234 updated"]);
    let found = row(&app, ROUTING, "Code", "R-test1234");
    let rows = found["GYLX_LINESCollection"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["U_Process"]), (1, &json!("P-CUT")));
    assert_eq!(writes(&app), ["POST GYLX", "PATCH GYLX('R-test1234')"]);
    let mut odd = routing();
    odd["Code"] = json!("R/1'2");
    push(&app, "routings", &odd).await;
    push(&app, "routings", &odd).await;
    assert!(
        app.crash_injector.calls().iter().any(|call| call.contains("GYLX('R%2F1''2')")),
        "{:?}",
        app.crash_injector.calls()
    );
    assert_eq!(app.sandbox.b1().count(ROUTING), 2);
}

fn numbered(c: &mut Value) {
    c["flows"][2]["object"] = json!("GYLX2");
    c["flows"][2]["key"] = json!("DocEntry");
    c["flows"][2]["collections"] = json!([]);
}

// R-P14, R-P15
#[tokio::test]
async fn a_numbered_routing_is_changed_and_never_made_again() {
    let app = new_app(0, Some(numbered)).await;
    app.sandbox.b1().register_set("GYLX2", "DocEntry", true);
    let made = app.sandbox.b1().create_document(app.clock.now_ms(), "GYLX2", json!({"U_Name": "旧"})).unwrap();
    let answer = push(&app, "routings", &json!({"DocEntry": made["DocEntry"], "U_Name": "新"})).await;
    assert_eq!(answer["code"], 200, "{answer}");
    assert!(app.crash_injector.calls().iter().any(|call| call.starts_with("PATCH") && call.contains("GYLX2(1)")));
    // B1 gives these numbers: what is made under one could not be found again.
    let answer = push(&app, "routings", &json!({"DocEntry": 77, "U_Name": "?"})).await;
    assert_eq!(answer["data"][0]["error"]["code"], "plm.key", "{answer}");
    assert_eq!(app.sandbox.b1().count("GYLX2"), 1);
}

// R-P14
#[tokio::test]
async fn a_collection_that_the_flow_does_not_name_is_told_and_the_object_is_never_the_payloads() {
    let app = app().await;
    let body =
        json!([{"Code": "1", "object": "Items", "GYLX_LINESCollection": []}, {"Code": "2", "Lines": [{"U_Seq": 1}]}]);
    let answer = push(&app, "routings", &body).await;
    assert_eq!(actions(&answer), ["1 created", "2 failed"]);
    assert_eq!(answer["data"][1]["error"]["code"], "plm.lines");
    assert_eq!((app.sandbox.b1().count("Items"), app.sandbox.b1().count(ROUTING)), (0, 1));
    assert_eq!(runs(&app, "plm-routings").await.len(), 2);
}
