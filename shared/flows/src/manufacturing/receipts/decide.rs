//! Whether a report becomes a receipt, and what the receipt says.

use super::{PRODUCTION_ORDER, mark};
use crate::zone;
use serde_json::{Map, Value, json};
use tenon_model::blacklake::Report;
use tenon_model::config::{BlacklakeValues, OnQuality, ProductionReceiptsFlow, ReceiptDate, WithoutBatch};
use tenon_model::json::number;
use tenon_platform::{Error, Result};

/// What is to become of a report.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decision {
    /// It is received.
    Receive(Receiving),
    /// It is passed over, and why.
    PassOver(String),
    /// It waits for its quality.
    Wait(String),
}

/// How a report is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Receiving {
    /// As rejected.
    pub as_rejected: bool,
    /// The order's line, when it is a by-product's.
    pub line: Option<i64>,
}

/// What is known of the report's order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'k> {
    /// The production order.
    pub order: &'k Map<String, Value>,
    /// Its key.
    pub entry: i64,
    /// The item of the report.
    pub item: &'k Map<String, Value>,
    /// The company's time zone.
    pub zone: &'k str,
}

/// What becomes of a report of this quality.
pub(super) fn by_quality(flow: &ProductionReceiptsFlow, values: &BlacklakeValues, report: &Report) -> Decision {
    let quality = &flow.quality;
    let (choice, word) = match report.quality {
        Some(code) if code == values.qualified => (quality.qualified, "合格"),
        Some(code) if code == values.conceded => (quality.conceded, "让步合格"),
        Some(code) if code == values.to_inspect => (quality.to_inspect, "待检"),
        Some(code) if code == values.unqualified => (quality.unqualified, "不合格"),
        // A factory without inspection says nothing of quality.
        None => (quality.qualified, "without a quality"),
        Some(code) => return Decision::PassOver(format!("its quality {code} is none of those that are known")),
    };
    match choice {
        OnQuality::Receive => Decision::Receive(Receiving::default()),
        OnQuality::Reject => Decision::Receive(Receiving { as_rejected: true, line: None }),
        OnQuality::Wait => Decision::Wait(format!("it is {word}; it is received when that has changed")),
        OnQuality::PassOver => Decision::PassOver(format!("it is {word}")),
    }
}

/// The line of the order that makes this item besides its product; `None` when it is the product, an error in words when it
/// is neither.
pub(super) fn line_of(order: &Map<String, Value>, item: &str) -> std::result::Result<Option<i64>, String> {
    if text(order, "ItemNo") == item {
        return Ok(None);
    }
    let lines = order.get("ProductionOrderLines").and_then(Value::as_array);
    let is_made = |line: &&Value| {
        let below = |name: &str| line.get(name).and_then(number::text_of).is_some_and(|text| text.starts_with('-'));
        line.get("ItemNo").and_then(Value::as_str).map(tenon_model::code::trim) == Some(item)
            && (below("BaseQuantity") || below("PlannedQuantity"))
    };
    let line = lines.into_iter().flatten().find(is_made);
    match line.and_then(|line| line.get("LineNumber")).and_then(Value::as_i64) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("{item} is not the product of the order, {}, nor made besides it", text(order, "ItemNo"))),
    }
}

/// The receipt.
///
/// # Errors
/// `flow.report` for what cannot be received as it is.
pub(super) fn receipt(
    flow: &ProductionReceiptsFlow,
    report: &Report,
    known: Known<'_>,
    receiving: Receiving,
    now_ms: i64,
) -> Result<Value> {
    let Known { order, entry, item, zone } = known;
    let amount = amount(report, order, item)?;
    let quantity = number::of_text(&amount).ok_or_else(|| wrong(format!("{amount} is no number")))?;
    let warehouse = text(order, "Warehouse");
    let of_report = zone::local(report.at_ms, zone, "%Y-%m-%d")?;
    let day = match flow.date {
        ReceiptDate::Report => of_report.clone(),
        ReceiptDate::Today => zone::local(now_ms, zone, "%Y-%m-%d")?,
    };
    let mut line = Map::from_iter([
        ("BaseEntry".to_owned(), json!(entry)),
        ("BaseType".to_owned(), json!(PRODUCTION_ORDER)),
        ("Quantity".to_owned(), quantity.clone()),
    ]);
    if let Some(base) = receiving.line {
        line.insert("BaseLine".to_owned(), json!(base));
    }
    if !warehouse.is_empty() {
        line.insert("WarehouseCode".to_owned(), json!(warehouse));
    }
    if receiving.as_rejected {
        line.insert("TransactionType".to_owned(), json!("botrntReject"));
    }
    let batch = batch(flow, report, item)?;
    if let Some(batch) = &batch {
        line.insert(
            "BatchNumbers".to_owned(),
            json!([{ "BatchNumber": batch, "Quantity": quantity, "AddmisionDate": of_report, "BaseLineNumber": 0 }]),
        );
    }
    if let Some(bin) = flow.bins.get(&warehouse) {
        let mut place = Map::from_iter([
            ("BinAbsEntry".to_owned(), json!(bin)),
            ("Quantity".to_owned(), quantity),
            ("BaseLineNumber".to_owned(), json!(0)),
        ]);
        if batch.is_some() {
            place.insert("SerialAndBatchNumbersBaseLine".to_owned(), json!(0));
        }
        line.insert("DocumentLinesBinAllocations".to_owned(), json!([place]));
    }
    let mut receipt = Map::from_iter([
        ("DocDate".to_owned(), json!(day)),
        (flow.key_field.clone(), json!(mark(report.id))),
        ("DocumentLines".to_owned(), json!([line])),
    ]);
    if !flow.inbound_field.is_empty() {
        receipt.insert(flow.inbound_field.clone(), json!(flow.inbound_value));
    }
    Ok(Value::Object(receipt))
}

/// How much it is in the unit that the ERP counts in.
fn amount(report: &Report, order: &Map<String, Value>, item: &Map<String, Value>) -> Result<String> {
    let Some(quantity) = &report.quantity else {
        return Err(wrong("the report says no amount (reportBaseAmount)".to_owned()));
    };
    let unit = [text(item, "InventoryUOM"), text(order, "InventoryUOM")].into_iter().find(|unit| !unit.is_empty());
    let unit = unit.unwrap_or_default();
    report.units.convert(quantity, &unit).map_err(wrong)
}

/// The batch, where the item is managed in batches.
fn batch(flow: &ProductionReceiptsFlow, report: &Report, item: &Map<String, Value>) -> Result<Option<String>> {
    if text(item, "ManageSerialNumbers") == "tYES" {
        let why = "the item is managed by serial numbers, which reports do not name; receive it in B1 by hand";
        return Err(wrong(why.to_owned()));
    }
    if text(item, "ManageBatchNumbers") != "tYES" {
        return Ok(None);
    }
    match (report.batch.is_empty(), flow.without_batch) {
        (false, _) => Ok(Some(report.batch.clone())),
        (true, WithoutBatch::ReportCode) if !report.code.is_empty() => Ok(Some(report.code.clone())),
        (true, _) => {
            let why = "the item is managed in batches and the report names none; enter it in the MES, or set \
                without_batch = \"report-code\"";
            Err(wrong(why.to_owned()))
        }
    }
}

/// Whether there is nothing to receive.
pub(super) fn is_nothing(report: &Report) -> bool {
    report.quantity.as_ref().is_some_and(|quantity| quantity.amount == "0" || quantity.amount.starts_with('-'))
}

pub(super) fn text(fields: &Map<String, Value>, name: &str) -> String {
    let text = fields.get(name).and_then(Value::as_str).unwrap_or_default();
    tenon_model::code::trim(text).to_owned()
}

fn wrong(why: String) -> Error {
    Error::permanent("flow.report", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(keys: Value) -> ProductionReceiptsFlow {
        let mut all = json!({ "id": "receipts", "erp": "b1", "mes": "mes" });
        all.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn report(more: Value) -> Report {
        // 2026-11-20 01:58 in Shanghai, which is the day before in UTC.
        let mut row = json!({ "id": 1_717_000_000_000_002_i64, "reportRecordCode": "BG-0001", "workOrderCode": "478",
            "processId": 902, "mainMaterialCode": "FG-1001", "qcStatus": { "code": 1 }, "batchNo": "FG-B1",
            "reportTime": 1_795_111_080_000_i64, "reportBaseAmount": { "amount": 30.5, "unit": { "name": "台" } } });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Report::of(&row).unwrap()
    }

    fn made(keys: Value, more: Value, item: Value, receiving: Receiving) -> Result<Value> {
        let order = json!({ "AbsoluteEntry": 478, "ItemNo": "FG-1001", "Warehouse": "W05001" });
        let known = Known {
            order: order.as_object().unwrap(),
            entry: 478,
            item: item.as_object().unwrap(),
            zone: "Asia/Shanghai",
        };
        receipt(&flow(keys), &report(more), known, receiving, 1_795_200_000_000)
    }

    fn in_batches() -> Value {
        json!({ "InventoryUOM": "台", "ManageBatchNumbers": "tYES" })
    }

    #[test]
    fn r_m36_r_m38_the_receipt_is_the_contracts() {
        let made = made(json!({}), json!({}), in_batches(), Receiving::default()).unwrap();
        assert_eq!(
            made,
            json!({ "DocDate": "2026-11-20", "Comments": "MES 1717000000000002", "U_InboundType": "1",
                "DocumentLines": [{ "BaseEntry": 478, "BaseType": 202, "Quantity": 30.5, "WarehouseCode": "W05001",
                    "BatchNumbers": [{ "BatchNumber": "FG-B1", "Quantity": 30.5, "AddmisionDate": "2026-11-20",
                        "BaseLineNumber": 0 }] }] })
        );
    }

    #[test]
    fn r_m36_r_m38_what_a_site_sets_otherwise() {
        let plain = json!({ "InventoryUOM": "台", "ManageBatchNumbers": "tNO" });
        let keys = json!({ "inbound_field": "", "key_field": "U_TenonKey", "bins": { "W05001": 14 }, "date": "today" });
        let receipt = made(keys, json!({}), plain, Receiving { as_rejected: true, line: Some(2) }).unwrap();
        assert_eq!(
            receipt,
            json!({ "DocDate": "2026-11-21", "U_TenonKey": "MES 1717000000000002",
                "DocumentLines": [{ "BaseEntry": 478, "BaseType": 202, "BaseLine": 2, "Quantity": 30.5,
                    "WarehouseCode": "W05001", "TransactionType": "botrntReject",
                    "DocumentLinesBinAllocations": [{ "BinAbsEntry": 14, "Quantity": 30.5, "BaseLineNumber": 0 }] }] })
        );
        let keys = json!({ "without_batch": "report-code", "bins": { "W05001": 14 } });
        let receipt = made(keys, json!({ "batchNo": "" }), in_batches(), Receiving::default()).unwrap();
        assert_eq!(receipt["DocumentLines"][0]["BatchNumbers"][0]["BatchNumber"], "BG-0001");
        assert_eq!(receipt["DocumentLines"][0]["DocumentLinesBinAllocations"][0]["SerialAndBatchNumbersBaseLine"], 0);
    }

    #[test]
    fn r_m37_r_m38_what_cannot_be_received_is_told() {
        let refusal = |more: Value, item: Value| made(json!({}), more, item, Receiving::default()).unwrap_err().message;
        assert!(refusal(json!({ "batchNo": "" }), in_batches()).contains("names none"));
        assert!(refusal(json!({}), json!({ "InventoryUOM": "箱" })).contains("箱"));
        assert!(refusal(json!({ "reportBaseAmount": null }), in_batches()).contains("no amount"));
        assert!(refusal(json!({}), json!({ "InventoryUOM": "台", "ManageSerialNumbers": "tYES" })).contains("serial"));
        for (amount, nothing) in [(json!(0), true), (json!(-1.5), true), (json!(0.000001), false)] {
            let report = report(json!({ "reportBaseAmount": { "amount": amount, "unit": { "name": "台" } } }));
            assert_eq!(is_nothing(&report), nothing, "{amount}");
        }
    }

    #[test]
    fn r_m35_each_quality_has_its_choice() {
        let values = BlacklakeValues::default();
        let of = |keys: Value, code: Value| by_quality(&flow(keys), &values, &report(json!({ "qcStatus": code })));
        let (received, rejected) = (Receiving::default(), Receiving { as_rejected: true, line: None });
        for code in [json!(1), json!(2), json!(null)] {
            assert_eq!(of(json!({}), code), Decision::Receive(received));
        }
        assert!(matches!(of(json!({}), json!(3)), Decision::Wait(why) if why.contains("待检")));
        assert!(matches!(of(json!({}), json!(4)), Decision::PassOver(why) if why.contains("不合格")));
        assert!(matches!(of(json!({}), json!(77)), Decision::PassOver(why) if why.contains("77")));
        let keys = json!({ "quality": { "to_inspect": "receive", "unqualified": "reject" } });
        assert_eq!(
            (of(keys.clone(), json!(3)), of(keys, json!(4))),
            (Decision::Receive(received), Decision::Receive(rejected))
        );
    }

    #[test]
    fn r_m34_only_the_product_and_by_option_what_is_made_besides() {
        let order = json!({ "ItemNo": "FG", "ProductionOrderLines": [
            { "LineNumber": 3, "ItemNo": "BY", "BaseQuantity": -0.5 }, { "LineNumber": 4, "ItemNo": "RM", "BaseQuantity": 1 }] });
        let order = order.as_object().unwrap();
        assert_eq!((line_of(order, "FG"), line_of(order, "BY")), (Ok(None), Ok(Some(3))));
        assert!(line_of(order, "RM").unwrap_err().contains("FG"));
    }
}
