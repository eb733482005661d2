//! What lies in the table, by what its partition is called: who may read and who may write it.
//!
//! A pattern is one of IAM's: `*` stands for any text. A partition begins with the tenant, the operator's own with
//! `default`; its parts are joined with `#` and escaped, so a name between two of them can be no tenant's. The
//! deployment's policies hold these patterns against `dynamodb:LeadingKeys`, and the local run against every request.

/// Patterns of partitions that are read or written together.
pub type Records = &'static [&'static str];

/// Connections, flows and callers with an app code, written by the `tenon` command alone; beside them what operators
/// change of flows. Whoever loads the configuration reads both.
pub const CONFIGURATION: Records = &["default#CONFIG", "default#FLOWS"];
/// What operators change of flows beside the file that was applied: switches, flows that a page stored.
pub const FLOWS: Records = &["default#FLOWS"];
/// The keys data is sealed with, and the name of the data: written by the `tenon` command alone.
pub const KEYS: Records = &["default#KEYS", "default#DATA"];
/// Which proxy the local front stands behind: written by the local front alone.
pub const FRONT: Records = &["default#FRONT"];
/// A bearer token, by its hash.
pub const TOKEN: Records = &["default#TOKEN#*"];
/// Sessions of the console's pages, by the hashes of their ids.
pub const CONSOLE_SESSIONS: Records = &["default#CONSOLE-SESSION#*"];
/// Links that sign in once, by the hashes of their codes.
pub const CONSOLE_LINKS: Records = &["default#CONSOLE-LINK#*"];
/// The list of tokens.
pub const TOKENS: Records = &["default#TOKENS"];
/// Events that were taken in, and what came of the latest.
pub const EVENTS: Records = &["*#CALLBACK-SEEN#*", "*#EVENT#*"];

/// What is kept for a person.
pub const KEPT: Records = &["*#KEPT#*", "*#KEPT-PART#*"];

/// Which document an instance is of.
pub const LINKS: Records = &["*#INSTANCE#*", "*#LINK#*"];

/// The work of flows: links and what belongs to them, runs, what was claimed, what failed.
pub const FLOW_WORK: Records = &[
    "*#ASIDE#*",
    "*#BASE-DATA#*",
    "*#BY-HAND#*",
    "*#BY-HAND-LIST#*",
    "*#CREATED#*",
    "*#DATA-SYNC#*",
    "*#DATA-SYNC-FORM#*",
    "*#DIR-PULL#*",
    "*#DIR-PUSHED#*",
    "*#DOCUMENT#*",
    "*#GIVEN-UP#*",
    "*#INSTANCE#*",
    "*#KEPT#*",
    "*#KEPT-PART#*",
    "*#LINK#*",
    "*#MES-CODE#*",
    "*#MES-ITEM#*",
    "*#MES-ORDER#*",
    "*#MES-REPORT#*",
    "*#ONCE#*",
    "*#PLM#*",
    "*#POLL#*",
    "*#PRICE#*",
    "*#PROGRESS#*",
    "*#QUEUED#*",
    "*#QUEUED-BATCH#*",
    "*#RECOVERED#*",
    "*#RUN#*",
    "*#SHOWN#*",
    "*#STORED-FILE#*",
    "*#TROUBLE#*",
];
/// What barcode applications have saved, and the runs of what they asked.
pub const BARCODE: Records = &["*#BARCODE#*", "*#KEPT#*", "*#KEPT-PART#*", "*#RUN#*"];
/// What connectors remember of their vendors: sessions, tokens, refusals, breakers, and the leases on them.
pub const VENDORS: Records =
    &["*#B1SESSION#*", "*#B1USER#*", "*#B1USER-FAX#*", "*#BREAKER#*", "*#LEASE#*", "*#REFUSED#*", "*#VENDOR-TOKEN#*"];
/// Flow work by flow and by connection, in the index.
pub const FLOW_INDEX: Records = &[
    "*#CREATING#*",
    "*#ENDED#*",
    "*#MES-DUE#*",
    "*#MES-RECEIVED#*",
    "*#OPEN#*",
    "*#OPEN-DOCUMENTS#*",
    "*#OPEN-PLM#*",
    "*#RUNS#*",
    "*#RUNS-ALL#*",
    "*#RUNS-CODE#*",
    "*#RUNS-OF#*",
];

/// Who changed what: written by every function with which an operator changes something.
pub const AUDIT: Records = &["*#AUDIT"];
/// What records of the configuration were before.
pub const CONFIG_VERSIONS: Records = &["*#CONFIG-VERSION#*"];
/// Jobs that retry many runs.
pub const BULK_RETRIES: Records = &["*#BULK-ITEM#*", "*#BULK-RETRY"];
/// What came of checking connections.
pub const CONNECTION_CHECKS: Records = &["*#CONNECTION-CHECK#*"];

/// What people were told, what came of it, and how much each channel was used.
pub const NOTICES: Records = &["*#NOTICE#*", "*#NOTICE-COUNTS#*", "*#NOTICE-RATE#*"];

/// Pulls and pushes of the directory: the latest of each flow, what it has seen and what was taken, and their runs.
pub const DIRECTORY_WORK: Records =
    &["*#DIR-PULL#*", "*#DIR-PUSHED#*", "*#DIR-SEEN#*", "*#KEPT#*", "*#KEPT-PART#*", "*#RUN#*"];

/// Runs that fill tables of a SQL database, and the latest of each form.
pub const DATA_SYNC: Records = &["*#DATA-SYNC#*", "*#DATA-SYNC-FORM#*", "*#KEPT#*", "*#KEPT-PART#*", "*#RUN#*"];

/// Tenants' apps, in both copies.
pub const APPS: Records = &["*#APP", "default#APP-KEY#*"];
/// An app, by the key that a call names.
pub const APP_KEY: Records = &["default#APP-KEY#*"];
/// What is counted and remembered of signed calls.
pub const CALLS_LET_IN: Records = &["*#QUOTA#*", "*#SEEN#*"];
/// The calls of an app that are counted.
pub const QUOTA: Records = &["*#QUOTA#*"];
/// The log of calls and pushes.
pub const CALL_LOG: Records = &["*#CALL#*", "*#CALL-ERRORS#*", "*#CALL-STATS#*"];
/// The log of a tenant, in the index.
pub const CALL_INDEX: Records = &["*#CALLS"];
/// How fast a tenant calls: written by every function that tenants call.
pub const CALL_RATE: Records = &["*#CALL-RATE"];
/// Calls that may be repeated: of each, the function of its route writes those of that route.
pub const REPEATED_CALLS: Records = &["*#IDEMPOTENCY#*"];
/// Messages that are owed for a change: written by every function that promises one.
pub const OUTBOX: Records = &["*#OUTBOX#*"];
/// The messages that are owed, of all tenants, in the index.
pub const OUTBOX_INDEX: Records = &["default#OUTBOX#*"];
/// When a thing that happens once so often happened last.
pub const SLOTS: Records = &["*#ONCE#*"];
/// How often something was asked for that may be asked for so often only.
pub const ASKED_FOR: Records = &["*#ASKED-FOR#*"];

/// The app store.
pub const STORE: Records =
    &["*#STORE-ORDER", "*#STORE-ORDER-TOTALS", "*#STORE-PAYMENT", "*#STORE-SUBSCRIPTION", "*#STORE-TRIAL"];
/// The store's products, as an operator edited them.
pub const PRODUCTS: Records = &["default#STORE-PRODUCT"];
/// What a tenant has subscribed to.
pub const SUBSCRIPTIONS: Records = &["*#STORE-SUBSCRIPTION"];
/// Every tenant's subscriptions by when they end, in the index.
pub const STORE_ENDINGS: Records = &["default#STORE-ENDINGS"];
/// How far subscriptions that were stored before that index have been entered in it.
pub const STORE_INDEXED: Records = &["default#STORE-INDEXED"];
/// Orders of every tenant, in the operator's list.
pub const STORE_ORDERS: Records = &["default#STORE-ORDER"];
/// What tenants were told of the ends of their subscriptions and quotas.
pub const RENEWALS_TOLD: Records = &["*#RENEWAL-TOLD"];
/// The store's orders by module and state, in the index.
pub const STORE_INDEX: Records = &["*#STORE-ORDERS#*"];

/// Orders of tenants' customers, in every list they stand in.
pub const ORDERS: Records = &[
    "*#APP-ORDERS#*",
    "*#ORDER#*",
    "*#ORDER-EXTERNAL#*",
    "*#ORDER-NUMBERS",
    "*#ORDER-TOTALS",
    "*#ORDER-TOTALS#*",
    "*#ORDERS#*",
];
/// What was inspected.
pub const QUALITY: Records = &["*#QUALITY#*", "*#QUALITY-SUMS#*"];
/// What has left the warehouse.
pub const SHIPMENTS: Records = &["*#SHIPMENT#*", "*#SHIPMENT-COUNT#*", "*#SHIPMENTS#*"];
/// Reconciliations and their payments.
pub const RECONCILIATIONS: Records = &["*#RECONCILIATION#*", "*#RECONCILIATION-ID#*"];
/// Business events.
pub const BUSINESS_EVENTS: Records = &["*#WEBHOOK-EVENT#*"];
/// Deliveries of events.
pub const DELIVERIES: Records = &["*#DELIVERY#*"];
/// How endpoints do.
pub const ENDPOINTS: Records = &["*#ENDPOINT#*"];
/// Pushes of a second.
pub const PUSH_RATE: Records = &["*#PUSH-RATE#*"];
/// Jobs that push again.
pub const RESENDING: Records = &["*#RESEND#*"];

/// How often an app calls plain services, and the log of its calls.
pub const APP_CALLS: Records = &["*#APP-CALL#*", "*#APP-RATE#*"];
/// How often an ERP calls aiflow's interface, and the log of its calls.
pub const AIFLOW_CALLS: Records = &["*#AIFLOW-CALL#*", "*#AIFLOW-RATE#*"];
/// People and departments, and what others call them.
pub const DIRECTORY: Records = &[
    "*#DIR-ACCOUNT#*",
    "*#DIR-DEPARTMENT",
    "*#DIR-DEPARTMENT-CODE#*",
    "*#DIR-EMAIL#*",
    "*#DIR-PERSON#*",
    "*#DIR-PERSON-CODE#*",
];
/// People by their mobile numbers, in the index.
pub const DIRECTORY_INDEX: Records = &["*#DIR-MOBILE#*"];
/// Users of an OA as other systems see them, with what belongs to them.
pub const OA_USERS: Records =
    &["*#OA-BINDING#*", "*#OA-DATA-RIGHT", "*#OA-DEPARTMENT", "*#OA-POSITION", "*#OA-ROLE", "*#OA-USER#*"];
/// Flows that other systems run.
pub const THIRD_PARTY_FLOWS: Records = &["*#THIRD-FLOW#*"];
/// Orders with their tasks, and what each person has of them.
pub const TASKS: Records = &["*#TASK-ENTRY#*", "*#TASK-ORDER#*"];
/// What each person has to do, has done, has started, was sent a copy of, in the index.
pub const TASK_INDEX: Records = &["*#TASK-LIST#*"];
/// Processes: flows and their versions, forms as people saved them, instances with their histories, running numbers.
pub const PROCESSES: Records = &[
    "*#PROCESS#*",
    "*#PROCESS-FLOW#*",
    "*#PROCESS-FORM#*",
    "*#PROCESS-HISTORY#*",
    "*#PROCESS-NUMBERS#*",
    "*#PROCESS-ORDER#*",
    "*#PROCESS-TEXT#*",
];
/// Instances of all tenants by when something is due of them, in the index.
pub const PROCESS_INDEX: Records = &["default#PROCESS-DUE#*"];
/// What an ERP pushes of processes: its forms, decisions as it stored them.
pub const PROCESS_PUSHED: Records = &["*#PROCESS-LOG#*", "*#PROCESS-SYNCED-FORM#*"];
/// What processes have to send.
pub const PROCESS_OUT: Records = &["*#PROCESS-OUT#*"];
/// Sign-ins under way, and what came of them.
pub const SIGN_INS: Records = &["*#SSO-FAMILY#*", "*#SSO-RATE#*", "*#SSO-STATE#*"];

/// What every function with a table may read.
pub const COMMON: Records = KEYS;

/// Every group that is not part of another.
pub const ALL: &[Records] = &[
    CONFIGURATION,
    KEYS,
    FRONT,
    TOKEN,
    TOKENS,
    CONSOLE_SESSIONS,
    CONSOLE_LINKS,
    EVENTS,
    FLOW_WORK,
    BARCODE,
    VENDORS,
    FLOW_INDEX,
    AUDIT,
    CONFIG_VERSIONS,
    BULK_RETRIES,
    CONNECTION_CHECKS,
    DIRECTORY_WORK,
    DATA_SYNC,
    NOTICES,
    APPS,
    CALLS_LET_IN,
    CALL_LOG,
    CALL_INDEX,
    CALL_RATE,
    REPEATED_CALLS,
    OUTBOX,
    ASKED_FOR,
    STORE,
    PRODUCTS,
    STORE_INDEX,
    STORE_ENDINGS,
    STORE_INDEXED,
    RENEWALS_TOLD,
    ORDERS,
    QUALITY,
    SHIPMENTS,
    RECONCILIATIONS,
    BUSINESS_EVENTS,
    DELIVERIES,
    ENDPOINTS,
    PUSH_RATE,
    RESENDING,
    APP_CALLS,
    AIFLOW_CALLS,
    DIRECTORY,
    DIRECTORY_INDEX,
    OA_USERS,
    THIRD_PARTY_FLOWS,
    TASKS,
    TASK_INDEX,
    PROCESSES,
    PROCESS_INDEX,
    PROCESS_PUSHED,
    PROCESS_OUT,
    SIGN_INS,
];

/// Whether a pattern is of any tenant's records of one kind, and the partition is of that kind. Most that match do so by
/// this, which takes a comparison of two words.
#[must_use]
pub fn names(pattern: &str, partition: &str) -> bool {
    let (Some(kind), Some((_, parts))) = (pattern.strip_prefix("*#"), partition.split_once('#')) else { return false };
    match (kind.strip_suffix("#*"), parts.split_once('#')) {
        (Some(kind), Some((own, _))) => kind == own,
        (None, None) => kind == parts,
        _ => false,
    }
}

/// Whether a partition is one of a pattern, by IAM's `StringLike`.
#[must_use]
pub fn matches(pattern: &str, partition: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| partition.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_as_iam_does() {
        assert!(matches("default#CONFIG", "default#CONFIG"));
        assert!(!matches("default#CONFIG", "default#CONFIG#x"));
        assert!(!matches("default#CONFIG", "t#CONFIG"));
        assert!(matches("*#LINK#*", "t-1#LINK#flow"));
        assert!(matches("*#LINK#*", "#LINK#"));
        assert!(!matches("*#LINK#*", "t-1#LINK"));
        assert!(matches("*#APP", "t-1#APP"));
        assert!(!matches("*#APP", "t-1#APP-KEY#x"));
        assert!(!matches("*#ORDER#*", "t-1#ORDERS#new"));
    }
}
