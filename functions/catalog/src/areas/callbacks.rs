//! Callbacks of the outside systems, one module per vendor.

use crate::{Calls, Function, TableAccess, Trigger};

/// Routes of `callback-dingtalk`.
pub mod dingtalk {
    use crate::route::{Auth, Route, post};

    /// `POST /callbacks/dingtalk/{connection}`
    pub const EVENT: Route = post("/callbacks/dingtalk/{connection}", Auth::DingTalkEnvelope);

    pub(super) const ALL: &[Route] = &[EVENT];
}

/// Routes of `callback-wecom`.
pub mod wecom {
    use crate::route::{Auth, Route, get, post};

    /// `GET /callbacks/wecom/{connection}`
    pub const CHECK: Route = get("/callbacks/wecom/{connection}", Auth::WecomEnvelope);
    /// `POST /callbacks/wecom/{connection}`
    pub const EVENT: Route = post("/callbacks/wecom/{connection}", Auth::WecomEnvelope);

    pub(super) const ALL: &[Route] = &[CHECK, EVENT];
}

/// Routes of `callback-blacklake`.
pub mod blacklake {
    use crate::route::{Auth, Route, post};

    /// `POST /callbacks/blacklake/{connection}`
    pub const EVENT: Route = post("/callbacks/blacklake/{connection}", Auth::BlacklakeEnvelope);

    pub(super) const ALL: &[Route] = &[EVENT];
}

/// Routes of `callback-weaver`.
pub mod weaver {
    use crate::route::{Auth, Route, post};

    /// `POST /callbacks/weaver/{connection}/approvals`
    pub const APPROVALS: Route = post("/callbacks/weaver/{connection}/approvals", Auth::ConnectionApp);
    /// `POST /callbacks/weaver/{connection}/documents/{flow}`
    pub const DOCUMENTS: Route = post("/callbacks/weaver/{connection}/documents/{flow}", Auth::ConnectionApp);

    pub(super) const ALL: &[Route] = &[APPROVALS, DOCUMENTS];
}

/// Routes of `domain-file`.
pub mod domain_file {
    use crate::route::{Auth, Route, get};

    /// `GET /{file}`
    pub const READ: Route = get("/{file}", Auth::Open);

    pub(super) const ALL: &[Route] = &[READ];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "callback-blacklake",
        area: "callbacks",
        does: "opens, remembers and queues an event of the MES, within 1 s",
        handler: "blacklake::SERVICE",
        trigger: Trigger::Http { routes: blacklake::ALL },
        // How long Black Lake waits is not public; the rest is room for a cold start to finish.
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::REMEMBER_OR_KEEP,
        sends: &["production-issues"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "callback-dingtalk",
        area: "callbacks",
        does: "verifies, remembers and queues an event, within 1500 ms",
        handler: "dingtalk::SERVICE",
        trigger: Trigger::Http { routes: dingtalk::ALL },
        // DingTalk drops a callback after 1500 ms; the rest is room for a cold start to finish.
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::REMEMBER,
        sends: &["approvals-write-back"],
        calls: Calls::Nobody,
        caller_waits_ms: Some(1500),
    },
    Function {
        name: "callback-wecom",
        area: "callbacks",
        does: "confirms the address; verifies, remembers and queues an event, within 1 s",
        handler: "wecom::SERVICE",
        trigger: Trigger::Http { routes: wecom::ALL },
        // WeCom waits five seconds for an event, and one for the address, which a person enters and can save again.
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::REMEMBER_OR_KEEP,
        sends: &["approvals-write-back"],
        calls: Calls::Nobody,
        // The alarm for the callbacks that are dropped after 1500 ms comes earlier, and is one for the API.
        caller_waits_ms: None,
    },
    Function {
        name: "callback-weaver",
        area: "callbacks",
        does: "takes a result or a document to the ERP and answers with what came of it, within 25 s",
        handler: "weaver::SERVICE",
        trigger: Trigger::Http { routes: weaver::ALL },
        // The API gives a request up after 30 s.
        timeout_seconds: 30,
        memory_mb: 256,
        table: TableAccess::FLOWS,
        sends: &["approvals-write-back"],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "domain-file",
        area: "callbacks",
        does: "answers the file by which WeCom checks the domain",
        handler: "domain_file::SERVICE",
        trigger: Trigger::Http { routes: domain_file::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::CONNECTIONS,
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
];
