//! Between a company and its factory's MES.

use crate::{Calls, Function, Settings, TableAccess, Trigger};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "manufacturing-poll",
        area: "manufacturing",
        does: "finds items and orders to take to the MES, and reports to take to the ERP",
        handler: "poll::handler",
        trigger: Trigger::Schedule { rate: "rate(1 minute)", parameter: None },
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &["manufacturing-post", "manufacturing-send"],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "manufacturing-post",
        area: "manufacturing",
        does: "posts what the MES reports in the ERP",
        handler: "post::ErpPoster",
        trigger: Trigger::Queue(Settings {
            batch_size: 10,
            max_concurrency: 2,
            oldest_seconds: 1800,
            remedy: "Postings gave up in manufacturing-post-dlq; read the run and retry it.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "manufacturing-send",
        area: "manufacturing",
        does: "takes items and production orders to the MES",
        handler: "send::MesSender",
        trigger: Trigger::Queue(Settings {
            batch_size: 5,
            max_concurrency: 2,
            oldest_seconds: 3600,
            remedy: "Items or orders gave up in manufacturing-send-dlq; they are found again by the next polls, or retry their runs.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
];
