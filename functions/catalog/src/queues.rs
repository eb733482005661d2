//! The queues.

use crate::QueueSpec;

/// Every queue, in alphabetical order.
pub const QUEUES: &[QueueSpec] = &[
    QueueSpec {
        name: "approvals-submit",
        dead_letter: "approvals-submit-dlq",
        logical_id: "ApprovalsSubmitQueue",
        dead_letter_logical_id: "ApprovalsSubmitDlq",
        url_env: "TENON_QUEUE_APPROVALS_SUBMIT",
        dead_letter_url_env: "TENON_QUEUE_APPROVALS_SUBMIT_DLQ",
        visibility_seconds: 720,
        max_receive_count: 5,
        batch_size: 5,
        max_concurrency: 2,
    },
    QueueSpec {
        name: "approvals-write-back",
        dead_letter: "approvals-write-back-dlq",
        logical_id: "ApprovalsWriteBackQueue",
        dead_letter_logical_id: "ApprovalsWriteBackDlq",
        url_env: "TENON_QUEUE_APPROVALS_WRITE_BACK",
        dead_letter_url_env: "TENON_QUEUE_APPROVALS_WRITE_BACK_DLQ",
        visibility_seconds: 720,
        max_receive_count: 5,
        batch_size: 5,
        max_concurrency: 4,
    },
];
