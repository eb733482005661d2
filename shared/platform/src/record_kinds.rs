//! What this crate keeps in the table.

use crate::dispatch::app_calls;
use crate::table::RecordKind;
use crate::{
    arrivals, audit, breaker, config_store, data_key, events, idempotency, kept, keys, lease, once, outbox, runs,
};
use tenon_model::run::Run;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![
        app_calls::KIND,
        arrivals::KIND,
        audit::KIND,
        RecordKind::of::<breaker::Open>("BREAKER"),
        config_store::KIND,
        config_store::FLOWS_KIND,
        config_store::VERSION_KIND,
        data_key::KIND,
        RecordKind::of::<events::EventRecord>("EVENT"),
        RecordKind::of::<Run>("RUN"),
        RecordKind::of::<runs::Kept>("RUN"),
        idempotency::KIND,
        outbox::KIND,
    ];
    kinds.extend(kept::KINDS);
    kinds.extend(once::KINDS);
    kinds.extend(keys::KINDS);
    kinds.extend(lease::KINDS);
    kinds
}
