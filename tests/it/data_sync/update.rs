//! Tables that are there.

use super::fixture::{FORM, Fixture, TABLE, order};
use serde_json::{Value, json};
use tenon_databases::Statement;

async fn plain(fixture: &Fixture, sql: String) {
    fixture.db().await.transact(vec![Statement::plain(sql, Vec::new())]).await.unwrap();
}

#[tokio::test]
async fn the_schedule_updates_a_table_once_it_is_made() {
    let mut fixture = Fixture::new(10, 3).await;
    fixture.app.step().await;
    assert_eq!(fixture.app.sandbox.kingdee().logins(), 0, "nothing is asked before the table is made");
    fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    fixture.order(3, "XSDD-CHANGED");
    fixture.app.clock.advance(std::time::Duration::from_secs(3_700));
    fixture.app.step().await;
    assert_eq!(fixture.numbers().await[&3], "XSDD-CHANGED");
    assert_eq!(fixture.app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_update_changes_rows_by_their_keys_and_keeps_what_people_added() {
    let fixture = Fixture::new(11, 5).await;
    fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    plain(&fixture, format!("ALTER TABLE \"{TABLE}\" ADD COLUMN \"区域\" TEXT")).await;
    plain(&fixture, format!("UPDATE \"{TABLE}\" SET \"区域\" = '华南' || \"FID\"")).await;
    plain(&fixture, format!("ALTER TABLE \"{TABLE}\" DROP COLUMN \"FNote\"")).await;
    fixture.order(2, "XSDD-CHANGED");
    fixture.order(9, "XSDD-NEW");
    // Older than two months: an update does not read it.
    let old = fixture.app.clock.now_ms() - 90 * 86_400_000;
    fixture.app.sandbox.kingdee().put(FORM, 3, &order(3, "XSDD-OLD"), old);
    let (status, answer) = fixture.call("POST", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!((status, &answer["code"]), (200, &json!(0)), "{answer}");
    let notes = &answer["data"]["told"];
    assert_eq!(notes["only_in_table"], json!([format!("{TABLE}.区域")]), "{answer}");
    assert_eq!(notes["only_in_erp"], json!([format!("{TABLE}.FNote")]), "{answer}");
    let numbers = fixture.numbers().await;
    assert_eq!(
        (numbers[&2].as_str(), numbers[&9].as_str(), numbers[&3].as_str()),
        ("XSDD-CHANGED", "XSDD-NEW", "XSDD000003")
    );
    let added = fixture
        .db()
        .await
        .rows(format!("SELECT count(*) FROM \"{TABLE}\" WHERE \"区域\" = '华南' || \"FID\""), Vec::new())
        .await;
    assert_eq!(added.unwrap()[0][0].as_deref(), Some("5"));
}

#[tokio::test]
async fn entries_are_tables_of_their_own_and_lose_what_their_documents_lost() {
    let fixture = Fixture::new(12, 3).await;
    fixture.configure(|c| c["flows"][0]["entries"] = json!(["FSaleOrderEntry"])).await;
    let line = |n: i64| json!({ "FMaterialId": { "Id": n, "FNumber": format!("M-{n}"), "FName": "螺栓" }, "FQty": n, "FEntryNote": "" });
    let at = fixture.app.clock.now_ms() - 86_400_000;
    let kingdee = fixture.app.sandbox.kingdee();
    for id in 1..=2 {
        let lines: Vec<(i64, Value)> = (1..=5).map(|n| (id * 100 + n, line(n))).collect();
        kingdee.put_entries(FORM, id, "FSaleOrderEntry", &lines, at);
    }
    let (status, answer) = fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    assert_eq!((status, &answer["data"]["rows"]), (200, &json!(13)), "{answer}");
    let lines = "ERP_SAL_SaleOrder_FSaleOrderEntry";
    assert_eq!(fixture.db().await.count(lines).await.unwrap(), 10);
    kingdee.put_entries(FORM, 1, "FSaleOrderEntry", &[(101, line(7)), (104, line(4))], at);
    kingdee.put_entries(FORM, 2, "FSaleOrderEntry", &[], at);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 200, "{answer}");
    let rows = fixture
        .db()
        .await
        .rows(format!("SELECT \"FSaleOrderEntry_FEntryId\", \"FQty\" FROM \"{lines}\" ORDER BY 1"), Vec::new())
        .await
        .unwrap();
    let rows: Vec<(&str, &str)> =
        rows.iter().map(|row| (row[0].as_deref().unwrap(), row[1].as_deref().unwrap())).collect();
    assert_eq!(rows, [("101", "7"), ("104", "4")]);
}

#[tokio::test]
async fn rows_that_the_erp_lost_go_at_night_and_never_too_many() {
    let mut fixture = Fixture::new(13, 30).await;
    fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    fixture.configure(|c| c["flows"][0]["reconcile"] = json!("02:00")).await;
    let kingdee = fixture.app.sandbox.kingdee();
    kingdee.remove(FORM, 4);
    kingdee.remove(FORM, 29);
    // The afternoon's update does not look for them, the one after two o'clock does.
    fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(fixture.numbers().await.len(), 30);
    fixture.app.clock.advance(std::time::Duration::from_secs(20 * 3600));
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!((status, &answer["data"]["rowsDeleted"]), (200, &json!(2)), "{answer}");
    assert!(!fixture.numbers().await.contains_key(&4) && fixture.numbers().await.len() == 28);
    // The user sees nothing any more: nothing is deleted, and it is told.
    for id in 1..=30 {
        fixture.app.sandbox.kingdee().remove(FORM, id);
    }
    fixture.app.clock.advance(std::time::Duration::from_secs(24 * 3600));
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 422, "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("data-sync.too-many-gone"), "{answer}");
    assert_eq!(fixture.numbers().await.len(), 28);
    fixture.rest().await;
    assert_eq!(fixture.app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_value_that_its_column_does_not_hold_is_named_and_nothing_is_written_of_its_page() {
    let fixture = Fixture::new(14, 2).await;
    fixture.call("GET", &format!("/dataSync/create?formId={FORM}")).await;
    let at = fixture.app.clock.now_ms() - 86_400_000;
    fixture.app.sandbox.kingdee().put(FORM, 2, &json!({ "FBillAllAmount": "N/A", "FBillNo": "X" }), at);
    let (status, answer) = fixture.call("GET", &format!("/dataSync/update?formId={FORM}")).await;
    assert_eq!(status, 422, "{answer}");
    let message = answer["msg"].as_str().unwrap();
    assert!(
        message.contains("FBillAllAmount of SAL_SaleOrder 2 is \"N/A\"") && message.contains("as_text"),
        "{message}"
    );
    assert_eq!(fixture.numbers().await[&2], "XSDD000002");
}
