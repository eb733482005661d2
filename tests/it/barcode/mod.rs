//! Barcode applications: what they may ask, and that what they save is there once, whatever happens.

mod access;
mod backflush;
mod crash;
mod history;
mod queries;
mod saves;
pub mod test_app;
