//! An order goes to the factory's MES, what is finished there comes back as a receipt, and what is fed there is issued.

use super::stage::Stage;
use super::stories::moved;
use crate::output::Failure;
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{NewFeeding, NewReport, StockPlace};

const ORDER: i64 = 479;
const ISSUES: &str = "fed-material";
const BATCH: &str = "RM3001-B1";
const ITEMS: [&str; 3] = ["FG-3001", "RM-3001", "RM-3002"];

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("9. A production order goes to the factory's MES, and finished goods come back");
    let b1 = stage.sandbox.b1();
    for (code, name, unit, batches) in
        [(ITEMS[0], "打印机总成", "台", "tYES"), (ITEMS[1], "内存条", "个", "tYES"), (ITEMS[2], "螺丝", "个", "tNO")]
    {
        let item = json!({ "ItemCode": code, "ItemName": name, "InventoryUOM": unit, "ManageBatchNumbers": batches,
            "Valid": "tYES", "Frozen": "tNO" });
        moved(b1.create_document(stage.now(), "Items", item))?;
    }
    let materials =
        async |s: &Stage<'_>| ITEMS.iter().all(|code| s.sandbox.blacklake().material(code).is_some()).then_some(());
    stage.until("the import of the items", materials).await?;
    stage.report("MES       three items of B1 are materials: FG-3001 打印机总成, RM-3001, RM-3002");
    let order = json!({ "AbsoluteEntry": ORDER, "ItemNo": "FG-3001", "PlannedQuantity": 100, "Warehouse": "W05001",
        "ProductionOrderStatus": "boposReleased", "U_SyncStatus": "N", "U_SyncFlag": null,
        "ProductionOrderLines": [
            { "ItemNo": "RM-3001", "BaseQuantity": 0.5, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05001" },
            { "ItemNo": "RM-3002", "BaseQuantity": 4, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05001" }] });
    moved(b1.create_document(stage.now(), "ProductionOrders", order))?;
    stage.report(&format!("B1        order {ORDER} over 100 is released"));
    stage.until("the order's mark", async |s: &Stage<'_>| (mark(s) == "Y").then_some(())).await?;
    stage.insist("there is another work order", stage.sandbox.blacklake().order_count() == 1)?;
    stage.report(&format!("MES       work order {ORDER} is made; B1 marks the order: U_SyncStatus = Y"));
    let mes = stage.sandbox.blacklake();
    let others = b1.rows("InventoryGenEntries").len();
    let report = |process: &str, amount: Value| NewReport {
        process: Some(process.to_owned()),
        batch: "FG-B1".to_owned(),
        ..NewReport::of(&ORDER.to_string(), amount)
    };
    moved(mes.report(stage.now(), report("P-CUT", json!(30))))?;
    let last = moved(mes.report(stage.now(), report("P-ASM", json!(30.5))))?;
    stage.report("MES       30 are reported at operation 9, and 30.5 at operation 10, the last");
    stage
        .until("the end of the run", async |s: &Stage<'_>| {
            s.run_of("finished-goods", last).await.filter(|run| run.status == RunStatus::Succeeded)
        })
        .await?;
    let made = stage.sandbox.b1().rows("InventoryGenEntries").split_off(others);
    stage.insist(&format!("there are {} receipts", made.len()), made.len() == 1)?;
    let line = made.first().and_then(|made| made.pointer("/DocumentLines/0")).cloned().unwrap_or_default();
    stage.insist(&format!("the receipt is over {line}"), line.get("Quantity") == Some(&json!(30.5)))?;
    stage.report(
        "B1        one receipt from production over 30.5, batch FG-B1; the earlier operation's report is passed over",
    );
    fed(stage).await?;
    substitute(stage).await?;
    taken_back(stage).await
}

/// Material is fed: the sealed event names the record, which is read from the MES and issued in B1.
async fn fed(stage: &Stage<'_>) -> Result<(), Failure> {
    let (b1, mes) = (stage.sandbox.b1(), stage.sandbox.blacklake());
    moved(b1.put_stock(StockPlace::of("RM-3001", "W05001").batch(BATCH), "100"))?;
    let feeding = NewFeeding { batch: BATCH.to_owned(), ..NewFeeding::of(&ORDER.to_string(), "RM-3001", "12.50") };
    let id = moved(mes.feed(stage.now(), feeding))?;
    stage.report("MES       12.50 of RM-3001 are fed; the event, sealed under the content secret, is posted to Tenon");
    let answer = stage
        .until("the event's answer", async |s: &Stage<'_>| {
            let last = s.sandbox.blacklake().events().pop()?;
            (last.state == "delivered").then_some(last.answer)
        })
        .await?;
    stage.report(&format!(
        "Tenon     acknowledges it with {answer}, and asks the MES for the record: the event is a hint"
    ));
    stage
        .until("the issue", async |s: &Stage<'_>| {
            s.run_of_record(ISSUES, id).await.filter(|run| run.status == RunStatus::Succeeded)
        })
        .await?;
    let was_read = mes.sent("feed_record/_detail").contains(&json!({ "feedRecordDetailId": id }));
    stage.insist("the record was not read", was_read)?;
    let issued = issues(stage, id);
    stage.insist(&format!("there are {} issues", issued.len()), issued.len() == 1)?;
    let line = issued.first().and_then(|made| made.pointer("/DocumentLines/0")).cloned().unwrap_or_default();
    let is_it = line.get("Quantity") == Some(&json!(12.5)) && line.get("BaseLine") == Some(&json!(0));
    stage.insist(&format!("the issue is over {line}"), is_it)?;
    stage.report(&format!("B1        one issue for production: 12.5 of batch {BATCH}, on line 0 of order {ORDER}"));
    stage.insist("there was no event", mes.replay(stage.now()))?;
    stage
        .until("the repeated event", async |s: &Stage<'_>| {
            s.sandbox.blacklake().events().iter().all(|event| event.state == "delivered").then_some(())
        })
        .await?;
    stage.insist("the repeated event was issued again", issues(stage, id).len() == 1)?;
    stage.report("Tenon     acknowledges the same event again, and posts nothing");
    Ok(())
}

/// Another material is fed in a component's place: the component's line stays as it is.
async fn substitute(stage: &Stage<'_>) -> Result<(), Failure> {
    let feeding =
        NewFeeding { stands_in_for: Some("RM-3001".to_owned()), ..NewFeeding::of(&ORDER.to_string(), "RM-3009", "2") };
    let id = moved(stage.sandbox.blacklake().feed(stage.now(), feeding))?;
    let run = stage
        .until("the refusal", async |s: &Stage<'_>| {
            s.run_of_record(ISSUES, id).await.filter(|run| run.status == RunStatus::Failed)
        })
        .await?;
    let is_reported = run.code.as_deref() == Some("flow.issue-substitute") && issues(stage, id).is_empty();
    stage.insist(&format!("the substitute was told as {}", run.message), is_reported)?;
    stage.report("MES       RM-3009 is fed instead of RM-3001");
    stage.report(&format!("Tenon     books nothing on RM-3001's line; run {} waits for a person", run.id));
    Ok(())
}

/// Material is taken back: nothing is posted, and the run stays in sight.
async fn taken_back(stage: &Stage<'_>) -> Result<(), Failure> {
    let before = stage.sandbox.b1().postings().len();
    let data = json!({ "recordList": [{ "id": 1, "batchNo": BATCH, "opeAmount": 2.5, "reason": "多投" }] });
    stage.sandbox.blacklake().publish(stage.now(), "mfg.result_notify.feeding_retract", data);
    let run = stage
        .until("the retraction's run", async |s: &Stage<'_>| {
            let flow = FlowId::new(ISSUES);
            let all = tenon_platform::runs::newest(&s.ctx, &TenantId::operator(), &flow, 50).await.ok()?;
            all.into_iter().find(|run| run.code.as_deref() == Some("flow.issue-taken-back"))
        })
        .await?;
    stage.insist("the retraction was posted", stage.sandbox.b1().postings().len() == before)?;
    stage.report("MES       2.5 are taken back");
    stage.report(&format!("Tenon     posts nothing; run {} stays failed until somebody has seen to it", run.id));
    Ok(())
}

fn issues(stage: &Stage<'_>, feeding: i64) -> Vec<Value> {
    let mark = format!("MES-F {feeding}");
    let all = stage.sandbox.b1().rows("InventoryGenExits");
    all.into_iter().filter(|row| row.get("Comments").and_then(Value::as_str) == Some(&mark)).collect()
}

fn mark(stage: &Stage<'_>) -> String {
    let row = stage.sandbox.b1().row("ProductionOrders", "AbsoluteEntry", &json!(ORDER)).unwrap_or_default();
    row.get("U_SyncStatus").and_then(Value::as_str).unwrap_or_default().to_owned()
}
