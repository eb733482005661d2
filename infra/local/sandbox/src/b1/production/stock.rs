//! What lies where: item, warehouse, batch and bin.

use super::exact;
use super::hands::{StockPlace, StockPosting};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The stock of a company and what moved it.
#[derive(Clone, Default)]
pub(in crate::b1) struct Stock {
    lies: BTreeMap<StockPlace, Decimal>,
    pub(super) postings: Vec<StockPosting>,
}

/// One change at one place; negative when something is taken.
#[derive(Clone, Debug)]
pub(super) struct Movement {
    pub place: StockPlace,
    pub quantity: Decimal,
}

impl Stock {
    /// What lies at a place; all batches or bins where it names none.
    pub(super) fn at(&self, wanted: &StockPlace) -> Decimal {
        let within = |place: &StockPlace| {
            place.item == wanted.item
                && place.warehouse == wanted.warehouse
                && (wanted.batch.is_none() || place.batch == wanted.batch)
                && (wanted.bin.is_none() || place.bin == wanted.bin)
        };
        self.lies.iter().filter(|(place, _)| within(place)).map(|(_, quantity)| quantity).sum()
    }

    /// Of an item by warehouse.
    pub(super) fn by_warehouse(&self, item: &str) -> BTreeMap<String, Decimal> {
        let mut found: BTreeMap<String, Decimal> = BTreeMap::new();
        for (place, quantity) in self.lies.iter().filter(|(place, _)| place.item == item) {
            *found.entry(place.warehouse.clone()).or_default() += quantity;
        }
        found
    }

    pub(super) fn put(&mut self, movement: &Movement) {
        *self.lies.entry(movement.place.clone()).or_default() += movement.quantity;
    }

    /// The first place that these movements together would leave with less than nothing.
    pub(super) fn short(&self, movements: &[Movement]) -> Option<StockPlace> {
        let mut after = self.clone_lies(movements);
        for movement in movements {
            *after.entry(&movement.place).or_default() += movement.quantity;
        }
        let taken = |place: &StockPlace| movements.iter().any(|m| m.place == *place && m.quantity < Decimal::ZERO);
        after.into_iter().find(|(place, left)| *left < Decimal::ZERO && taken(place)).map(|(place, _)| place.clone())
    }

    fn clone_lies<'a>(&self, movements: &'a [Movement]) -> BTreeMap<&'a StockPlace, Decimal> {
        movements.iter().map(|m| (&m.place, self.lies.get(&m.place).copied().unwrap_or_default())).collect()
    }

    pub(super) fn quantity_text(&self, wanted: &StockPlace) -> String {
        exact::plain(self.at(wanted))
    }
}
