//! A company and its factory's MES: items, work orders and receipts.

mod crash;
mod items;
mod orders;
mod receipts;
mod story;
mod test_app;
