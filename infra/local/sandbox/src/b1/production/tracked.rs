//! Batches and bins of a line: which places its quantity comes from or goes to.

use super::hands::StockPlace;
use super::line::{Line, Way, unmatched};
use super::stock::Movement;
use super::wire::{WireBatch, WireBin, WireLine};
use super::{LONGEST_BATCH, exact, text, units, whole};
use crate::b1::B1;
use crate::b1::entities::Row;
use crate::b1::errors::{B1Error, Result};
use crate::b1::target::KeyPart;
use rust_decimal::Decimal;

/// A part of a line's quantity: in one batch, or in none.
struct Portion {
    batch: Option<String>,
    quantity: Decimal,
}

impl B1 {
    pub(super) fn item(&self, code: &str) -> Option<&Row> {
        self.keyed("Items", code)
    }

    fn keyed(&self, set: &str, key: &str) -> Option<&Row> {
        let set = self.set(set).ok()?;
        set.rows.get([KeyPart::Text(key.to_owned())].as_slice()).map(|stored| &stored.row)
    }

    /// A company without items, or without warehouses, takes any code.
    pub(super) fn known_item(&self, code: &str) -> Result<()> {
        if self.set("Items")?.rows.is_empty() || self.item(code).is_some() { Ok(()) } else { Err(unmatched()) }
    }

    pub(super) fn known_warehouse(&self, code: &str) -> Result<()> {
        let warehouses = self.set("Warehouses")?;
        if warehouses.rows.is_empty() || self.keyed("Warehouses", code).is_some() { Ok(()) } else { Err(unmatched()) }
    }

    pub(super) fn by_batches(&self, item: &str) -> bool {
        self.item(item).is_some_and(|row| text(row, "ManageBatchNumbers") == "tYES")
    }

    fn has_bins(&self, warehouse: &str) -> bool {
        self.keyed("Warehouses", warehouse).is_some_and(|row| text(row, "EnableBinLocations") == "tYES")
    }

    /// The places a line touches, each with what is moved there; all positive.
    pub(super) fn places(&self, way: Way, line: &Line, wire: &WireLine) -> Result<Vec<Movement>> {
        let portions = self.portions(line, wire.batch_numbers.as_deref().unwrap_or_default())?;
        let bins = wire.bins.as_deref().unwrap_or_default();
        let place = |portion: &Portion, bin: Option<i64>, quantity: Decimal| Movement {
            place: StockPlace {
                item: line.item.clone(),
                warehouse: line.warehouse.clone(),
                batch: portion.batch.clone(),
                bin,
            },
            quantity,
        };
        if !self.has_bins(&line.warehouse) {
            return if bins.is_empty() {
                Ok(portions.iter().map(|p| place(p, None, p.quantity)).collect())
            } else {
                Err(B1Error::validation(format!("Warehouse {} has no bin locations", line.warehouse)))
            };
        }
        if bins.is_empty() {
            let default = self.keyed("Warehouses", &line.warehouse).and_then(|row| whole(row, "DefaultBin"));
            let bin = default.filter(|_| way == Way::Receipt).ok_or_else(incomplete_bins)?;
            return Ok(portions.iter().map(|p| place(p, Some(bin), p.quantity)).collect());
        }
        self.allocated(line, &portions, bins)?
            .into_iter()
            .map(|(at, bin, quantity)| {
                let portion = portions.get(at).ok_or_else(incomplete_bins)?;
                Ok(place(portion, Some(bin), quantity))
            })
            .collect()
    }

    fn portions(&self, line: &Line, batches: &[WireBatch]) -> Result<Vec<Portion>> {
        if !self.by_batches(&line.item) {
            return if batches.is_empty() {
                Ok(vec![Portion { batch: None, quantity: line.quantity }])
            } else {
                Err(B1Error::validation(format!("Item {} is not managed by batches", line.item)))
            };
        }
        let incomplete = || B1Error::business("Cannot add row without complete selection of batch/serial numbers");
        let mut portions = Vec::new();
        for batch in batches {
            let number = batch.batch_number.clone().filter(|n| !n.is_empty()).ok_or_else(incomplete)?;
            let quantity = batch.quantity.map(|q| q.0).filter(|q| *q > Decimal::ZERO).ok_or_else(incomplete)?;
            if units(&number) > LONGEST_BATCH {
                return Err(B1Error::validation("Value too long in property 'BatchNumber' of 'BatchNumber'"));
            }
            of_this_line(batch.base_line_number.map(|n| n.0), line.index)?;
            portions.push(Portion { batch: Some(number), quantity });
        }
        let total: Decimal = portions.iter().map(|p| p.quantity).sum();
        if total == line.quantity { Ok(portions) } else { Err(incomplete()) }
    }

    /// Portion, bin and quantity of each allocation; together they are all of the line.
    fn allocated(&self, line: &Line, portions: &[Portion], bins: &[WireBin]) -> Result<Vec<(usize, i64, Decimal)>> {
        let known = self.set("BinLocations")?;
        let mut found = Vec::new();
        for bin in bins {
            of_this_line(bin.base_line_number.map(|n| n.0), line.index)?;
            let entry = bin.bin_abs_entry.0;
            let elsewhere = |row: &Row| text(row, "Warehouse") != line.warehouse;
            if !known.rows.is_empty() && known.by_number(entry).is_none_or(elsewhere) {
                return Err(unmatched());
            }
            let batch = bin.serial_and_batch_numbers_base_line.map_or(Ok(0), |n| usize::try_from(n.0));
            found.push((batch.map_err(|_| incomplete_bins())?, entry, bin.quantity.0));
        }
        let of = |at: usize| found.iter().filter(|(batch, ..)| *batch == at).map(|(.., q)| *q).sum::<Decimal>();
        let whole = portions.iter().enumerate().all(|(at, portion)| of(at) == portion.quantity);
        let positive = found.iter().all(|(at, _, q)| *q > Decimal::ZERO && *at < portions.len());
        if whole && positive { Ok(found) } else { Err(incomplete_bins()) }
    }

    /// A batch that comes in for the first time has its master record.
    pub(super) fn note_batches(&mut self, line: &Line, wire: &WireLine, today: &str) -> Result<()> {
        for batch in wire.batch_numbers.as_deref().unwrap_or_default() {
            let number = batch.batch_number.clone().unwrap_or_default();
            let same = |row: &Row| text(row, "ItemCode") == line.item && text(row, "Batch") == number;
            if self.rows("BatchNumberDetails").any(same) {
                continue;
            }
            let mut row = Row::new();
            row.insert("ItemCode".into(), line.item.clone().into());
            row.insert("Batch".into(), number.into());
            row.insert("Status".into(), "bdsStatus_Released".into());
            row.insert("AdmissionDate".into(), batch.admission.clone().unwrap_or_else(|| today.to_owned()).into());
            row.insert("ExpirationDate".into(), batch.expiry_date.clone().into());
            row.insert("ManufacturingDate".into(), batch.manufacturing_date.clone().into());
            self.set_mut("BatchNumberDetails")?.insert(row)?;
        }
        Ok(())
    }

    /// What an item shows of its stock. Its version stays.
    pub(super) fn show_stock(&mut self, item: &str) {
        let by = self.stock.by_warehouse(item);
        let Ok(items) = self.set_mut("Items") else { return };
        let Some(stored) = items.rows.get_mut([KeyPart::Text(item.to_owned())].as_slice()) else { return };
        stored.row.insert("QuantityOnStock".into(), exact::answered(by.values().sum()));
        let shown: Vec<_> = by
            .into_iter()
            .map(|(code, lies)| serde_json::json!({"WarehouseCode": code, "InStock": exact::answered(lies)}))
            .collect();
        stored.row.insert("ItemWarehouseInfoCollection".into(), shown.into());
    }
}

fn incomplete_bins() -> B1Error {
    B1Error::business("The bin locations of the row are not allocated completely")
}

fn of_this_line(number: Option<i64>, index: usize) -> Result<()> {
    match number {
        Some(number) if usize::try_from(number) != Ok(index) => {
            Err(B1Error::validation(format!("[BaseLineNumber] {number} is not the line {index} that it stands in")))
        }
        _ => Ok(()),
    }
}
