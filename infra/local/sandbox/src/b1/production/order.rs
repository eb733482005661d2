//! Production orders: what B1 fills in, what it refuses, and the transaction procedure of the site.

use super::line::unmatched;
use super::{exact, quantity, text};
use crate::b1::company::day;
use crate::b1::entities::Row;
use crate::b1::errors::{B1Error, Result};
use crate::b1::target::KeyPart;
use crate::b1::{B1, B1Options};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const ENDED: [&str; 2] = ["boposClosed", "boposCancelled"];
const STATUSES: [&str; 4] = ["boposPlanned", "boposReleased", "boposClosed", "boposCancelled"];

impl B1 {
    /// Over the Service Layer an order needs its product and quantity.
    pub(in crate::b1) fn check_order(&self, row: &Row) -> Result<()> {
        if text(row, "ItemNo").is_empty() {
            return Err(B1Error::validation("[OWOR.ItemCode] , 'the product is missing'"));
        }
        if quantity(row, "PlannedQuantity") <= Decimal::ZERO {
            return Err(B1Error::validation("[OWOR.PlannedQty] , 'the planned quantity is not above zero'"));
        }
        self.known_item(text(row, "ItemNo"))?;
        self.check_components(row)
    }

    fn check_components(&self, row: &Row) -> Result<()> {
        for line in lines(row) {
            let item = text(line, "ItemNo");
            if text(line, "ItemType") == "pit_Item" || !line.contains_key("ItemType") {
                self.known_item(item).map_err(|_| unmatched())?;
            }
            if text(line, "ProductionOrderIssueType") == "im_Backflush" && self.by_batches(item) {
                return Err(B1Error::validation("Issue type cannot be backflush for serial or batch number items"));
            }
        }
        Ok(())
    }

    /// Fills in what B1 fills in.
    pub(in crate::b1) fn complete_order(&self, now_ms: i64, row: &mut Row) {
        let count = self.rows("ProductionOrders").count();
        let unit = self.item(text(row, "ItemNo")).and_then(|item| item.get("InventoryUOM").cloned());
        for (field, value) in [
            ("DocumentNumber", json!(10_000 + count + 1)),
            ("Series", json!(26)),
            ("ProductionOrderStatus", json!("boposPlanned")),
            ("ProductionOrderType", json!("bopotStandard")),
            ("CompletedQuantity", json!(0.0)),
            ("RejectedQuantity", json!(0.0)),
            ("PostingDate", json!(day(now_ms))),
            ("StartDate", json!(day(now_ms))),
            ("DueDate", json!(day(now_ms))),
            ("CreationDate", json!(day(now_ms))),
            ("InventoryUOM", unit.unwrap_or(Value::Null)),
            ("Warehouse", json!("01")),
        ] {
            row.entry(field).or_insert(value);
        }
        if !row.contains_key("ProductionOrderLines") {
            row.insert("ProductionOrderLines".into(), self.exploded(row));
        }
        self.complete_components(row);
    }

    /// The components of the product's tree.
    fn exploded(&self, order: &Row) -> Value {
        let tree = self.rows("ProductTrees").find(|tree| text(tree, "TreeCode") == text(order, "ItemNo"));
        let batch = tree.map(|tree| quantity(tree, "Quantity")).filter(|q| *q > Decimal::ZERO).unwrap_or(Decimal::ONE);
        let listed = tree.and_then(|tree| tree.get("ProductTreeLines")).and_then(Value::as_array);
        let line = |line: &Row| {
            let issue = line.get("IssueMethod").cloned().unwrap_or_else(|| json!("im_Backflush"));
            let base = quantity(line, "Quantity").checked_div(batch).unwrap_or_default();
            json!({"ItemNo": line.get("ItemCode"), "BaseQuantity": exact::answered(base),
                "ProductionOrderIssueType": issue, "Warehouse": line.get("Warehouse")})
        };
        Value::Array(listed.into_iter().flatten().filter_map(Value::as_object).map(line).collect())
    }

    fn complete_components(&self, row: &mut Row) {
        let planned = quantity(row, "PlannedQuantity");
        let warehouse = text(row, "Warehouse").to_owned();
        let lines = row.get_mut("ProductionOrderLines").and_then(Value::as_array_mut);
        for (number, line) in lines.into_iter().flatten().filter_map(Value::as_object_mut).enumerate() {
            line.entry("LineNumber").or_insert(json!(number));
            line.entry("VisualOrder").or_insert(json!(number));
            line.entry("ItemType").or_insert(json!("pit_Item"));
            line.entry("IssuedQuantity").or_insert(json!(0.0));
            if text(line, "ItemType") == "pit_Text" {
                continue;
            }
            let manual = self.by_batches(text(line, "ItemNo"));
            let method = if manual { "im_Manual" } else { "im_Backflush" };
            line.entry("ProductionOrderIssueType").or_insert(json!(method));
            if line.get("Warehouse").is_none_or(Value::is_null) {
                line.insert("Warehouse".into(), json!(warehouse));
            }
            line.entry("BaseQuantity").or_insert(json!(1.0));
            let needed = planned * quantity(line, "BaseQuantity");
            line.entry("PlannedQuantity").or_insert_with(|| exact::answered(needed));
        }
    }

    /// Whether a change over the Service Layer is taken.
    pub(in crate::b1) fn check_order_change(&self, options: &B1Options, stored: &Row, patch: &Row) -> Result<()> {
        let status = text(stored, "ProductionOrderStatus");
        let marks_only = patch.keys().all(|name| name.starts_with("U_"));
        if ENDED.contains(&status) && (!marks_only || options.ended_orders_refuse_fields) {
            return Err(B1Error::business(format!("The production order cannot be changed: its status is {status}")));
        }
        match patch.get("ProductionOrderStatus").map(|wanted| wanted.as_str().unwrap_or("")) {
            None => {}
            Some(wanted) if !STATUSES.contains(&wanted) => {
                return Err(B1Error::malformed(format!("Invalid value '{wanted}' of 'ProductionOrderStatus'")));
            }
            Some("boposCancelled") => {
                return Err(B1Error::validation("[OWOR.Status] , 'an order is cancelled by Cancel'"));
            }
            Some("boposPlanned") if status == "boposReleased" && moved(stored) => {
                return Err(B1Error::business("The production order has transactions and cannot be planned again"));
            }
            Some("boposClosed") if status != "boposReleased" => {
                return Err(B1Error::business("Only a released production order can be closed"));
            }
            Some(_) => {}
        }
        self.check_components(patch)
    }

    /// `POST ProductionOrders(n)/Cancel`.
    pub(in crate::b1) fn cancel_order(&mut self, options: &B1Options, now_ms: i64, key: &[KeyPart]) -> Result<()> {
        let stored = &self.set("ProductionOrders")?.get(key)?.row;
        if ENDED.contains(&text(stored, "ProductionOrderStatus")) || moved(stored) {
            return Err(B1Error::business(
                "The production order has ended or has transactions: it cannot be cancelled",
            ));
        }
        self.set_mut("ProductionOrders")?.change(key, |row| {
            row.insert("ProductionOrderStatus".into(), json!("boposCancelled"));
        })?;
        self.order_changed(options, now_ms, key)
    }

    /// After an update, a cancellation or a closing: what follows from it, and the transaction procedure, which
    /// sets the order back to unsynced unless the change says that it comes from the synchronisation.
    pub(in crate::b1) fn order_changed(&mut self, options: &B1Options, now_ms: i64, key: &[KeyPart]) -> Result<()> {
        let procedure = options.sync_procedure && !self.set("ProductionOrders")?.removed.contains("U_SyncStatus");
        let mut row = self.set("ProductionOrders")?.get(key)?.row.clone();
        self.complete_components(&mut row);
        rescale(&mut row);
        if text(&row, "ProductionOrderStatus") == "boposClosed" {
            row.entry("ClosingDate").or_insert_with(|| json!(day(now_ms)));
        }
        if procedure {
            if text(&row, "U_SyncFlag") == "Y" {
                row.insert("U_SyncFlag".into(), json!("N"));
            } else {
                row.insert("U_SyncStatus".into(), json!("N"));
            }
        }
        self.set_mut("ProductionOrders")?.change(key, |stored| *stored = row)
    }
}

/// Lines follow the order's quantity.
fn rescale(row: &mut Row) {
    let planned = quantity(row, "PlannedQuantity");
    let lines = row.get_mut("ProductionOrderLines").and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        if text(line, "ItemType") != "pit_Text" {
            let needed = planned * quantity(line, "BaseQuantity");
            line.insert("PlannedQuantity".into(), exact::answered(needed));
        }
    }
}

fn lines(order: &Row) -> impl Iterator<Item = &Row> {
    order.get("ProductionOrderLines").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn moved(order: &Row) -> bool {
    quantity(order, "CompletedQuantity") != Decimal::ZERO
        || quantity(order, "RejectedQuantity") != Decimal::ZERO
        || lines(order).any(|line| quantity(line, "IssuedQuantity") != Decimal::ZERO)
}
