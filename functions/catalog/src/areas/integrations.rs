//! Pages of flows and their runs, for operators: how each stands, what was done step by step, trying it again.

use crate::{Calls, Function, TableAccess, Trigger, records};

/// Routes of `integrations-view`.
pub mod view {
    use crate::route::{Role, Route, console, get};
    use crate::scope::TENANT_APP;

    const fn page(path: &'static str) -> Route {
        get(path, console(Role::Operator, TENANT_APP))
    }

    /// `GET /system/integrations`
    pub const FLOWS: Route = page("/system/integrations");
    /// `GET /system/integrations/flows/{flow}`
    pub const FLOW: Route = page("/system/integrations/flows/{flow}");
    /// `GET /system/integrations/flows/{flow}/versions/{version}`
    pub const VERSION: Route = page("/system/integrations/flows/{flow}/versions/{version}");
    /// `GET /system/integrations/runs`
    pub const RUNS: Route = page("/system/integrations/runs");
    /// `GET /system/integrations/runs/new`: how many are new
    pub const NEW: Route = page("/system/integrations/runs/new");
    /// `GET /system/integrations/runs/counts`: how many there are of each status
    pub const COUNTS: Route = page("/system/integrations/runs/counts");
    /// `GET /system/integrations/runs/{run}`
    pub const RUN: Route = page("/system/integrations/runs/{run}");
    /// `GET /system/integrations/retry`: what a bulk retry would take
    pub const REVIEW: Route = page("/system/integrations/retry");
    /// `GET /system/integrations/jobs/{job}`
    pub const JOB: Route = page("/system/integrations/jobs/{job}");
    /// `GET /system/integrations/connections`
    pub const CONNECTIONS: Route = page("/system/integrations/connections");
    /// `GET /system/integrations/processes`
    pub const PROCESSES: Route = page("/system/integrations/processes");
    /// `GET /system/integrations/processes/{number}`
    pub const PROCESS: Route = page("/system/integrations/processes/{number}");
    /// `GET /system/integrations/data-sync`
    pub const SYNCS: Route = page("/system/integrations/data-sync");
    /// `GET /system/integrations/audit`
    pub const AUDIT: Route = page("/system/integrations/audit");

    pub(super) const ALL: &[Route] =
        &[FLOWS, FLOW, VERSION, RUNS, NEW, COUNTS, RUN, REVIEW, JOB, CONNECTIONS, PROCESSES, PROCESS, SYNCS, AUDIT];
}

/// Routes of `integrations-flows`.
pub mod flows {
    use crate::route::{Role, Route, console, get, post, post_query};
    use crate::scope::OPERATIONS;

    /// `POST /system/integrations/flows/{flow}/on`
    pub const ON: Route = post("/system/integrations/flows/{flow}/on", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/off`
    pub const OFF: Route = post("/system/integrations/flows/{flow}/off", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/run`
    pub const RUN: Route = post("/system/integrations/flows/{flow}/run", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/preview`: writes nothing
    pub const PREVIEW: Route =
        post_query("/system/integrations/flows/{flow}/preview", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/connections/{connection}/check`
    pub const CHECK: Route =
        post("/system/integrations/connections/{connection}/check", console(Role::Operator, OPERATIONS));

    /// `GET /system/integrations/flows/{flow}/remove`: what becomes of it
    pub const LEAVE: Route = get("/system/integrations/flows/{flow}/remove", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/remove`: one that a page stored
    pub const REMOVE: Route = post("/system/integrations/flows/{flow}/remove", console(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[ON, OFF, RUN, PREVIEW, CHECK, LEAVE, REMOVE];
}

/// Routes of `integrations-mapping`.
pub mod mapping {
    use crate::route::{Role, Route, console, get, post, post_query};
    use crate::scope::OPERATIONS;

    /// `GET /system/integrations/new-flow`: what is to be connected
    pub const CHOOSE: Route = get("/system/integrations/new-flow", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/new-flow/mapping`: what fills which control; writes nothing
    pub const PROPOSE: Route = post_query("/system/integrations/new-flow/mapping", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/new-flow/preview`: one real document; writes nothing
    pub const PREVIEW: Route = post_query("/system/integrations/new-flow/preview", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/new-flow/fields`: which fields would be made in the ERP; writes nothing
    pub const FIELDS: Route = post_query("/system/integrations/new-flow/fields", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/new-flow/fields/create`: makes them
    pub const CREATE_FIELDS: Route =
        post("/system/integrations/new-flow/fields/create", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/new-flow`: stores it, switched off
    pub const STORE: Route = post("/system/integrations/new-flow", console(Role::Operator, OPERATIONS));
    /// `GET /system/integrations/flows/{flow}/mapping`: of a flow that a page stored
    pub const SHOW: Route = get("/system/integrations/flows/{flow}/mapping", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/mapping/again`: with what is chosen; writes nothing
    pub const AGAIN: Route =
        post_query("/system/integrations/flows/{flow}/mapping/again", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/mapping/preview`: one real document; writes nothing
    pub const TRY: Route =
        post_query("/system/integrations/flows/{flow}/mapping/preview", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/mapping/fields`: which fields would be made in the ERP; writes nothing
    pub const FIELDS_OF: Route =
        post_query("/system/integrations/flows/{flow}/mapping/fields", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/mapping/fields/create`: makes them
    pub const CREATE_FIELDS_OF: Route =
        post("/system/integrations/flows/{flow}/mapping/fields/create", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/flows/{flow}/mapping`: stores it
    pub const CHANGE: Route = post("/system/integrations/flows/{flow}/mapping", console(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[
        CHOOSE,
        PROPOSE,
        PREVIEW,
        FIELDS,
        CREATE_FIELDS,
        STORE,
        SHOW,
        AGAIN,
        TRY,
        FIELDS_OF,
        CREATE_FIELDS_OF,
        CHANGE,
    ];
}

/// Routes of `integrations-runs`.
pub mod runs {
    use crate::route::{Role, Route, console, get, post, post_query};
    use crate::scope::OPERATIONS;

    /// `GET /system/integrations/runs/{run}/correct`: what of its input may be corrected
    pub const INPUT: Route = get("/system/integrations/runs/{run}/correct", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/runs/{run}/correct/review`: what that would change; writes nothing
    pub const REVIEW: Route =
        post_query("/system/integrations/runs/{run}/correct/review", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/runs/{run}/correct`: it goes on with the correction that was shown
    pub const CORRECT: Route = post("/system/integrations/runs/{run}/correct", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/runs/{run}/retry`
    pub const RETRY: Route = post("/system/integrations/runs/{run}/retry", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/runs/{run}/accept`: the change of its document is accepted
    pub const ACCEPT: Route = post("/system/integrations/runs/{run}/accept", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/retry`: begins a bulk retry
    pub const START: Route = post("/system/integrations/retry", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/jobs/{job}/cancel`
    pub const CANCEL: Route = post("/system/integrations/jobs/{job}/cancel", console(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[INPUT, REVIEW, CORRECT, RETRY, ACCEPT, START, CANCEL];
}

/// Routes of `integrations-dead`.
pub mod dead {
    use crate::route::{Role, Route, console, get, post};
    use crate::scope::{OPERATIONS, TENANT_APP};

    /// `GET /system/integrations/dead-letters`
    pub const PAGE: Route = get("/system/integrations/dead-letters", console(Role::Operator, TENANT_APP));
    /// `GET /system/integrations/alarms`: what needs attention now, of which queues are a part
    pub const ALARMS: Route = get("/system/integrations/alarms", console(Role::Operator, TENANT_APP));
    /// `POST /system/integrations/dead-letters/{queue}/{id}/put-back`
    pub const PUT_BACK: Route =
        post("/system/integrations/dead-letters/{queue}/{id}/put-back", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/dead-letters/{queue}/{id}/drop`
    pub const DROP: Route =
        post("/system/integrations/dead-letters/{queue}/{id}/drop", console(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[PAGE, ALARMS, PUT_BACK, DROP];
}

/// The queues of runs that are tried again, and that of the jobs that try many.
const BULK_AND_RETRIED: &[&str] = &[
    "approvals-submit",
    "approvals-write-back",
    "bulk-retry",
    "data-sync",
    "directory-sync",
    "manufacturing-post",
    "manufacturing-send",
    "master-data-plm",
    "master-data-send",
    "production-issues",
];

/// What acts on flows and runs writes, beside what it reads.
const ACTS: TableAccess = TableAccess {
    looks_at: &[records::BULK_RETRIES, records::CONFIGURATION, records::DIRECTORY, records::PROCESSES, records::TOKEN],
    changes: &[
        records::AUDIT,
        records::CONFIG_VERSIONS,
        records::CONNECTION_CHECKS,
        records::CONSOLE_SESSIONS,
        records::DATA_SYNC,
        records::DIRECTORY_WORK,
        records::EVENTS,
        records::FLOWS,
        records::FLOW_WORK,
        records::VENDORS,
    ],
    ..TableAccess::OPERATIONS
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "integrations-view",
        area: "integrations",
        does: "pages of flows, runs, bulk retries, connections, processes, synchronisations, changes: to look at",
        handler: "view::SERVICE",
        trigger: Trigger::Http { routes: view::ALL },
        timeout_seconds: 15,
        memory_mb: 256,
        table: TableAccess {
            writes: &["PutItem", "UpdateItem"],
            changes: &[records::CONSOLE_SESSIONS],
            ..TableAccess::OPERATIONS_VIEW
        },
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "integrations-flows",
        area: "integrations",
        does: "from their pages: flows are switched, run and removed, dry runs made, connections checked",
        handler: "flows::SERVICE",
        trigger: Trigger::Http { routes: flows::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: ACTS,
        sends: super::admin::RETRIED,
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "integrations-mapping",
        area: "integrations",
        does: "pages on which a flow is written: fields are matched and made in the ERP, one real document is shown, the flow is stored",
        handler: "mapping::SERVICE",
        trigger: Trigger::Http { routes: mapping::ALL },
        timeout_seconds: 29,
        memory_mb: 512,
        table: TableAccess::FLOW_MAPPING.changing(&[
            records::AUDIT,
            records::CONFIG_VERSIONS,
            records::CONSOLE_SESSIONS,
            records::FLOWS,
            records::VENDORS,
        ]),
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "integrations-runs",
        area: "integrations",
        does: "from their pages: runs are tried again, one or many, their input is corrected, and a bulk retry is cancelled",
        handler: "runs::SERVICE",
        trigger: Trigger::Http { routes: runs::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess {
            looks_at: &[records::CONFIGURATION, records::CONFIG_VERSIONS, records::DIRECTORY, records::TOKEN],
            changes: &[
                records::AUDIT,
                records::BULK_RETRIES,
                records::CONSOLE_SESSIONS,
                records::DATA_SYNC,
                records::DIRECTORY_WORK,
                records::EVENTS,
                records::FLOW_WORK,
                records::VENDORS,
            ],
            ..TableAccess::OPERATIONS
        },
        sends: BULK_AND_RETRIED,
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "integrations-dead",
        area: "integrations",
        does: "the pages of alarms and of messages that were given up: these are put back or dropped",
        handler: "dead::SERVICE",
        trigger: Trigger::Http { routes: dead::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::CONSOLE
            .looking_at(&[records::CONFIGURATION, records::FLOW_WORK, records::SLOTS, records::TOKEN, records::VENDORS])
            .changing(&[records::AUDIT, records::CONSOLE_SESSIONS])
            .listing(&[records::OUTBOX_INDEX]),
        sends: super::admin::EVERY_QUEUE,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
