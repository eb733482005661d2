//! Several tables of a document in one request: R-W23.

use super::test_app::{config, marked, purchase_request, push, requests_of, run_of, with};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::WeaverWorkflow;
use tenon_tests::TestApp;

const LINES: &str = "formtable_main_45_dt1";
const EXPENSES: &str = "formtable_main_45_dt2";

fn two_tables(c: &mut Value) {
    config(c);
    let expenses = json!({ "from": "DocumentAdditionalExpenses", "to": EXPENSES,
        "fields": [ { "from": "ExpenseCode", "to": "fylx" }, { "from": "LineTotal", "to": "je", "format": "money" } ] });
    let lines = c["flows"][0]["form"]["lines"].clone();
    c["flows"][0]["form"]["lines"] = json!([lines, expenses]);
}

async fn new_app() -> TestApp {
    let app = with(two_tables).await;
    let form = WeaverWorkflow::new("采购申请", &["sqr", "xqrq", "erpkey"])
        .table(LINES, &["wlbm", "sl"])
        .table(EXPENSES, &["fylx", "je"]);
    app.sandbox.weaver().set_workflow("23", form);
    app
}

fn with_expenses(expenses: Value) -> tenon_sandbox::NewDraft {
    purchase_request("66").field("DocumentAdditionalExpenses", expenses)
}

// R-W22, R-W23
#[tokio::test]
async fn the_rows_of_each_table_go_to_their_own() {
    let mut app = new_app().await;
    let expenses = json!([{ "ExpenseCode": 1, "LineTotal": 1234.5 }, { "ExpenseCode": 3, "LineTotal": 0.07 }]);
    let (both, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), with_expenses(expenses)).unwrap();
    let (lines_only, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), with_expenses(json!([]))).unwrap();
    marked(&mut app, "23", both).await;
    marked(&mut app, "23", lines_only).await;
    let tables = requests_of(&app, "23", &both.to_string()).remove(0)["tables"].clone();
    assert_eq!(tables[EXPENSES], json!([[["fylx", "1"], ["je", "1234.50"]], [["fylx", "3"], ["je", "0.07"]]]));
    assert_eq!(tables[LINES], json!([[["wlbm", "11028"], ["sl", "55"]], [["wlbm", "14003"], ["sl", "11"]]]));
    let tables = requests_of(&app, "23", &lines_only.to_string()).remove(0)["tables"].clone();
    assert_eq!(tables.as_object().unwrap().keys().collect::<Vec<_>>(), [LINES], "a table without rows is left out");
}

// R-W23, R-W38: what people were shown is all of it
#[tokio::test]
async fn a_change_in_the_second_table_holds_the_decision() {
    let mut app = new_app().await;
    let expenses = |total: f64| json!([{ "ExpenseCode": 1, "LineTotal": total }]);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), with_expenses(expenses(10.0))).unwrap();
    let request = marked(&mut app, "23", draft).await;
    let changed = json!({ "DocumentAdditionalExpenses": expenses(9_999.0) });
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, changed).unwrap();
    let answer = push(&app, &json!({ "requestid": request, "status": "1" })).await;
    assert_eq!(answer["success"], "N", "{answer}");
    let run = run_of(&app, "pr", draft).await;
    assert_ne!(run.status, RunStatus::Succeeded);
    assert!(run.message.contains("DocumentAdditionalExpenses[0].LineTotal"), "{}", run.message);
}
