//! What functions may do with the table.

use crate::records::{self, Records};

/// What a function may do with the table and its index: DynamoDB actions (without the `dynamodb:` prefix), and the
/// records it may do it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableAccess {
    /// Reading actions, such as `GetItem`.
    pub reads: &'static [&'static str],
    /// Writing actions, such as `PutItem`.
    pub writes: &'static [&'static str],
    /// The records it reads, beside those it writes and those that every function reads.
    pub looks_at: &'static [Records],
    /// The records it writes. It may read them too.
    pub changes: &'static [Records],
    /// The lists of the index it reads.
    pub lists: &'static [Records],
}

impl TableAccess {
    /// No access at all: the function's policy has no statement for the table.
    pub const NONE: Self = Self { reads: &[], writes: &[], looks_at: &[], changes: &[], lists: &[] };

    /// Reads its connections, and nothing else.
    pub const CONNECTIONS: Self =
        Self { reads: &["GetItem", "Query"], looks_at: &[records::CONFIGURATION], ..Self::NONE };

    /// A vendor's callback: reads its connection and whether an instance is of one of our documents, remembers the event
    /// by one conditional write.
    pub const REMEMBER: Self = Self {
        writes: &["PutItem"],
        looks_at: &[records::CONFIGURATION, records::LINKS],
        changes: &[records::EVENTS],
        ..Self::CONNECTIONS
    };

    /// The same, and keeps what the vendor sealed and nobody understands.
    pub const REMEMBER_OR_KEEP: Self = Self { changes: &[records::EVENTS, records::KEPT], ..Self::REMEMBER };

    /// Flow work: links, runs with their steps, claims and sessions. A transaction needs no action of
    /// its own: DynamoDB asks for those of the writes in it.
    pub const FLOWS: Self = Self {
        reads: &["BatchGetItem", "GetItem", "Query"],
        writes: &["DeleteItem", "PutItem", "UpdateItem"],
        looks_at: &[records::CONFIGURATION],
        changes: &[records::EVENTS, records::FLOW_WORK, records::VENDORS],
        lists: &[records::FLOW_INDEX],
    };

    /// A barcode application's calls: what it saved, runs, sessions.
    pub const BARCODE: Self = Self { changes: &[records::BARCODE, records::VENDORS], lists: &[], ..Self::FLOWS };

    /// Signed calls, and work for tenants: records, the quota's and the log's counters, nonces.
    pub const TENANTS: Self =
        Self { reads: &["BatchGetItem", "GetItem", "Query"], writes: &["PutItem", "UpdateItem"], ..Self::NONE };

    /// The same where records move or end: apps are deleted and given other keys, orders change their list.
    pub const APPS: Self = Self { writes: &["DeleteItem", "PutItem", "UpdateItem"], ..Self::TENANTS };

    /// A plain service: its caller, how often it calls, the log of its calls.
    pub const SERVICE: Self = Self {
        reads: &["BatchGetItem", "GetItem", "Query"],
        writes: &["DeleteItem", "PutItem", "UpdateItem"],
        looks_at: &[records::CONFIGURATION],
        changes: &[records::APP_CALLS],
        lists: &[],
    };

    /// Pages of the console: who is signed in, and what is shown.
    pub const CONSOLE: Self = Self {
        reads: &["BatchGetItem", "GetItem", "Query"],
        writes: &["DeleteItem", "PutItem", "UpdateItem"],
        looks_at: &[records::TOKEN],
        changes: &[records::CONSOLE_SESSIONS],
        lists: &[],
    };

    /// The outbox: finds its entries by the index, and puts them aside when they are sent.
    pub const OUTBOX: Self = Self {
        reads: &["BatchGetItem", "GetItem", "Query"],
        writes: &["PutItem"],
        looks_at: &[],
        changes: &[records::SLOTS],
        lists: &[records::OUTBOX_INDEX],
    };

    /// An operator looks at flows, runs and connections, and changes nothing.
    pub const OPERATIONS_VIEW: Self = Self {
        reads: &["BatchGetItem", "GetItem", "Query"],
        writes: &[],
        looks_at: &[
            records::AUDIT,
            records::BULK_RETRIES,
            records::CONFIGURATION,
            records::CONFIG_VERSIONS,
            records::CONNECTION_CHECKS,
            records::DATA_SYNC,
            records::DIRECTORY,
            records::FLOW_WORK,
            records::PROCESSES,
            records::TOKEN,
            records::VENDORS,
        ],
        changes: &[],
        lists: &[records::DIRECTORY_INDEX, records::FLOW_INDEX, records::OUTBOX_INDEX],
    };

    /// An operator switches flows, has them run, retries runs, checks connections.
    pub const OPERATIONS: Self = Self {
        looks_at: &[records::BULK_RETRIES, records::CONFIGURATION, records::DIRECTORY, records::TOKEN],
        changes: &[
            records::AUDIT,
            records::CONFIG_VERSIONS,
            records::CONNECTION_CHECKS,
            records::DATA_SYNC,
            records::DIRECTORY_WORK,
            records::EVENTS,
            records::FLOWS,
            records::FLOW_WORK,
            records::VENDORS,
        ],
        ..Self::FLOWS
    };

    /// An operator has a flow matched, and stores it.
    pub const FLOW_MAPPING: Self = Self {
        reads: &["BatchGetItem", "ConditionCheckItem", "GetItem", "Query"],
        writes: &["DeleteItem", "PutItem", "UpdateItem"],
        looks_at: &[records::CONFIGURATION, records::TOKEN],
        changes: &[records::AUDIT, records::CONFIG_VERSIONS, records::FLOWS, records::VENDORS],
        lists: &[],
    };

    /// A job retries runs.
    pub const BULK_RETRY: Self = Self {
        looks_at: &[records::CONFIGURATION, records::DIRECTORY],
        changes: &[
            records::BULK_RETRIES,
            records::DATA_SYNC,
            records::DIRECTORY_WORK,
            records::EVENTS,
            records::FLOW_WORK,
            records::VENDORS,
        ],
        ..Self::FLOWS
    };

    /// With these records to read.
    #[must_use]
    pub const fn looking_at(self, looks_at: &'static [Records]) -> Self {
        Self { looks_at, ..self }
    }

    /// With these records to write.
    #[must_use]
    pub const fn changing(self, changes: &'static [Records]) -> Self {
        Self { changes, ..self }
    }

    /// With these lists of the index.
    #[must_use]
    pub const fn listing(self, lists: &'static [Records]) -> Self {
        Self { lists, ..self }
    }

    /// Patterns of the index's partitions it may read.
    #[must_use]
    pub fn listed(&self) -> Vec<&'static str> {
        flat(&[self.lists])
    }

    /// Whether there is nothing to allow.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.reads.is_empty() && self.writes.is_empty()
    }

    /// Every action, in alphabetical order.
    #[must_use]
    pub fn actions(&self) -> Vec<&'static str> {
        let mut actions: Vec<_> = self.reads.iter().chain(self.writes).copied().collect();
        actions.sort_unstable();
        actions
    }
}

pub(crate) fn flat<'r>(groups: &[&[&'r [&'r str]]]) -> Vec<&'r str> {
    let mut patterns: Vec<_> =
        groups.iter().flat_map(|group| group.iter()).flat_map(|own| own.iter().copied()).collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}
