//! A company and its factory's MES: items, work orders and receipts.

mod crash;
mod history;
mod items;
mod orders;
mod receipts;
mod scenario;
pub mod test_app;
