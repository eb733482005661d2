//! The document of the API: OpenAPI 3.1 from the catalog's routes and the wire types, and the pages made of
//! it. What is generated lies in `docs/openapi/` and is served by the function `openapi-docs`.
//!
//! `cargo run -p tenon-openapi-doc` writes the files; with `--check` it says which of them are out of date.

mod area;
mod areas;
mod document;
mod envelope;
mod files;
mod operation;
mod pages;
mod patch;
mod shapes;
mod types;
mod webhooks;

pub use document::document;
pub use files::{File, files, stale, write};

/// A description of a route or field in the pages' language, if it has its counterpart there.
pub fn chinese(description: &str) -> Option<String> {
    pages::chinese::of(description)
}
