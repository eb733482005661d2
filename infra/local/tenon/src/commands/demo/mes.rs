//! An order goes to the factory's MES, and what is finished there comes back as a receipt.

use super::stage::Stage;
use super::stories::moved;
use crate::output::Failure;
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::NewReport;

const ORDER: i64 = 479;
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
    stage.tell("MES       three items of B1 are materials: FG-3001 打印机总成, RM-3001, RM-3002");
    let order = json!({ "AbsoluteEntry": ORDER, "ItemNo": "FG-3001", "PlannedQuantity": 100, "Warehouse": "W05001",
        "ProductionOrderStatus": "boposReleased", "U_SyncStatus": "N", "U_SyncFlag": null,
        "ProductionOrderLines": [
            { "ItemNo": "RM-3001", "BaseQuantity": 0.5, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" },
            { "ItemNo": "RM-3002", "BaseQuantity": 4, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" }] });
    moved(b1.create_document(stage.now(), "ProductionOrders", order))?;
    stage.tell(&format!("B1        order {ORDER} over 100 is released"));
    stage.until("the order's mark", async |s: &Stage<'_>| (mark(s) == "Y").then_some(())).await?;
    stage.insist("there is another work order", stage.sandbox.blacklake().order_count() == 1)?;
    stage.tell(&format!("MES       work order {ORDER} is made; B1 marks the order: U_SyncStatus = Y"));
    let mes = stage.sandbox.blacklake();
    let others = b1.rows("InventoryGenEntries").len();
    let report = |process: &str, amount: Value| NewReport {
        process: Some(process.to_owned()),
        batch: "FG-B1".to_owned(),
        ..NewReport::of(&ORDER.to_string(), amount)
    };
    moved(mes.report(stage.now(), report("P-CUT", json!(30))))?;
    let last = moved(mes.report(stage.now(), report("P-ASM", json!(30.5))))?;
    stage.tell("MES       30 are reported at operation 9, and 30.5 at operation 10, the last");
    stage
        .until("the end of the run", async |s: &Stage<'_>| {
            s.run_of("finished-goods", last).await.filter(|run| run.status == RunStatus::Succeeded)
        })
        .await?;
    let made = stage.sandbox.b1().rows("InventoryGenEntries").split_off(others);
    stage.insist(&format!("there are {} receipts", made.len()), made.len() == 1)?;
    let line = made.first().and_then(|made| made.pointer("/DocumentLines/0")).cloned().unwrap_or_default();
    stage.insist(&format!("the receipt is over {line}"), line.get("Quantity") == Some(&json!(30.5)))?;
    stage.tell(
        "B1        one receipt from production over 30.5, batch FG-B1; the earlier operation's report is passed over",
    );
    Ok(())
}

fn mark(stage: &Stage<'_>) -> String {
    let row = stage.sandbox.b1().row("ProductionOrders", "AbsoluteEntry", &json!(ORDER)).unwrap_or_default();
    row.get("U_SyncStatus").and_then(Value::as_str).unwrap_or_default().to_owned()
}
