//! A barcode application: a query, and a receipt from production with its components.

use super::stage::Stage;
use super::stories::{moved, text};
use crate::commands::sandbox_config::BARCODE_CODE;
use crate::output::Failure;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::http::Call;
use tenon_sandbox::{Fault, FaultKind, StockPlace};

const COMPONENTS: &str = "Select T0.\"DocEntry\",T1.\"LineNum\",T1.\"ItemCode\",T2.\"ItemName\",T1.\"BaseQty\",T1.\"wareHouse\" \
    From OWOR T0 Left Join WOR1 T1 On T0.\"DocEntry\"=T1.\"DocEntry\" \
    Left Join OITM T2 On T1.\"ItemCode\"=T2.\"ItemCode\" Where T2.\"ManBtchNum\"='Y'";

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("8. A finished product is scanned in, and its components go out with it");
    order(stage)?;
    let found =
        posted(stage, "query", &json!({ "sql": "select \"DistNumber\" from OBTN where \"ItemCode\"='RM-2001'" }))
            .await?;
    stage.insist(&format!("the query was answered {found}"), found.get("success") == Some(&json!(true)))?;
    stage.report(&format!(
        "Barcode   asks for the batches of RM-2001 and gets {}",
        found.pointer("/data/value").unwrap_or(&Value::Null)
    ));
    let hostile = posted(stage, "query", &json!({ "sql": "select 1 from DUMMY; drop table OITM" })).await?;
    stage.insist("a hostile query was let through", hostile.get("success") == Some(&json!(false)))?;
    stage.report(&format!("Tenon     refuses two statements in one: {}", text(&hostile, "code")));
    let first = posted(stage, "save", &receipt("2026-11-22 08:00:01")).await?;
    stage.insist(&format!("the receipt was answered {first}"), first.get("success") == Some(&json!(true)))?;
    stage.report(&format!(
        "Barcode   scans 30 of FG-1001 in; Tenon answers {}",
        first.get("data").unwrap_or(&Value::Null)
    ));
    let b1 = stage.sandbox.b1();
    let counts = || (b1.count("InventoryGenExits"), b1.count("InventoryGenEntries"));
    let made = counts();
    stage
        .report("B1        has the receipt, and an issue of 15 of RM-2001 out of two batches, posted in one changeset");
    let again = posted(stage, "save", &receipt("2026-11-22 08:00:01")).await?;
    stage.insist("the repeat was not told as one", again.get("repeated") == Some(&json!(true)) && counts() == made)?;
    stage.report("Tenon     answers the same scan sent again as before, and posts nothing");
    stage.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "$batch"));
    let lost = posted(stage, "save", &receipt("2026-11-22 08:00:02")).await?;
    stage.insist(&format!("the lost answer was told as {lost}"), lost.get("success") == Some(&json!(true)))?;
    stage.insist("it was posted twice", counts() == (made.0 + 1, made.1 + 1))?;
    stage
        .report("B1        posts the next one and does not answer; Tenon finds it by its key and answers all the same");
    Ok(())
}

/// The production order that is reported on, and what it needs, in B1.
fn order(stage: &Stage<'_>) -> Result<(), Failure> {
    let b1 = stage.sandbox.b1();
    for item in ["FG-1001", "RM-2001"] {
        moved(b1.create_document(stage.now(), "Items", json!({ "ItemCode": item, "ManageBatchNumbers": "tYES" })))?;
    }
    for (warehouse, bins) in [("W05001", "tNO"), ("W05002", "tYES")] {
        let row = json!({ "WarehouseCode": warehouse, "EnableBinLocations": bins });
        moved(b1.create_document(stage.now(), "Warehouses", row))?;
    }
    for (batch, bin) in [("RM2001-B6", 31), ("RM2001-B7", 32)] {
        moved(b1.put_stock(StockPlace::of("RM-2001", "W05002").batch(batch).bin(bin), "100"))?;
    }
    let order = json!({ "AbsoluteEntry": 478, "DocumentNumber": 10023, "ItemNo": "FG-1001", "PlannedQuantity": 100,
        "ProductionOrderStatus": "boposReleased", "Warehouse": "W05001", "ProductionOrderLines": [
            { "LineNumber": 0, "ItemNo": "RM-2001", "BaseQuantity": 0.5, "PlannedQuantity": 50, "Warehouse": "W05002",
              "ProductionOrderIssueType": "im_Manual" }] });
    moved(b1.create_document(stage.now(), "ProductionOrders", order)).map(drop)
}

fn receipt(scanned_at: &str) -> Value {
    json!({ "method": "InventoryGenEntry", "table": "OIGN",
        "data": [{ "BaseEntry": "478", "BaseType": "202", "Quantity": "30", "ManBtchNum": "Y", "WarehouseCode": "W05001",
            "linetable": [{ "Quantity": "30", "BatchNumber": "FG-20261122", "AddmisionDate": "20261122" }] }],
        "MainTable": { "U_CZR": "CS01", "U_CZSJ": scanned_at, "DocDate": "20261122", "Inverted": "Y",
            "InvertedSql": COMPONENTS, "InvertedBathSql": "call TMDK('{0}','{1}','{2}')" } })
}

/// Posts as the barcode application does.
async fn posted(stage: &Stage<'_>, action: &str, body: &Value) -> Result<Value, Failure> {
    let mut call = Call::new(Method::POST, format!("{}/barcode/b1-sandbox/{action}", stage.url));
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.headers.insert(HeaderName::from_static("x-apig-appcode"), HeaderValue::from_static(BARCODE_CODE));
    call.body = body.to_string().into();
    call.timeout = Duration::from_secs(30);
    let answer = stage.ctx.http.call(call).await;
    let answer = answer.map_err(|e| Failure::outside(format!("Tenon did not answer: {}", e.message())))?;
    serde_json::from_slice(&answer.body).map_err(|e| Failure::outside(format!("Tenon answered no JSON: {e}")))
}
