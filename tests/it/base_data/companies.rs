//! Base data of two companies in one E-cology: R-W44.

use super::test_app::{config, item};
use serde_json::{Value, json};
use tenon_sandbox::{CubeTable, Fault, FaultKind, Sandbox, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const SAVE: &str = "/api/cube/restful/interface/saveOrUpdateModeData/erpWuliaoB";

/// Items of a second company, by interfaces of its own.
fn both(c: &mut Value) {
    config(c);
    let mut second = c["connections"][0].clone();
    (second["id"], second["base_url"]) = (json!("b1-b"), json!("http://b1-b"));
    c["connections"].as_array_mut().unwrap().push(second);
    let mut flow = c["flows"][0].clone();
    (flow["id"], flow["erp"], flow["form"]["template"]) = (json!("items-b"), json!("b1-b"), json!("erpWuliaoB"));
    c["flows"].as_array_mut().unwrap().push(flow);
}

async fn companies() -> (TestApp, Sandbox) {
    let options = TestAppOptions {
        second_company: true,
        config: Some(both),
        sandbox: Some(|o| {
            o.weaver.cube.insert("erpWuliaoB".to_owned(), CubeTable::new(&["wlbm", "wlmc"], "erpWuliaoB"));
        }),
        ..TestAppOptions::default()
    };
    let app = TestApp::new(options).await;
    let other = app.second.clone().unwrap();
    (app, other)
}

fn item_of(app: &TestApp, company: &Sandbox, code: &str, name: &str) {
    let fields = json!({ "ItemCode": code, "ItemName": name, "QuantityOnStock": 7.0, "U_ISSYN": "N" });
    company.b1().create_document(app.clock.now_ms(), "Items", fields).unwrap();
}

fn mark(company: &Sandbox, code: &str) -> Value {
    company.b1().row("Items", "ItemCode", &json!(code)).unwrap()["U_ISSYN"].clone()
}

/// Names in a table of the OA under a code.
fn names(app: &TestApp, table: &str, code: &str) -> Vec<Value> {
    let rows = app.sandbox.weaver().cube_rows(table).into_iter().map(|row| row["mainTable"].clone());
    rows.filter(|row| row["wlbm"] == code).map(|row| row["wlmc"].clone()).collect()
}

// R-W44, R-W16: equal codes, and one of the savings is not answered
#[tokio::test]
async fn equal_codes_of_two_companies_are_two_rows_and_each_is_marked_where_it_came_from() {
    let (mut app, other) = companies().await;
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::Weaver).on("POST", SAVE));
    item(&app, "A-001", "聚氯乙烯");
    item_of(&app, &other, "A-001", "钢管");
    app.minutes_until(6, "both are marked", |s| mark(&s.sandbox, "A-001") == "Y" && mark(&other, "A-001") == "Y").await;
    assert_eq!(names(&app, "erpWuliao", "A-001"), ["聚氯乙烯"]);
    assert_eq!(names(&app, "erpWuliaoB", "A-001"), ["钢管"]);
    let renamed = json!({ "ItemName": "无缝钢管", "U_ISSYN": "N" });
    other.b1().change_record(app.clock.now_ms(), "Items", "A-001", renamed).unwrap();
    app.minutes_until(6, "the change is marked", |_| mark(&other, "A-001") == "Y").await;
    assert_eq!(
        (names(&app, "erpWuliao", "A-001"), names(&app, "erpWuliaoB", "A-001")),
        (vec![json!("聚氯乙烯")], vec![json!("无缝钢管")])
    );
}

// R-W44
#[tokio::test]
async fn a_company_that_is_down_does_not_hold_up_the_other() {
    let (mut app, other) = companies().await;
    let until_ms = app.clock.now_ms() + 600_000;
    other.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    item(&app, "A-001", "聚氯乙烯");
    item_of(&app, &other, "A-001", "钢管");
    app.minutes_until(3, "the company that is up", |s| mark(&s.sandbox, "A-001") == "Y").await;
    assert_eq!(names(&app, "erpWuliaoB", "A-001"), Vec::<Value>::new());
    app.minutes_until(40, "the one that was down", |_| mark(&other, "A-001") == "Y").await;
    assert_eq!((names(&app, "erpWuliao", "A-001").len(), names(&app, "erpWuliaoB", "A-001").len()), (1, 1));
}

// R-W44
#[test]
fn two_companies_behind_one_interface_are_refused_with_what_to_do() {
    let mut value = tenon_tests::standard_config();
    both(&mut value);
    value["flows"].as_array_mut().unwrap().last_mut().unwrap()["form"]["template"] = json!("erpWuliao");
    let config: tenon_model::config::Config = serde_json::from_value(value).unwrap();
    let found: Vec<String> = tenon_model::config::check(&config).iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|p| p.contains("flows[items-b].form.look_up") && p.contains("of its own")), "{found:?}");
}
