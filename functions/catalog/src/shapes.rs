//! The versions of what is stored: each kind of record by what its partition is called after the tenant.
//!
//! A process writes a kind in its version and reads that one and the one before, so that processes of two versions
//! run side by side while a deployment goes on. What a newer version wrote is left to it. A field that may be absent
//! changes no version; whatever a process of the version before could not read does: then the number here goes up by
//! one, the type reads both (serde's `default`, `alias` or `untagged`), and the former fixture stays beside the new
//! one in `tests/records`.

/// The version of records that do not say theirs.
pub const FIRST: u32 = 1;

/// Kinds of records, with the version that is written.
pub const SHAPES: &[(&str, u32)] = &[
    ("AIFLOW-CALL", 1),
    ("APP", 1),
    ("APP-CALL", 1),
    ("APP-KEY", 1),
    ("APP-ORDERS", 1),
    ("ASIDE", 1),
    ("AUDIT", 1),
    ("B1SESSION", 1),
    ("B1USER", 1),
    ("B1USER-FAX", 1),
    ("BARCODE", 1),
    ("BASE-DATA", 1),
    ("BREAKER", 1),
    ("BULK-ITEM", 1),
    ("BULK-RETRY", 1),
    ("BY-HAND", 1),
    ("BY-HAND-LIST", 1),
    ("CALL", 1),
    ("CALL-ERRORS", 1),
    ("CALLBACK-SEEN", 1),
    ("CONFIG", 1),
    ("CONFIG-VERSION", 1),
    ("CONNECTION-CHECK", 1),
    ("CONSOLE-LINK", 1),
    ("CONSOLE-SESSION", 1),
    ("CREATED", 1),
    ("DATA", 1),
    ("DATA-SYNC", 1),
    ("DATA-SYNC-FORM", 1),
    ("DELIVERY", 1),
    ("DIR-ACCOUNT", 1),
    ("DIR-DEPARTMENT", 1),
    ("DIR-DEPARTMENT-CODE", 1),
    ("DIR-EMAIL", 1),
    ("DIR-PERSON", 1),
    ("DIR-PERSON-CODE", 1),
    ("DIR-PULL", 1),
    ("DIR-PUSHED", 1),
    ("DIR-SEEN", 1),
    ("DOCUMENT", 1),
    ("ENDPOINT", 1),
    ("EVENT", 1),
    ("FLOWS", 1),
    ("FRONT", 1),
    ("GIVEN-UP", 1),
    ("IDEMPOTENCY", 1),
    ("INSTANCE", 1),
    ("KEPT", 1),
    ("KEPT-PART", 1),
    ("KEYS", 1),
    ("LEASE", 1),
    ("LINK", 1),
    ("MES-CODE", 1),
    ("MES-ITEM", 1),
    ("MES-ORDER", 1),
    ("MES-REPORT", 1),
    ("NOTICE", 1),
    ("OA-BINDING", 1),
    ("OA-DATA-RIGHT", 1),
    ("OA-DEPARTMENT", 1),
    ("OA-POSITION", 1),
    ("OA-ROLE", 1),
    ("OA-USER", 1),
    ("ONCE", 1),
    ("ORDER", 1),
    ("ORDER-EXTERNAL", 1),
    ("ORDERS", 1),
    ("OUTBOX", 1),
    ("PLM", 1),
    ("POLL", 1),
    ("PRICE", 1),
    ("PROCESS", 1),
    ("PROCESS-FLOW", 1),
    ("PROCESS-FORM", 1),
    ("PROCESS-HISTORY", 1),
    ("PROCESS-LOG", 1),
    ("PROCESS-ORDER", 1),
    ("PROCESS-OUT", 1),
    ("PROCESS-SYNCED-FORM", 1),
    ("PROCESS-TEXT", 1),
    ("PROGRESS", 1),
    ("QUALITY", 1),
    ("QUEUED", 1),
    ("QUEUED-BATCH", 1),
    ("RECONCILIATION", 1),
    ("RECONCILIATION-ID", 1),
    ("REFUSED", 1),
    ("RENEWAL-TOLD", 1),
    ("RESEND", 1),
    // The steps of one piece of work are one record.
    ("RUN", 2),
    ("SEEN", 1),
    ("SHIPMENT", 1),
    ("SHIPMENTS", 1),
    // Its lines are a list since forms may have several tables.
    ("SHOWN", 2),
    ("SSO-FAMILY", 1),
    ("SSO-STATE", 1),
    ("STORE-INDEXED", 1),
    ("STORE-ORDER", 1),
    ("STORE-PAYMENT", 1),
    ("STORE-PRODUCT", 1),
    ("STORE-SUBSCRIPTION", 1),
    ("STORE-TRIAL", 1),
    ("STORED-FILE", 1),
    ("TASK-ENTRY", 1),
    ("TASK-ORDER", 1),
    ("THIRD-FLOW", 1),
    ("TOKEN", 1),
    ("TOKENS", 1),
    ("TROUBLE", 1),
    ("VENDOR-TOKEN", 1),
    ("WEBHOOK-EVENT", 1),
];

/// Kinds that are counters alone: numbers by name, which are only added to. A name that a process does not know it
/// passes over, so they have no version.
pub const COUNTERS: &[&str] = &[
    "AIFLOW-RATE",
    "APP-RATE",
    "ASKED-FOR",
    "CALL-RATE",
    "CALL-STATS",
    "NOTICE-COUNTS",
    "NOTICE-RATE",
    "ORDER-NUMBERS",
    "ORDER-TOTALS",
    "PROCESS-NUMBERS",
    "PUSH-RATE",
    "QUALITY-SUMS",
    "QUOTA",
    "RECOVERED",
    "SHIPMENT-COUNT",
    "SSO-RATE",
    "STORE-ORDER-TOTALS",
];

/// What a partition, or a pattern of partitions, is called after the tenant.
#[must_use]
pub fn collection(partition: &str) -> &str {
    partition.split('#').nth(1).unwrap_or_default()
}

/// The version in which records of a partition are written.
#[must_use]
pub fn version(partition: &str) -> u32 {
    let name = collection(partition);
    SHAPES.iter().find(|(kind, _)| *kind == name).map_or(FIRST, |(_, version)| *version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{
        ALL, CALL_INDEX, DIRECTORY_INDEX, FLOW_INDEX, OUTBOX_INDEX, PROCESS_INDEX, STORE_ENDINGS, STORE_INDEX,
        TASK_INDEX,
    };
    use std::collections::BTreeSet;

    /// The lists of the index have no records of their own.
    fn kept() -> BTreeSet<&'static str> {
        let lists = [
            CALL_INDEX,
            DIRECTORY_INDEX,
            FLOW_INDEX,
            OUTBOX_INDEX,
            PROCESS_INDEX,
            STORE_ENDINGS,
            STORE_INDEX,
            TASK_INDEX,
        ];
        let patterns = ALL.iter().filter(|group| !lists.contains(group)).flat_map(|group| group.iter());
        patterns.map(|pattern| collection(pattern)).collect()
    }

    #[test]
    fn every_kind_of_record_has_a_version_or_is_counters_alone() {
        let versioned: BTreeSet<_> = SHAPES.iter().map(|(kind, _)| *kind).collect();
        let counted: BTreeSet<_> = COUNTERS.iter().copied().collect();
        assert_eq!((versioned.len(), counted.len()), (SHAPES.len(), COUNTERS.len()), "each stands here once");
        assert!(versioned.is_disjoint(&counted));
        let known: BTreeSet<_> = versioned.union(&counted).copied().collect();
        let forgotten: Vec<_> = kept().difference(&known).copied().collect();
        assert_eq!(forgotten, [""; 0], "give these kinds a version in shapes.rs, and a fixture in tests/records");
        let gone: Vec<_> = known.difference(&kept()).copied().collect();
        assert_eq!(gone, [""; 0], "no function reads or writes these kinds");
        assert!(SHAPES.iter().all(|(_, version)| *version >= FIRST));
    }

    #[test]
    fn a_partition_tells_its_kind() {
        assert_eq!(collection("t-1#LINK#flow"), "LINK");
        assert_eq!(collection("*#APP"), "APP");
        assert_eq!(collection("none"), "");
        assert_eq!((version("t#LINK#f"), version("t#NO-SUCH-KIND")), (1, FIRST));
    }
}
