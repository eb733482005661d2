//! Documents that move stock: checked whole, then booked whole.

use super::exact;
use super::goods::{Base, Goods};
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
    base: Option<Base>,
}

/// What is booked once the document has its number.
pub(in crate::b1) struct Bookings {
    set: &'static str,
    way: Way,
    bookings: Vec<Booking>,
    wire: WireDocument,
}

impl B1 {
    /// Checks a document that moves stock and fills in what it leaves to B1. `None` for any other document.
    pub(in crate::b1) fn check_posting(
        &self,
        options: &B1Options,
        set: &str,
        body: &[u8],
        row: &mut Row,
    ) -> Result<Option<Bookings>> {
        let goods = Goods::of_set(set);
        let Some(way) = goods.map(|goods| goods.way).or_else(|| Way::of_set(set)) else { return Ok(None) };
        let wire: WireDocument =
            serde_json::from_slice(body).map_err(|e| B1Error::malformed(format!("Invalid value: {e}")))?;
        if goods.is_some() && (wire.kind.as_deref() == Some("dDocument_Service") || wire.lines.is_empty()) {
            return Ok(None);
        }
        check_head(&wire)?;
        let bookings = match goods {
            Some(goods) => self.goods(goods, &wire)?,
            None => self.production(way, &wire)?,
        };
        self.planned(options, way, &bookings)?;
        self.in_stock(options, &bookings)?;
        let member = if way == Way::Transfer { "StockTransferLines" } else { "DocumentLines" };
        let lines = row.get_mut(member).and_then(Value::as_array_mut);
        for (index, shown) in lines.into_iter().flatten().filter_map(Value::as_object_mut).enumerate() {
            if let Some(booking) = bookings.iter().find(|booking| booking.line.index == index) {
                show(shown, &booking.line);
            }
        }
        let set = match (goods, way) {
            (Some(goods), _) => goods.set,
            (None, Way::Issue) => "InventoryGenExits",
            (None, _) => "InventoryGenEntries",
        };
        Ok(Some(Bookings { set, way, bookings, wire }))
    }

    /// Of a goods receipt or issue, which production orders may be behind.
    fn production(&self, way: Way, wire: &WireDocument) -> Result<Vec<Booking>> {
        let mut bookings = Vec::new();
        for (index, wire) in wire.lines.iter().enumerate() {
            let line = self.line(way, index, wire)?;
            let movements = signed(way, self.places(way, &line, wire)?);
            let backflush = self.backflushed(way, &line)?;
            bookings.push(Booking { line, movements, backflush, base: None });
        }
        Ok(bookings)
    }

    /// Of the lines that move stock.
    fn goods(&self, goods: Goods, document: &WireDocument) -> Result<Vec<Booking>> {
        let mut bookings = Vec::new();
        for (index, wire) in document.lines.iter().enumerate() {
            let Some(found) = self.goods_line(goods, index, document, wire)? else { continue };
            let movements = match goods.way {
                Way::Transfer => self.transferred(&found.line, document, wire)?,
                way => signed(way, self.places(way, &found.line, wire)?),
            };
            bookings.push(Booking { line: found.line, movements, backflush: Vec::new(), base: found.base });
        }
        Ok(bookings)
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
                (Part::Component(_), _) => continue,
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
        let Bookings { set, way, bookings, wire } = booked;
        let document = match key {
            [KeyPart::Int(entry)] => *entry,
            _ => 0,
        };
        for booking in bookings {
            let Some(wire) = wire.lines.get(booking.line.index) else { continue };
            if way == Way::Receipt {
                self.note_batches(&booking.line, wire, &day(cx.now_ms))?;
            }
            self.tally(way, &booking)?;
            let Booking { line, movements, backflush, base } = booking;
            if let Some(base) = base {
                self.draw(base, line.quantity)?;
            }
            for movement in movements.iter().chain(backflush.iter().map(|(_, movement)| movement)) {
                self.stock.put(movement);
                self.show_stock(&movement.place.item);
            }
            self.stock.postings.push(posting(set, document, &line, wire));
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

/// What every such document is held to.
fn check_head(wire: &WireDocument) -> Result<()> {
    if wire.lines.is_empty() {
        return Err(B1Error::validation("No matching records found: the document has no lines"));
    }
    if wire.comments.as_deref().is_some_and(|comments| units(comments) > LONGEST_COMMENTS) {
        return Err(B1Error::validation("Value too long in property 'Comments' of 'Document'"));
    }
    if let Some(date) = wire.date.as_deref().filter(|date| !is_date(date)) {
        return Err(B1Error::validation(format!("Invalid date '{date}' in property 'DocDate' of 'Document'")));
    }
    Ok(())
}

fn posting(set: &'static str, document: i64, line: &Line, wire: &WireLine) -> StockPosting {
    let batches = wire.batch_numbers.as_deref().unwrap_or_default();
    let batch = |b: &super::wire::WireBatch| {
        Some((b.batch_number.clone()?, exact::plain(b.quantity.map(|q| q.0).unwrap_or_default())))
    };
    StockPosting {
        set,
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
