//! The acceptance scenario of base data, step by step, and what belongs to each step.

use super::test_app::{app, app_with, change, config, item, item_marked, mark, partner, rows_of, run_of, sent};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::{CubeAnswers, CubeTable};
use tenon_tests::TestApp;

async fn poll(app: &TestApp) {
    tenon_approvals::poll::handler(&app.ctx).await.unwrap();
}

/// The pages of items that were asked for.
fn pages(app: &TestApp) -> Vec<String> {
    let is_page = |call: &String| call.starts_with("GET ") && call.contains("/Items?");
    app.crash_injector.calls().into_iter().filter(is_page).collect()
}

// R-W7, R-W8, R-W9, R-W10, R-W11, R-W12, R-W13, R-W14
#[tokio::test]
async fn items_and_partners_become_rows_and_are_marked() {
    let mut app = app().await;
    item_marked(&app, "A-000", "旧的", "Y");
    item(&app, "A-001", "聚氯乙烯");
    item(&app, "A'2", "聚丙烯");
    item(&app, "A-003", "");
    partner(&app, "C100", "宁波客户");
    app.step().await;

    let pages = pages(&app);
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(pages[0].contains("$filter=U_ISSYN%20eq%20'N'&$orderby=ItemCode"), "{pages:?}");
    assert!(pages[1].contains("ItemCode%20gt%20'A-001'"), "{pages:?}");
    assert!(pages.iter().all(|page| page.ends_with(" odata.maxpagesize=2") && !page.contains("$select")), "{pages:?}");
    let savings = app.sandbox.weaver().cube_savings();
    let (interface, body) = savings.iter().find(|(_, body)| body["data"][0]["mainTable"]["wlbm"] == "A-001").unwrap();
    assert_eq!(interface, "erpWuliao");
    assert_eq!(
        body["data"],
        json!([{ "operationinfo": { "operator": "1", "operationDate": "2026-11-22", "operationTime": "08:00:00" },
                 "mainTable": { "wlbm": "A-001", "wlmc": "聚氯乙烯", "kc": "55" } }])
    );
    assert_eq!(
        (&body["header"]["systemid"], &body["header"]["currentDateTime"]),
        (&json!("SAPB1"), &json!("20261122080000"))
    );
    assert_eq!(body["header"]["Md5"].as_str().map(str::len), Some(32));

    assert_eq!(
        (mark(&app, "A-001").as_str(), mark(&app, "A'2").as_str(), mark(&app, "A-003").as_str()),
        ("Y", "Y", "N")
    );
    assert_eq!(app.sandbox.snapshot().requests_by_key.get("PATCH Items('A''2')"), Some(&1));
    let run = run_of(&app, "items", "A-003").await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("weaver.refused")));
    assert!(run.message.contains("字段 wlmc 不能为空"), "{}", run.message);
    assert_eq!(app.sandbox.weaver().cube_rows("erpKehu").len(), 1);
    assert_eq!(sent(&app, "A-000"), Vec::<Value>::new());

    // Mended, it is there and marked in the next minute, and its run says so.
    change(&app, "A-003", json!({ "ItemName": "钢管" }));
    app.minute().await;
    app.step().await;
    assert_eq!((mark(&app, "A-003").as_str(), rows_of(&app, "A-003").len()), ("Y", 1));
    let mended = run_of(&app, "items", "A-003").await;
    assert_eq!((mended.id, mended.status), (run.id, RunStatus::Succeeded));

    // A change updates the row of the first transfer.
    let id = rows_of(&app, "A-001")[0]["id"].clone();
    change(&app, "A-001", json!({ "ItemName": "聚氯乙烯 SG-5", "U_ISSYN": "N" }));
    app.minute().await;
    app.step().await;
    assert_eq!(sent(&app, "A-001").last().unwrap()["id"], id);
    let rows = rows_of(&app, "A-001");
    assert_eq!((rows.len(), &rows[0]["wlmc"]), (1, &json!("聚氯乙烯 SG-5")));
    assert_eq!(mark(&app, "A-001"), "Y");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// R-W13
#[tokio::test]
async fn every_form_of_the_answer_is_understood() {
    for answers in [CubeAnswers::Text, CubeAnswers::Object, CubeAnswers::Whole, CubeAnswers::Single] {
        let mut app = app().await;
        app.sandbox.configure(|options| options.weaver.cube_answers = answers);
        item(&app, "A-001", "聚氯乙烯");
        item(&app, "A-003", "");
        app.step().await;
        assert_eq!((mark(&app, "A-001").as_str(), mark(&app, "A-003").as_str()), ("Y", "N"), "{answers:?}");
        let run = run_of(&app, "items", "A-003").await;
        assert!(run.message.contains("wlmc 不能为空"), "{answers:?}: {}", run.message);
        change(&app, "A-001", json!({ "ItemName": "新", "U_ISSYN": "N" }));
        app.minute().await;
        app.step().await;
        assert_eq!((rows_of(&app, "A-001").len(), mark(&app, "A-001").as_str()), (1, "Y"), "{answers:?}");
    }
}

// R-W15
#[tokio::test]
async fn a_change_between_reading_and_marking_is_not_hidden() {
    let mut app = app().await;
    item(&app, "A-001", "聚氯乙烯");
    poll(&app).await;
    // Its message is queued with what the page showed; somebody corrects the item before it is sent.
    change(&app, "A-001", json!({ "ItemName": "聚氯乙烯 SG-8", "U_ISSYN": "N" }));
    app.step().await;
    assert_eq!(sent(&app, "A-001").len(), 2, "once as it was and once as it is");
    let rows = rows_of(&app, "A-001");
    assert_eq!((rows.len(), &rows[0]["wlmc"]), (1, &json!("聚氯乙烯 SG-8")));
    assert_eq!(mark(&app, "A-001"), "Y");
}

fn tools(c: &mut Value) {
    config(c);
    c["flows"] = json!([{ "id": "items", "kind": "base-data", "erp": "b1-main", "oa": "weaver-main",
        "source": { "object": "TOOLING", "key": "Code" },
        "form": { "template": "erpWuliao", "fields": [
            { "from": "Code", "to": "wlbm" }, { "from": "Name", "to": "wlmc" } ] } }]);
}

// R-W11, R-W14, R-W15
#[tokio::test]
async fn where_the_erp_knows_no_versions_a_change_is_not_hidden_either() {
    let mut app = app_with(tools, |_| {}).await;
    app.sandbox.b1().register_set("TOOLING", "Code", false);
    let tool = json!({ "Code": "T'9", "Name": "模具", "U_ISSYN": "N" });
    app.sandbox.b1().create_document(app.clock.now_ms(), "TOOLING", tool).unwrap();
    poll(&app).await;
    let changed = json!({ "Name": "模具二", "U_ISSYN": "N" });
    app.sandbox.b1().change_record(app.clock.now_ms(), "TOOLING", "T'9", changed).unwrap();
    app.step().await;
    let rows = rows_of(&app, "T'9");
    assert_eq!((rows.len(), &rows[0]["wlmc"]), (1, &json!("模具二")));
    assert_eq!(app.sandbox.b1().rows("TOOLING")[0]["U_ISSYN"], "Y");
    assert_eq!(app.sandbox.snapshot().requests_by_key.get("PATCH TOOLING('T''9')"), Some(&1));
}

fn changed_elsewhere(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["change"] = json!("erpWuliao-change");
}

// R-W15
#[tokio::test]
async fn an_interface_of_its_own_for_changes_is_used_for_them() {
    let mut app = app_with(changed_elsewhere, |_| {}).await;
    item(&app, "A-001", "聚氯乙烯");
    app.minute().await;
    change(&app, "A-001", json!({ "ItemName": "新", "U_ISSYN": "N" }));
    app.minute().await;
    let interfaces: Vec<String> = app.sandbox.weaver().cube_savings().into_iter().map(|(name, _)| name).collect();
    assert_eq!(interfaces, ["erpWuliao", "erpWuliao-change"]);
    assert_eq!(rows_of(&app, "A-001").len(), 1);
}

fn with_prices(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["tables"] = json!([{ "from": "ItemPrices", "to": "detail1", "fields": [
        { "from": "PriceList", "to": "jgb" }, { "from": "Price", "to": "jg", "format": "money" } ] }]);
}

fn prices(all: &[(i64, f64)]) -> Value {
    all.iter().map(|(list, price)| json!({ "PriceList": list, "Price": price })).collect()
}

// R-W12, R-W15
#[tokio::test]
async fn a_collection_fills_a_detail_table_and_its_change_doubles_no_row() {
    let mut app = app_with(with_prices, |_| {}).await;
    item(&app, "A-001", "聚氯乙烯");
    change(&app, "A-001", json!({ "ItemPrices": prices(&[(1, 3.5), (2, 4.0)]) }));
    app.minute().await;
    let details = |app: &TestApp| app.sandbox.weaver().cube_rows("erpWuliao")[0]["detail1"].clone();
    let first = details(&app);
    assert_eq!((first.as_array().unwrap().len(), &first[0]["jg"]), (2, &json!("3.50")));
    let saving = app.sandbox.weaver().cube_savings()[0].1.clone();
    assert_eq!(saving["data"][0]["detail1"][0]["operate"], json!({ "action": "SaveOrUpdate" }));

    change(&app, "A-001", json!({ "ItemPrices": prices(&[(1, 3.75)]), "U_ISSYN": "N" }));
    app.minute().await;
    let now = details(&app);
    assert_eq!((now.as_array().unwrap().len(), &now[0]["jg"], &now[0]["id"]), (1, &json!("3.75"), &first[0]["id"]));
    // What has not changed is not sent again.
    change(&app, "A-001", json!({ "ItemName": "新", "U_ISSYN": "N" }));
    app.minute().await;
    assert_eq!(details(&app), now);
    assert!(app.sandbox.weaver().cube_savings().last().unwrap().1["data"][0].get("detail1").is_none());
}

fn selected(c: &mut Value) {
    config(c);
    c["flows"][0]["source"]["select"] = json!("ItemName,QuantityOnStock");
}

// R-W10
#[tokio::test]
async fn a_selection_is_asked_for_with_the_key() {
    let mut app = app_with(selected, |_| {}).await;
    item(&app, "A-001", "聚氯乙烯");
    app.step().await;
    let pages = pages(&app);
    assert!(pages[0].contains("$select=ItemName%2CQuantityOnStock%2CItemCode"), "{pages:?}");
    assert_eq!(mark(&app, "A-001"), "Y");
}

fn filled_before(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["look_first"] = json!(true);
}

// R-W15
#[tokio::test]
async fn a_row_that_others_made_before_is_taken_over() {
    let mut app = app_with(filled_before, |options| {
        options.weaver.cube.insert("erpWuliao".into(), CubeTable::new(&["wlbm"], "erpWuliao"));
    })
    .await;
    let id = app.sandbox.weaver().cube_fill("erpWuliao", &json!({ "wlbm": "A-001", "wlmc": "手工" }));
    item(&app, "A-001", "聚氯乙烯");
    app.minute().await;
    let rows = rows_of(&app, "A-001");
    assert_eq!((rows.len(), &rows[0]["id"], &rows[0]["wlmc"]), (1, &json!(id), &json!("聚氯乙烯")));
}
