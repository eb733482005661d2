//! Bad input, in the shape that a PLM reads.

use super::test_app::{CODE, app, new_app, post, push, push_text, writes};
use serde_json::{Value, json};

// R-P2
#[tokio::test]
async fn a_body_that_is_no_push_is_refused_as_a_whole() {
    let app = app().await;
    let many: Vec<Value> = (0..501).map(|n| json!({"ItemCode": format!("I{n}")})).collect();
    for (body, words) in [
        (String::new(), "请求体为空"),
        ("[]".to_owned(), "没有记录"),
        ("null".to_owned(), "应为JSON对象或数组"),
        ("[{\"ItemCode\":\"A\"".to_owned(), "不是有效的JSON"),
        (r#"{"ItemCode":"A","ItemCode":"B"}"#.to_owned(), "字段重复"),
        (json!(many).to_string(), "共501条记录"),
        (format!("[{}]", "[".repeat(200)), "不是有效的JSON"),
    ] {
        let (status, answer) = post(&app, "b1-main/items", CODE, &body).await;
        assert_eq!((status, &answer["code"], &answer["data"]), (200, &json!(400), &json!([])), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(words), "{words}: {answer}");
    }
    let long = format!(r#"{{"ItemCode":"A","ItemName":"{}"}}"#, "x".repeat(5 * 1024 * 1024));
    let (_, answer) = post(&app, "b1-main/items", CODE, &long).await;
    assert!(answer["code"] == 400 && answer["message"].as_str().unwrap().contains("5120KB"), "{}", answer["message"]);
    assert_eq!(writes(&app), Vec::<String>::new());
}

// R-P2, R-P3
#[tokio::test]
async fn what_is_no_record_fails_by_itself_and_every_record_has_its_entry() {
    let app = app().await;
    let answer = push_text(
        &app,
        "items",
        r#"[7,{"ItemCode":"A","ItemName":"a"},null,{"ItemCode":"A\u0000B"},{"ItemCode":true}]"#,
    )
    .await;
    let found: Vec<&str> =
        answer["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(found, ["failed", "created", "failed", "failed", "failed"]);
    assert!(answer["message"].as_str().unwrap().starts_with("第1条: 应为JSON对象；第3条"), "{answer}");
    let long = json!([{"ItemCode": "L", "User_Text": "长".repeat(100_000)}]);
    assert_eq!(push(&app, "items", &long).await["data"][0]["error"]["code"], "plm.record");
}

fn named(c: &mut Value) {
    c["flows"][0]["records"] = json!("data");
    c["flows"][1]["enabled"] = json!(false);
}

// R-P2
#[tokio::test]
async fn records_may_stand_under_a_member_that_the_flow_names() {
    let app = new_app(0, Some(named)).await;
    let answer = push(&app, "items", &json!({"user": "x", "data": [{"ItemCode": "A", "ItemName": "a"}]})).await;
    assert_eq!(answer, json!({"code": 200, "message": "success", "data": [{"key": "A", "action": "created"}]}));
    let off = push(&app, "boms", &json!({"TreeCode": "A"})).await;
    assert!(off["code"] == 400 && off["message"].as_str().unwrap().contains("plm-boms 未启用"), "{off}");
    let (status, none) = post(&app, "b1-b/boms", CODE, "{}").await;
    assert!(
        status == 200 && none["code"] == 404 && none["message"].as_str().unwrap().contains("kind = \"plm\""),
        "{none}"
    );
}
