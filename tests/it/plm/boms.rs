//! Bills of materials: E3, step 2.

use super::test_app::{actions, app, components, fault, item, new_app, push, push_text, row, scenario, writes};
use proptest::prelude::*;
use serde_json::{Value, json};
use tenon_sandbox::{FaultKind, Vendor};
use tenon_tests::TestApp;
use tenon_tests::histories::run;

fn assembly() -> Value {
    json!([{"TreeCode":"test1234","Quantity":1,"ProductTreeLines":[{"ItemCode":"SUB-1","Quantity":2},{"ItemCode":"LM4029MC","Quantity":1.5}]},
           {"TreeCode":"SUB-1","Quantity":1,"ProductTreeLines":[{"ItemCode":"LM4029MC","Quantity":0.333333}]}])
}

async fn with_items(app: &TestApp, codes: &[&str]) {
    let items: Vec<Value> = codes.iter().map(|code| json!({"ItemCode": code, "ItemName": code})).collect();
    assert_eq!(push(app, "items", &json!(items)).await["code"], 200);
}

// R-P9, R-P10, R-P11, R-P16, E3.2
#[tokio::test]
async fn a_released_assembly_goes_leaf_first_and_a_removed_component_is_gone() {
    let app = scenario().await;
    with_items(&app, &["test1234"]).await;
    let before = writes(&app).len();
    let answer = push(&app, "boms", &assembly()).await;
    assert_eq!(answer["code"], 400);
    assert_eq!(actions(&answer), ["test1234 failed", "SUB-1 failed"]);
    for entry in answer["data"].as_array().unwrap() {
        assert!(entry["error"]["message"].as_str().unwrap().contains("SUB-1"), "{answer}");
    }
    assert_eq!(writes(&app).len(), before, "B1 was touched");

    with_items(&app, &["SUB-1"]).await;
    let before = writes(&app).len();
    let answer = push(&app, "boms", &assembly()).await;
    assert_eq!(
        (answer["code"].clone(), actions(&answer)),
        (json!(200), vec!["test1234 created".into(), "SUB-1 created".into()])
    );
    assert_eq!(writes(&app)[before..], ["POST ProductTrees", "POST ProductTrees"]);
    let posted = app.sandbox.b1().rows("ProductTrees");
    assert!(posted.iter().all(|tree| tree["TreeType"] == "iProductionTree"));
    assert_eq!(components(&app, "SUB-1"), [("LM4029MC".to_owned(), json!(0.333333))]);
    assert_eq!(components(&app, "test1234"), [("SUB-1".to_owned(), json!(2)), ("LM4029MC".to_owned(), json!(1.5))]);

    let mut fewer = assembly();
    fewer[0]["ProductTreeLines"].as_array_mut().unwrap().pop();
    push(&app, "boms", &fewer).await;
    assert_eq!(components(&app, "test1234"), [("SUB-1".to_owned(), json!(2))]);
    assert!(writes(&app).contains(&"PATCH ProductTrees('test1234')".to_owned()));

    let mut round = assembly();
    round[1]["ProductTreeLines"] = json!([{"ItemCode": "test1234", "Quantity": 1}]);
    let before = writes(&app).len();
    let answer = push(&app, "boms", &round).await;
    assert_eq!(actions(&answer), ["test1234 failed", "SUB-1 failed"]);
    let cycle = answer["data"][0]["error"]["message"].as_str().unwrap();
    assert!(cycle.contains("test1234 → SUB-1 → test1234"), "{cycle}");
    assert_eq!(answer["data"][1]["error"]["code"], "plm.cycle");
    assert_eq!(writes(&app).len(), before);

    let text = "Could not commit transaction. Error-1 detected during transaction";
    let refusal = json!({"error":{"code":-1116,"message":{"lang":"en-us","value":text}}}).to_string();
    fault(&app, "PATCH", "ProductTrees('test1234')", FaultKind::Status(400, refusal));
    let answer = push(&app, "boms", &fewer[0]).await;
    assert_eq!(
        (answer["code"].clone(), answer["message"].clone()),
        (json!(400), json!(format!("test1234: [-1116] {text}")))
    );
    assert_eq!(writes(&app).len(), before + 1, "it was tried again");
    assert_eq!(push(&app, "boms", &fewer[0]).await["code"], 200);
}

// R-P11: the sub-assembly is first, in whichever order they came.
#[tokio::test]
async fn a_component_is_written_before_what_contains_it() {
    for reversed in [false, true] {
        let app = scenario().await;
        with_items(&app, &["test1234", "SUB-1"]).await;
        let mut body = assembly();
        if reversed {
            body.as_array_mut().unwrap().reverse();
        }
        let before = app.crash_injector.calls().len();
        push(&app, "boms", &body).await;
        let posts = app.crash_injector.calls()[before..].iter().filter(|call| call.starts_with("POST")).count();
        assert!(posts >= 2);
        let log = app.sandbox.snapshot().log;
        let trees: Vec<i64> =
            log.iter().filter(|r| r.path.ends_with("ProductTrees") && r.method == "POST").map(|r| r.at_ms).collect();
        assert_eq!(trees.len(), 2);
        assert_eq!(components(&app, "test1234").len(), 2);
    }
}

// R-P9
#[tokio::test]
async fn every_item_that_is_missing_is_named() {
    let app = scenario().await;
    with_items(&app, &["A"]).await;
    let line = |code: &str| json!({"ItemCode": code, "Quantity": 1});
    let body = json!([{"TreeCode": "A", "ProductTreeLines": [line("M-1"), line("LM4029MC"), line("M'2")]},
                      {"TreeCode": "NOPE", "ProductTreeLines": [line("LM4029MC")]}]);
    let answer = push(&app, "boms", &body).await;
    let message = |n: usize| answer["data"][n]["error"]["message"].as_str().unwrap().to_owned();
    assert!(message(0).contains("M'2、M-1"), "{}", message(0));
    assert!(message(1).contains("NOPE"), "{}", message(1));
    assert_eq!(answer["data"][0]["error"]["code"], "plm.component");
    let headless = push(&app, "boms", &json!({"TreeCode": "A", "ProductDescription": "x"})).await;
    assert_eq!(headless["data"][0]["error"]["code"], "plm.lines");
    assert_eq!(app.sandbox.b1().count("ProductTrees"), 0);
}

// R-P10
#[tokio::test]
async fn without_lines_the_header_alone_changes_and_lines_stand_in_the_order_of_the_push() {
    let app = scenario().await;
    with_items(&app, &["A", "B", "C"]).await;
    let lines =
        |codes: &[&str]| -> Value { codes.iter().map(|code| json!({"ItemCode": code, "Quantity": 1})).collect() };
    push(&app, "boms", &json!({"TreeCode": "A", "ProductTreeLines": lines(&["B", "C", "LM4029MC"])})).await;
    let answer = push(&app, "boms", &json!({"TreeCode": "A", "ProductDescription": "改"})).await;
    assert_eq!(answer["code"], 200, "{answer}");
    assert_eq!(components(&app, "A").len(), 3);
    assert_eq!(row(&app, "ProductTrees", "TreeCode", "A")["ProductDescription"], "改");
    push(&app, "boms", &json!({"TreeCode": "A", "ProductTreeLines": lines(&["LM4029MC", "B"])})).await;
    let order: Vec<String> = components(&app, "A").into_iter().map(|(code, _)| code).collect();
    assert_eq!(order, ["LM4029MC", "B"]);
    assert_eq!(row(&app, "ProductTrees", "TreeCode", "A")["ProductDescription"], "改");
}

fn merges(c: &mut Value) {
    c["flows"][1]["on_update"] = json!("merge");
}

// R-P10
#[tokio::test]
async fn a_merge_keeps_the_components_that_were_not_pushed() {
    let app = new_app(0, Some(merges)).await;
    with_items(&app, &["A", "B", "C", "D"]).await;
    let body = |lines: Value| json!({"TreeCode": "A", "ProductTreeLines": lines});
    push(&app, "boms", &body(json!([{"ItemCode": "B", "Quantity": 1}, {"ItemCode": "C", "Quantity": 1}]))).await;
    for _ in 0..2 {
        let answer =
            push(&app, "boms", &body(json!([{"ItemCode": "C", "Quantity": 5}, {"ItemCode": "D", "Quantity": 2}])))
                .await;
        assert_eq!(answer["code"], 200, "{answer}");
    }
    let found: Vec<(String, Value)> = components(&app, "A");
    assert_eq!(found, [("B".into(), json!(1)), ("C".into(), json!(5)), ("D".into(), json!(2))]);
}

// R-P11
#[tokio::test]
async fn of_two_records_of_one_key_the_last_counts() {
    let app = scenario().await;
    with_items(&app, &["A"]).await;
    let of =
        |quantity: i64| json!({"TreeCode": "A", "ProductTreeLines": [{"ItemCode": "LM4029MC", "Quantity": quantity}]});
    let answer = push(&app, "boms", &json!([of(1), of(2), of(3)])).await;
    assert_eq!(
        (answer["code"].clone(), actions(&answer)),
        (json!(200), vec!["A superseded".into(), "A superseded".into(), "A created".into()])
    );
    assert!(answer["data"][0]["warnings"][0].as_str().unwrap().contains("第3条"), "{answer}");
    assert_eq!(components(&app, "A"), [("LM4029MC".to_owned(), json!(3))]);
}

// R-P11: a cycle over a tree that B1 has and that was not pushed is B1's to refuse.
#[tokio::test]
async fn a_cycle_over_trees_that_b1_has_is_told_in_b1s_words() {
    let app = scenario().await;
    with_items(&app, &["A", "B"]).await;
    let of =
        |tree: &str, part: &str| json!({"TreeCode": tree, "ProductTreeLines": [{"ItemCode": part, "Quantity": 1}]});
    assert_eq!(push(&app, "boms", &of("A", "B")).await["code"], 200);
    let answer = push(&app, "boms", &of("B", "A")).await;
    assert_eq!(answer["code"], 400);
    assert!(answer["message"].as_str().unwrap().contains("Recursive"), "{answer}");
    // Turned round in one push, it is none.
    let answer = push(&app, "boms", &json!([of("B", "A"), of("A", "LM4029MC")])).await;
    assert_eq!(answer["code"], 200, "{answer}");
}

// R-P12
#[tokio::test]
async fn a_backflushed_component_in_batches_is_warned_of() {
    let app = scenario().await;
    with_items(&app, &["A"]).await;
    let batches = json!({"ItemCode": "BATCHED", "ItemName": "b", "ManageBatchNumbers": "tYES"});
    app.sandbox.b1().create_document(app.clock.now_ms(), "Items", batches).unwrap();
    let line = |code: &str, method: &str| json!({"ItemCode": code, "Quantity": 1, "IssueMethod": method});
    let body = json!({"TreeCode": "A", "ProductTreeLines": [line("BATCHED", "im_Backflush"), line("LM4029MC", "im_Backflush")]});
    let answer = push(&app, "boms", &body).await;
    assert_eq!(actions(&answer), ["A created"]);
    let warnings = answer["data"][0]["warnings"].as_array().unwrap();
    assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().starts_with("BATCHED 按批次管理"), "{answer}");
    let manual = json!({"TreeCode": "A", "ProductTreeLines": [line("BATCHED", "im_Manual")]});
    assert_eq!(push(&app, "boms", &manual).await["data"][0].get("warnings"), None);
}

// R-P12
#[tokio::test]
async fn scrap_is_what_the_plm_sends_as_additional_quantity() {
    let app = scenario().await;
    with_items(&app, &["A"]).await;
    let text = r#"{"TreeCode":"A","ProductTreeLines":[{"ItemCode":"LM4029MC","Quantity":"12.345678","AdditionalQuantity":"0.5"}]}"#;
    assert_eq!(push_text(&app, "boms", text).await["code"], 200);
    let tree = row(&app, "ProductTrees", "TreeCode", "A");
    assert_eq!(
        (&tree["ProductTreeLines"][0]["Quantity"], &tree["ProductTreeLines"][0]["AdditionalQuantity"]),
        (&json!(12.345678), &json!(0.5))
    );
}

fn ignores(c: &mut Value) {
    c["flows"][1]["substitutes"] = json!({"members": ["isTDJ"], "on_found": "ignore"});
}

// R-P13
#[tokio::test]
async fn a_substitute_is_never_a_component() {
    let lines = json!([{"ItemCode": "LM4029MC", "Quantity": 1}, {"ItemCode": "ALT", "Quantity": 1, "isTDJ": "是"}]);
    let body = json!({"TreeCode": "A", "ProductTreeLines": lines});
    let app = new_app(0, Some(ignores)).await;
    item(&app.sandbox, &app, "LM4029MC", "内存条");
    with_items(&app, &["A", "ALT"]).await;
    let answer = push(&app, "boms", &body).await;
    assert_eq!(actions(&answer), ["A created"]);
    assert!(answer["data"][0]["warnings"][0].as_str().unwrap().contains("ALT"), "{answer}");
    assert_eq!(components(&app, "A"), [("LM4029MC".to_owned(), json!(1))]);
    let whole = push(&app, "boms", &json!({"TreeCode": "ALT", "isTDJ": true, "ProductTreeLines": lines})).await;
    assert_eq!((whole["code"].clone(), actions(&whole)), (json!(200), vec!["ALT ignored".to_owned()]));
    let refusing = app_with_items().await;
    let marked = json!({"TreeCode": "A", "ProductTreeLines": [{"ItemCode": "ALT", "Quantity": 1, "替代件": true}]});
    let answer = push(&refusing, "boms", &marked).await;
    assert_eq!(answer["data"][0]["error"]["code"], "plm.substitute");
    assert_eq!(refusing.sandbox.b1().count("ProductTrees"), 0);
}

async fn app_with_items() -> TestApp {
    let app = app().await;
    with_items(&app, &["A", "ALT"]).await;
    app
}

/// A tree with its components.
type Known = (String, Vec<(String, Value)>);

/// What B1 has after these trees were pushed in this order, and how they were answered.
fn pushed(trees: &[(usize, Vec<usize>)]) -> (Vec<Known>, Vec<String>) {
    run(async {
        let app = app().await;
        let codes: Vec<String> = (0..8).map(|n| format!("T{n}")).collect();
        for code in &codes {
            item(&app.sandbox, &app, code, code);
        }
        let lines = |parts: &[usize]| -> Value {
            parts.iter().map(|n| json!({"ItemCode": codes[*n], "Quantity": n + 1})).collect()
        };
        let body: Vec<Value> =
            trees.iter().map(|(n, parts)| json!({"TreeCode": codes[*n], "ProductTreeLines": lines(parts)})).collect();
        let answer = push(&app, "boms", &json!(body)).await;
        let mut actions = actions(&answer);
        actions.sort();
        let found = codes.iter().map(|code| (code.clone(), components(&app, code))).collect();
        (found, actions)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // R-P11
    #[test]
    fn whatever_the_order_of_the_records_b1_ends_alike(
        parts in proptest::collection::vec(proptest::collection::vec(0usize..8, 1..4), 2..8),
        order in Just((0..7usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let trees: Vec<(usize, Vec<usize>)> = parts.into_iter().enumerate().map(|(n, mut parts)| {
            parts.sort_unstable();
            parts.dedup();
            (n, parts)
        }).collect();
        let mut shuffled: Vec<(usize, Vec<usize>)> = Vec::new();
        for n in order {
            shuffled.extend(trees.get(n).cloned());
        }
        prop_assert_eq!(pushed(&trees), pushed(&shuffled));
    }
}

#[tokio::test]
async fn a_dead_b1_is_answered_with_503_and_nothing_is_lost() {
    let mut app = scenario().await;
    with_items(&app, &["test1234", "SUB-1"]).await;
    let until_ms = app.clock.now_ms() + 120_000;
    app.sandbox.inject(tenon_sandbox::Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    let begun = app.clock.now_ms();
    let answer = push(&app, "boms", &assembly()).await;
    assert_eq!(answer["code"], 503, "{answer}");
    assert!(app.clock.now_ms() - begun <= 25_000);
    app.minutes_until(15, "the trees", |app| app.sandbox.b1().count("ProductTrees") == 2).await;
    assert_eq!(components(&app, "SUB-1"), [("LM4029MC".to_owned(), json!(0.333333))]);
}
