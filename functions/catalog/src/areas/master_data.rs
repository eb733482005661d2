//! Master data: the ERP's to other systems, and what a PLM releases to the ERP.

use crate::{Calls, Function, Settings, TableAccess, Trigger};

/// Routes of `plm`.
pub mod plm {
    use crate::route::{Auth, Route, post};

    /// `POST /plm/{connection}/items`
    pub const ITEMS: Route = post("/plm/{connection}/items", Auth::PermittedApp);
    /// `POST /plm/{connection}/boms`
    pub const BOMS: Route = post("/plm/{connection}/boms", Auth::PermittedApp);
    /// `POST /plm/{connection}/routings`
    pub const ROUTINGS: Route = post("/plm/{connection}/routings", Auth::PermittedApp);

    pub(super) const ALL: &[Route] = &[ITEMS, BOMS, ROUTINGS];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "master-data-send",
        area: "master-data",
        does: "takes records of base data to the OA and marks them",
        handler: "send::RecordSender",
        trigger: Trigger::Queue(Settings {
            batch_size: 5,
            max_concurrency: 2,
            oldest_seconds: 3600,
            remedy: "Records gave up in master-data-send-dlq; they are found again by the next polls, or retry their runs.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "plm",
        area: "master-data",
        does: "takes what a PLM pushes to the ERP and answers with what came of each record, within 25 s",
        handler: "plm::SERVICE",
        trigger: Trigger::Http { routes: plm::ALL },
        // The API gives a request up after 30 s.
        timeout_seconds: 30,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &["master-data-plm"],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "master-data-plm",
        area: "master-data",
        does: "goes on with what a PLM pushed and its call left",
        handler: "resume::PlmWriter",
        trigger: Trigger::Queue(Settings {
            batch_size: 5,
            max_concurrency: 2,
            oldest_seconds: 1800,
            remedy: "Records of a PLM gave up in master-data-plm-dlq; read their runs and retry them, or push them again.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
];
