//! Who may push.

use super::test_app::{CODE, app, post};
use serde_json::json;

const BODY: &str = r#"{"ItemCode":"A","ItemName":"a"}"#;

// R-P1, R-B1, R-B2
#[tokio::test]
async fn whoever_is_not_let_in_gets_one_answer_and_b1_is_not_asked() {
    let app = app().await;
    let mut answers = Vec::new();
    for (path, code) in [
        ("b1-main/items", "wrong"),
        ("b1-main/items", ""),
        ("b1-main/items", "the-code-from-elsewhere"),
        ("b1-main/items", "the-code-for-company-b"),
        ("b1-main/items", "the-code-of-a-tenant"),
        ("b1-nowhere/items", CODE),
        ("ding-main/items", CODE),
    ] {
        answers.push((path, code, post(&app, path, code, BODY).await));
    }
    for (path, code, answer) in &answers {
        assert_eq!(answer, &(401, json!({"code": 401, "message": "认证失败", "data": []})), "{path} {code}");
    }
    assert_eq!(app.crash_injector.calls(), Vec::<String>::new());
    let (status, answer) = post(&app, "b1-b/items", "the-code-for-company-b", BODY).await;
    assert_eq!((status, &answer["code"]), (200, &json!(200)), "{answer}");
}

// R-P1: the header is read in any case.
#[tokio::test]
async fn the_code_is_read_whatever_the_case_of_its_header() {
    let app = app().await;
    let header = [("X-ApiG-AppCode", CODE.to_owned())];
    let (status, _) = app.post_with("http://tenon/plm/b1-main/items", &header, BODY).await;
    assert_eq!(status, 200);
}
