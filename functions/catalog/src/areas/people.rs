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

/// Routes of `oa-integration`.
pub mod oa {
    use crate::route::service::OA_INTEGRATION;
    use crate::route::{Auth, Route, get, post_query, served};

    /// `POST /api/oa_integration/get_token`
    pub const TOKEN: Route = post_query("/api/oa_integration/get_token", served(OA_INTEGRATION));
    /// `GET /api/oa_integration/get_userinfo`
    pub const INFO: Route = get("/api/oa_integration/get_userinfo", Auth::OaToken);
    /// `GET /api/oa_integration/get_permissions`
    pub const RIGHTS: Route = get("/api/oa_integration/get_permissions", Auth::OaToken);
    /// `GET /api/oa_integration/test`
    pub const TEST: Route = get("/api/oa_integration/test", Auth::Open);
    /// What browsers ask before pages of other origins call.
    pub const PREFLIGHTS: [Route; 4] = [PREFLIGHT_TOKEN, PREFLIGHT_INFO, PREFLIGHT_RIGHTS, PREFLIGHT_TEST];

    const PREFLIGHT_TOKEN: Route = preflight(TOKEN);
    const PREFLIGHT_INFO: Route = preflight(INFO);
    const PREFLIGHT_RIGHTS: Route = preflight(RIGHTS);
    const PREFLIGHT_TEST: Route = preflight(TEST);

    const fn preflight(route: Route) -> Route {
        Route { method: "OPTIONS", auth: Auth::Open, ..route }
    }

    pub(super) const ALL: &[Route] =
        &[TOKEN, INFO, RIGHTS, TEST, PREFLIGHT_TOKEN, PREFLIGHT_INFO, PREFLIGHT_RIGHTS, PREFLIGHT_TEST];
}

/// Routes of `oa-users`.
pub mod oa_admin {
    use crate::route::{Role, Route, bearer, delete, get, post, put};
    use crate::scope::OA_USERS;

    /// `POST /admin/v1/oa/import`
    pub const IMPORT: Route = post("/admin/v1/oa/import", bearer(Role::Operator, OA_USERS));
    /// `GET /admin/v1/oa/{kind}/{id}`
    pub const READ: Route = get("/admin/v1/oa/{kind}/{id}", bearer(Role::Operator, OA_USERS));
    /// `PUT /admin/v1/oa/{kind}/{id}`
    pub const PUT: Route = put("/admin/v1/oa/{kind}/{id}", bearer(Role::Operator, OA_USERS));
    /// `DELETE /admin/v1/oa/{kind}/{id}`
    pub const REMOVE: Route = delete("/admin/v1/oa/{kind}/{id}", bearer(Role::Operator, OA_USERS));

    pub(super) const ALL: &[Route] = &[IMPORT, READ, PUT, REMOVE];
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
        name: "oa-integration",
        area: "people",
        does: "gives other systems tokens for users of the OA, and shows these users and their rights",
        handler: "oa::SERVICE",
        trigger: Trigger::Http { routes: oa::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::SERVICE
            .looking_at(&[records::CONFIGURATION, records::DIRECTORY, records::OA_USERS])
            .changing(&[records::APP_CALLS]),
        sends: &[],
        // The OA's own database, where users come from it.
        calls: Calls::Vendors,
        caller_waits_ms: None,
    },
    Function {
        name: "oa-users",
        area: "people",
        does: "operators hand in and look after the users of the OA integration",
        handler: "oa_admin::SERVICE",
        trigger: Trigger::Http { routes: oa_admin::ALL },
        timeout_seconds: 29,
        memory_mb: 256,
        table: TableAccess::APPS.looking_at(&[records::TOKEN]).changing(&[records::AUDIT, records::OA_USERS]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "notices-send",
        area: "people",
        does: "tells people in the chat they use what waits for them",
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
