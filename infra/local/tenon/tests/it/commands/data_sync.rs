//! `tenon data-sync run`: told beforehand, made, watched, updated, refused.

use super::{Kept, TestApp};
use serde_json::{Value, json};
use tenon::commands::data_sync::{DataSyncArgs, RunArgs, data_sync};
use tenon::commands::{apply, check, sandbox_tables};
use tenon::output::{ExitKind, Out};

const FORM: &str = "SAL_SaleOrder";

fn run(form: &str, create: bool, dry_run: bool) -> DataSyncArgs {
    DataSyncArgs::run(RunArgs { form: form.to_owned(), create, dry_run })
}

async fn new_app(orders: i64) -> TestApp {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    sandbox_tables::add(&mut config, &test_app.sandbox.url, test_app.folder.path()).unwrap();
    config.flows.retain(|flow| flow.kind() == "data-sync");
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    for id in 1..=orders {
        let order = json!({ "FBillNo": format!("XSDD{id}"), "FDate": "2026-11-02T00:00:00", "FBillAllAmount": 12.5 });
        test_app.sandbox.sandbox.kingdee().put(FORM, id, &order, now - 86_400_000);
    }
    test_app
}

#[tokio::test]
async fn a_run_is_told_beforehand_and_then_made_and_watched() {
    let test_app = new_app(4_500).await;
    let file = test_app.folder.path().join("boards.db");
    let (done, answer) = output!(data_sync, run(FORM, true, true), test_app);
    done.unwrap();
    assert_eq!(
        (&answer["dry_run"], &answer["rows"], &answer["more"]),
        (&json!(true), &json!(4_500), &json!(false)),
        "{answer}"
    );
    let columns = answer["tables"][0]["columns"].as_array().unwrap();
    let mystery = columns.iter().find(|column| column["name"] == "F_ORA_Mystery").unwrap();
    assert_eq!((&mystery["kind"], &mystery["code"]), (&json!("text"), &json!("4711")));
    let (done, answer) = output!(data_sync, run(FORM, false, true), test_app);
    done.unwrap();
    assert_eq!(answer["stopped"]["code"], "data-sync.no-table", "{answer}");
    let rows = |file: &std::path::Path| {
        let db = tenon_databases::Db::of(&tenon_model::config::Database::Sqlite(tenon_model::config::SqliteDatabase {
            id: tenon_model::DatabaseId::new("x"),
            path: file.display().to_string(),
        }));
        async move { db.count("ERP_SAL_SaleOrder").await }
    };
    assert!(rows(&file).await.is_err(), "nothing was written");
    // Somebody watches: the line is written over, with how far it is.
    let (printed, shown) = (Kept::default(), Kept::default());
    let out = Out::to(false, Box::new(printed.clone()), Box::new(shown.clone())).watched();
    data_sync(&run(FORM, true, false), &test_app.place, &out).await.unwrap();
    let text = |kept: &Kept| String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let (printed, shown) = (text(&printed), text(&shown));
    assert!(printed.contains("ERP_SAL_SaleOrder") && printed.contains("4500"), "{printed}");
    assert!(shown.contains("run r-") && shown.contains('\r') && shown.contains("4500 rows"), "{shown}");
    assert_eq!(rows(&file).await.unwrap(), 4_500);
    // Made anew, it is known how many there will be about.
    let shown = Kept::default();
    let out = Out::to(true, Box::new(std::io::sink()), Box::new(shown.clone())).watched();
    data_sync(&run(FORM, true, false), &test_app.place, &out).await.unwrap();
    let shown = text(&shown);
    assert!(shown.contains("[##############################] 4500 of about 4500 rows"), "{shown}");
    let (done, answer) = output!(data_sync, run(FORM, false, false), test_app);
    done.unwrap();
    assert_eq!(
        (&answer["run"]["did"]["in_table"], &answer["run"]["what"]),
        (&json!(4_500), &json!("update")),
        "{answer}"
    );
    let (done, answer) = output!(check::check, check::CheckArgs { connection: None }, test_app);
    assert_eq!(answer["databases"], json!([{ "id": "boards-sandbox", "kind": "sqlite", "ok": true }]), "{done:?}");
}

#[tokio::test]
async fn a_run_that_cannot_be_is_told_with_its_reason() {
    let test_app = new_app(1).await;
    let (done, answer) = output!(data_sync, run("NO_SuchForm", true, false), test_app);
    assert!(done.is_err());
    assert_eq!(answer["error"]["code"], "kingdee.refused", "{answer}");
    let (done, answer) = output!(data_sync, run(FORM, false, false), test_app);
    assert!(matches!(done, Err(ExitKind::NotFound | ExitKind::Failed)), "{done:?}");
    assert_eq!(answer["error"]["code"], "data-sync.no-table", "{answer}");
    let (_, answer) = output!(data_sync, run(FORM, true, true), test_app);
    assert_eq!(answer["tables"][0]["name"], Value::from("ERP_SAL_SaleOrder"), "a run that ended is in nobody's way");
}
