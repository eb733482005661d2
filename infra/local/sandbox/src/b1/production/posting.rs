//! Goods receipts and issues: checked whole, then booked whole.

use super::exact;
use super::hands::StockPosting;
use super::line::{Line, Part, Way, component, component_mut};
use super::stock::Movement;
use super::wire::{WireDocument, WireLine};
use super::{LONGEST_COMMENTS, quantity, text, units, whole};
use crate::b1::company::day;
use crate::b1::entities::Row;
use crate::b1::errors::{B1Error, Result};
use crate::b1::target::KeyPart;
use crate::b1::{B1, B1Options, Cx};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

/// One line and all that it moves.
struct Booking {
    line: Line,
    movements: Vec<Movement>,
    backflush: Vec<(i64, Movement)>,
}

/// What is booked once the document has its number.
pub(in crate::b1) struct Bookings {
    way: Way,
    bookings: Vec<Booking>,
    wire: WireDocument,
}

impl B1 {
    /// Checks a goods receipt or issue and fills in what it leaves to B1. `None` for any other document.
    pub(in crate::b1) fn check_posting(
        &self,
        options: &B1Options,
        set: &str,
        body: &[u8],
        row: &mut Row,
    ) -> Result<Option<Bookings>> {
        let Some(way) = Way::of_set(set) else { return Ok(None) };
        let wire: WireDocument =
            serde_json::from_slice(body).map_err(|e| B1Error::malformed(format!("Invalid value: {e}")))?;
        if wire.lines.is_empty() {
            return Err(B1Error::validation("No matching records found: the document has no lines"));
        }
        if wire.comments.as_deref().is_some_and(|comments| units(comments) > LONGEST_COMMENTS) {
            return Err(B1Error::validation("Value too long in property 'Comments' of 'Document'"));
        }
        if let Some(date) = wire.date.as_deref().filter(|date| !is_date(date)) {
            return Err(B1Error::validation(format!("Invalid date '{date}' in property 'DocDate' of 'Document'")));
        }
        let mut bookings = Vec::new();
        for (index, wire) in wire.lines.iter().enumerate() {
            let line = self.line(way, index, wire)?;
            let movements = signed(way, self.places(way, &line, wire)?);
            let backflush = self.backflushed(way, &line)?;
            bookings.push(Booking { line, movements, backflush });
        }
        self.planned(options, way, &bookings)?;
        self.in_stock(options, &bookings)?;
        let lines = row.get_mut("DocumentLines").and_then(Value::as_array_mut);
        for (shown, booking) in lines.into_iter().flatten().filter_map(Value::as_object_mut).zip(&bookings) {
            show(shown, &booking.line);
        }
        Ok(Some(Bookings { way, bookings, wire }))
    }

    /// Components that the receipt of a product takes by itself.
    fn backflushed(&self, way: Way, line: &Line) -> Result<Vec<(i64, Movement)>> {
        let (Way::Receipt, Some((entry, Part::Product))) = (way, line.order) else { return Ok(Vec::new()) };
        let order = self.set("ProductionOrders")?.get(&[KeyPart::Int(entry)])?;
        let lines = order.row.get("ProductionOrderLines").and_then(Value::as_array);
        let taken = |component: &Row| {
            text(component, "ItemType") == "pit_Item"
                && text(component, "ProductionOrderIssueType") == "im_Backflush"
                && quantity(component, "BaseQuantity") > Decimal::ZERO
        };
        let components = lines.into_iter().flatten().filter_map(Value::as_object).filter(|row| taken(row));
        Ok(components
            .map(|component| {
                let place = super::StockPlace::of(text(component, "ItemNo"), text(component, "Warehouse"));
                let needed = line.quantity * quantity(component, "BaseQuantity");
                (whole(component, "LineNumber").unwrap_or_default(), Movement { place, quantity: -needed })
            })
            .collect())
    }

    /// More than was planned is a setting of the company's.
    fn planned(&self, options: &B1Options, way: Way, bookings: &[Booking]) -> Result<()> {
        if !options.over_planned_refused {
            return Ok(());
        }
        for Booking { line, .. } in bookings {
            let Some((entry, part)) = line.order else { continue };
            let order = &self.set("ProductionOrders")?.get(&[KeyPart::Int(entry)])?.row;
            let same = bookings.iter().filter(|b| b.line.order == line.order).map(|b| b.line.quantity);
            let moved: Decimal = same.sum();
            let (done, planned) = match (part, way) {
                (Part::Product, _) => (
                    quantity(order, "CompletedQuantity") + quantity(order, "RejectedQuantity"),
                    quantity(order, "PlannedQuantity"),
                ),
                (Part::Component(number), Way::Issue) => {
                    let row = component(order, number);
                    let of = |name| row.map(|row| quantity(row, name)).unwrap_or_default();
                    (of("IssuedQuantity"), of("PlannedQuantity"))
                }
                (Part::Component(_), Way::Receipt) => continue,
            };
            if done + moved > planned {
                return Err(B1Error::business("Quantity exceeds the planned quantity of the production order"));
            }
        }
        Ok(())
    }

    /// Nothing falls below zero, unless the company lets it. Of an item that B1 does not have there is no stock.
    fn in_stock(&self, options: &B1Options, bookings: &[Booking]) -> Result<()> {
        if options.negative_stock {
            return Ok(());
        }
        let kept = |movement: &&Movement| self.item(&movement.place.item).is_some();
        let movements: Vec<Movement> = bookings.iter().flat_map(|b| &b.movements).filter(kept).cloned().collect();
        if let Some(place) = self.stock.short(&movements) {
            return Err(B1Error::business(format!(
                "Quantity falls into negative inventory  [item {}, warehouse {}{}]",
                place.item,
                place.warehouse,
                place.batch.map(|batch| format!(", batch {batch}")).unwrap_or_default()
            )));
        }
        let taken: Vec<Movement> =
            bookings.iter().flat_map(|b| b.backflush.iter().map(|(_, m)| m)).filter(kept).cloned().collect();
        let all: Vec<Movement> = movements.into_iter().chain(taken).collect();
        match self.stock.short(&all) {
            Some(place) => Err(B1Error::validation(format!(
                "Quantity of component {} falls into negative inventory in warehouse {} [Message 3559-7]",
                place.item, place.warehouse
            ))),
            None => Ok(()),
        }
    }

    /// Books what was checked, under the document's number.
    pub(in crate::b1) fn book(&mut self, cx: &Cx<'_>, key: &[KeyPart], booked: Bookings) -> Result<()> {
        let Bookings { way, bookings, wire } = booked;
        let document = match key {
            [KeyPart::Int(entry)] => *entry,
            _ => 0,
        };
        for (booking, wire) in bookings.into_iter().zip(&wire.lines) {
            if way == Way::Receipt {
                self.note_batches(&booking.line, wire, &day(cx.now_ms))?;
            }
            self.tally(way, &booking)?;
            let Booking { line, movements, backflush } = booking;
            for movement in movements.iter().chain(backflush.iter().map(|(_, movement)| movement)) {
                self.stock.put(movement);
                self.show_stock(&movement.place.item);
            }
            self.stock.postings.push(posting(way, document, &line, wire));
        }
        Ok(())
    }

    /// What the order shows of it.
    fn tally(&mut self, way: Way, booking: &Booking) -> Result<()> {
        let line = &booking.line;
        let Some((entry, part)) = line.order else { return Ok(()) };
        let key = [KeyPart::Int(entry)];
        self.set_mut("ProductionOrders")?.change(&key, |order| match part {
            Part::Product => {
                add(order, if line.rejected { "RejectedQuantity" } else { "CompletedQuantity" }, line.quantity);
                for (number, movement) in &booking.backflush {
                    if let Some(row) = component_mut(order, *number) {
                        add(row, "IssuedQuantity", -movement.quantity);
                    }
                }
            }
            Part::Component(number) => {
                if let Some(row) = component_mut(order, number) {
                    // A by-product's plan is negative, and so is what of it was received.
                    add(row, "IssuedQuantity", if way == Way::Issue { line.quantity } else { -line.quantity });
                }
            }
        })
    }
}

fn posting(way: Way, document: i64, line: &Line, wire: &WireLine) -> StockPosting {
    let batches = wire.batch_numbers.as_deref().unwrap_or_default();
    let batch = |b: &super::wire::WireBatch| {
        Some((b.batch_number.clone()?, exact::plain(b.quantity.map(|q| q.0).unwrap_or_default())))
    };
    StockPosting {
        set: if way == Way::Issue { "InventoryGenExits" } else { "InventoryGenEntries" },
        document,
        order: line.order.map(|(entry, _)| entry),
        base_line: line.order.and_then(|(_, part)| match part {
            Part::Component(number) => Some(number),
            Part::Product => None,
        }),
        rejected: line.rejected,
        item: line.item.clone(),
        warehouse: line.warehouse.clone(),
        quantity: exact::plain(line.quantity),
        batches: batches.iter().filter_map(batch).collect(),
    }
}

fn signed(way: Way, movements: Vec<Movement>) -> Vec<Movement> {
    let sign = |quantity: Decimal| if way == Way::Issue { -quantity } else { quantity };
    movements.into_iter().map(|m| Movement { quantity: sign(m.quantity), place: m.place }).collect()
}

fn add(row: &mut Row, name: &str, more: Decimal) {
    let sum = quantity(row, name) + more;
    row.insert(name.to_owned(), exact::answered(sum));
}

/// Numbers that came as texts are numbers in the answer.
fn show(shown: &mut Row, line: &Line) {
    shown.insert("ItemCode".into(), line.item.clone().into());
    shown.insert("WarehouseCode".into(), line.warehouse.clone().into());
    shown.insert("Quantity".into(), exact::answered(line.quantity));
    if let Some((entry, part)) = line.order {
        shown.insert("BaseEntry".into(), entry.into());
        shown.insert("BaseType".into(), super::PRODUCTION_ORDER.into());
        if let Part::Component(number) = part {
            shown.insert("BaseLine".into(), number.into());
        }
    }
}

/// `20230920`, `2023-09-20`, or the latter with a time.
fn is_date(text: &str) -> bool {
    let day = text.get(..10).unwrap_or(text);
    Date::strptime("%Y-%m-%d", day).is_ok() || (text.len() == 8 && Date::strptime("%Y%m%d", text).is_ok())
}
