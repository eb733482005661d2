//! What a line of a goods receipt or issue is about: an order's product, one of its components, or an item alone.

use super::wire::WireLine;
use super::{DECIMALS, PRODUCTION_ORDER, quantity, text, whole};
use crate::b1::B1;
use crate::b1::entities::Row;
use crate::b1::errors::{B1Error, Result};
use rust_decimal::Decimal;
use serde_json::Value;

/// Goods come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Receipt,
    Issue,
    /// From one place to another.
    Transfer,
}

impl Way {
    pub(super) fn of_set(set: &str) -> Option<Self> {
        match set {
            "InventoryGenEntries" => Some(Self::Receipt),
            "InventoryGenExits" => Some(Self::Issue),
            _ => None,
        }
    }

    /// The table of the lines of a goods receipt or issue.
    pub(super) fn table(self) -> &'static str {
        if self == Self::Issue { "IGE1" } else { "IGN1" }
    }
}

/// What of an order a line moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its product.
    Product,
    /// The component or by-product with this number.
    Component(i64),
}

/// A line with everything it leaves to B1 filled in.
pub(super) struct Line {
    pub index: usize,
    pub order: Option<(i64, Part)>,
    pub rejected: bool,
    pub item: String,
    pub warehouse: String,
    pub quantity: Decimal,
}

/// What a line is about, before its quantity and warehouse.
struct About {
    order: Option<(i64, Part)>,
    item: String,
    warehouse: String,
    open: Option<Decimal>,
}

impl B1 {
    pub(super) fn line(&self, way: Way, index: usize, wire: &WireLine) -> Result<Line> {
        let field = |name: &str, what: &str| {
            B1Error::validation(format!("[{}.{name}][line: {}] , '{what}'", way.table(), index + 1))
        };
        let about = match wire.base_entry {
            Some(entry) => self.based(way, entry.0, wire, &field)?,
            None => self.alone(wire, &field)?,
        };
        if wire.item_code.as_deref().is_some_and(|code| code != about.item) {
            return Err(field("ItemCode", "the item is not that of the base document"));
        }
        self.known_item(&about.item)?;
        let quantity = match (wire.quantity, about.open) {
            (Some(quantity), _) => quantity.0,
            (None, Some(open)) => open,
            (None, None) => Decimal::ONE,
        };
        if quantity <= Decimal::ZERO || quantity.normalize().scale() > DECIMALS {
            return Err(field("Quantity", "the quantity is not above zero, or has too many decimals"));
        }
        let warehouse = wire.warehouse_code.clone().filter(|w| !w.is_empty()).unwrap_or(about.warehouse);
        if warehouse.is_empty() {
            return Err(field("WhsCode", "the warehouse is missing"));
        }
        self.known_warehouse(&warehouse)?;
        let rejected = match wire.transaction_type.as_deref() {
            None | Some("botrntComplete") => false,
            Some("botrntReject") => true,
            Some(other) => return Err(field("TranType", other)),
        };
        Ok(Line { index, order: about.order, rejected, item: about.item, warehouse, quantity })
    }

    fn based(&self, way: Way, entry: i64, wire: &WireLine, field: &impl Fn(&str, &str) -> B1Error) -> Result<About> {
        if wire.base_type.is_some_and(|kind| kind.0 != PRODUCTION_ORDER) {
            return Err(field("BaseType", "only production orders are taken as a base"));
        }
        let order = self.set("ProductionOrders")?.by_number(entry).ok_or_else(unmatched)?;
        if text(order, "ProductionOrderStatus") != "boposReleased" {
            return Err(B1Error::business(format!(
                "Production order {} is not released  [{}.BaseEntry]",
                whole(order, "DocumentNumber").unwrap_or(entry),
                way.table()
            )));
        }
        let Some(number) = wire.base_line else {
            if way == Way::Issue {
                return Err(field("BaseLine", "the line of the production order is missing"));
            }
            return Ok(About {
                order: Some((entry, Part::Product)),
                item: text(order, "ItemNo").to_owned(),
                warehouse: text(order, "Warehouse").to_owned(),
                open: Some(quantity(order, "PlannedQuantity") - quantity(order, "CompletedQuantity")),
            });
        };
        let component = component(order, number.0).ok_or_else(unmatched)?;
        if text(component, "ItemType") != "pit_Item" {
            return Err(field("BaseLine", "the line of the production order holds no item"));
        }
        let item = text(component, "ItemNo").to_owned();
        let backflush = text(component, "ProductionOrderIssueType") == "im_Backflush";
        if way == Way::Issue && backflush && self.by_batches(&item) {
            return Err(B1Error::validation("Issue type cannot be backflush for serial or batch number items"));
        }
        Ok(About {
            order: Some((entry, Part::Component(number.0))),
            item,
            warehouse: text(component, "Warehouse").to_owned(),
            open: Some(quantity(component, "PlannedQuantity") - quantity(component, "IssuedQuantity")),
        })
    }

    fn alone(&self, wire: &WireLine, field: &impl Fn(&str, &str) -> B1Error) -> Result<About> {
        let item = wire.item_code.clone().filter(|code| !code.is_empty());
        let item = item.ok_or_else(|| field("ItemCode", "the item is missing"))?;
        let warehouse = self.item(&item).map(|row| text(row, "DefaultWarehouse").to_owned()).unwrap_or_default();
        Ok(About { order: None, item, warehouse, open: None })
    }
}

/// What is named and not there, on a create.
pub(super) fn unmatched() -> B1Error {
    B1Error::not_found().with_status(400)
}

/// A line of an order by its number.
pub(super) fn component(order: &Row, number: i64) -> Option<&Row> {
    let lines = order.get("ProductionOrderLines").and_then(Value::as_array)?;
    lines.iter().filter_map(Value::as_object).find(|line| whole(line, "LineNumber") == Some(number))
}

pub(super) fn component_mut(order: &mut Row, number: i64) -> Option<&mut Row> {
    let lines = order.get_mut("ProductionOrderLines").and_then(Value::as_array_mut)?;
    lines.iter_mut().filter_map(Value::as_object_mut).find(|line| whole(line, "LineNumber") == Some(number))
}
