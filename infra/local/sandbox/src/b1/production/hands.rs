//! What the warehouse does by hand, and narrow looks for tests.

use super::exact;
use super::stock::Movement;
use crate::action::ActionError;
use crate::b1::{B1, ServiceLayer};
use crate::system::Handle;
use serde::{Deserialize, Serialize};

/// Where something lies. Without batch or bin, asked for, it is all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockPlace {
    /// `ItemCode`.
    pub item: String,
    /// `WarehouseCode`.
    pub warehouse: String,
    /// Batch number.
    #[serde(default)]
    pub batch: Option<String>,
    /// `BinAbsEntry`.
    #[serde(default)]
    pub bin: Option<i64>,
}

impl StockPlace {
    /// An item in a warehouse.
    pub fn of(item: &str, warehouse: &str) -> Self {
        Self { item: item.to_owned(), warehouse: warehouse.to_owned(), batch: None, bin: None }
    }

    /// In one batch.
    #[must_use]
    pub fn batch(mut self, batch: &str) -> Self {
        self.batch = Some(batch.to_owned());
        self
    }

    /// In one bin.
    #[must_use]
    pub fn bin(mut self, bin: i64) -> Self {
        self.bin = Some(bin);
        self
    }
}

/// One booked line of a document that moves stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StockPosting {
    /// `InventoryGenEntries`, `StockTransfers` and the like.
    pub set: &'static str,
    /// `DocEntry` of the document.
    pub document: i64,
    /// `AbsoluteEntry` of the production order.
    pub order: Option<i64>,
    /// Line of the production order; none for its product.
    pub base_line: Option<i64>,
    /// Received as rejected.
    pub rejected: bool,
    /// `ItemCode`.
    pub item: String,
    /// `WarehouseCode`; of a transfer the one it goes to.
    pub warehouse: String,
    /// As it was written, without zeros that say nothing.
    pub quantity: String,
    /// Batches and their quantities.
    pub batches: Vec<(String, String)>,
}

/// `POST stock`: what is put where.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::b1) struct StockPut {
    item: String,
    warehouse: String,
    #[serde(default)]
    batch: Option<String>,
    #[serde(default)]
    bin: Option<i64>,
    quantity: String,
}

/// All that was booked, in order.
pub(in crate::b1) fn postings(b1: &B1) -> Vec<StockPosting> {
    b1.stock.postings.clone()
}

impl B1 {
    pub(in crate::b1) fn put_stock(&mut self, put: StockPut) -> Result<(), ActionError> {
        let StockPut { item, warehouse, batch, bin, quantity } = put;
        let number = exact::parse(&quantity).ok_or_else(|| ActionError::Invalid(format!("{quantity} is no number")))?;
        let place = StockPlace { item, warehouse, batch, bin };
        self.stock.put(&Movement { place: place.clone(), quantity: number });
        self.show_stock(&place.item);
        Ok(())
    }
}

impl Handle<'_, ServiceLayer> {
    /// Puts something into stock, or takes it out by a minus, without a document.
    ///
    /// # Errors
    /// [`ActionError::Invalid`] when the quantity is no decimal number.
    pub fn put_stock(&self, place: StockPlace, quantity: &str) -> Result<(), ActionError> {
        let StockPlace { item, warehouse, batch, bin } = place;
        self.with(|s| s.b1.put_stock(StockPut { item, warehouse, batch, bin, quantity: quantity.to_owned() }))
    }

    /// What lies at a place, as a plain decimal.
    pub fn stock(&self, place: &StockPlace) -> String {
        self.with(|s| s.b1.stock.quantity_text(place))
    }

    /// All booked lines of documents that move stock, in order.
    pub fn postings(&self) -> Vec<StockPosting> {
        self.with(|s| s.b1.stock.postings.clone())
    }

    /// The booked lines that are based on a production order, in order.
    pub fn postings_of(&self, order: i64) -> Vec<StockPosting> {
        self.with(|s| s.b1.stock.postings.iter().filter(|p| p.order == Some(order)).cloned().collect())
    }
}
