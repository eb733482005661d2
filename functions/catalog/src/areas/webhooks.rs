//! Business events in from the production system, and out to tenants' endpoints.

use crate::{Calls, Function, Settings, TableAccess, Trigger, records};

/// Routes of `webhook-events`.
pub mod events {
    use crate::route::{Auth, Route, post};

    /// `POST /admin/v1/events/order-status`
    pub const ORDER_STATUS: Route = post("/admin/v1/events/order-status", Auth::AppCode);
    /// `POST /admin/v1/events/order-status/bulk`
    pub const ORDER_STATUS_BULK: Route = post("/admin/v1/events/order-status/bulk", Auth::AppCode);
    /// `POST /admin/v1/events/quality-result`
    pub const QUALITY_RESULT: Route = post("/admin/v1/events/quality-result", Auth::AppCode);
    /// `POST /admin/v1/events/quality-result/bulk`
    pub const QUALITY_RESULT_BULK: Route = post("/admin/v1/events/quality-result/bulk", Auth::AppCode);
    /// `POST /admin/v1/events/logistics-update`
    pub const LOGISTICS_UPDATE: Route = post("/admin/v1/events/logistics-update", Auth::AppCode);
    /// `POST /admin/v1/events/logistics-update/bulk`
    pub const LOGISTICS_UPDATE_BULK: Route = post("/admin/v1/events/logistics-update/bulk", Auth::AppCode);
    /// `POST /admin/v1/events/reconciliation-created`
    pub const RECONCILIATION_CREATED: Route = post("/admin/v1/events/reconciliation-created", Auth::AppCode);
    /// `POST /admin/v1/events/reconciliation-created/bulk`
    pub const RECONCILIATION_CREATED_BULK: Route = post("/admin/v1/events/reconciliation-created/bulk", Auth::AppCode);

    pub(super) const ALL: &[Route] = &[
        ORDER_STATUS,
        ORDER_STATUS_BULK,
        QUALITY_RESULT,
        QUALITY_RESULT_BULK,
        LOGISTICS_UPDATE,
        LOGISTICS_UPDATE_BULK,
        RECONCILIATION_CREATED,
        RECONCILIATION_CREATED_BULK,
    ];
}

/// Routes of `tenant-webhooks`.
pub mod manage {
    use crate::route::{Role, Route, bearer, get, post, post_query};
    use crate::scope::TENANT_APP;

    /// `GET /api/system/tenant-app/{id}/webhook`
    pub const READ: Route = get("/api/system/tenant-app/{id}/webhook", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/webhook/enable`
    pub const ENABLE: Route = post("/api/system/tenant-app/{id}/webhook/enable", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/webhook/test`
    pub const TEST: Route = post("/api/system/tenant-app/{id}/webhook/test", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/webhook/deliveries`
    pub const LIST_DELIVERIES: Route =
        post_query("/api/system/tenant-app/{id}/webhook/deliveries", bearer(Role::Either, TENANT_APP));
    /// `GET /api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}`
    pub const READ_DELIVERY: Route =
        get("/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}/resend`
    pub const RESEND: Route =
        post("/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}/resend", bearer(Role::Either, TENANT_APP));
    /// `POST /api/system/tenant-app/{id}/webhook/resend-jobs`
    pub const START_RESEND_JOB: Route =
        post("/api/system/tenant-app/{id}/webhook/resend-jobs", bearer(Role::Either, TENANT_APP));
    /// `GET /api/system/tenant-app/{id}/webhook/resend-jobs/{jobId}`
    pub const READ_RESEND_JOB: Route =
        get("/api/system/tenant-app/{id}/webhook/resend-jobs/{jobId}", bearer(Role::Either, TENANT_APP));

    pub(super) const ALL: &[Route] =
        &[READ, ENABLE, TEST, LIST_DELIVERIES, READ_DELIVERY, RESEND, START_RESEND_JOB, READ_RESEND_JOB];
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "webhook-events",
        area: "webhooks",
        does: "takes business events in from the production system",
        handler: "events::SERVICE",
        trigger: Trigger::Http { routes: events::ALL },
        timeout_seconds: 25,
        memory_mb: 256,
        table: TableAccess::APPS.looking_at(&[records::CONFIGURATION, records::DELIVERIES]).changing(&[
            records::BUSINESS_EVENTS,
            records::ORDERS,
            records::QUALITY,
            records::RECONCILIATIONS,
            records::SHIPMENTS,
        ]),
        sends: &["webhook-fan-out"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "webhook-fan-out",
        area: "webhooks",
        does: "makes a delivery for every app that receives an event",
        handler: "fan_out::FanOuter",
        trigger: Trigger::Queue(Settings {
            batch_size: 10,
            max_concurrency: 4,
            oldest_seconds: 900,
            remedy: "Events in webhook-fan-out-dlq reached nobody; the reason is in the messages. Mend it and hand them in again.",
        }),
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess::TENANTS
            .looking_at(&[records::APPS, records::ENDPOINTS])
            .changing(&[records::BUSINESS_EVENTS, records::DELIVERIES]),
        sends: &["webhook-deliver"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "webhook-deliver",
        area: "webhooks",
        does: "pushes a delivery for the first time",
        handler: "deliver::Deliverer::FIRST",
        trigger: Trigger::Queue(Settings {
            batch_size: 5,
            max_concurrency: 128,
            oldest_seconds: 900,
            remedy: "Deliveries gave up in webhook-deliver-dlq for a reason of ours; mend it and send them again.",
        }),
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess::TENANTS.looking_at(&[records::APPS]).changing(&[
            records::BUSINESS_EVENTS,
            records::CALL_LOG,
            records::DELIVERIES,
            records::ENDPOINTS,
            records::PUSH_RATE,
        ]),
        sends: &["webhook-fan-out", "webhook-retry"],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "webhook-retry",
        area: "webhooks",
        does: "pushes again what failed, and all to failing endpoints",
        handler: "deliver::Deliverer::RETRY",
        trigger: Trigger::Queue(Settings {
            batch_size: 10,
            max_concurrency: 32,
            oldest_seconds: 1800,
            remedy: "Deliveries gave up in webhook-retry-dlq for a reason of ours; mend it and send them again.",
        }),
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess::TENANTS.looking_at(&[records::APPS]).changing(&[
            records::BUSINESS_EVENTS,
            records::CALL_LOG,
            records::DELIVERIES,
            records::ENDPOINTS,
            records::PUSH_RATE,
        ]),
        sends: &["webhook-deliver", "webhook-fan-out"],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
    Function {
        name: "webhook-resend",
        area: "webhooks",
        does: "pushes again what an app was sent in a range of time",
        handler: "resend::Resender",
        trigger: Trigger::Queue(Settings {
            batch_size: 1,
            max_concurrency: 2,
            oldest_seconds: 1800,
            remedy: "Jobs that push again gave up in webhook-resend-dlq; mend the reason and start them anew.",
        }),
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess::TENANTS
            .looking_at(&[records::APPS, records::ENDPOINTS])
            .changing(&[records::DELIVERIES, records::RESENDING]),
        sends: &["webhook-deliver"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "renewal-notices",
        area: "webhooks",
        does: "tells tenants that a trial, a subscription or a day's quota ends",
        handler: "renewals::handler",
        trigger: Trigger::Schedule { rate: "rate(15 minutes)", parameter: None },
        timeout_seconds: 60,
        memory_mb: 256,
        table: TableAccess::TENANTS
            .looking_at(&[
                records::APPS,
                records::CONFIGURATION,
                records::QUOTA,
                records::STORE_ORDERS,
                records::TOKENS,
            ])
            .changing(&[
                records::BUSINESS_EVENTS,
                records::RENEWALS_TOLD,
                records::SLOTS,
                records::STORE_INDEXED,
                records::SUBSCRIPTIONS,
            ])
            .listing(&[records::STORE_ENDINGS]),
        sends: &["notices-send", "webhook-fan-out"],
        calls: Calls::Nobody,
        caller_waits_ms: None,
    },
    Function {
        name: "tenant-webhooks",
        area: "webhooks",
        does: "an endpoint's health, test, deliveries, resending",
        handler: "manage::SERVICE",
        trigger: Trigger::Http { routes: manage::ALL },
        timeout_seconds: 25,
        memory_mb: 256,
        table: TableAccess::TENANTS.looking_at(&[records::APPS, records::TOKEN]).changing(&[
            records::ASKED_FOR,
            records::AUDIT,
            records::CALL_LOG,
            records::DELIVERIES,
            records::ENDPOINTS,
            records::RESENDING,
        ]),
        sends: &["webhook-deliver", "webhook-resend", "webhook-retry"],
        calls: Calls::Tenants,
        caller_waits_ms: None,
    },
];
