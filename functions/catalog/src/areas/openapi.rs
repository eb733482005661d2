//! The signed API for tenants' systems, its documents, and its call log.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

/// What every signed call may send: its entry in the call log.
const LOGGED: &[&str] = &["openapi-log"];

/// Routes of `openapi-orders`.
pub mod orders {
    use crate::route::{Route, get, post, signed_read, signed_write};

    /// `POST /openapi/v1/orders/create`
    pub const CREATE: Route = post("/openapi/v1/orders/create", signed_write("ORDER_SYNC"));
    /// `POST /openapi/v1/orders/list`
    pub const LIST: Route = post("/openapi/v1/orders/list", signed_read("ORDER_SYNC"));
    /// `GET /openapi/v1/orders/{orderNo}`
    pub const READ: Route = get("/openapi/v1/orders/{orderNo}", signed_read("ORDER_SYNC"));

    pub(super) const ALL: &[Route] = &[CREATE, LIST, READ];
}

/// Routes of `openapi-quality`.
pub mod quality {
    use crate::route::{Route, get, signed_read};

    /// `GET /openapi/v1/quality/{orderNo}`
    pub const READ: Route = get("/openapi/v1/quality/{orderNo}", signed_read("QUALITY_FEEDBACK"));

    pub(super) const ALL: &[Route] = &[READ];
}

/// Routes of `openapi-logistics`.
pub mod logistics {
    use crate::route::{Route, get, signed_read};

    /// `GET /openapi/v1/logistics/{orderNo}`
    pub const READ: Route = get("/openapi/v1/logistics/{orderNo}", signed_read("LOGISTICS_SYNC"));

    pub(super) const ALL: &[Route] = &[READ];
}

/// Routes of `openapi-payment`.
pub mod payment {
    use crate::route::{Route, get, post, signed_read, signed_write};

    /// `GET /openapi/v1/payment/{reconciliationNo}`
    pub const READ: Route = get("/openapi/v1/payment/{reconciliationNo}", signed_read("PAYMENT_SYNC"));
    /// `POST /openapi/v1/payment/confirm`
    pub const CONFIRM: Route = post("/openapi/v1/payment/confirm", signed_write("PAYMENT_SYNC"));

    pub(super) const ALL: &[Route] = &[READ, CONFIRM];
}

/// Routes of `openapi-pull`.
pub mod pull {
    use crate::route::{Route, post, signed_write};

    /// `POST /openapi/v1/pull/pattern-order`
    pub const PATTERN_ORDER: Route = post("/openapi/v1/pull/pattern-order", signed_write("ORDER_SYNC"));

    pub(super) const ALL: &[Route] = &[PATTERN_ORDER];
}

/// Routes of `openapi-docs`.
pub mod docs {
    use crate::route::{Auth, Route, get};

    /// `GET /openapi/v1/openapi.json`
    pub const DOCUMENT: Route = get("/openapi/v1/openapi.json", Auth::Open);
    /// `GET /openapi/v1/docs`
    pub const PAGE: Route = get("/openapi/v1/docs", Auth::Open);
    /// `GET /openapi/v1/docs/operators`
    pub const OPERATORS: Route = get("/openapi/v1/docs/operators", Auth::Open);
    /// `GET /openapi/v1/docs/errors/{code}`
    pub const ERROR: Route = get("/openapi/v1/docs/errors/{code}", Auth::Open);

    /// `GET /openapi/v1/docs/aiflow`
    pub const AIFLOW: Route = get("/openapi/v1/docs/aiflow", Auth::Open);

    pub(super) const ALL: &[Route] = &[DOCUMENT, PAGE, OPERATORS, AIFLOW, ERROR];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "openapi-orders",
        area: "openapi",
        does: "takes a customer's orders in, answers where they are",
        handler: "orders::SERVICE",
        trigger: Trigger::Http { routes: orders::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::TENANTS.looking_at(&[records::APP_KEY]).changing(&[
            records::CALLS_LET_IN,
            records::CALL_LOG,
            records::ORDERS,
        ]),
        sends: LOGGED,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "openapi-quality",
        area: "openapi",
        does: "answers what was inspected",
        handler: "quality::SERVICE",
        trigger: Trigger::Http { routes: quality::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::TENANTS
            .looking_at(&[records::APP_KEY, records::ORDERS, records::QUALITY])
            .changing(&[records::CALLS_LET_IN, records::CALL_LOG]),
        sends: LOGGED,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "openapi-logistics",
        area: "openapi",
        does: "answers what has left the warehouse",
        handler: "logistics::SERVICE",
        trigger: Trigger::Http { routes: logistics::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::TENANTS
            .looking_at(&[records::APP_KEY, records::ORDERS, records::SHIPMENTS])
            .changing(&[records::CALLS_LET_IN, records::CALL_LOG]),
        sends: LOGGED,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "openapi-payment",
        area: "openapi",
        does: "answers a reconciliation, takes its payment",
        handler: "payment::SERVICE",
        trigger: Trigger::Http { routes: payment::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::TENANTS.looking_at(&[records::APP_KEY]).changing(&[
            records::CALLS_LET_IN,
            records::CALL_LOG,
            records::RECONCILIATIONS,
        ]),
        sends: LOGGED,
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "openapi-pull",
        area: "openapi",
        does: "asks a customer's own system, or imports an order",
        handler: "pull::SERVICE",
        trigger: Trigger::Http { routes: pull::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::TENANTS.looking_at(&[records::APP_KEY]).changing(&[
            records::CALLS_LET_IN,
            records::CALL_LOG,
            records::ORDERS,
        ]),
        sends: LOGGED,
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "openapi-docs",
        area: "openapi",
        does: "OpenAPI document, page `/openapi/v1/docs`, error pages",
        handler: "docs::SERVICE",
        trigger: Trigger::Http { routes: docs::ALL },
        timeout_seconds: 5,
        memory_mb: 128,
        table: TableAccess::NONE,
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "openapi-log",
        area: "openapi",
        does: "enters signed calls in the log of their tenant",
        handler: "log::CallLogger",
        trigger: Trigger::Queue(Settings {
            batch_size: 100,
            max_concurrency: 4,
            oldest_seconds: 1800,
            remedy: "Calls could not be entered in the call log; the reason is in the messages of openapi-log-dlq.",
        }),
        timeout_seconds: 30,
        memory_mb: 256,
        table: TableAccess::TENANTS.changing(&[records::CALL_LOG]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
