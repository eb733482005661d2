//! Notices to people, the directory of departments and people between systems, and looking at DingTalk's.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

/// Routes of `dingtalk-views`.
pub mod dingtalk {
    use crate::route::service::DINGTALK;
    use crate::route::{Route, get, served};

    /// `GET /dingtalk/department/getTree`
    pub const TREE: Route = get("/dingtalk/department/getTree", served(DINGTALK));
    /// `GET /dingtalk/user/getByDepartmentId`
    pub const MEMBERS: Route = get("/dingtalk/user/getByDepartmentId", served(DINGTALK));
    /// `GET /dingtalk/attendance/getByUserId`
    pub const ATTENDANCE: Route = get("/dingtalk/attendance/getByUserId", served(DINGTALK));

    pub(super) const ALL: &[Route] = &[TREE, MEMBERS, ATTENDANCE];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "dingtalk-views",
        area: "people",
        does: "shows departments, people and attendance of DingTalk",
        handler: "dingtalk::SERVICE",
        trigger: Trigger::Http { routes: dingtalk::ALL },
        // A whole tree is a call for each department.
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::SERVICE.changing(&[records::APP_CALLS, records::VENDORS]),
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "directory-sync",
        area: "people",
        does: "reads departments and people of an OA into the directory, and pushes an ERP's to an aiflow",
        handler: "directory::DirectorySyncer",
        trigger: Trigger::Queue(Settings {
            batch_size: 2,
            max_concurrency: 2,
            oldest_seconds: 3600,
            remedy: "A pull or push of people gave up in directory-sync-dlq; its run says why. The next one begins anew.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess {
            changes: &[records::DIRECTORY, records::DIRECTORY_WORK, records::VENDORS],
            lists: &[records::DIRECTORY_INDEX, records::FLOW_INDEX],
            ..TableAccess::FLOWS
        },
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "notices-send",
        area: "people",
        does: "tells people over DingTalk, WeCom and Feishu what waits for them",
        handler: "notices::NoticeSender",
        trigger: Trigger::Queue(Settings {
            batch_size: 10,
            max_concurrency: 4,
            oldest_seconds: 1800,
            remedy: "Notices gave up in notices-send-dlq; the people named there were not told. `tenon check` says which channel does not work.",
        }),
        timeout_seconds: 120,
        memory_mb: 256,
        table: TableAccess {
            reads: &["BatchGetItem", "GetItem", "Query"],
            writes: &["DeleteItem", "PutItem", "UpdateItem"],
            looks_at: &[records::CONFIGURATION, records::DIRECTORY],
            changes: &[records::KEPT, records::NOTICES, records::VENDORS],
            lists: &[],
        },
        sends: &[],
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
];
