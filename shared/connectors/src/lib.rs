//! The outside systems, one module each, all of one shape: a client made from the context, the
//! tenant and the stored connection; calls that return the system's data or an error with a stable
//! code, a kind and a retry class; `check`, which says whether the connection works. No flow logic.
//! What they share is in `base`, so that a connector is its vendor's facts.

pub mod aiflow;
pub mod b1;
mod base;
pub mod base_data;
pub mod blacklake;
pub mod di_api;
pub mod dingtalk;
pub mod directory;
pub mod erp;
pub mod feishu;
pub mod kingdee;
pub mod notice;
pub mod oa;
pub mod odoo;
pub mod tabular;
pub mod time;
pub mod weaver;
pub mod wecom;

pub use base::check::{CheckReport, CheckStep};
pub use base::login::lease_of_login;

use std::time::Duration;
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Raw, RecordKind};

/// How long after its time-out a write that was sent, and not answered, may still be carried out. Until then nobody
/// makes it again, or another that it would undo.
pub const SETTLES: Duration = Duration::from_secs(90);

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    b1::record_kinds().chain([base::refusal::KIND, base::token::KIND]).collect()
}

/// The sealed texts of this crate's records, for the rotation of keys.
pub fn sealed_texts(record: &Raw) -> Vec<SealedText> {
    let found = match record.key.named().1 {
        "B1SESSION" => b1::sealed_text(record),
        "VENDOR-TOKEN" => base::token::sealed_text(record),
        _ => None,
    };
    found.into_iter().collect()
}
