//! The OData subset: filters and list options.

pub(super) mod filter;
mod lex;
pub(super) mod query;
