//! Production and the stock it moves: production orders, receipts from production, issues for production, and what
//! other goods receipts and issues, deliveries, returns and transfers do to the same stock. Quantities are decimals, as they were written.

mod exact;
mod goods;
mod hands;
mod line;
mod order;
mod posting;
mod stock;
mod tracked;
mod wire;

pub use hands::{StockPlace, StockPosting};
pub(super) use hands::{StockPut, postings};
pub(super) use stock::Stock;

use super::entities::Row;
use rust_decimal::Decimal;
use serde_json::Value;

/// Object code of production orders, which lines name as what they are based on.
const PRODUCTION_ORDER: i64 = 202;
/// Decimals of a quantity.
const DECIMALS: u32 = 6;
/// Longest `Comments`, in UTF-16 code units.
const LONGEST_COMMENTS: usize = 254;
/// Longest batch number, in UTF-16 code units.
const LONGEST_BATCH: usize = 36;

fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or("")
}

fn whole(row: &Row, name: &str) -> Option<i64> {
    row.get(name).and_then(Value::as_i64)
}

fn quantity(row: &Row, name: &str) -> Decimal {
    row.get(name).and_then(exact::of).unwrap_or_default()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
