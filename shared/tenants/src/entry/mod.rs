//! Who comes in over HTTP: holders of bearer tokens, and tenants' systems with signed calls.

mod bearer;
mod record;
mod signed;

pub use bearer::{Bearer, noted};
pub use signed::{Seen, Signed, presented};
