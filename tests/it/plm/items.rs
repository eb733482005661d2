//! Items: E3, step 1.

use super::test_app::{CODE, actions, app, fault, item, new_app, post, push, push_text, row, runs, scenario, writes};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::FaultKind;

// R-P3, R-P4, R-P5, R-P19, E3.1
#[tokio::test]
async fn items_are_created_and_changed_and_one_without_a_code_stops_no_other() {
    let app = scenario().await;
    let body = json!([{"ItemCode":"test1234","ItemName":"item1234","InventoryUOM":"台"},
                      {"ItemCode":"LM4029MC","ItemName":"内存条 8G"}, {"ItemCode":"","ItemName":"x"}]);
    assert_eq!(
        push(&app, "items", &body).await,
        json!({"code":400,"message":"第3条: ItemCode 为空","data":[
            {"key":"test1234","action":"created"},{"key":"LM4029MC","action":"updated"},
            {"key":"","action":"failed","error":{"code":"plm.key","message":"ItemCode 为空"}}]})
    );
    assert_eq!(row(&app, "Items", "ItemCode", "test1234")["InventoryUOM"], "台");
    assert_eq!(row(&app, "Items", "ItemCode", "LM4029MC")["ItemName"], "内存条 8G");
    let mut seen = writes(&app);
    seen.sort();
    assert_eq!(seen, ["PATCH Items('LM4029MC')", "POST Items"]);
    // Pushed again without the third it changes nothing more, and everything succeeds.
    let again = push(&app, "items", &json!([body[0], body[1]])).await;
    assert_eq!((again["code"].clone(), again["message"].clone()), (json!(200), json!("success")));
    assert_eq!(actions(&again), ["test1234 updated", "LM4029MC updated"]);
    let single = push(&app, "items", &json!({"ItemCode":"213fd","ItemName":"fdaname"})).await;
    assert_eq!(single, json!({"code":200,"message":"success","data":[{"key":"213fd","action":"created"}]}));
}

// R-P5, R-P17
#[tokio::test]
async fn a_change_is_held_to_the_version_that_was_read_and_read_again_where_somebody_was_faster() {
    let app = scenario().await;
    let conflict = r#"{"error":{"code":-2039,"message":{"lang":"en-us","value":"Another user or another operation modified data (ODBC -2039)"}}}"#;
    fault(&app, "PATCH", "Items", FaultKind::Status(412, conflict.into()));
    let answer = push(&app, "items", &json!({"ItemCode": "LM4029MC", "ItemName": "ours"})).await;
    assert_eq!(actions(&answer), ["LM4029MC updated"], "{answer}");
    assert_eq!(row(&app, "Items", "ItemCode", "LM4029MC")["ItemName"], "ours");
    let held = app.crash_injector.versions("PATCH");
    assert!(held.len() == 2 && held.iter().all(Option::is_some), "{held:?}");
    // B1's own word for two that change one record at once, which has no version to it.
    fault(&app, "PATCH", "Items", FaultKind::Status(400, conflict.into()));
    let answer = push(&app, "items", &json!({"ItemCode": "LM4029MC", "ItemName": "again"})).await;
    assert_eq!(actions(&answer), ["LM4029MC updated"], "{answer}");
    // Somebody who never stops is told of, and the record is gone on with later.
    app.sandbox
        .inject(tenon_sandbox::Fault::new(FaultKind::Status(412, conflict.into())).on("PATCH", "Items").times(4));
    let answer = push(&app, "items", &json!({"ItemCode": "LM4029MC", "ItemName": "at last"})).await;
    assert_eq!((&answer["code"], &answer["data"][0]["error"]["code"]), (&json!(503), &json!("plm.unsettled")));
    let mut app = app;
    app.minutes_until(10, "the change", |app| row(app, "Items", "ItemCode", "LM4029MC")["ItemName"] == "at last").await;
}

// Bills of materials and objects of the site have no versions, and of many that are read together none is known.
#[tokio::test]
async fn where_b1_gives_no_version_a_change_is_held_to_none() {
    let app = scenario().await;
    let many: Vec<Value> = (0..8).map(|n| json!({"ItemCode": format!("M{n}"), "ItemName": "1"})).collect();
    push(&app, "items", &json!(many)).await;
    push(&app, "items", &json!(many)).await;
    let tree = json!({"TreeCode": "M0", "ProductTreeLines": [{"ItemCode": "M1", "Quantity": 1}]});
    push(&app, "boms", &tree).await;
    assert_eq!(push(&app, "boms", &tree).await["code"], 200);
    assert_eq!(app.crash_injector.versions("PATCH"), vec![None; 9]);
}

// R-P5: what is changed carries no key.
#[tokio::test]
async fn a_change_leaves_alone_what_the_plm_did_not_send() {
    let app = scenario().await;
    app.sandbox.b1().change_record(app.clock.now_ms(), "Items", "LM4029MC", json!({"ForeignName": "RAM"})).unwrap();
    push(&app, "items", &json!({"ItemCode": "LM4029MC", "ItemName": "新"})).await;
    let item = row(&app, "Items", "ItemCode", "LM4029MC");
    assert_eq!((&item["ForeignName"], &item["ItemName"]), (&json!("RAM"), &json!("新")));
}

// R-P6
#[tokio::test]
async fn an_item_that_somebody_made_meanwhile_is_changed_and_one_that_is_gone_is_made() {
    let app = scenario().await;
    let exists =
        r#"{"error":{"code":-2035,"message":{"lang":"en-us","value":"This entry already exists (ODBC -2035)"}}}"#;
    // B1 answers that it is there; the next call finds it.
    item(&app.sandbox, &app, "NEW", "somebody's");
    fault(&app, "GET", "Items", FaultKind::Status(404, missing()));
    let answer = push(&app, "items", &json!({"ItemCode": "NEW", "ItemName": "ours"})).await;
    assert_eq!(actions(&answer), ["NEW updated"], "{answer}");
    assert_eq!(row(&app, "Items", "ItemCode", "NEW")["ItemName"], "ours");
    assert_eq!(writes(&app), ["POST Items", "PATCH Items('NEW')"]);
    // A change that finds nothing makes it, once.
    fault(&app, "PATCH", "Items", FaultKind::Status(404, missing()));
    fault(&app, "POST", "Items", FaultKind::Status(400, exists.into()));
    let answer = push(&app, "items", &json!({"ItemCode": "NEW", "ItemName": "again"})).await;
    assert_eq!(actions(&answer), ["NEW updated"], "{answer}");
    assert_eq!(app.sandbox.b1().rows("Items").len(), 2);
}

fn missing() -> String {
    r#"{"error":{"code":-2028,"message":{"lang":"en-us","value":"No matching records found (ODBC -2028)"}}}"#.to_owned()
}

// R-P7
#[tokio::test]
async fn keys_with_signs_work_in_path_and_filter() {
    let app = app().await;
    let keys = ["A'B", "A/B", "A B", "物料-1", "A#1", "a'b", "A%2FB", "A&B=C", "R/1'2", "É+1"];
    let body: Vec<Value> = keys.iter().map(|key| json!({"ItemCode": key, "ItemName": "1"})).collect();
    for (round, action) in ["created", "updated"].into_iter().enumerate() {
        // Together, which asks by a filter, and one by one, which asks by the path.
        let answer = push(&app, "items", &json!(body)).await;
        assert_eq!(answer["code"], 200, "{answer}");
        assert!(answer["data"].as_array().unwrap().iter().all(|entry| entry["action"] == action), "{round}: {answer}");
    }
    for key in keys {
        let answer = push(&app, "items", &json!({"ItemCode": format!(" {key}\n"), "ItemName": "2"})).await;
        assert_eq!(actions(&answer), [format!("{key} updated")]);
        assert_eq!(row(&app, "Items", "ItemCode", key)["ItemName"], "2");
    }
    assert_eq!(app.sandbox.b1().count("Items"), keys.len());
}

// R-P8
#[tokio::test]
async fn a_field_that_b1_does_not_know_fails_its_record_with_its_name() {
    let app = scenario().await;
    let body = json!([{"ItemCode": "A", "ItemName": "a", "Nonsense": 1}, {"ItemCode": "B", "ItemName": "b"}]);
    let answer = push(&app, "items", &body).await;
    assert_eq!(actions(&answer), ["A failed", "B created"]);
    let error = &answer["data"][0]["error"];
    assert!(error["message"].as_str().unwrap().contains("Nonsense"), "{answer}");
    assert_eq!(error["code"], "-1000");
    assert!(error["remedy"].as_str().unwrap().contains("用户字段"), "{answer}");
    assert!(answer["message"].as_str().unwrap().starts_with("A: [-1000] "), "{answer}");
}

fn mapped(c: &mut Value) {
    c["flows"][0]["form"] = json!({"fields": [
        {"from": "编码", "to": "ItemCode", "required": true}, {"from": "名称", "to": "ItemName"},
        {"from": "单位", "to": "InventoryUOM", "values": {"EA": "个"}}, {"from": "图号", "to": "U_Drawing"}]});
    c["flows"][0]["constants"] = json!({"ItemsGroupCode": 101, "Series": 71});
}

// R-P8, R-P15
#[tokio::test]
async fn the_flows_list_says_what_is_sent_and_constants_are_for_what_is_new() {
    let app = new_app(0, Some(mapped)).await;
    let body = json!({"编码": "P-1", "名称": "泵", "单位": "EA", "图号": "D-7", "密级": "内部"});
    let answer = push(&app, "items", &body).await;
    assert_eq!(answer["data"][0]["warnings"], json!(["未在映射中，未发送：密级"]));
    let item = row(&app, "Items", "ItemCode", "P-1");
    assert_eq!(
        (&item["ItemsGroupCode"], &item["InventoryUOM"], &item["U_Drawing"]),
        (&json!(101), &json!("个"), &json!("D-7"))
    );
    app.sandbox.b1().change_record(app.clock.now_ms(), "Items", "P-1", json!({"ItemsGroupCode": 102})).unwrap();
    push(&app, "items", &body).await;
    assert_eq!(row(&app, "Items", "ItemCode", "P-1")["ItemsGroupCode"], 102);
    let lacks = push(&app, "items", &json!({"名称": "无编码"})).await;
    assert_eq!((lacks["code"].clone(), lacks["data"][0]["key"].clone()), (json!(400), json!("")));
}

// R-P12
#[tokio::test]
async fn numbers_and_ids_reach_b1_as_they_were_written() {
    let app = app().await;
    let text = r#"{"ItemCode":"W","ItemName":"w","InventoryWeight":0.333333,"U_Id":1717171717171001,"U_Big":"9007199254740993"}"#;
    assert_eq!(push_text(&app, "items", text).await["code"], 200);
    let item = row(&app, "Items", "ItemCode", "W");
    assert_eq!(item["InventoryWeight"], 0.333333);
    assert_eq!(item["U_Id"], 1_717_171_717_171_001_i64);
    assert_eq!(item["U_Big"], "9007199254740993");
}

// R-P16
#[tokio::test]
async fn a_refusal_of_b1_is_told_in_its_words_and_not_tried_again() {
    let app = app().await;
    let body = json!([{"ItemCode": "A", "ItemName": "a", "ItemsGroupCode": 999}, {"ItemCode": "B", "ItemName": "物".repeat(201)},
                      {"ItemCode": "C", "ItemName": "c", "Valid": "yes"}]);
    let answer = push(&app, "items", &body).await;
    assert_eq!(actions(&answer), ["A failed", "B failed", "C failed"]);
    let codes: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|entry| &entry["error"]["code"]).collect();
    assert_eq!(codes, [&json!("-2028"), &json!("-5002"), &json!("-1000")]);
    assert_eq!(answer["code"], 400);
    assert_eq!(writes(&app), ["POST Items"; 3]);
    let runs = runs(&app, "plm-items").await;
    assert!(runs.len() == 3 && runs.iter().all(|run| run.status == RunStatus::Failed), "{runs:?}");
}

fn skips(c: &mut Value) {
    c["flows"][0]["skip_unchanged"] = json!(true);
}

// R-P20
#[tokio::test]
async fn an_item_that_is_as_it_was_pushed_is_left_alone_where_the_flow_says_so() {
    let app = new_app(0, Some(skips)).await;
    let items: Vec<Value> =
        (0..8).map(|n| json!({"ItemCode": format!("S{n}"), "ItemName": "同", "InventoryWeight": 1.50})).collect();
    push(&app, "items", &json!(items)).await;
    let before = writes(&app).len();
    for body in [json!(items), items[0].clone()] {
        let answer = push(&app, "items", &body).await;
        assert_eq!(answer["code"], 200);
        assert!(answer["data"].as_array().unwrap().iter().all(|entry| entry["action"] == "unchanged"), "{answer}");
    }
    assert_eq!(writes(&app).len(), before);
    let mut changed = items;
    changed[3]["ItemName"] = json!("异");
    let answer = push(&app, "items", &json!(changed)).await;
    assert_eq!(answer["data"].as_array().unwrap().iter().filter(|entry| entry["action"] == "updated").count(), 1);
    assert_eq!(writes(&app).len(), before + 1);
}

// R-P21
#[tokio::test]
async fn each_company_has_its_own_items_and_each_record_its_run() {
    let app = app().await;
    let body = json!([{"ItemCode": "X", "ItemName": "x"}, {"ItemCode": "", "ItemName": "-"}]);
    let (_, answer) = post(&app, "b1-b/items", CODE, &body.to_string()).await;
    assert_eq!(actions(&answer), ["X created", " failed"]);
    assert_eq!(app.sandbox.b1().count("Items"), 0);
    assert_eq!(app.second.as_ref().unwrap().b1().count("Items"), 1);
    let runs = runs(&app, "plm-items-b").await;
    assert_eq!(runs.len(), 2);
    let made = runs.iter().find(|run| run.status == RunStatus::Succeeded).unwrap();
    assert_eq!(made.message, "created Items");
    let steps = tenon_platform::runs::steps(&app.ctx, &tenon_model::TenantId::operator(), &made.id).await.unwrap();
    assert_eq!(steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["create"]);
    assert_eq!(steps[0].input["fields"]["ItemName"], "x");
}
