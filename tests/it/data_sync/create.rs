//! New tables.

use super::fixture::{FORM, Fixture, TABLE, call};
use serde_json::json;
use std::time::Duration;
use tenon_databases::Statement;
use tenon_sandbox::{Fault, FaultKind, Vendor};

#[tokio::test]
async fn a_form_becomes_a_table_with_its_columns_and_the_answer_says_so() {
    let fixture = Fixture::new(1, 10).await;
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!((status, &answer["code"], &answer["data"]["table"]), (200, &json!(0), &json!(TABLE)), "{answer}");
    assert_eq!((&answer["data"]["rows"], &answer["data"]["state"]), (&json!(10), &json!("succeeded")), "{answer}");
    assert!(answer["data"]["tookMs"].is_i64() && answer["data"]["run"].as_str().unwrap().starts_with("r-"));
    let db = fixture.db().await;
    let table = db.describe(TABLE).await.unwrap().unwrap();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "FID",
            "FBillNo",
            "FDate",
            "FCustId_FNumber",
            "FCustId_FName",
            "FCreatorId_FName",
            "FDocumentStatus",
            "FBillAllAmount",
            "FModifyDate",
            "FNote",
            "F_ORA_Mystery"
        ]
    );
    assert_eq!(answer["data"]["columns"], names.len());
    assert!(table.is_ours() && table.comment.contains("销售订单"), "{}", table.comment);
    let sql = format!(
        "SELECT \"FCustId_FNumber\", \"FCustId_FName\", \"FBillAllAmount\", \"FDate\", \"FNote\", \"F_ORA_Mystery\", typeof(\"FBillAllAmount\") FROM \"{TABLE}\" WHERE \"FID\" = 4"
    );
    let row: Vec<String> =
        db.rows(sql, Vec::new()).await.unwrap()[0].iter().map(|cell| cell.clone().unwrap()).collect();
    assert_eq!(
        row,
        ["C-1", "深圳客户", "12.5", "2026-11-02 00:00:00", "O'Neil \"x\"; DROP TABLE y; --", "true", "real"]
    );
    let made = db.rows("SELECT sql FROM sqlite_master WHERE name = ?1", vec![Some(TABLE.to_owned())]).await.unwrap();
    let made = made[0][0].clone().unwrap();
    assert!(made.contains("客户 编码 (FCustId.FNumber)") && made.contains("type 4711"), "{made}");
    // One login for all of it, and base data of other organisations is asked for by name.
    assert_eq!(fixture.app.sandbox.kingdee().logins(), 1);
    let (status, answer) = fixture.call("POST", "/dataSync/create?formId=BD_MATERIAL").await;
    assert_eq!((status, &answer["data"]["rows"]), (200, &json!(3)), "{answer}");
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_told_and_whoever_has_no_code_gets_one_answer() {
    let fixture = Fixture::new(2, 1).await;
    for (target, status) in [
        ("/dataSync/create", 400),
        ("/dataSync/create?formId=", 400),
        ("/dataSync/create?formId=A%22%3B", 400),
        ("/dataSync/create?formId=NO_SUCH_FORM", 502),
        ("/dataSync/update?formId=SAL_SaleOrder", 404),
        ("/dataSync/runs/r-none", 404),
    ] {
        let (found, answer) = fixture.call("GET", target).await;
        assert_eq!((found, &answer["code"]), (status, &json!(status)), "{target} {answer}");
        assert!(answer["msg"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    }
    let refused = [
        call(&fixture.app, "GET", "/dataSync/create?formId=SAL_SaleOrder", None).await,
        call(&fixture.app, "GET", "/dataSync/create?formId=SAL_SaleOrder", Some("wrong-code-000000")).await,
    ];
    assert!(refused.iter().all(|(status, answer)| *status == 401 && answer == &refused[0].1), "{refused:?}");
}

#[tokio::test]
async fn a_new_table_takes_the_place_of_the_old_in_one_step_and_never_of_somebody_elses() {
    let fixture = Fixture::new(3, 4).await;
    let db = fixture.db().await;
    fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    for sql in [
        format!("ALTER TABLE \"{TABLE}\" ADD COLUMN \"区域\" TEXT"),
        format!("CREATE INDEX by_customer ON \"{TABLE}\" (\"FCustId_FNumber\")"),
        format!("CREATE VIEW board AS SELECT \"FBillNo\" FROM \"{TABLE}\""),
    ] {
        db.transact(vec![Statement::plain(sql, Vec::new())]).await.unwrap();
    }
    fixture.app.sandbox.kingdee().remove(FORM, 2);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!((status, &answer["data"]["rows"]), (200, &json!(3)), "{answer}");
    assert_eq!(answer["data"]["told"]["foreign_columns"], json!([format!("{TABLE}.区域")]));
    assert_eq!(answer["data"]["told"]["indexes"], json!(["by_customer"]));
    assert_eq!(db.rows("SELECT * FROM board", Vec::new()).await.unwrap().len(), 3);
    let left =
        db.rows("SELECT name FROM sqlite_master WHERE name LIKE '%__new' OR name LIKE '%__old'", Vec::new()).await;
    assert!(left.unwrap().is_empty());
    // A table of somebody else's.
    let own = "DROP VIEW board".to_owned();
    db.transact(vec![
        Statement::plain(own, Vec::new()),
        Statement::plain(format!("DROP TABLE \"{TABLE}\""), Vec::new()),
        Statement::plain(format!("CREATE TABLE \"{TABLE}\" (mine TEXT)"), Vec::new()),
        Statement::plain(format!("INSERT INTO \"{TABLE}\" VALUES ('kept')"), Vec::new()),
    ])
    .await
    .unwrap();
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("database.not-ours"), "{answer}");
    assert_eq!(
        db.rows(format!("SELECT mine FROM \"{TABLE}\""), Vec::new()).await.unwrap()[0][0].as_deref(),
        Some("kept")
    );
}

#[tokio::test]
async fn a_second_run_of_the_same_form_is_refused_by_name_until_the_first_has_ended() {
    let mut fixture = Fixture::new(4, 3).await;
    // The ERP is down for a while, so that the run waits.
    for _ in 0..3 {
        fixture.app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::Kingdee));
    }
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!((status, &answer["code"]), (202, &json!(202)), "{answer}");
    let run = answer["data"]["run"].as_str().unwrap().to_owned();
    let (status, answer) = fixture.call("POST", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 409, "{answer}");
    assert!(
        answer["msg"].as_str().unwrap().contains(&run) && answer["msg"].as_str().unwrap().contains(FORM),
        "{answer}"
    );
    fixture.app.sandbox.clear_faults();
    fixture.app.clock.advance(Duration::from_secs(60));
    fixture.rest().await;
    let (status, answer) = fixture.call("GET", &format!("/dataSync/runs/{run}")).await;
    assert_eq!(
        (status, &answer["data"]["state"], &answer["data"]["rows"]),
        (200, &json!("succeeded"), &json!(3)),
        "{answer}"
    );
    assert_eq!(fixture.app.dead_letters().await, Vec::<String>::new());
}
