//! The same on database servers: one scenario each, and deaths.

use super::crash::dies_at;
use super::fixture::{FORM, Fixture, TABLE, order, shown};
use serde_json::{Value, json};
use tenon_databases::{Dialect, STATE_TABLE, Statement};
use tenon_engine::Moment;
use tenon_flows::data_sync::record::What;
use tenon_testkit::databases::{self, DatabaseFixture};

async fn plain(fixture: &Fixture, sql: String) {
    let db = fixture.db().await;
    db.transact(vec![Statement::plain(sql, Vec::new())]).await.unwrap();
    db.close().await;
}

/// Made, added to by people, updated, made anew.
async fn scenario(database: DatabaseFixture) -> Fixture {
    let fixture = Fixture::on(database, 31, 10).await;
    fixture.configure(|c| c["flows"][0]["entries"] = json!(["FSaleOrderEntry"])).await;
    let at = fixture.app.clock.now_ms() - 86_400_000;
    let lines: Vec<(i64, Value)> = (1..=4).map(|n| (n, json!({ "FQty": "0.1000", "FEntryNote": "'" }))).collect();
    fixture.app.sandbox.kingdee().put_entries(FORM, 5, "FSaleOrderEntry", &lines, at);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!((status, &answer["data"]["rows"]), (200, &json!(14)), "{answer}");
    let db = fixture.db().await;
    let d = db.dialect();
    let table = db.describe(TABLE).await.unwrap().unwrap();
    assert!(table.is_ours() && table.comment.contains("销售订单"), "{}", table.comment);
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM {} WHERE {} = 4",
        shown(&db, "FCustId_FNumber"),
        shown(&db, "FDate"),
        shown(&db, "FNote"),
        shown(&db, "F_ORA_Mystery"),
        d.name(TABLE),
        d.name("FID")
    );
    let row = db.rows(sql, Vec::new()).await.unwrap().remove(0);
    let row: Vec<String> = row.into_iter().map(|cell| cell.unwrap_or_default().replace(".000", "")).collect();
    assert_eq!(row, ["C-1", "2026-11-02 00:00:00", "O'Neil \"x\"; DROP TABLE y; --", "true"]);
    plain(&fixture, format!("ALTER TABLE {} ADD COLUMN {} varchar(20)", d.name(TABLE), d.name("区域"))).await;
    plain(&fixture, format!("UPDATE {} SET {} = '华南'", d.name(TABLE), d.name("区域"))).await;
    plain(&fixture, format!("ALTER TABLE {} DROP COLUMN {}", d.name(TABLE), d.name("FNote"))).await;
    fixture.order(2, "XSDD-CHANGED");
    fixture.order(99, "XSDD-NEW");
    fixture.app.sandbox.kingdee().put_entries(FORM, 5, "FSaleOrderEntry", &lines[1..3], at);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["data"]["told"]["only_in_table"], json!([format!("{TABLE}.区域")]), "{answer}");
    let numbers = fixture.numbers().await;
    assert_eq!((numbers[&2].as_str(), numbers[&99].as_str(), numbers.len()), ("XSDD-CHANGED", "XSDD-NEW", 11));
    assert_eq!(db.count("ERP_SAL_SaleOrder_FSaleOrderEntry").await.unwrap(), 2);
    let kept = format!("SELECT {} FROM {} WHERE {} = '华南'", shown(&db, "FID"), d.name(TABLE), d.name("区域"));
    assert_eq!(db.rows(kept, Vec::new()).await.unwrap().len(), 10);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!(
        (status, &answer["data"]["told"]["foreign_columns"]),
        (200, &json!([format!("{TABLE}.区域")])),
        "{answer}"
    );
    // What it cannot hold is named, and the page is not written.
    fixture.app.sandbox.kingdee().put(FORM, 3, &json!({ "FBillAllAmount": "N/A" }), at);
    fixture.app.sandbox.kingdee().put(FORM, 2, &order(2, "NOT-WRITTEN"), at);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 422, "{answer}");
    assert_eq!(fixture.numbers().await[&2], "XSDD-CHANGED");
    db.close().await;
    fixture
}

/// Each death begins with tables that are gone.
async fn deaths(mut database: DatabaseFixture, dialect: Dialect) {
    for what in [What::Create, What::Update] {
        let mut effect = 0;
        loop {
            let moment = if effect % 2 == 0 { Moment::Before } else { Moment::After };
            let fixture = Fixture::on(database, 77, 8).await;
            let db = fixture.db().await;
            for name in [TABLE.to_owned(), format!("{TABLE}__new"), format!("{TABLE}__old"), STATE_TABLE.to_owned()] {
                plain(&fixture, format!("DROP TABLE IF EXISTS {}", dialect.name(&name))).await;
            }
            db.close().await;
            let (died, back) = dies_at(fixture, effect, moment, what).await;
            database = back;
            if !died {
                break;
            }
            effect += 2;
        }
        assert!(effect > 10, "{effect}");
    }
}

#[tokio::test]
async fn on_postgresql() {
    let Some(database) = databases::postgres() else {
        eprintln!("skipped: PostgreSQL is not installed; scripts/setup-databases.sh installs it");
        return;
    };
    let fixture = scenario(database).await;
    // A view of somebody's needs the table: said before anything is read.
    plain(&fixture, format!("CREATE VIEW board AS SELECT * FROM \"{TABLE}\"")).await;
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("view board"), "{answer}");
    plain(&fixture, "DROP VIEW board".to_owned()).await;
    deaths(fixture.database, Dialect::Postgres).await;
}

#[tokio::test]
async fn on_mariadb() {
    let Some(database) = databases::mariadb() else {
        eprintln!("skipped: MariaDB is not installed; scripts/setup-databases.sh installs it");
        return;
    };
    let fixture = scenario(database).await;
    deaths(fixture.database, Dialect::Mysql).await;
}
