//! Items and bills of materials: what B1 fills in, and what it refuses.

use super::B1;
use super::entities::Row;
use super::errors::{B1Error, Result};
use super::target::KeyPart;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longest code and longest name, in UTF-16 units.
const CODE: usize = 50;
const NAME: usize = 200;
const LINES: &str = "ProductTreeLines";

/// Fields of items that are `tYES` or `tNO`.
const SWITCHES: [&str; 9] = [
    "Valid",
    "Frozen",
    "PurchaseItem",
    "SalesItem",
    "InventoryItem",
    "VatLiable",
    "ManageBatchNumbers",
    "ManageSerialNumbers",
    "AssetItem",
];
/// Kinds of bill of materials.
const TREES: [&str; 4] = ["iProductionTree", "iSalesTree", "iAssemblyTree", "iTemplateTree"];

fn too_long(row: &Row, name: &str, most: usize) -> Result<()> {
    let long = row.get(name).and_then(Value::as_str).is_some_and(|text| text.encode_utf16().count() > most);
    if long { Err(B1Error::validation(format!("Value too long in property '{name}'"))) } else { Ok(()) }
}

fn no_record() -> B1Error {
    B1Error::not_found().with_status(400)
}

impl B1 {
    /// What B1 fills in for a new item.
    pub(super) fn complete_item(row: &mut Row) {
        for (name, value) in [
            ("ItemName", Value::Null),
            ("ForeignName", Value::Null),
            ("ItemsGroupCode", json!(100)),
            ("CustomsGroupCode", json!(-1)),
            ("SalesVATGroup", json!("X1")),
            ("BarCode", Value::Null),
            ("VatLiable", json!("tYES")),
            ("PurchaseItem", json!("tYES")),
            ("SalesItem", json!("tYES")),
            ("InventoryItem", json!("tYES")),
            ("ManageSerialNumbers", json!("tNO")),
            ("ManageBatchNumbers", json!("tNO")),
            ("Valid", json!("tYES")),
            ("Frozen", json!("tNO")),
            ("ItemType", json!("itItems")),
        ] {
            row.entry(name).or_insert(value);
        }
    }

    /// What is wrong with fields of an item, new or changed.
    pub(super) fn check_item(&self, row: &Row) -> Result<()> {
        too_long(row, "ItemCode", CODE)?;
        too_long(row, "ItemName", NAME)?;
        for name in ["ItemName", "ForeignName", "InventoryUOM"] {
            if row.get(name).is_some_and(|value| !value.is_string() && !value.is_null()) {
                return Err(B1Error::malformed(format!("Value of property '{name}' of 'Item' is not a text")));
            }
        }
        for name in SWITCHES {
            if row.get(name).is_some_and(|value| value != "tYES" && value != "tNO") {
                return Err(B1Error::malformed(format!("Enum value of property '{name}' of 'Item' is invalid")));
            }
        }
        for (name, set) in [("ItemsGroupCode", "ItemGroups"), ("InventoryUoMEntry", "UnitOfMeasurements")] {
            let Some(value) = row.get(name).filter(|value| !value.is_null()) else { continue };
            let number = value.as_i64().ok_or_else(|| B1Error::validation(format!("[{name}] is not a number")))?;
            let known = self.set(set)?;
            if !known.rows.is_empty() && known.by_number(number).is_none() {
                return Err(no_record());
            }
        }
        Ok(())
    }

    /// What B1 fills in for a bill of materials.
    pub(super) fn complete_tree(row: &mut Row) {
        for (name, value) in [
            ("TreeType", json!("iProductionTree")),
            ("Quantity", json!(1.0)),
            ("PriceList", json!(1)),
            ("Warehouse", json!("01")),
            ("PlanAvgProdSize", json!(1.0)),
            ("HideBOMComponentsInPrintout", json!("tNO")),
            ("ProductDescription", Value::Null),
            ("ProductTreeStages", json!([])),
        ] {
            row.entry(name).or_insert(value);
        }
        let code = row.get("TreeCode").cloned().unwrap_or_default();
        let lines = row.get_mut(LINES).and_then(Value::as_array_mut).into_iter().flatten();
        for (place, line) in lines.filter_map(Value::as_object_mut).enumerate() {
            for (name, value) in [
                ("Quantity", json!(1.0)),
                ("Warehouse", json!("01")),
                ("IssueMethod", json!("im_Backflush")),
                ("ItemType", json!("pit_Item")),
                ("PriceList", json!(1)),
                ("AdditionalQuantity", json!(0.0)),
                ("LineText", Value::Null),
                ("StageID", Value::Null),
                ("ChildNum", json!(place)),
            ] {
                line.entry(name).or_insert(value);
            }
            line.insert("ParentItem".into(), code.clone());
            line.insert("VisualOrder".into(), json!(place));
        }
    }

    /// What is wrong with a bill of materials as it would be stored.
    pub(super) fn check_tree(&self, row: &Row) -> Result<()> {
        let code = row.get("TreeCode").and_then(Value::as_str).unwrap_or_default();
        self.must_be_item(code)?;
        let kind = row.get("TreeType").and_then(Value::as_str).unwrap_or_default();
        if !TREES.contains(&kind) {
            return Err(B1Error::malformed(format!("Enum value '{kind}' of property 'TreeType' is invalid")));
        }
        if row.get("Quantity").and_then(Value::as_f64).is_none_or(|quantity| quantity <= 0.0) {
            return Err(B1Error::validation("Quantity must be greater than zero  [ProductTrees.Quantity]"));
        }
        let lines = row.get(LINES).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if lines.is_empty() {
            return Err(B1Error::validation("Enter at least one component  [ProductTrees.ProductTreeLines]"));
        }
        for (number, line) in lines.iter().enumerate() {
            if line.get("ItemType").is_some_and(|kind| kind != "pit_Item") {
                continue;
            }
            let part = line.get("ItemCode").and_then(Value::as_str).unwrap_or_default();
            if part == code {
                let text =
                    format!("An item cannot be a component of itself  [ProductTreeLines.ItemCode][line: {number}]");
                return Err(B1Error::validation(text));
            }
            self.must_be_item(part)?;
            if !line.get("Quantity").is_some_and(Value::is_number) {
                let text = format!("Quantity is not a number  [ProductTreeLines.Quantity][line: {number}]");
                return Err(B1Error::validation(text));
            }
            if self.is_below(part, code) {
                let text = format!(
                    "Recursive bill of materials: {part} contains {code}  [ProductTreeLines.ItemCode][line: {number}]"
                );
                return Err(B1Error::validation(text));
            }
        }
        Ok(())
    }

    fn must_be_item(&self, code: &str) -> Result<()> {
        let there = self.set("Items")?.rows.contains_key([KeyPart::Text(code.to_owned())].as_slice());
        if there { Ok(()) } else { Err(no_record()) }
    }

    /// Whether an item is somewhere below another by the bills of materials there are.
    fn is_below(&self, above: &str, wanted: &str) -> bool {
        let (mut left, mut seen) = (vec![above.to_owned()], BTreeSet::new());
        while let Some(code) = left.pop() {
            if !seen.insert(code.clone()) {
                continue;
            }
            let Ok(trees) = self.set("ProductTrees") else { return false };
            let tree = trees.rows.get([KeyPart::Text(code)].as_slice());
            let lines = tree.and_then(|tree| tree.row.get(LINES)?.as_array()).into_iter().flatten();
            for part in lines.filter_map(|line| line.get("ItemCode")?.as_str()) {
                if part == wanted {
                    return true;
                }
                left.push(part.to_owned());
            }
        }
        false
    }

    /// Rows of custom objects' collections are numbered from 1.
    pub(super) fn number_rows(row: &mut Row) {
        for (_, rows) in row.iter_mut().filter(|(name, _)| name.ends_with("Collection")) {
            for (place, line) in rows.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).enumerate()
            {
                line.entry("LineId").or_insert(json!(place + 1));
            }
        }
    }

    /// Item groups of a fresh company.
    pub(super) fn seed_master_data(&mut self) {
        for (number, name) in [(100, "物料"), (101, "成品"), (102, "半成品")] {
            let row = json!({"Number": number, "GroupName": name});
            self.seed("ItemGroups", row);
        }
    }

    fn seed(&mut self, set: &str, row: Value) {
        if let (Value::Object(row), Ok(set)) = (row, self.set_mut(set)) {
            // A fresh company has no other of this number.
            let _ = set.insert(row);
        }
    }
}
