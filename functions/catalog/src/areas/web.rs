//! Pages for people: signing in at the customer's own login server, and the task centre.

use crate::{Calls, Function, TableAccess, Trigger, records};

/// Routes of `sign-in`.
pub mod sign_in {
    use crate::route::{Auth, Route, get, post_query};

    /// `GET /aflow/login`
    pub const LOGIN: Route = get("/aflow/login", Auth::Open);
    /// `GET /aflow/api/oauth2/callback`
    pub const CALLBACK: Route = get("/aflow/api/oauth2/callback", Auth::Open);
    /// `POST /aflow/api/oauth2/refresh`
    pub const REFRESH: Route = post_query("/aflow/api/oauth2/refresh", Auth::Open);
    /// `POST /aflow/logout`
    pub const LOGOUT: Route = post_query("/aflow/logout", Auth::Open);
    /// `GET /aflow/assets/{hash}/{file}`
    pub const ASSET: Route = get("/aflow/assets/{hash}/{file}", Auth::Open);

    pub(super) const ALL: &[Route] = &[LOGIN, CALLBACK, REFRESH, LOGOUT, ASSET];
}

/// Routes of `task-list`.
pub mod tasks {
    use crate::route::{Auth, Route, get};

    /// `GET /aflow/tasks`
    pub const PAGE: Route = get("/aflow/tasks", Auth::Session);
    /// `GET /aflow/api/task/list`
    pub const LIST: Route = get("/aflow/api/task/list", Auth::Session);

    pub(super) const ALL: &[Route] = &[PAGE, LIST];
}

/// Routes of `task-page`.
pub mod task {
    use crate::route::{Auth, Route, get, post};

    /// `GET /aflow/tasks/{id}`
    pub const PAGE: Route = get("/aflow/tasks/{id}", Auth::Session);
    /// `POST /aflow/tasks/{id}`
    pub const ACT: Route = post("/aflow/tasks/{id}", Auth::Session);

    pub(super) const ALL: &[Route] = &[PAGE, ACT];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "sign-in",
        area: "web",
        does: "signs people in at the customer's login server, renews and ends their sessions",
        handler: "sign_in::SERVICE",
        trigger: Trigger::Http { routes: sign_in::ALL },
        // Two calls to the login server, of 12 s each at most.
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess {
            reads: &["BatchGetItem", "GetItem", "Query"],
            writes: &["DeleteItem", "PutItem", "UpdateItem"],
            looks_at: &[records::CONFIGURATION],
            changes: &[records::SIGN_INS, records::DIRECTORY],
            lists: &[records::DIRECTORY_INDEX],
        },
        sends: &[],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "task-list",
        area: "web",
        does: "shows a person the task centre: to do, done, started, copied; the same lists as JSON",
        handler: "tasks::SERVICE",
        trigger: Trigger::Http { routes: tasks::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess {
            reads: &["BatchGetItem", "GetItem", "Query"],
            writes: &["PutItem", "UpdateItem"],
            looks_at: &[records::CONFIGURATION, records::DIRECTORY, records::TASKS, records::THIRD_PARTY_FLOWS],
            changes: &[records::SIGN_INS],
            lists: &[records::TASK_INDEX],
        },
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "task-page",
        area: "web",
        does: "shows a person a task of a process with its form and its diagram; approves, refuses, transfers, comments",
        handler: "task::SERVICE",
        trigger: Trigger::Http { routes: task::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess {
            reads: &["BatchGetItem", "GetItem", "Query"],
            writes: &["DeleteItem", "PutItem", "UpdateItem"],
            looks_at: &[records::CONFIGURATION, records::DIRECTORY, records::PROCESS_PUSHED],
            changes: &[records::PROCESS_OUT, records::PROCESSES, records::SIGN_INS, records::TASKS],
            lists: &[],
        },
        sends: &["notices-send", "process-work"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
