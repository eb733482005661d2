//! Documents that move goods without a production order: deliveries and returns of purchasing and sales, and transfers
//! between warehouses and bins. Their lines are based on lines of other documents, or name an item.

use super::hands::StockPlace;
use super::line::{Line, Way, unmatched};
use super::stock::Movement;
use super::wire::{WireDocument, WireLine};
use super::{DECIMALS, exact, quantity, text, whole};
use crate::b1::entities::Row;
use crate::b1::errors::{B1Error, Result};
use crate::b1::target::KeyPart;
use crate::b1::{B1, schema};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// One kind of such documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goods {
    pub set: &'static str,
    pub way: Way,
    /// The table of its lines, as B1's messages name it.
    table: &'static str,
    /// Object codes of what a line may be based on.
    bases: &'static [i64],
}

const GOODS: [Goods; 5] = [
    Goods { set: "PurchaseDeliveryNotes", way: Way::Receipt, table: "PDN1", bases: &[22, 18] },
    Goods { set: "PurchaseReturns", way: Way::Issue, table: "RPD1", bases: &[20] },
    Goods { set: "DeliveryNotes", way: Way::Issue, table: "DLN1", bases: &[17, 13] },
    Goods { set: "Returns", way: Way::Receipt, table: "RDN1", bases: &[15] },
    Goods { set: "StockTransfers", way: Way::Transfer, table: "WTR1", bases: &[1_250_000_001] },
];

/// A document without an item or a service behind it is based on nothing.
const NO_BASE: i64 = -1;

/// A line of another document that a line is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    set: &'static str,
    entry: i64,
    line: i64,
}

/// A line of such a document, and what it is based on.
pub(super) struct GoodsLine {
    pub line: Line,
    pub base: Option<Base>,
}

impl Goods {
    pub(super) fn of_set(set: &str) -> Option<Self> {
        GOODS.into_iter().find(|goods| goods.set == set)
    }

    fn wrong(self, name: &str, index: usize, what: &str) -> B1Error {
        B1Error::validation(format!("[{}.{name}][line: {}] , '{what}'", self.table, index + 1))
    }
}

impl B1 {
    /// A line with everything it leaves to B1 filled in; `None` when it moves no stock: services, items that are not
    /// kept in stock, and whatever is named in a company that has no items or no warehouses.
    pub(super) fn goods_line(
        &self,
        goods: Goods,
        index: usize,
        document: &WireDocument,
        wire: &WireLine,
    ) -> Result<Option<GoodsLine>> {
        if self.set("Items")?.rows.is_empty() || self.set("Warehouses")?.rows.is_empty() {
            return Ok(None);
        }
        let base = self.base(goods, index, wire)?;
        let based = match base {
            Some(base) => self.base_row(base)?.cloned().unwrap_or_default(),
            None => Row::new(),
        };
        let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let item = filled(wire.item_code.as_deref()).or_else(|| filled(Some(text(&based, "ItemCode"))));
        let item = item.ok_or_else(|| goods.wrong("ItemCode", index, "the item is missing"))?;
        if base.is_some() && text(&based, "ItemCode") != item {
            return Err(goods.wrong("ItemCode", index, "the item is not that of the base document"));
        }
        let kept = self.item(&item).ok_or_else(unmatched)?;
        if text(kept, "InventoryItem") == "tNO" {
            return Ok(None);
        }
        let own =
            [wire.warehouse_code.as_deref(), document.to_warehouse.as_deref().filter(|_| goods.way == Way::Transfer)];
        let others = [Some(text(&based, "WarehouseCode")), Some(text(kept, "DefaultWarehouse"))];
        let warehouse = own.into_iter().chain(others).find_map(filled);
        let warehouse = warehouse.ok_or_else(|| goods.wrong("WhsCode", index, "the warehouse is missing"))?;
        self.known_warehouse(&warehouse)?;
        let quantity = match (wire.quantity, base) {
            (Some(quantity), _) => quantity.0,
            (None, Some(_)) => open(&based),
            (None, None) => Decimal::ONE,
        };
        if quantity <= Decimal::ZERO || quantity.normalize().scale() > DECIMALS {
            return Err(goods.wrong("Quantity", index, "the quantity is not above zero, or has too many decimals"));
        }
        let line = Line { index, order: None, rejected: false, item, warehouse, quantity };
        Ok(Some(GoodsLine { line, base }))
    }

    /// What a line is based on: a line of an open document of a kind that leads to this one.
    fn base(&self, goods: Goods, index: usize, wire: &WireLine) -> Result<Option<Base>> {
        let kind = wire.base_type.map_or(NO_BASE, |kind| kind.0);
        let Some(entry) = wire.base_entry.filter(|_| kind != NO_BASE) else { return Ok(None) };
        if !goods.bases.contains(&kind) {
            return Err(goods.wrong("BaseType", index, "no such document is taken as a base"));
        }
        // Requests for transfers are not kept.
        let Some(set) = schema::object_set(&kind.to_string()) else { return Ok(None) };
        let document = self.set(set)?.by_number(entry.0).ok_or_else(unmatched)?;
        if text(document, "DocumentStatus") == "bost_Close" || text(document, "Cancelled") == "tYES" {
            return Err(B1Error::business(format!(
                "One of the base documents has already been closed  [{}.BaseEntry][line: {}]",
                goods.table,
                index + 1
            )));
        }
        let line = wire.base_line.ok_or_else(|| goods.wrong("BaseLine", index, "the line of the base is missing"))?;
        let base = Base { set, entry: entry.0, line: line.0 };
        match self.base_row(base)? {
            Some(_) => Ok(Some(base)),
            None => Err(unmatched()),
        }
    }

    fn base_row(&self, base: Base) -> Result<Option<&Row>> {
        let document = self.set(base.set)?.by_number(base.entry);
        let lines = document.and_then(|row| row.get("DocumentLines")?.as_array());
        let mut lines = lines.into_iter().flatten().filter_map(Value::as_object);
        Ok(lines.find(|line| whole(line, "LineNum") == Some(base.line)))
    }

    /// What a transfer takes from one place and puts to another.
    pub(super) fn transferred(&self, line: &Line, document: &WireDocument, wire: &WireLine) -> Result<Vec<Movement>> {
        let from = [wire.from_warehouse.as_deref(), document.from_warehouse.as_deref()];
        let from = from.into_iter().flatten().find(|code| !code.is_empty()).ok_or_else(|| {
            B1Error::validation(format!("[WTR1.FromWhsCod][line: {}] , 'the warehouse is missing'", line.index + 1))
        })?;
        self.known_warehouse(from)?;
        let of = |action: &'static str| {
            let bins = wire.bins.iter().flatten().filter(|bin| bin.action.as_deref() == Some(action));
            WireLine { bins: Some(bins.cloned().collect()), ..wire.clone() }
        };
        let source = Line { warehouse: from.to_owned(), item: line.item.clone(), ..*line };
        let taken = self.places(Way::Issue, &source, &of("batFromWarehouse"))?;
        let put = self.places(Way::Receipt, line, &of("batToWarehouse"))?;
        let places = |movements: &[Movement]| movements.iter().map(|m| m.place.clone()).collect::<Vec<StockPlace>>();
        if places(&taken) == places(&put) {
            return Err(B1Error::business("The source and the target of the transfer are the same  [WTR1.WhsCode]"));
        }
        let less = taken.into_iter().map(|m| Movement { quantity: -m.quantity, ..m });
        Ok(less.chain(put).collect())
    }

    /// What is left of a base, and whether it is done with.
    pub(super) fn draw(&mut self, base: Base, taken: Decimal) -> Result<()> {
        self.set_mut(base.set)?.change(&[KeyPart::Int(base.entry)], |document| {
            let Some(lines) = document.get_mut("DocumentLines").and_then(Value::as_array_mut) else { return };
            let mut is_open = false;
            for row in lines.iter_mut().filter_map(Value::as_object_mut) {
                if whole(row, "LineNum") == Some(base.line) {
                    let left = (open(row) - taken).max(Decimal::ZERO);
                    row.insert("RemainingOpenQuantity".into(), exact::answered(left));
                    let status = if left.is_zero() { "bost_Close" } else { "bost_Open" };
                    row.insert("LineStatus".into(), json!(status));
                }
                is_open = is_open || text(row, "LineStatus") != "bost_Close";
            }
            if !is_open {
                document.insert("DocumentStatus".into(), json!("bost_Close"));
            }
        })
    }
}

/// What of a line no other document has taken yet.
fn open(line: &Row) -> Decimal {
    let left = line.get("RemainingOpenQuantity").and_then(exact::of);
    left.unwrap_or_else(|| quantity(line, "Quantity"))
}
