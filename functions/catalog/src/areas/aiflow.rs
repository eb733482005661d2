//! aiflow's side of its interface: what an ERP calls.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

/// Routes of `aiflow-directory`.
pub mod directory {
    use crate::route::{Auth, Route, post};

    /// `POST /aflow/api/sys/sync/department`
    pub const DEPARTMENTS: Route = post("/aflow/api/sys/sync/department", Auth::Aiflow);
    /// `POST /aflow/api/sys/sync/user`
    pub const USERS: Route = post("/aflow/api/sys/sync/user", Auth::Aiflow);
    /// `POST /aflow/api/auth/bind`
    pub const BIND: Route = post("/aflow/api/auth/bind", Auth::Aiflow);

    pub(super) const ALL: &[Route] = &[DEPARTMENTS, USERS, BIND];
}

/// Routes of `aiflow-flows`.
pub mod flows {
    use crate::route::{Auth, Route, post};

    /// `POST /aflow/api/flow/create_third_party`
    pub const CREATE: Route = post("/aflow/api/flow/create_third_party", Auth::Aiflow);
    /// `POST /aflow/api/flow/online_third_party`
    pub const ONLINE: Route = post("/aflow/api/flow/online_third_party", Auth::Aiflow);

    pub(super) const ALL: &[Route] = &[CREATE, ONLINE];
}

/// Routes of `aiflow-orders`.
pub mod orders {
    use crate::route::{Auth, Route, post};

    /// `POST /aflow/api/order/sync/task`
    pub const SYNC: Route = post("/aflow/api/order/sync/task", Auth::Aiflow);

    pub(super) const ALL: &[Route] = &[SYNC];
}

/// Routes of `aiflow-process`.
pub mod process {
    use crate::route::{Auth, Route, post, put};

    /// `POST /aflow/api/flow/create`
    pub const CREATE: Route = post("/aflow/api/flow/create", Auth::Aiflow);
    /// `PUT /aflow/api/flow/update`
    pub const UPDATE: Route = put("/aflow/api/flow/update", Auth::Aiflow);
    /// `POST /aflow/api/flow/publish`
    pub const PUBLISH: Route = post("/aflow/api/flow/publish", Auth::Aiflow);
    /// `POST /aflow/api/form/sync`
    pub const FORM: Route = post("/aflow/api/form/sync", Auth::Aiflow);
    /// `POST /aflow/api/order/approval/log`
    pub const LOG: Route = post("/aflow/api/order/approval/log", Auth::Aiflow);

    pub(super) const ALL: &[Route] = &[CREATE, UPDATE, PUBLISH, FORM, LOG];
}

/// What every call of an ERP reads and writes: its caller, how often it calls, its log.
const CALLED: TableAccess = TableAccess {
    reads: &["BatchGetItem", "GetItem", "Query"],
    writes: &["DeleteItem", "PutItem", "UpdateItem"],
    looks_at: &[records::CONFIGURATION],
    changes: &[records::AIFLOW_CALLS],
    lists: &[],
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "aiflow-directory",
        area: "aiflow",
        does: "takes departments and people from an ERP, binds its codes to people",
        handler: "directory::SERVICE",
        trigger: Trigger::Http { routes: directory::ALL },
        // Five thousand people are many transactions.
        timeout_seconds: 29,
        memory_mb: 512,
        table: CALLED.changing(&[records::AIFLOW_CALLS, records::DIRECTORY]).listing(&[records::DIRECTORY_INDEX]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "aiflow-flows",
        area: "aiflow",
        does: "takes the flows that an ERP runs itself, checks them and puts them online",
        handler: "flows::SERVICE",
        trigger: Trigger::Http { routes: flows::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: CALLED
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY])
            .changing(&[records::AIFLOW_CALLS, records::THIRD_PARTY_FLOWS]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "aiflow-orders",
        area: "aiflow",
        does: "takes orders with their tasks from an ERP, tells people of new ones",
        handler: "orders::SERVICE",
        trigger: Trigger::Http { routes: orders::ALL },
        timeout_seconds: 29,
        memory_mb: 512,
        table: CALLED
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY, records::THIRD_PARTY_FLOWS])
            .changing(&[records::AIFLOW_CALLS, records::TASKS]),
        sends: &["aiflow-lists", "notices-send"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "aiflow-process",
        area: "aiflow",
        does: "takes definitions and forms of processes and decisions of tasks from an ERP, checks and publishes them",
        handler: "process::SERVICE",
        trigger: Trigger::Http { routes: process::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: CALLED.looking_at(&[records::CONFIGURATION, records::TASKS, records::THIRD_PARTY_FLOWS]).changing(&[
            records::AIFLOW_CALLS,
            records::PROCESS_PUSHED,
            records::PROCESSES,
        ]),
        sends: &[],
        // Looks whether the addresses of service tasks may be called.
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "aiflow-lists",
        area: "aiflow",
        does: "writes what people have of a long order, where the process died that stored it",
        handler: "lists::ListWriter",
        trigger: Trigger::Queue(Settings {
            batch_size: 5,
            max_concurrency: 2,
            oldest_seconds: 600,
            remedy: "A long order is stored and its people's lists are behind it; see the log of aiflow-lists, and put back what lies in aiflow-lists-dlq.",
        }),
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess {
            reads: &["BatchGetItem", "GetItem", "Query"],
            writes: &["PutItem"],
            looks_at: &[],
            changes: &[records::TASKS],
            lists: &[],
        },
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
