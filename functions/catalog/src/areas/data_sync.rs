//! Forms of an ERP as tables of a SQL database.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

/// Routes of `data-sync`.
pub mod routes {
    use crate::route::{Route, get, post, served, service};

    /// `POST /dataSync/create`
    pub const CREATE: Route = post("/dataSync/create", served(service::DATA_SYNC));
    /// `GET /dataSync/create`
    pub const CREATE_BY_GET: Route = Route { method: "GET", ..CREATE };
    /// `POST /dataSync/update`
    pub const UPDATE: Route = post("/dataSync/update", served(service::DATA_SYNC));
    /// `GET /dataSync/update`
    pub const UPDATE_BY_GET: Route = Route { method: "GET", ..UPDATE };
    /// `GET /dataSync/runs/{id}`
    pub const RUN: Route = get("/dataSync/runs/{id}", served(service::DATA_SYNC));

    pub(super) const ALL: &[Route] = &[CREATE, CREATE_BY_GET, UPDATE, UPDATE_BY_GET, RUN];
}

/// What a run needs of the table.
const TABLE: TableAccess = TableAccess {
    reads: &["BatchGetItem", "GetItem", "Query"],
    writes: &["DeleteItem", "PutItem", "UpdateItem"],
    looks_at: &[records::CONFIGURATION],
    changes: &[records::DATA_SYNC, records::VENDORS],
    lists: &[records::FLOW_INDEX],
};

/// The same, with the log of calls.
const TABLE_OF_RUN: TableAccess =
    TableAccess { changes: &[records::APP_CALLS, records::DATA_SYNC, records::VENDORS], ..TABLE };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "data-sync-run",
        area: "data-sync",
        does: "makes the table of a form or updates it, and answers within 25 s or with the run that goes on",
        handler: "requests::SERVICE",
        trigger: Trigger::Http { routes: routes::ALL },
        // The API gives a request up after 30 s.
        timeout_seconds: 30,
        memory_mb: 512,
        table: TABLE_OF_RUN,
        sends: &["data-sync"],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "data-sync",
        area: "data-sync",
        does: "goes on with runs that fill tables, slice by slice",
        handler: "work::TableSyncer",
        trigger: Trigger::Queue(Settings {
            batch_size: 1,
            max_concurrency: 2,
            oldest_seconds: 3600,
            remedy: "A run that fills a table gave up in data-sync-dlq; the table is as it was before, or as far as the update came. `tenon show RUN` says why; the next one begins anew.",
        }),
        timeout_seconds: 120,
        memory_mb: 512,
        table: TABLE,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
];
