//! What the console's handlers have in common.

use serde_json::Value;
use tenon_console_kit::{Visitor, page};
use tenon_model::call::{CallResult, Direction};
use tenon_pages::console::{Frame, Label, secret};
use tenon_platform::Rejection;
use tenon_platform::audit::{self, Via};
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::Reply;
use tenon_platform::request::{self, Request};
use tenon_tenants::credentials::Credentials;
use tenon_tenants::manage::Rotation;
use tenon_tenants::store::{Subscription, SubscriptionState, Term};
use tenon_tenants::times;

/// A call of a visitor.
pub(crate) type Call = tenon_platform::dispatch::Call<Visitor>;

/// What was wrong with a field, so that the form is shown again; anything else is refused as it is.
pub(crate) fn wrong(rejection: Rejection) -> Result<BadBody, Rejection> {
    match rejection {
        Rejection::BadRequest(bad) => Ok(bad),
        Rejection::BadFields(bad) if !bad.is_empty() => Ok(bad.into_iter().next().unwrap_or(BadBody::field("", ""))),
        other => Err(other),
    }
}

/// What was wrong, as pages show it.
pub(crate) fn at_field(bad: Option<&BadBody>) -> Option<(&str, &str)> {
    bad.map(|bad| (bad.field.as_str(), bad.message.as_str()))
}

/// Notes who is about to change what, before it is done.
pub(crate) async fn noted(call: &Call, did: &str, of: &str) -> Result<(), Rejection> {
    let by = call.by.principal.actor(Via::Page);
    Ok(audit::note(&call.ctx, &call.by.tenant, &by, (did, of), Value::Null).await?)
}

/// A parameter of the query; empty where there is none, or more than one.
pub(crate) fn query_parameter<'c>(call: &'c Call, name: &str) -> &'c str {
    request::query(&call.request, name).map_or("", str::trim)
}

/// How a tenant stands with a module.
pub(crate) fn module_status(held: Option<&Subscription>, now_ms: i64) -> tenon_pages::console::store::ModuleStatus {
    use tenon_pages::console::store::ModuleStatus;
    let Some(held) = held else { return ModuleStatus::None };
    match held.state(now_ms) {
        SubscriptionState::Trial => ModuleStatus::Trial(held.ends_ms),
        SubscriptionState::Active if held.term == Term::Perpetual => ModuleStatus::ForGood,
        SubscriptionState::Active => ModuleStatus::Active(held.ends_ms),
        SubscriptionState::Expired => ModuleStatus::Expired(held.ends_ms),
        SubscriptionState::Canceled => ModuleStatus::Canceled,
    }
}

/// The page that shows credentials this once.
pub(crate) fn credentials(frame: &Frame, title: Label, shown: &Credentials, notes: &[String], next: &str) -> Reply {
    let mut values = vec![(Label::AppKey, shown.app_key.as_str()), (Label::AppSecret, shown.app_secret.expose())];
    values.extend(shown.callback_secret.as_ref().map(|own| (Label::CallbackSecret, own.expose())));
    once(frame, title, &values, notes, next)
}

/// The page that shows something this once.
pub(crate) fn once(frame: &Frame, title: Label, values: &[(Label, &str)], notes: &[String], next: &str) -> Reply {
    page(200, secret::page(frame, &secret::Made { title: frame.text(title), values, notes, next }))
}

/// What became of the secrets before a new one.
pub(crate) fn rotation(frame: &Frame, rotation: &Rotation) -> Vec<String> {
    let until =
        rotation.until_ms.iter().map(|until| format!("{} {}", frame.text(Label::OldUntil), times::local(*until)));
    let ended = (rotation.ended > 0).then(|| frame.text(Label::OldEnded).to_owned());
    until.chain(ended).collect()
}

/// A time of a field: local time of Shanghai; none where it is empty.
pub(crate) fn moment(field: &str, text: &str) -> Result<Option<i64>, Rejection> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = times::parse(text);
    parsed.map(Some).ok_or_else(|| Rejection::field(field, "时间格式须为yyyy-MM-ddTHH:mm:ss"))
}

/// Where this installation is called, as its caller names it.
pub(crate) fn base_url(request: &Request) -> String {
    let host = request::header(request, "host").unwrap_or_default();
    let local = host.starts_with("127.0.0.1") || host.starts_with("localhost") || host.starts_with("[::1]");
    format!("{}://{host}", if local { "http" } else { "https" })
}

/// The word of a result.
pub(crate) fn result_word(result: CallResult) -> &'static str {
    match result {
        CallResult::Success => "SUCCESS",
        CallResult::Failed => "FAILED",
        CallResult::Error => "ERROR",
    }
}

/// The word of a direction.
pub(crate) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "INBOUND",
        Direction::Outbound => "OUTBOUND",
    }
}
