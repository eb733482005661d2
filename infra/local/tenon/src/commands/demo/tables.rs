//! Forms of Kingdee and B1 become tables of a SQL database, for boards and reports.

use super::stage::Stage;
use super::stories::text;
use crate::output::Failure;
use serde_json::{Value, json};
use tenon_databases::{Db, Statement};
use tenon_model::{DatabaseId, TenantId};

const FORM: &str = "SAL_SaleOrder";
const TABLE: &str = "ERP_SAL_SaleOrder";
const DAY_MS: i64 = 86_400_000;

/// Plays it.
pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("14. Forms of Kingdee and B1 become tables for boards, and are updated");
    let kingdee = stage.sandbox.kingdee();
    for id in 1..=2_500 {
        kingdee.put(FORM, id, &order(id, "C"), stage.now() - 3 * DAY_MS);
    }
    let made = sync(stage, "create", FORM).await?;
    stage.insist(&format!("the table was made so: {made}"), made.pointer("/data/rows") == Some(&json!(2_500)))?;
    stage.report(&format!(
        "Tenon     {}: 2500 rows, {} columns, in {} ms",
        TABLE,
        number(&made, "columns"),
        number(&made, "tookMs")
    ));
    let db =
        Db::of(&*stage.ctx.config.load(&TenantId::operator()).await?.database(&DatabaseId::new("boards-sandbox"))?);
    for sql in [
        format!("ALTER TABLE \"{TABLE}\" ADD COLUMN \"区域\" TEXT"),
        format!("UPDATE \"{TABLE}\" SET \"区域\" = '华南' WHERE \"FCustId_FNumber\" = 'C-7'"),
    ] {
        db.transact(vec![Statement::plain(sql, Vec::new())]).await?;
    }
    stage.report("Boards    add a column of their own, 区域");
    kingdee.put(FORM, 7, &order(7, "D"), stage.now());
    kingdee.put(FORM, 2_501, &order(2_501, "A"), stage.now());
    let updated = sync(stage, "update", FORM).await?;
    let kept = updated.pointer("/data/told/only_in_table/0").and_then(Value::as_str).unwrap_or_default().to_owned();
    stage.insist(&format!("the update was answered {updated}"), kept.ends_with("区域"))?;
    let sql = format!(
        "SELECT count(*), max(\"FDocumentStatus\"), max(\"区域\") FROM \"{TABLE}\" WHERE \"FCustId_FNumber\" = 'C-7'"
    );
    let row = db.rows(sql, Vec::new()).await?.into_iter().next().unwrap_or_default();
    let cells: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
    stage.insist(&format!("the changed order is {cells:?}"), cells == ["1", "D", "华南"])?;
    stage.report(&format!(
        "Tenon     updates it: {} rows in all, the changed order is there with its new status, and {kept} is left alone",
        number(&updated, "rowsInTable")
    ));
    of_b1(stage, &db).await?;
    db.close().await;
    let refused = sync(stage, "create", "NO_SuchForm").await?;
    stage.insist(&format!("a form that is none was answered {refused}"), refused.get("code") == Some(&json!(502)))?;
    stage.report(&format!("Tenon     asked for a form that there is not: {}", text(&refused, "msg")));
    Ok(())
}

async fn of_b1(stage: &Stage<'_>, db: &Db) -> Result<(), Failure> {
    let lines = json!([{ "LineNum": 0, "ItemCode": "FG-900", "Quantity": 2 }, { "LineNum": 1, "ItemCode": "FG-901", "Quantity": 0.5 }]);
    let order = json!({ "CardCode": "C20000", "CardName": "示例客户", "DocTotal": 99.5, "DocumentLines": lines });
    let stored = stage.sandbox.b1().create_document(stage.now(), "Orders", order);
    stored.map_err(|e| Failure::outside(format!("B1 took no order: {e:?}")))?;
    let made = sync(stage, "create", "Orders").await?;
    stage.insist(&format!("B1's orders were answered {made}"), made.get("code") == Some(&json!(0)))?;
    let rows = db.count("ERP_Orders_DocumentLines").await?;
    stage.insist("B1's lines are not there", rows >= 2)?;
    stage.report(&format!("Tenon     {}, and {rows} lines beside it", "ERP_Orders of B1's orders"));
    Ok(())
}

fn order(id: i64, status: &str) -> Value {
    json!({ "FBillNo": format!("XSDD{id:06}"), "FDate": "2026-11-02T00:00:00", "FDocumentStatus": status,
        "FCustId": { "Id": 70 + id, "FNumber": format!("C-{id}"), "FName": "深圳客户" },
        "FCreatorId": { "Id": 1, "FName": "张三" }, "FBillAllAmount": 12.5, "FNote": "" })
}

async fn sync(stage: &Stage<'_>, what: &str, form: &str) -> Result<Value, Failure> {
    stage.report(&format!("Boards    ask for /dataSync/{what}?formId={form}"));
    stage.get(&format!("/dataSync/{what}?formId={form}"), &[]).await
}

fn number(answer: &Value, name: &str) -> i64 {
    answer.get("data").and_then(|data| data.get(name)).and_then(Value::as_i64).unwrap_or_default()
}
