//! Pushes that come at the same time, and many records in one.

use super::test_app::{app, item, push, row, writes};
use serde_json::{Value, json};

// R-P17, E3.4
#[tokio::test]
async fn two_equal_pushes_at_once_make_one_item() {
    let app = app().await;
    let body = json!([{"ItemCode": "A", "ItemName": "a"}, {"ItemCode": "B", "ItemName": "b"}]);
    let (one, other) = tokio::join!(push(&app, "items", &body), push(&app, "items", &body));
    assert_eq!((&one["code"], &other["code"]), (&json!(200), &json!(200)), "{one} {other}");
    assert_eq!(app.sandbox.b1().count("Items"), 2);
}

// R-P17
#[tokio::test]
async fn of_many_pushes_at_once_the_latest_is_what_stays() {
    let app = app().await;
    item(&app.sandbox, &app, "A", "-");
    for _ in 0..4 {
        let bodies: Vec<Value> = (0..6).map(|n| json!({"ItemCode": "A", "ItemName": format!("n{n}")})).collect();
        let answers = futures::future::join_all(bodies.iter().map(|body| push(&app, "items", body))).await;
        assert!(answers.iter().all(|answer| answer["code"] == 200), "{answers:?}");
        let last = answers.iter().position(|answer| answer["data"][0]["action"] == "updated");
        assert!(last.is_some());
        let name = row(&app, "Items", "ItemCode", "A")["ItemName"].clone();
        // Whoever gave way says so, and is not what stays.
        for (body, answer) in bodies.iter().zip(&answers) {
            if answer["data"][0]["action"] == "superseded" {
                assert_ne!(body["ItemName"], name);
            }
        }
        let after = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "later"})).await;
        assert_eq!(after["data"][0]["action"], "updated");
        assert_eq!(row(&app, "Items", "ItemCode", "A")["ItemName"], "later");
    }
}

// R-P2, R-P3
#[tokio::test]
async fn five_hundred_items_cost_one_write_each_and_few_reads() {
    let app = app().await;
    let items: Vec<Value> =
        (0..500).map(|n| json!({"ItemCode": format!("P{n:05}"), "ItemName": format!("物料 {n}")})).collect();
    let answer = push(&app, "items", &json!(items)).await;
    assert_eq!(answer["code"], 200);
    let keys: Vec<&str> =
        answer["data"].as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap()).collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "not in the order received");
    assert_eq!(writes(&app).len(), 500);
    let reads = app.crash_injector.calls().iter().filter(|call| call.starts_with("GET")).count();
    assert!(reads <= 20, "{reads} reads");
    assert_eq!(app.sandbox.b1().count("Items"), 500);
}
