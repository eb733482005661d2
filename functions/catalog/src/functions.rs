//! The functions.

use crate::{Auth, Function, TableAccess, Trigger};

/// A vendor's callback: reads its connection, remembers the event by one conditional write.
const REMEMBER: TableAccess = TableAccess { reads: &["GetItem", "Query"], writes: &["PutItem"] };

/// Flow work: links, runs with their steps, claims and sessions. A transaction needs no action of
/// its own: DynamoDB asks for those of the writes in it.
const WORK: TableAccess =
    TableAccess { reads: &["BatchGetItem", "GetItem", "Query"], writes: &["BatchWriteItem", "DeleteItem", "PutItem"] };

/// Every function, in alphabetical order.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "approvals-poll",
        logical_id: "ApprovalsPoll",
        package: "tenon-approvals",
        area: "approvals",
        trigger: Trigger::Schedule { rate: "rate(1 minute)", parameter: None },
        timeout_seconds: 120,
        memory_mb: 256,
        table: WORK,
        sends: &["approvals-submit"],
        env: &["RUST_LOG", "TENON_MASTER_KEY", "TENON_QUEUE_APPROVALS_SUBMIT", "TENON_TABLE"],
    },
    Function {
        name: "approvals-reconcile",
        logical_id: "ApprovalsReconcile",
        package: "tenon-approvals",
        area: "approvals",
        trigger: Trigger::Schedule { rate: "rate(10 minutes)", parameter: Some("ReconcileRate") },
        timeout_seconds: 120,
        memory_mb: 256,
        table: WORK,
        sends: &["approvals-write-back"],
        env: &["RUST_LOG", "TENON_MASTER_KEY", "TENON_QUEUE_APPROVALS_WRITE_BACK", "TENON_TABLE"],
    },
    Function {
        name: "approvals-submit",
        logical_id: "ApprovalsSubmit",
        package: "tenon-approvals",
        area: "approvals",
        trigger: Trigger::Queue { queue: "approvals-submit" },
        timeout_seconds: 120,
        memory_mb: 256,
        table: WORK,
        sends: &["approvals-submit", "approvals-submit-dlq"],
        env: &[
            "RUST_LOG",
            "TENON_MASTER_KEY",
            "TENON_QUEUE_APPROVALS_SUBMIT",
            "TENON_QUEUE_APPROVALS_SUBMIT_DLQ",
            "TENON_TABLE",
        ],
    },
    Function {
        name: "approvals-write-back",
        logical_id: "ApprovalsWriteBack",
        package: "tenon-approvals",
        area: "approvals",
        trigger: Trigger::Queue { queue: "approvals-write-back" },
        timeout_seconds: 120,
        memory_mb: 256,
        table: WORK,
        sends: &["approvals-write-back", "approvals-write-back-dlq"],
        env: &[
            "RUST_LOG",
            "TENON_MASTER_KEY",
            "TENON_QUEUE_APPROVALS_WRITE_BACK",
            "TENON_QUEUE_APPROVALS_WRITE_BACK_DLQ",
            "TENON_TABLE",
        ],
    },
    Function {
        name: "callback-dingtalk",
        logical_id: "CallbackDingtalk",
        package: "tenon-callbacks",
        area: "callbacks",
        trigger: Trigger::Http {
            method: "POST",
            path: "/callbacks/dingtalk/{connection}",
            auth: Auth::DingTalkEnvelope,
        },
        // DingTalk drops a callback after 1500 ms; the rest is room for a cold start to finish.
        timeout_seconds: 10,
        memory_mb: 256,
        table: REMEMBER,
        sends: &["approvals-write-back"],
        env: &["RUST_LOG", "TENON_MASTER_KEY", "TENON_QUEUE_APPROVALS_WRITE_BACK", "TENON_TABLE"],
    },
    Function {
        name: "healthz",
        logical_id: "Healthz",
        package: "tenon-admin",
        area: "admin",
        trigger: Trigger::Http { method: "GET", path: "/healthz", auth: Auth::Open },
        timeout_seconds: 5,
        memory_mb: 128,
        table: TableAccess::NONE,
        sends: &[],
        env: &["RUST_LOG"],
    },
];
