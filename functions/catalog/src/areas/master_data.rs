//! Base data of an ERP to other systems.

use crate::{Calls, Function, Settings, TableAccess, Trigger};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "master-data-send",
    area: "master-data",
    does: "takes records of base data to the OA and marks them",
    handler: "send::RecordSender",
    trigger: Trigger::Queue(Settings {
        batch_size: 5,
        max_concurrency: 2,
        oldest_seconds: 3600,
        remedy: "Records gave up in master-data-send-dlq; they are found again by the next polls, or retry their runs.",
    }),
    timeout_seconds: 120,
    memory_mb: 256,
    table: TableAccess::FLOWS,
    sends: &[],
    calls: Calls::Vendors,
    caller_waits_ms: None,
}];
