//! What a feeding is to the ERP: a pure function of what both systems say.

use super::reading::{FeedingDetail, InErp};
use crate::manufacturing;
use serde_json::{Map, Value};
use tenon_model::blacklake::Feeding;
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;
use tenon_platform::{Error, Result};

/// What is to be done for a feeding.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    /// So much of the item leaves a line of the order.
    Issue(Line),
    /// Nothing, ever; why.
    Nothing(String),
}

/// A line of an order, and what is issued on it.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// `LineNumber`.
    pub number: i64,
    /// `ItemNo`.
    pub item: String,
    /// Where it is taken from.
    pub warehouse: String,
    /// In the item's inventory unit, written plainly.
    pub quantity: String,
    /// Whether the item is kept by batches.
    pub by_batches: bool,
    /// What a person should know of it.
    pub remark: Option<String>,
}

/// Decides.
///
/// # Errors
/// `flow.issue-…`, when a person has to see to it.
pub(super) fn decide(flow: &ProductionIssuesFlow, detail: &FeedingDetail, erp: &InErp) -> Result<Decision> {
    let feeding = &detail.feeding;
    let Some(quantity) = &feeding.quantity else {
        return Err(wrong("flow.issue-quantity", format!("feeding {} does not say how much was fed", feeding.id)));
    };
    let amount = decimal::parse(&quantity.amount).unwrap_or_default();
    if amount <= Decimal::ZERO {
        return Ok(Decision::Nothing(format!("{} is no amount to issue", quantity.amount)));
    }
    let back =
        feeding.retracted.as_ref().filter(|back| decimal::parse(&back.amount).is_some_and(|n| n > Decimal::ZERO));
    if back.is_some_and(|back| back.amount == quantity.amount && back.unit == quantity.unit) {
        return Ok(Decision::Nothing(format!("all of it was taken back before it was issued ({})", quantity.amount)));
    }
    let line = match line(&erp.order, feeding) {
        Found::Manual(line) => line,
        Found::Backflush => {
            return Ok(Decision::Nothing(format!(
                "{} is issued by backflush: B1 takes it with the receipt, and an issue would take it a second time",
                feeding.material
            )));
        }
        Found::None => return Err(no_line(detail)),
    };
    let item = erp.item.as_ref().ok_or_else(|| {
        wrong("flow.issue-material", format!("B1 has no item {}; nothing is posted", feeding.material))
    })?;
    let unit = text(item, "InventoryUOM");
    let quantity = match unit {
        // Without a unit in the ERP there is nothing to convert to.
        "" => Err(format!("item {} has no inventory unit in B1", feeding.material)),
        unit => feeding.units.convert(quantity, flow.unit_in_mes(unit)),
    };
    let quantity = quantity.map_err(|why| wrong("flow.issue-quantity", format!("{why}; nothing is posted")))?;
    let mapped = flow.warehouses.get(&feeding.location).map(String::as_str);
    let remark = back.map(|back| {
        format!("{} {} of it were taken back in the MES; book that return by hand", back.amount, back.unit.name)
    });
    Ok(Decision::Issue(Line {
        number: line.number,
        item: feeding.material.clone(),
        warehouse: mapped.unwrap_or(line.warehouse).to_owned(),
        quantity,
        by_batches: text(item, "ManageBatchNumbers") == "tYES",
        remark,
    }))
}

/// Which line of an order an item is.
enum Found<'o> {
    Manual(OrderLine<'o>),
    Backflush,
    None,
}

struct OrderLine<'o> {
    number: i64,
    warehouse: &'o str,
    open: Decimal,
}

/// The line of the item that is issued by hand. Of several it is the one that the feeding's line of the work order was
/// made of, where the MES names it by the `seq` it was sent with; else the one with most left to issue, and of those the
/// first.
fn line<'o>(order: &'o Map<String, Value>, feeding: &Feeding) -> Found<'o> {
    let material = feeding.material.as_str();
    let named = feeding.line.and_then(|seq| manufacturing::line_of_seq(order, seq));
    let rows = order.get("ProductionOrderLines").and_then(Value::as_array).into_iter().flatten();
    let same = rows.filter_map(Value::as_object).filter(|row| !material.is_empty() && text(row, "ItemNo") == material);
    let mut backflush = false;
    let mut best: Option<OrderLine<'o>> = None;
    for row in same {
        let kind = row.get("ItemType").and_then(Value::as_str).unwrap_or("pit_Item");
        let Some(number) = row.get("LineNumber").and_then(Value::as_i64) else { continue };
        // What has a negative quantity comes out of production and is issued by nobody.
        if kind != "pit_Item" || exact(row, "BaseQuantity").is_some_and(|base| base < Decimal::ZERO) {
            continue;
        }
        if text(row, "ProductionOrderIssueType") != "im_Manual" {
            backflush = true;
            continue;
        }
        if named == Some(number) {
            return Found::Manual(OrderLine { number, warehouse: text(row, "Warehouse"), open: Decimal::MAX });
        }
        let open = exact(row, "PlannedQuantity").unwrap_or_default() - exact(row, "IssuedQuantity").unwrap_or_default();
        if best.as_ref().is_none_or(|best| open > best.open || (open == best.open && number < best.number)) {
            best = Some(OrderLine { number, warehouse: text(row, "Warehouse"), open });
        }
    }
    match best {
        Some(line) => Found::Manual(line),
        None if backflush => Found::Backflush,
        None => Found::None,
    }
}

fn no_line(detail: &FeedingDetail) -> Error {
    let (feeding, code) = (&detail.feeding, &detail.order.code);
    if feeding.is_substitute || !feeding.stands_in_for.is_empty() {
        let instead = if feeding.stands_in_for.is_empty() { "another material" } else { &feeding.stands_in_for };
        return wrong(
            "flow.issue-substitute",
            format!(
                "{} was fed instead of {instead}, and order {code} has no line of {}: nothing is posted, and never on the \
                 line of {instead}. Add a line of {} to the order in B1 and retry, or issue it by hand",
                feeding.material, feeding.material, feeding.material
            ),
        );
    }
    wrong(
        "flow.issue-material",
        format!(
            "{} was fed, and order {code} has no line of it: nothing is posted. Add a line to the order in B1 and retry, or \
             issue it by hand",
            if feeding.material.is_empty() { "a material without a code" } else { &feeding.material }
        ),
    )
}

fn wrong(code: &'static str, message: String) -> Error {
    Error::permanent(code, message)
}

fn text<'r>(row: &'r Map<String, Value>, name: &str) -> &'r str {
    row.get(name).and_then(Value::as_str).map_or("", tenon_model::code::trim)
}

fn exact(row: &Map<String, Value>, name: &str) -> Option<Decimal> {
    decimal::parse(&number::text_of(row.get(name)?)?)
}

#[cfg(test)]
mod tests;
