//! For operators, and the health check for anyone.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

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

/// Queues that a retried run goes on from, or that a flow which is run now sends to.
pub const RETRIED: &[&str] = &[
    "approvals-submit",
    "approvals-write-back",
    "data-sync",
    "directory-sync",
    "manufacturing-post",
    "manufacturing-send",
    "master-data-plm",
    "master-data-send",
    "production-issues",
];

/// Routes of `admin-flows`: flows and their runs.
pub mod flows {
    use crate::route::{Auth, Role, Route, bearer, delete, get, post, post_query};
    use crate::scope::{OPERATIONS, TENANT_APP};

    const SEES: Auth = bearer(Role::Operator, TENANT_APP);
    const ACTS: Auth = bearer(Role::Operator, OPERATIONS);

    /// `GET /admin/v1/flows`
    pub const LIST: Route = get("/admin/v1/flows", SEES);
    /// `GET /admin/v1/flows/{id}`
    pub const READ: Route = get("/admin/v1/flows/{id}", SEES);
    /// `GET /admin/v1/flows/{id}/versions`
    pub const VERSIONS: Route = get("/admin/v1/flows/{id}/versions", SEES);
    /// `GET /admin/v1/flows/{id}/activity`
    pub const ACTIVITY: Route = get("/admin/v1/flows/{id}/activity", SEES);
    /// `POST /admin/v1/flows/{id}/preview`
    pub const PREVIEW: Route = post_query("/admin/v1/flows/{id}/preview", SEES);
    /// `POST /admin/v1/flows/{id}/on`
    pub const ON: Route = post("/admin/v1/flows/{id}/on", ACTS);
    /// `POST /admin/v1/flows/{id}/off`
    pub const OFF: Route = post("/admin/v1/flows/{id}/off", ACTS);
    /// `POST /admin/v1/flows/{id}/run`
    pub const RUN: Route = post("/admin/v1/flows/{id}/run", ACTS);
    /// `DELETE /admin/v1/flows/{id}`: one that a page stored
    pub const REMOVE: Route = delete("/admin/v1/flows/{id}", ACTS);
    /// `POST /admin/v1/flows/{id}/check`: holds it against its form and a document
    pub const COMPARE: Route = post_query("/admin/v1/flows/{id}/check", SEES);
    /// `POST /admin/v1/connections/{id}/barcode/check`: holds a barcode application's settings against its ERP
    pub const COMPARE_BARCODE: Route = post_query("/admin/v1/connections/{id}/barcode/check", SEES);
    /// `GET /admin/v1/runs`
    pub const RUNS: Route = get("/admin/v1/runs", SEES);
    /// `GET /admin/v1/runs/counts`
    pub const COUNTS: Route = get("/admin/v1/runs/counts", SEES);
    /// `GET /admin/v1/runs/{id}`
    pub const SHOW: Route = get("/admin/v1/runs/{id}", SEES);
    /// `POST /admin/v1/runs/{id}/retry`
    pub const RETRY: Route = post("/admin/v1/runs/{id}/retry", ACTS);
    /// `GET /admin/v1/runs/{id}/input`: what of its input may be corrected
    pub const INPUT: Route = get("/admin/v1/runs/{id}/input", ACTS);
    /// `POST /admin/v1/runs/{id}/correct/review`: what that would change; writes nothing
    pub const REVIEW: Route = post_query("/admin/v1/runs/{id}/correct/review", ACTS);
    /// `POST /admin/v1/runs/{id}/correct`: it goes on with the correction that was shown
    pub const CORRECT: Route = post("/admin/v1/runs/{id}/correct", ACTS);

    pub(super) const ALL: &[Route] = &[
        LIST,
        READ,
        VERSIONS,
        ACTIVITY,
        PREVIEW,
        ON,
        OFF,
        RUN,
        REMOVE,
        COMPARE,
        COMPARE_BARCODE,
        RUNS,
        COUNTS,
        SHOW,
        RETRY,
        INPUT,
        REVIEW,
        CORRECT,
    ];
}

/// Routes of `admin-mapping`: a flow is matched and stored.
pub mod mapping {
    use crate::route::{Role, Route, bearer, post, post_query, put};
    use crate::scope::OPERATIONS;

    /// `POST /admin/v1/flows/propose`: what fills which control, and one real document; writes nothing
    pub const PROPOSE: Route = post_query("/admin/v1/flows/propose", bearer(Role::Operator, OPERATIONS));
    /// `POST /admin/v1/flows/fields`: makes fields in the ERP that the proposal names
    pub const FIELDS: Route = post("/admin/v1/flows/fields", bearer(Role::Operator, OPERATIONS));
    /// `PUT /admin/v1/flows/{id}`: stores a new one, switched off, or another mapping of one that was stored
    pub const STORE: Route = put("/admin/v1/flows/{id}", bearer(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[PROPOSE, FIELDS, STORE];
}

/// Routes of `admin-bulk-retries`.
pub mod bulk_retries {
    use crate::route::{Role, Route, bearer, get, post, post_query};
    use crate::scope::{OPERATIONS, TENANT_APP};

    /// `POST /admin/v1/bulk-retries/review`
    pub const REVIEW: Route = post_query("/admin/v1/bulk-retries/review", bearer(Role::Operator, TENANT_APP));
    /// `POST /admin/v1/bulk-retries`
    pub const START: Route = post("/admin/v1/bulk-retries", bearer(Role::Operator, OPERATIONS));
    /// `GET /admin/v1/bulk-retries`
    pub const LIST: Route = get("/admin/v1/bulk-retries", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/bulk-retries/{id}`
    pub const READ: Route = get("/admin/v1/bulk-retries/{id}", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/bulk-retries/{id}/items`
    pub const ITEMS: Route = get("/admin/v1/bulk-retries/{id}/items", bearer(Role::Operator, TENANT_APP));
    /// `POST /admin/v1/bulk-retries/{id}/cancel`
    pub const CANCEL: Route = post("/admin/v1/bulk-retries/{id}/cancel", bearer(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[REVIEW, START, LIST, READ, ITEMS, CANCEL];
}

/// Routes of `admin-dead-letters`: what lies in queues.
pub mod dead_letters {
    use crate::route::{Role, Route, bearer, delete, get, post};
    use crate::scope::{OPERATIONS, TENANT_APP};

    /// `GET /admin/v1/dead-letters`
    pub const LIST: Route = get("/admin/v1/dead-letters", bearer(Role::Operator, TENANT_APP));
    /// `POST /admin/v1/dead-letters/{queue}/{id}/put-back`
    pub const PUT_BACK: Route =
        post("/admin/v1/dead-letters/{queue}/{id}/put-back", bearer(Role::Operator, OPERATIONS));
    /// `DELETE /admin/v1/dead-letters/{queue}/{id}`
    pub const DROP: Route = delete("/admin/v1/dead-letters/{queue}/{id}", bearer(Role::Operator, OPERATIONS));

    /// `GET /admin/v1/alarms`
    pub const ALARMS: Route = get("/admin/v1/alarms", bearer(Role::Operator, TENANT_APP));

    /// `GET /admin/v1/standing`: schedules, queues, the outbox, breakers
    pub const STANDING: Route = get("/admin/v1/standing", bearer(Role::Operator, TENANT_APP));

    pub(super) const ALL: &[Route] = &[LIST, PUT_BACK, DROP, ALARMS, STANDING];
}

/// Routes of `admin-records`: what there is to be seen, and checking connections.
pub mod records_seen {
    use crate::route::{Role, Route, bearer, delete, get, post};
    use crate::scope::{FINANCE, FINISHED_GOODS, OPERATIONS, PRODUCTION_ORDER, TENANT_APP, WAREHOUSE};

    /// `GET /admin/v1/connections`
    pub const CONNECTIONS: Route = get("/admin/v1/connections", bearer(Role::Operator, TENANT_APP));
    /// `POST /admin/v1/connections/{id}/check`
    pub const CHECK: Route = post("/admin/v1/connections/{id}/check", bearer(Role::Operator, OPERATIONS));
    /// `GET /admin/v1/check`: what there is to be checked
    pub const PLAN: Route = get("/admin/v1/check", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/kept`: what was kept for a person
    pub const KEPT: Route = get("/admin/v1/kept", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/kept/{id}`
    pub const KEPT_ONE: Route = get("/admin/v1/kept/{id}", bearer(Role::Operator, TENANT_APP));
    /// `DELETE /admin/v1/kept/{id}`: it is dealt with
    pub const FORGET: Route = delete("/admin/v1/kept/{id}", bearer(Role::Operator, OPERATIONS));
    /// `GET /admin/v1/audit`
    pub const AUDIT: Route = get("/admin/v1/audit", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/directory/people`
    pub const PEOPLE: Route = get("/admin/v1/directory/people", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/directory/departments/{id}`
    pub const DEPARTMENT: Route = get("/admin/v1/directory/departments/{id}", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/processes`
    pub const PROCESSES: Route = get("/admin/v1/processes", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/processes/{number}`
    pub const PROCESS: Route = get("/admin/v1/processes/{number}", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/data-sync/runs`
    pub const SYNCS: Route = get("/admin/v1/data-sync/runs", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/data-sync/runs/{id}`
    pub const SYNC: Route = get("/admin/v1/data-sync/runs/{id}", bearer(Role::Operator, TENANT_APP));
    /// `GET /admin/v1/orders/{orderNo}`
    pub const ORDER: Route = get("/admin/v1/orders/{orderNo}", bearer(Role::Either, PRODUCTION_ORDER));
    /// `GET /admin/v1/orders/{orderNo}/quality`
    pub const QUALITY: Route = get("/admin/v1/orders/{orderNo}/quality", bearer(Role::Either, WAREHOUSE));
    /// `GET /admin/v1/orders/{orderNo}/logistics`
    pub const LOGISTICS: Route = get("/admin/v1/orders/{orderNo}/logistics", bearer(Role::Either, FINISHED_GOODS));
    /// `GET /admin/v1/reconciliations/{reconciliationNo}`
    pub const RECONCILIATION: Route =
        get("/admin/v1/reconciliations/{reconciliationNo}", bearer(Role::Either, FINANCE));

    pub(super) const ALL: &[Route] = &[
        CONNECTIONS,
        CHECK,
        PLAN,
        KEPT,
        KEPT_ONE,
        FORGET,
        AUDIT,
        PEOPLE,
        DEPARTMENT,
        PROCESSES,
        PROCESS,
        SYNCS,
        SYNC,
        ORDER,
        QUALITY,
        LOGISTICS,
        RECONCILIATION,
    ];
}

/// Queues whose dead letters are put back: all of them.
pub const EVERY_QUEUE: &[&str] = &[
    "aiflow-lists",
    "approvals-submit",
    "approvals-write-back",
    "bulk-retry",
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
];

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
        table: TableAccess::TENANTS.changing(&[records::AUDIT, records::TOKEN, records::TOKENS]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "admin-flows",
        area: "admin",
        does: "operators see, switch and run flows, see runs, retry them and correct their input",
        handler: "flows::SERVICE",
        trigger: Trigger::Http { routes: flows::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::OPERATIONS,
        sends: RETRIED,
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "admin-mapping",
        area: "admin",
        does: "operators have a flow matched and tried on one real document, make the fields it needs in the ERP, store it, or map one anew",
        handler: "mapping::SERVICE",
        trigger: Trigger::Http { routes: mapping::ALL },
        timeout_seconds: 29,
        memory_mb: 512,
        table: TableAccess::FLOW_MAPPING,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "admin-bulk-retries",
        area: "admin",
        does: "operators have many runs retried by a job, follow it and cancel it",
        handler: "bulk_retries::SERVICE",
        trigger: Trigger::Http { routes: bulk_retries::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess {
            looks_at: &[records::CONFIGURATION, records::FLOW_WORK, records::TOKEN],
            changes: &[records::AUDIT, records::BULK_RETRIES],
            ..TableAccess::FLOWS
        },
        sends: &["bulk-retry"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "bulk-retry",
        area: "admin",
        does: "puts the runs of a job back, slice by slice",
        handler: "bulk_retry::BulkRetrier",
        trigger: Trigger::Queue(Settings {
            batch_size: 1,
            max_concurrency: 2,
            oldest_seconds: 1800,
            remedy: "Jobs that retry runs gave up in bulk-retry-dlq; mend the reason and begin them anew; what was put back is not put back again.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::BULK_RETRY,
        sends: RETRIED,
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "admin-dead-letters",
        area: "admin",
        does: "operators see alarms, how everything stands and messages that were given up, put these back or drop them",
        handler: "dead_letters::SERVICE",
        trigger: Trigger::Http { routes: dead_letters::ALL },
        timeout_seconds: 29,
        memory_mb: 128,
        table: TableAccess::TENANTS
            .looking_at(&[records::CONFIGURATION, records::FLOW_WORK, records::SLOTS, records::TOKEN, records::VENDORS])
            .changing(&[records::AUDIT])
            .listing(&[records::OUTBOX_INDEX]),
        sends: EVERY_QUEUE,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "admin-records",
        area: "admin",
        does: "operators see and check connections, see the audit log, what was kept, people, processes and orders",
        handler: "records::SERVICE",
        trigger: Trigger::Http { routes: records_seen::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess {
            looks_at: &[
                records::CONFIGURATION,
                records::DATA_SYNC,
                records::DIRECTORY,
                records::EVENTS,
                records::FLOW_WORK,
                records::NOTICES,
                records::ORDERS,
                records::PROCESSES,
                records::QUALITY,
                records::RECONCILIATIONS,
                records::SHIPMENTS,
                records::TOKEN,
            ],
            changes: &[records::AUDIT, records::CONNECTION_CHECKS, records::KEPT, records::VENDORS],
            lists: &[records::DIRECTORY_INDEX, records::FLOW_INDEX, records::OUTBOX_INDEX],
            ..TableAccess::FLOWS
        },
        sends: &[],
        calls: Calls::Vendors,
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
        sends: EVERY_QUEUE,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
