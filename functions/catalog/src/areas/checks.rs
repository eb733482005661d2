//! Checks of what works beside the connections: the login server, SQL databases, the OA integration. Each is made by a
//! function that may reach it and may do nothing else.

use crate::{Calls, Function, TableAccess, Trigger, records};

/// Routes of `check-login-server`.
pub mod login_server {
    use crate::route::{Role, Route, bearer, post};
    use crate::scope::OPERATIONS;

    /// `POST /admin/v1/login-server/check`
    pub const CHECK: Route = post("/admin/v1/login-server/check", bearer(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[CHECK];
}

/// Routes of `check-databases`.
pub mod databases {
    use crate::route::{Role, Route, bearer, post};
    use crate::scope::OPERATIONS;

    /// `POST /admin/v1/databases/{id}/check`
    pub const CHECK: Route = post("/admin/v1/databases/{id}/check", bearer(Role::Operator, OPERATIONS));
    /// `POST /admin/v1/oa-integration/check`: tries the queries of the OA's own database
    pub const CHECK_OA: Route = post("/admin/v1/oa-integration/check", bearer(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[CHECK, CHECK_OA];
}

/// Routes of `page-check-login-server`.
pub mod page_login_server {
    use crate::route::{Role, Route, console, post};
    use crate::scope::OPERATIONS;

    /// `POST /system/integrations/login-server/check`
    pub const CHECK: Route = post("/system/integrations/login-server/check", console(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[CHECK];
}

/// Routes of `page-check-databases`.
pub mod page_databases {
    use crate::route::{Role, Route, console, post};
    use crate::scope::OPERATIONS;

    /// `POST /system/integrations/databases/{database}/check`
    pub const CHECK: Route =
        post("/system/integrations/databases/{database}/check", console(Role::Operator, OPERATIONS));
    /// `POST /system/integrations/oa-integration/check`
    pub const CHECK_OA: Route = post("/system/integrations/oa-integration/check", console(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[CHECK, CHECK_OA];
}

/// Reads the configuration, and keeps what came of a check.
const API: TableAccess = TableAccess::TENANTS
    .looking_at(&[records::CONFIGURATION, records::TOKEN])
    .changing(&[records::AUDIT, records::CONNECTION_CHECKS]);

/// The same from a page.
const PAGE: TableAccess = TableAccess::CONSOLE.looking_at(&[records::CONFIGURATION, records::TOKEN]).changing(&[
    records::AUDIT,
    records::CONNECTION_CHECKS,
    records::CONSOLE_SESSIONS,
]);

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "check-login-server",
        area: "checks",
        does: "operators have the customer's login server checked",
        handler: "login_server::SERVICE",
        trigger: Trigger::Http { routes: login_server::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: API,
        sends: &[],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "check-databases",
        area: "checks",
        does: "operators have SQL databases checked, and the queries of the OA integration",
        handler: "databases::SERVICE",
        trigger: Trigger::Http { routes: databases::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: API,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "page-check-login-server",
        area: "checks",
        does: "from the page of connections: the customer's login server is checked",
        handler: "page_login_server::SERVICE",
        trigger: Trigger::Http { routes: page_login_server::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: PAGE,
        sends: &[],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "page-check-databases",
        area: "checks",
        does: "from the page of connections: SQL databases and the queries of the OA integration are checked",
        handler: "page_databases::SERVICE",
        trigger: Trigger::Http { routes: page_databases::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: PAGE,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
];
