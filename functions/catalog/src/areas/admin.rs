//! For operators, and the health check for anyone.

use crate::{Calls, Function, TableAccess, Trigger, records};

/// Routes of `healthz`.
pub mod healthz {
    use crate::route::{Auth, Route, get};

    /// `GET /healthz`
    pub const READ: Route = get("/healthz", Auth::Open);

    pub(super) const ALL: &[Route] = &[READ];
}

pub(crate) const HEALTHZ: Function = Function {
    name: "healthz",
    area: "admin",
    does: "says that it is up",
    handler: "healthz::SERVICE",
    trigger: Trigger::Http { routes: healthz::ALL },
    timeout_seconds: 5,
    memory_mb: 128,
    table: TableAccess::NONE,
    sends: &[],
    calls: Calls::Nobody,
    caller_waits_ms: None,
};

/// Routes of `tokens`.
pub mod tokens {
    use crate::route::{Role, Route, bearer, delete, get, post};
    use crate::scope::TOKENS;

    /// `POST /admin/v1/tokens`
    pub const ISSUE: Route = post("/admin/v1/tokens", bearer(Role::Operator, TOKENS));
    /// `GET /admin/v1/tokens`
    pub const LIST: Route = get("/admin/v1/tokens", bearer(Role::Operator, TOKENS));
    /// `DELETE /admin/v1/tokens/{id}`
    pub const REVOKE: Route = delete("/admin/v1/tokens/{id}", bearer(Role::Operator, TOKENS));

    pub(super) const ALL: &[Route] = &[ISSUE, LIST, REVOKE];
}

pub(super) const FUNCTIONS: &[Function] = &[
    HEALTHZ,
    Function {
        name: "tokens",
        area: "admin",
        does: "operators issue, list and revoke bearer tokens",
        handler: "tokens::SERVICE",
        trigger: Trigger::Http { routes: tokens::ALL },
        timeout_seconds: 10,
        memory_mb: 128,
        table: TableAccess::TENANTS.changing(&[records::TOKEN, records::TOKENS]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "outbox-sweep",
        area: "admin",
        does: "sends messages that were stored and not queued",
        handler: "outbox::handler",
        trigger: Trigger::Schedule { rate: "rate(1 minute)", parameter: None },
        timeout_seconds: 50,
        memory_mb: 128,
        table: TableAccess::OUTBOX,
        sends: &[
            "aiflow-lists",
            "approvals-submit",
            "approvals-write-back",
            "data-sync",
            "directory-sync",
            "manufacturing-post",
            "manufacturing-send",
            "master-data-plm",
            "master-data-send",
            "notices-send",
            "openapi-log",
            "process-work",
            "production-issues",
            "webhook-deliver",
            "webhook-fan-out",
            "webhook-resend",
            "webhook-retry",
        ],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
