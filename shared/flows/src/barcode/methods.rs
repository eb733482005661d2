//! The methods of the barcode application and what each posts.

use super::answer::Done;
use serde_json::{Value, json};

/// Whether lines name a line of the document they are based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseLine {
    /// They may.
    Free,
    /// They must: a component of a production order is meant.
    Needed,
    /// They must not: the order's product is meant.
    Forbidden,
}

/// One method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// As the application writes it.
    pub name: &'static str,
    /// As people call it.
    pub shown: &'static str,
    /// The entity set it posts to; `None` for a custom object, which the request names.
    pub set: Option<&'static str>,
    /// The member that takes the lines.
    pub lines: &'static str,
    /// Of its lines.
    pub base_line: BaseLine,
    /// Whether its lines are based on an order.
    pub of_order: bool,
}

const fn document(name: &'static str, shown: &'static str, set: &'static str) -> Method {
    Method { name, shown, set: Some(set), lines: "DocumentLines", base_line: BaseLine::Free, of_order: false }
}

const fn production(name: &'static str, shown: &'static str, set: &'static str, base_line: BaseLine) -> Method {
    Method { base_line, of_order: true, ..document(name, shown, set) }
}

/// Receipt from production: the one that has a backflush.
pub(super) const RECEIPT: &str = "InventoryGenEntry";

/// Every method, in the order in which the application shows them.
pub const METHODS: [Method; 11] = [
    Method {
        name: "UserDataTable",
        shown: "自定义表",
        set: None,
        lines: "DocumentLines",
        base_line: BaseLine::Free,
        of_order: false,
    },
    document("PurchaseDelivery", "采购收货", "PurchaseDeliveryNotes"),
    document("PurchaseReturn", "采购退货", "PurchaseReturns"),
    production("InventoryGenExit", "生产发料", "InventoryGenExits", BaseLine::Needed),
    production("InventoryGenReturn", "生产退料", "InventoryGenEntries", BaseLine::Needed),
    production(RECEIPT, "生产收货", "InventoryGenEntries", BaseLine::Forbidden),
    document("DeliveryNotes", "销售交货", "DeliveryNotes"),
    document("Returns", "销售退货", "Returns"),
    Method { lines: "StockTransferLines", ..document("StockTransfer", "库存转储", "StockTransfers") },
    document("StockGenExit", "库存发货", "InventoryGenExits"),
    document("StockGenEntry", "库存收货", "InventoryGenEntries"),
];

impl Method {
    /// The method of exactly this name.
    pub fn of(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }
}

/// The methods that may be used, as the application reads them.
pub fn methods() -> Done {
    let all: Vec<Value> = METHODS
        .iter()
        .map(|method| json!({ "method": method.name, "name": method.shown, "operations": ["A"] }))
        .collect();
    Done::of(Value::Array(all).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    // R-B16, R-B36
    #[test]
    fn eleven_methods_each_add_and_nothing_else() {
        let listed: Value = serde_json::from_str(&methods().data).unwrap();
        assert_eq!(listed[0], json!({ "method": "UserDataTable", "name": "自定义表", "operations": ["A"] }));
        let all = listed.as_array().unwrap();
        assert_eq!(all.len(), 11);
        assert!(all.iter().all(|method| method["operations"] == json!(["A"])));
        let sets: Vec<&str> = METHODS.iter().filter_map(|method| method.set).collect();
        assert_eq!(
            sets,
            [
                "PurchaseDeliveryNotes",
                "PurchaseReturns",
                "InventoryGenExits",
                "InventoryGenEntries",
                "InventoryGenEntries",
                "DeliveryNotes",
                "Returns",
                "StockTransfers",
                "InventoryGenExits",
                "InventoryGenEntries"
            ]
        );
        assert!(Method::of("inventorygenentry").is_none());
    }
}
