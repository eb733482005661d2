//! The app store and the management of tenant apps.

use crate::{Calls, Function, TableAccess, Trigger, records};

/// Routes of `app-store`.
pub mod store {
    use crate::route::{Role, Route, bearer, get, post, post_query, put};
    use crate::scope::APP_STORE;

    /// `POST /api/system/app-store/list`
    pub const LIST: Route = post_query("/api/system/app-store/list", bearer(Role::Anyone, APP_STORE));
    /// `GET /api/system/app-store/{appId}`
    pub const READ: Route = get("/api/system/app-store/{appId}", bearer(Role::Anyone, APP_STORE));
    /// `PUT /api/system/app-store/{appId}`
    pub const EDIT: Route = put("/api/system/app-store/{appId}", bearer(Role::Operator, APP_STORE));
    /// `POST /api/system/app-store/create-order`
    pub const CREATE_ORDER: Route = post("/api/system/app-store/create-order", bearer(Role::TenantAdmin, APP_STORE));
    /// `POST /api/system/app-store/start-trial`
    pub const START_TRIAL: Route = post("/api/system/app-store/start-trial", bearer(Role::TenantAdmin, APP_STORE));
    /// `POST /api/system/app-store/my-subscriptions`
    pub const MY_SUBSCRIPTIONS: Route =
        post_query("/api/system/app-store/my-subscriptions", bearer(Role::TenantAdmin, APP_STORE));
    /// `POST /api/system/app-store/my-orders`
    pub const MY_ORDERS: Route = post_query("/api/system/app-store/my-orders", bearer(Role::TenantAdmin, APP_STORE));
    /// `GET /api/system/app-store/trial-status/{appId}`
    pub const TRIAL_STATUS: Route =
        get("/api/system/app-store/trial-status/{appId}", bearer(Role::TenantAdmin, APP_STORE));
    /// `POST /api/system/app-store/admin/activate-order`
    pub const ACTIVATE_ORDER: Route =
        post("/api/system/app-store/admin/activate-order", bearer(Role::Operator, APP_STORE));
    /// `POST /api/system/app-store/admin/cancel-order`
    pub const CANCEL_ORDER: Route = post("/api/system/app-store/admin/cancel-order", bearer(Role::Operator, APP_STORE));
    /// `POST /api/system/app-store/admin/order-list`
    pub const LIST_ORDERS: Route =
        post_query("/api/system/app-store/admin/order-list", bearer(Role::Operator, APP_STORE));

    pub(super) const ALL: &[Route] = &[
        LIST,
        READ,
        EDIT,
        CREATE_ORDER,
        START_TRIAL,
        MY_SUBSCRIPTIONS,
        MY_ORDERS,
        TRIAL_STATUS,
        ACTIVATE_ORDER,
        CANCEL_ORDER,
        LIST_ORDERS,
    ];
}

/// Routes of `tenant-app`.
pub mod tenant_app {
    use crate::route::{Role, Route, bearer, delete, get, post, post_query, put};
    use crate::scope::TENANT_APP;

    /// `POST /api/system/tenant-app/create`
    pub const CREATE: Route = post("/api/system/tenant-app/create", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/list`
    pub const LIST: Route = post_query("/api/system/tenant-app/list", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/all-logs`
    pub const ALL_LOGS: Route = post_query("/api/system/tenant-app/all-logs", bearer(Role::Either, TENANT_APP));
    /// `GET /api/system/tenant-app/app-types`
    pub const APP_TYPES: Route = get("/api/system/tenant-app/app-types", bearer(Role::Either, TENANT_APP));
    /// `GET /api/system/tenant-app/stats`
    pub const STATS: Route = get("/api/system/tenant-app/stats", bearer(Role::Either, TENANT_APP));
    /// `GET /api/system/tenant-app/integration-overview`
    pub const OVERVIEW: Route = get("/api/system/tenant-app/integration-overview", bearer(Role::Either, TENANT_APP));
    /// `GET /api/system/tenant-app/{id}`
    pub const READ: Route = get("/api/system/tenant-app/{id}", bearer(Role::Either, TENANT_APP));
    /// `PUT /api/system/tenant-app/{id}`
    pub const EDIT: Route = put("/api/system/tenant-app/{id}", bearer(Role::Either, TENANT_APP));
    /// `DELETE /api/system/tenant-app/{id}`
    pub const DELETE: Route = delete("/api/system/tenant-app/{id}", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/toggle-status`
    pub const TOGGLE_STATUS: Route =
        post("/api/system/tenant-app/{id}/toggle-status", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/reset-secret`
    pub const RESET_SECRET: Route = post("/api/system/tenant-app/{id}/reset-secret", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/reset-callback-secret`
    pub const RESET_CALLBACK_SECRET: Route =
        post("/api/system/tenant-app/{id}/reset-callback-secret", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/reset-quota`
    pub const RESET_QUOTA: Route = post("/api/system/tenant-app/{id}/reset-quota", bearer(Role::Operator, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/logs`
    pub const LOGS: Route = post_query("/api/system/tenant-app/{id}/logs", bearer(Role::Either, TENANT_APP));

    pub(super) const ALL: &[Route] = &[
        CREATE,
        LIST,
        ALL_LOGS,
        APP_TYPES,
        STATS,
        OVERVIEW,
        READ,
        EDIT,
        DELETE,
        TOGGLE_STATUS,
        RESET_SECRET,
        RESET_CALLBACK_SECRET,
        RESET_QUOTA,
        LOGS,
    ];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "app-store",
        area: "app-store",
        does: "the app store: trials, orders, subscriptions; operators activate and cancel",
        handler: "store::SERVICE",
        trigger: Trigger::Http { routes: store::ALL },
        timeout_seconds: 15,
        memory_mb: 256,
        table: TableAccess::APPS
            .looking_at(&[records::TOKEN])
            .changing(&[records::APPS, records::AUDIT, records::PRODUCTS, records::STORE])
            .listing(&[records::STORE_INDEX]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "tenant-app",
        area: "app-store",
        does: "a tenant's apps: keys, secrets, settings, call log, overview",
        handler: "tenant_app::SERVICE",
        trigger: Trigger::Http { routes: tenant_app::ALL },
        timeout_seconds: 15,
        memory_mb: 256,
        table: TableAccess::APPS
            .looking_at(&[records::CALL_LOG, records::ENDPOINTS, records::FRONT, records::PRODUCTS, records::TOKEN])
            .changing(&[records::APPS, records::AUDIT, records::QUOTA, records::SUBSCRIPTIONS])
            .listing(&[records::CALL_INDEX]),
        sends: &[],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
];
