//! Records as the wire shows them: times local to Shanghai, money in yuan, secrets masked.

use serde_json::{Map, Value, json};
use tenon_model::Module;
use tenon_model::call::CallRecord;
use tenon_model::openapi::Yuan;
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_tenants::credentials::Credentials;
use tenon_tenants::manage::{MASK, Rotation};
use tenon_tenants::store::{AppRef, Listed, Order, Subscription, Term, TrialStatus};
use tenon_tenants::times::local;

const MESSAGE: &str = "请立即保存appKey和appSecret：密钥只显示这一次，遗失后只能重置";

fn time(ms: Option<i64>) -> Option<String> {
    ms.map(local)
}

pub(crate) fn credentials(shown: &Credentials) -> Value {
    let mut value = json!({
        "id": shown.app, "appKey": shown.app_key, "appSecret": shown.app_secret.expose(), "message": MESSAGE,
    });
    if let (Some(secret), Some(object)) = (&shown.callback_secret, value.as_object_mut()) {
        object.insert("callbackSecret".to_owned(), secret.expose().into());
    }
    value
}

/// What a reset made of the secrets before the new one.
pub(crate) fn rotation(rotation: &Rotation) -> Map<String, Value> {
    let until: Vec<String> = rotation.until_ms.iter().copied().map(local).collect();
    [("olderSecretsUntil", json!(until)), ("olderSecretsEnded", json!(rotation.ended))]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A product as a tenant sees it.
pub(crate) fn product(listed: &Listed, held: Option<&Subscription>, can_try: bool, now: i64) -> Value {
    let p = &listed.product;
    json!({
        "id": AppRef::number(p.module), "appCode": p.module, "appName": p.module.name(), "description": p.description,
        "monthlyPrice": Yuan::from_fen(p.monthly_fen), "yearlyPrice": Yuan::from_fen(p.yearly_fen()), "perpetualPrice": Yuan::from_fen(p.perpetual_fen),
        "priceUnit": "CNY", "trialDays": p.trial_days, "trialSupported": p.trial_supported, "enabled": p.enabled,
        "subscriptionStatus": held.map(|s| s.state(now)), "canTrial": can_try,
        "version": listed.version, "updateTime": (p.updated_ms > 0).then(|| local(p.updated_ms)),
    })
}

pub(crate) fn subscription(s: &Subscription, now: i64) -> Value {
    let left_days =
        (s.ends_ms - now).max(0).div_euclid(86_400_000) + i64::from((s.ends_ms - now).max(0) % 86_400_000 > 0);
    json!({
        "subscriptionNo": s.number, "tenantId": s.tenant, "appId": s.module, "appName": s.module.name(),
        "subscriptionType": s.term, "status": s.state(now), "isTrial": s.term == Term::Trial,
        "startTime": local(s.starts_ms), "endTime": local(s.ends_ms), "remainingDays": left_days,
        "orderNo": s.order, "createTime": local(s.created_ms),
    })
}

pub(crate) fn trial(status: &TrialStatus) -> Value {
    json!({
        "hasTried": status.mark.is_some(), "canTrial": status.can_try,
        "startTime": time(status.mark.as_ref().map(|m| m.started_ms)),
        "endTime": time(status.mark.as_ref().map(|m| m.ends_ms)),
        "isExpired": status.expired, "status": status.state,
    })
}

pub(crate) fn order(o: &Order) -> Value {
    let payment = o.payment.as_ref();
    json!({
        "orderId": o.number, "orderNo": o.number, "tenantId": o.tenant, "appId": o.module, "appName": o.module.name(),
        "orderType": o.kind, "subscriptionType": o.term, "totalAmount": Yuan::from_fen(o.amount_fen), "userCount": o.user_count,
        "contactName": o.contact.name, "contactPhone": o.contact.phone, "contactEmail": o.contact.email,
        "companyName": o.company_name, "invoiceRequired": o.invoice.is_some(),
        "invoiceTitle": o.invoice.as_ref().map(|i| &i.title), "invoiceTaxNo": o.invoice.as_ref().map(|i| &i.tax_no),
        "newCredentials": o.new_credentials, "status": o.state, "remark": o.remark, "createTime": local(o.created_ms),
        "paymentNo": payment.map(|p| &p.number), "payTime": time(payment.map(|p| p.paid_ms)),
        "subscriptionNo": payment.map(|p| &p.subscription), "periodStart": time(payment.map(|p| p.from_ms)),
        "periodEnd": time(payment.map(|p| p.to_ms)), "refundTime": time(payment.and_then(|p| p.refunded_ms)),
    })
}

/// `active`, `disabled` or `expired`.
pub(crate) fn status(app: &TenantApp, now: i64) -> &'static str {
    match (app.is_expired(now), app.enabled) {
        (true, _) => "expired",
        (false, true) => "active",
        (false, false) => "disabled",
    }
}

/// An app with its secrets masked.
pub(crate) fn app(app: &TenantApp, used_today: i64, now: i64) -> Value {
    let callback = app.callback.as_ref();
    json!({
        "id": app.id, "tenantId": app.tenant, "appType": app.module, "appTypeName": app.module.name(),
        "appName": app.name, "appKey": app.app_key, "appSecret": MASK, "status": status(app, now), "trial": app.trial,
        "expireTime": time(app.expires_ms), "dailyQuota": app.daily_quota, "dailyUsed": used_today,
        "scheme2Only": app.scheme_2_only, "allowIps": app.allow_ips, "externalApiUrl": app.external_api_url,
        "callbackUrl": callback.map(|c| &c.url), "callbackSecret": callback.map(|_| MASK),
        "callbackEvents": callback.and_then(|c| c.events.as_ref()), "retryPreset": callback.map(|c| c.preset),
        "ratePerSecond": callback.and_then(|c| c.rate_per_second),
        "secretOverlapUntil": time(overlap(&app.secrets, now)),
        "callbackSecretOverlapUntil": time(callback.and_then(|c| overlap(&c.secrets, now))),
        "createTime": local(app.created_ms), "updateTime": local(app.updated_ms),
    })
}

/// Until when an older secret counts too.
fn overlap(secrets: &[AppSecret], now: i64) -> Option<i64> {
    secrets.iter().filter_map(|s| s.until_ms).filter(|until| *until > now).max()
}

pub(crate) fn app_type(module: Module, held: Option<&Subscription>, apps: usize, now: i64) -> Value {
    json!({
        "code": module, "name": module.name(), "event": module.event(), "appCount": apps,
        "subscriptionStatus": held.map(|s| s.state(now)), "canCreate": held.is_some_and(|s| s.is_live(now)),
        "endTime": time(held.map(|s| s.ends_ms)),
    })
}

/// A call of the log, with its time and its app's name beside what is stored.
pub(crate) fn call(record: &CallRecord, app_name: Option<&str>) -> Value {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("createTime".to_owned(), local(record.at_ms).into());
        object.insert("appName".to_owned(), app_name.into());
    }
    value
}
