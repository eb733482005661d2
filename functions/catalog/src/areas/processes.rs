//! Processes: the services that begin them and move them on, what they send to other systems, what is due.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

/// Routes of `process-flow`.
pub mod flow {
    use crate::route::{Auth, Route, get, post, served, service};

    const CALLER: Auth = served(service::FLOW);

    /// A call by GET that changes something, as its document has it.
    const fn acted(path: &'static str) -> Route {
        Route { method: "GET", ..post(path, CALLER) }
    }

    /// `GET /flow/launch`
    pub const LAUNCH: Route = acted("/flow/launch");
    /// `POST /flow/launch`
    pub const LAUNCH_POSTED: Route = post("/flow/launch", CALLER);
    /// `GET /flow/onAudit`
    pub const AUDIT: Route = acted("/flow/onAudit");
    /// `POST /flow/onAudit`
    pub const AUDIT_POSTED: Route = post("/flow/onAudit", CALLER);
    /// `GET /flow/relaunch`
    pub const RELAUNCH: Route = acted("/flow/relaunch");
    /// `POST /flow/relaunch`
    pub const RELAUNCH_POSTED: Route = post("/flow/relaunch", CALLER);
    /// `GET /flow/discard`
    pub const DISCARD: Route = acted("/flow/discard");
    /// `POST /flow/discard`
    pub const DISCARD_POSTED: Route = post("/flow/discard", CALLER);
    /// `GET /flow/urgent`
    pub const URGE: Route = acted("/flow/urgent");
    /// `POST /flow/urgent`
    pub const URGE_POSTED: Route = post("/flow/urgent", CALLER);
    /// `GET /message/taskNotify`
    pub const NOTIFY: Route = acted("/message/taskNotify");
    /// `POST /message/taskNotify`
    pub const NOTIFY_POSTED: Route = post("/message/taskNotify", CALLER);
    /// `POST /flow/form/{flowCode}`
    pub const SAVE: Route = post("/flow/form/{flowCode}", CALLER);
    /// `GET /flow/form/{flowCode}/{dataId}`
    pub const READ: Route = get("/flow/form/{flowCode}/{dataId}", CALLER);

    pub(super) const ALL: &[Route] = &[
        LAUNCH,
        LAUNCH_POSTED,
        AUDIT,
        AUDIT_POSTED,
        RELAUNCH,
        RELAUNCH_POSTED,
        DISCARD,
        DISCARD_POSTED,
        URGE,
        URGE_POSTED,
        NOTIFY,
        NOTIFY_POSTED,
        SAVE,
        READ,
    ];
}

/// Routes of `admin-processes`.
pub mod admin {
    use crate::route::{Role, Route, bearer, post};
    use crate::scope::OPERATIONS;

    /// `POST /admin/v1/processes/{number}/retry`: has what stopped tried again
    pub const RETRY: Route = post("/admin/v1/processes/{number}/retry", bearer(Role::Operator, OPERATIONS));

    pub(super) const ALL: &[Route] = &[RETRY];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "admin-processes",
        area: "processes",
        does: "operators have processes that stopped go on",
        handler: "admin::SERVICE",
        trigger: Trigger::Http { routes: admin::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::SERVICE
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY, records::PROCESS_PUSHED, records::TOKEN])
            .changing(&[records::AUDIT, records::PROCESS_OUT, records::PROCESSES, records::TASKS]),
        sends: &["notices-send", "process-work"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "process-flow",
        area: "processes",
        does: "begins processes, moves them on, discards and urges them; keeps the forms they are begun with",
        handler: "flow::SERVICE",
        trigger: Trigger::Http { routes: flow::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::SERVICE
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY, records::PROCESS_PUSHED])
            .changing(&[records::APP_CALLS, records::PROCESS_OUT, records::PROCESSES, records::TASKS]),
        sends: &["notices-send", "process-work"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "process-work",
        area: "processes",
        does: "sends steps and decisions of processes to the ERP, carries out service tasks",
        handler: "work::ProcessSender",
        trigger: Trigger::Queue(Settings {
            batch_size: 5,
            max_concurrency: 4,
            oldest_seconds: 3600,
            remedy: "A step or decision of a process gave up in process-work-dlq; the ERP was not told of it. `tenon process show` has the process.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess::FLOWS
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY])
            .changing(&[records::PROCESS_OUT, records::PROCESSES, records::TASKS, records::VENDORS])
            .listing(&[]),
        sends: &["notices-send"],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "process-timers",
        area: "processes",
        does: "goes on with processes whose time has come, reminds people of their tasks",
        handler: "timers::handler",
        trigger: Trigger::Schedule { rate: "rate(1 minute)", parameter: None },
        timeout_seconds: 55,
        memory_mb: 256,
        table: TableAccess::FLOWS
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY])
            .changing(&[records::PROCESS_OUT, records::PROCESSES, records::TASKS])
            .listing(&[records::PROCESS_INDEX]),
        sends: &["notices-send", "process-work"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
