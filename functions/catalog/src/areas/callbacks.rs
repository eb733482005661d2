//! Callbacks of the outside systems, one module per vendor.

use crate::{Calls, Function, TableAccess, Trigger};

/// Routes of `callback-dingtalk`.
pub mod dingtalk {
    use crate::route::{Auth, Route, post};

    /// `POST /callbacks/dingtalk/{connection}`
    pub const EVENT: Route = post("/callbacks/dingtalk/{connection}", Auth::DingTalkEnvelope);

    pub(super) const ALL: &[Route] = &[EVENT];
}

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "callback-dingtalk",
    area: "callbacks",
    does: "verifies, remembers and queues an event, within 1500 ms",
    handler: "dingtalk::SERVICE",
    trigger: Trigger::Http { routes: dingtalk::ALL },
    // DingTalk drops a callback after 1500 ms; the rest is room for a cold start to finish.
    timeout_seconds: 10,
    memory_mb: 256,
    table: TableAccess::REMEMBER,
    sends: &["approvals-write-back"],
    calls: Calls::Nobody,
    caller_waits_ms: Some(1500),
}];
