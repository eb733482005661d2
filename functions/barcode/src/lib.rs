//! Barcode applications of B1's companies: documents saved, queries, prints, methods and companies.

mod application;
pub mod query;
pub mod save;
