//! Tenants: who may manage what, which modules they have, their apps, and the gateway of their signed
//! calls. Only [`entry`] knows HTTP requests.

pub mod access;
pub mod apps;
pub mod call_log;
pub mod call_rate;
pub mod contention;
pub mod credentials;
pub mod entry;
pub mod gateway;
pub mod manage;
mod optimistic;
pub mod quota;
pub mod store;
pub mod throttle;
pub mod times;

use tenon_model::call::CallRecord;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Raw, RecordKind};

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![
        RecordKind::of::<TenantApp>("APP"),
        RecordKind::of::<TenantApp>("APP-KEY"),
        RecordKind::of::<CallRecord>("CALL"),
        RecordKind::of::<CallRecord>("CALL-ERRORS"),
        gateway::KIND,
    ];
    kinds.extend(access::KINDS);
    kinds.extend(access::session::KINDS);
    kinds.extend(store::KINDS);
    kinds
}

/// The sealed texts of this crate's records, for the rotation of keys.
pub fn sealed_texts(record: &Raw) -> Vec<SealedText> {
    match record.key.named().1 {
        "APP" | "APP-KEY" => apps::sealed_texts(&record.data),
        "CONSOLE-SESSION" | "CONSOLE-LINK" => access::session::sealed_text(record).into_iter().collect(),
        "TOKEN" | "TOKENS" => access::sealed_text(record).into_iter().collect(),
        _ => Vec::new(),
    }
}
