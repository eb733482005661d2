//! The routes, grouped as functions serve them.

use crate::{Auth, Role, Route};

const APP_STORE_SCOPE: &str = "MENU_APP_STORE_VIEW";
const TENANT_APP_SCOPE: &str = "MENU_TENANT_APP_VIEW";
const TOKENS_SCOPE: &str = "ADMIN_TOKENS";

const fn route(method: &'static str, path: &'static str, auth: Auth) -> Route {
    Route { method, path, auth }
}

const fn bearer(role: Role, scope: &'static str) -> Auth {
    Auth::Bearer { role, scope }
}

const fn signed(module: &'static str, write: bool) -> Auth {
    Auth::OpenApi { module, write }
}

pub(crate) const HEALTHZ: &[Route] = &[route("GET", "/healthz", Auth::Open)];

pub(crate) const CALLBACK_DINGTALK: &[Route] =
    &[route("POST", "/callbacks/dingtalk/{connection}", Auth::DingTalkEnvelope)];

pub(crate) const OPENAPI_ORDERS: &[Route] = &[
    route("POST", "/openapi/v1/orders/create", signed("ORDER_SYNC", true)),
    route("POST", "/openapi/v1/orders/list", signed("ORDER_SYNC", false)),
    route("GET", "/openapi/v1/orders/{orderNo}", signed("ORDER_SYNC", false)),
];

pub(crate) const OPENAPI_QUALITY: &[Route] =
    &[route("GET", "/openapi/v1/quality/{orderNo}", signed("QUALITY_FEEDBACK", false))];

pub(crate) const OPENAPI_LOGISTICS: &[Route] =
    &[route("GET", "/openapi/v1/logistics/{orderNo}", signed("LOGISTICS_SYNC", false))];

pub(crate) const OPENAPI_PAYMENT: &[Route] = &[
    route("GET", "/openapi/v1/payment/{reconciliationNo}", signed("PAYMENT_SYNC", false)),
    route("POST", "/openapi/v1/payment/confirm", signed("PAYMENT_SYNC", true)),
];

pub(crate) const OPENAPI_PULL: &[Route] =
    &[route("POST", "/openapi/v1/pull/pattern-order", signed("ORDER_SYNC", true))];

pub(crate) const OPENAPI_DOCS: &[Route] = &[
    route("GET", "/openapi/v1/openapi.json", Auth::Open),
    route("GET", "/openapi/v1/docs", Auth::Open),
    route("GET", "/openapi/v1/docs/operators", Auth::Open),
    route("GET", "/openapi/v1/docs/errors/{code}", Auth::Open),
];

pub(crate) const APP_STORE: &[Route] = &[
    route("POST", "/api/system/app-store/list", bearer(Role::Either, APP_STORE_SCOPE)),
    route("GET", "/api/system/app-store/{appId}", bearer(Role::Either, APP_STORE_SCOPE)),
    route("PUT", "/api/system/app-store/{appId}", bearer(Role::Operator, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/create-order", bearer(Role::TenantAdmin, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/start-trial", bearer(Role::TenantAdmin, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/my-subscriptions", bearer(Role::TenantAdmin, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/my-orders", bearer(Role::TenantAdmin, APP_STORE_SCOPE)),
    route("GET", "/api/system/app-store/trial-status/{appId}", bearer(Role::TenantAdmin, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/admin/activate-order", bearer(Role::Operator, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/admin/cancel-order", bearer(Role::Operator, APP_STORE_SCOPE)),
    route("POST", "/api/system/app-store/admin/order-list", bearer(Role::Operator, APP_STORE_SCOPE)),
];

pub(crate) const TENANT_APP: &[Route] = &[
    route("POST", "/api/system/tenant-app/create", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/list", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/all-logs", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("GET", "/api/system/tenant-app/app-types", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("GET", "/api/system/tenant-app/stats", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("GET", "/api/system/tenant-app/integration-overview", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("GET", "/api/system/tenant-app/{id}", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("PUT", "/api/system/tenant-app/{id}", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("DELETE", "/api/system/tenant-app/{id}", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/toggle-status", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/reset-secret", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/reset-callback-secret", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/reset-quota", bearer(Role::Operator, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/logs", bearer(Role::Either, TENANT_APP_SCOPE)),
];

pub(crate) const TENANT_WEBHOOKS: &[Route] = &[
    route("GET", "/api/system/tenant-app/{id}/webhook", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/webhook/enable", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/webhook/test", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("POST", "/api/system/tenant-app/{id}/webhook/deliveries", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("GET", "/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}", bearer(Role::Either, TENANT_APP_SCOPE)),
    route(
        "POST",
        "/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}/resend",
        bearer(Role::Either, TENANT_APP_SCOPE),
    ),
    route("POST", "/api/system/tenant-app/{id}/webhook/resend-jobs", bearer(Role::Either, TENANT_APP_SCOPE)),
    route("GET", "/api/system/tenant-app/{id}/webhook/resend-jobs/{jobId}", bearer(Role::Either, TENANT_APP_SCOPE)),
];

pub(crate) const WEBHOOK_EVENTS: &[Route] = &[
    route("POST", "/admin/v1/events/order-status", Auth::AppCode),
    route("POST", "/admin/v1/events/order-status/bulk", Auth::AppCode),
    route("POST", "/admin/v1/events/quality-result", Auth::AppCode),
    route("POST", "/admin/v1/events/quality-result/bulk", Auth::AppCode),
    route("POST", "/admin/v1/events/logistics-update", Auth::AppCode),
    route("POST", "/admin/v1/events/logistics-update/bulk", Auth::AppCode),
    route("POST", "/admin/v1/events/reconciliation-created", Auth::AppCode),
    route("POST", "/admin/v1/events/reconciliation-created/bulk", Auth::AppCode),
];

pub(crate) const TOKENS: &[Route] = &[
    route("POST", "/admin/v1/tokens", bearer(Role::Operator, TOKENS_SCOPE)),
    route("GET", "/admin/v1/tokens", bearer(Role::Operator, TOKENS_SCOPE)),
    route("DELETE", "/admin/v1/tokens/{id}", bearer(Role::Operator, TOKENS_SCOPE)),
];
