//! Forms of processes: schemas as they come, read into fields that data is checked against.
//!
//! Two ways of writing a schema are read. One lists components (`components[{type, name, label, required, options}]`),
//! the other is JSON Schema's, as form designers write it: `properties` with `x-…` keys, of which a stated part is checked
//! ([`json_schema`]). What came is kept whole, whichever it is.

mod check;
mod components;
mod json_schema;
mod schema;

pub use schema::{Choice, Field, Kind, MAX_BYTES, Rules, Schema};
