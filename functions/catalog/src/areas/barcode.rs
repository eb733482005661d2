//! Barcode applications of B1's companies. Each call names its company by its connection.

use crate::{Calls, Function, TableAccess, Trigger};

/// Routes of `barcode-save`.
pub mod save {
    use crate::route::{Auth, Route, post};

    /// `POST /barcode/{connection}/save`
    pub const SAVE: Route = post("/barcode/{connection}/save", Auth::PermittedApp);

    pub(super) const ALL: &[Route] = &[SAVE];
}

/// Routes of `barcode-query`.
pub mod query {
    use crate::route::{Auth, Route, get, post_query};

    /// `POST /barcode/{connection}/query`
    pub const QUERY: Route = post_query("/barcode/{connection}/query", Auth::PermittedApp);
    /// `POST /barcode/{connection}/print`
    pub const PRINT: Route = post_query("/barcode/{connection}/print", Auth::PermittedApp);
    /// `GET /barcode/{connection}/methods`
    pub const METHODS: Route = get("/barcode/{connection}/methods", Auth::PermittedApp);
    /// `POST /barcode/{connection}/methods`
    pub const METHODS_POSTED: Route = post_query("/barcode/{connection}/methods", Auth::PermittedApp);
    /// `GET /barcode/{connection}/companies`
    pub const COMPANIES: Route = get("/barcode/{connection}/companies", Auth::PermittedApp);
    /// `POST /barcode/{connection}/companies`
    pub const COMPANIES_POSTED: Route = post_query("/barcode/{connection}/companies", Auth::PermittedApp);

    pub(super) const ALL: &[Route] = &[QUERY, PRINT, METHODS, METHODS_POSTED, COMPANIES, COMPANIES_POSTED];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "barcode-save",
        area: "barcode",
        does: "posts a document of a barcode application to B1, once, and answers with what came of it, within 25 s",
        handler: "save::SERVICE",
        trigger: Trigger::Http { routes: save::ALL },
        // The API gives a request up after 30 s.
        timeout_seconds: 30,
        memory_mb: 256,
        table: TableAccess::BARCODE,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "barcode-query",
        area: "barcode",
        does: "answers a barcode application's queries and prints, its methods and companies, within 25 s",
        handler: "query::SERVICE",
        trigger: Trigger::Http { routes: query::ALL },
        timeout_seconds: 30,
        // An answer of some MB is held several times over.
        memory_mb: 512,
        table: TableAccess::BARCODE,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
];
