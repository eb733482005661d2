//! The console: pages for operators and tenants. Signing in with a bearer token, the app store, tenants' apps with their
//! log, their endpoints.

use crate::{Calls, Function, TableAccess, Trigger, records};

/// Routes of `console-sign-in`.
pub mod sign_in {
    use crate::route::{Auth, Route, get, post_query};

    /// `GET /system/login`
    pub const PAGE: Route = get("/system/login", Auth::Open);
    /// `POST /system/login`
    pub const SIGN_IN: Route = post_query("/system/login", Auth::Open);
    /// `POST /system/logout`
    pub const SIGN_OUT: Route = post_query("/system/logout", Auth::Open);
    /// `GET /system/assets/{hash}/{file}`
    pub const ASSET: Route = get("/system/assets/{hash}/{file}", Auth::Open);

    pub(super) const ALL: &[Route] = &[PAGE, SIGN_IN, SIGN_OUT, ASSET];
}

/// Routes of `console-store`.
pub mod store {
    use crate::route::{Role, Route, console, get, post};
    use crate::scope::APP_STORE;

    /// `GET /system/app-store`
    pub const PAGE: Route = get("/system/app-store", console(Role::Anyone, APP_STORE));
    /// `GET /system/app-store/{appId}`
    pub const APP: Route = get("/system/app-store/{appId}", console(Role::Anyone, APP_STORE));
    /// `POST /system/app-store/{appId}/trial`
    pub const START_TRIAL: Route = post("/system/app-store/{appId}/trial", console(Role::TenantAdmin, APP_STORE));
    /// `POST /system/app-store/{appId}/order`
    pub const ORDER: Route = post("/system/app-store/{appId}/order", console(Role::TenantAdmin, APP_STORE));
    /// `POST /system/app-store/{appId}/edit`
    pub const EDIT: Route = post("/system/app-store/{appId}/edit", console(Role::Operator, APP_STORE));
    /// `GET /system/app-store/orders`
    pub const ORDERS: Route = get("/system/app-store/orders", console(Role::Anyone, APP_STORE));
    /// `POST /system/app-store/orders/{number}/activate`
    pub const ACTIVATE: Route = post("/system/app-store/orders/{number}/activate", console(Role::Operator, APP_STORE));
    /// `POST /system/app-store/orders/{number}/cancel`
    pub const CANCEL: Route = post("/system/app-store/orders/{number}/cancel", console(Role::Operator, APP_STORE));

    pub(super) const ALL: &[Route] = &[PAGE, APP, START_TRIAL, ORDER, EDIT, ORDERS, ACTIVATE, CANCEL];
}

/// Routes of `console-apps`.
pub mod apps {
    use crate::route::{Role, Route, console, get, post};
    use crate::scope::TENANT_APP;

    /// `GET /system/tenant-management`: its three tabs
    pub const PAGE: Route = get("/system/tenant-management", console(Role::Anyone, TENANT_APP));
    /// `POST /system/tenant-management/apps`
    pub const CREATE: Route = post("/system/tenant-management/apps", console(Role::Either, TENANT_APP));
    /// `GET /system/tenant-management/apps/{id}`
    pub const APP: Route = get("/system/tenant-management/apps/{id}", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}`
    pub const EDIT: Route = post("/system/tenant-management/apps/{id}", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/switch`
    pub const SWITCH: Route = post("/system/tenant-management/apps/{id}/switch", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/delete`
    pub const DELETE: Route = post("/system/tenant-management/apps/{id}/delete", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/secret`
    pub const SECRET: Route = post("/system/tenant-management/apps/{id}/secret", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/callback-secret`
    pub const CALLBACK_SECRET: Route =
        post("/system/tenant-management/apps/{id}/callback-secret", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/quota`
    pub const QUOTA: Route = post("/system/tenant-management/apps/{id}/quota", console(Role::Operator, TENANT_APP));
    /// `GET /system/tenant-management/calls/{callId}`
    pub const CALL: Route = get("/system/tenant-management/calls/{callId}", console(Role::Either, TENANT_APP));

    pub(super) const ALL: &[Route] = &[PAGE, CREATE, APP, EDIT, SWITCH, DELETE, SECRET, CALLBACK_SECRET, QUOTA, CALL];
}

/// Routes of `console-webhooks`.
pub mod webhooks {
    use crate::route::{Role, Route, console, get, post};
    use crate::scope::TENANT_APP;

    /// `GET /system/tenant-management/apps/{id}/webhook`
    pub const PAGE: Route = get("/system/tenant-management/apps/{id}/webhook", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/webhook/enable`
    pub const ENABLE: Route =
        post("/system/tenant-management/apps/{id}/webhook/enable", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/webhook/test`
    pub const TEST: Route = post("/system/tenant-management/apps/{id}/webhook/test", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/webhook/resend`
    pub const RESEND_RANGE: Route =
        post("/system/tenant-management/apps/{id}/webhook/resend", console(Role::Either, TENANT_APP));
    /// `GET /system/tenant-management/apps/{id}/webhook/jobs/{jobId}`
    pub const JOB: Route =
        get("/system/tenant-management/apps/{id}/webhook/jobs/{jobId}", console(Role::Either, TENANT_APP));
    /// `GET /system/tenant-management/apps/{id}/webhook/deliveries/{deliveryId}`
    pub const DELIVERY: Route =
        get("/system/tenant-management/apps/{id}/webhook/deliveries/{deliveryId}", console(Role::Either, TENANT_APP));
    /// `POST /system/tenant-management/apps/{id}/webhook/deliveries/{deliveryId}/resend`
    pub const RESEND: Route = post(
        "/system/tenant-management/apps/{id}/webhook/deliveries/{deliveryId}/resend",
        console(Role::Either, TENANT_APP),
    );

    pub(super) const ALL: &[Route] = &[PAGE, ENABLE, TEST, RESEND_RANGE, JOB, DELIVERY, RESEND];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "console-sign-in",
        area: "console",
        does: "signs holders of bearer tokens in to the console's pages and out again; what the pages are drawn with",
        handler: "sign_in::SERVICE",
        trigger: Trigger::Http { routes: sign_in::ALL },
        timeout_seconds: 10,
        memory_mb: 256,
        table: TableAccess::CONSOLE.changing(&[records::CONSOLE_LINKS, records::CONSOLE_SESSIONS]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "console-store",
        area: "console",
        does: "pages of the app store: modules, trials, orders; operators change prices and mark orders paid",
        handler: "store::SERVICE",
        trigger: Trigger::Http { routes: store::ALL },
        timeout_seconds: 15,
        memory_mb: 256,
        table: TableAccess::CONSOLE
            .changing(&[records::APPS, records::AUDIT, records::CONSOLE_SESSIONS, records::PRODUCTS, records::STORE])
            .listing(&[records::STORE_INDEX]),
        sends: &[],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "console-apps",
        area: "console",
        does: "pages of a tenant's apps: overview, keys and settings, call log",
        handler: "apps::SERVICE",
        trigger: Trigger::Http { routes: apps::ALL },
        timeout_seconds: 15,
        memory_mb: 256,
        table: TableAccess::CONSOLE
            .looking_at(&[records::CALL_LOG, records::ENDPOINTS, records::FRONT, records::PRODUCTS, records::TOKEN])
            .changing(&[
                records::APPS,
                records::AUDIT,
                records::CONSOLE_SESSIONS,
                records::QUOTA,
                records::SUBSCRIPTIONS,
            ])
            .listing(&[records::CALL_INDEX]),
        sends: &[],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "console-webhooks",
        area: "console",
        does: "pages of an app's endpoint: its health, deliveries with their attempts, test, resending",
        handler: "webhooks::SERVICE",
        trigger: Trigger::Http { routes: webhooks::ALL },
        timeout_seconds: 25,
        memory_mb: 256,
        table: TableAccess::CONSOLE.looking_at(&[records::APPS, records::TOKEN]).changing(&[
            records::ASKED_FOR,
            records::AUDIT,
            records::CALL_LOG,
            records::CONSOLE_SESSIONS,
            records::DELIVERIES,
            records::ENDPOINTS,
            records::RESENDING,
        ]),
        sends: &["webhook-deliver", "webhook-resend", "webhook-retry"],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
];
