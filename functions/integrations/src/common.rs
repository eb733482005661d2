//! What these pages have in common.

use jiff::tz::TimeZone;
use maud::Markup;
use std::sync::LazyLock;
use tenon_catalog::Role;
use tenon_catalog::scope::OPERATIONS;
use tenon_console_kit::{self as kit, Visitor};
use tenon_model::{Language, TenantId};
use tenon_operations::At;
use tenon_pages::console::{Frame, document};
use tenon_pages::integrations::{Feedback, Label, Tab, ViewContext, framed};
use tenon_platform::audit::{Actor, Via};
use tenon_platform::dispatch::{self, Reply};
use tenon_platform::request;
use tenon_platform::{Context, Rejection};

/// A call of somebody who is signed in.
pub(crate) type Call = dispatch::Call<Visitor>;

/// The tenant's clock.
static ZONE: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC));

/// By which clock times are shown and read.
pub(crate) fn zone() -> &'static TimeZone {
    &ZONE
}

/// Whose flows these are.
pub(crate) fn tenant() -> TenantId {
    TenantId::operator()
}

/// A text of an address, without what no text holds.
pub(crate) fn text(call: &Call, name: &str, most: usize) -> String {
    let given = request::query(&call.request, name).unwrap_or_default().trim();
    given.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// A part of the address's path.
pub(crate) fn part<'c>(call: &'c Call, name: &str) -> &'c str {
    request::path_parameter(&call.request, name)
}

/// A page of the section.
pub(crate) struct Page<'p> {
    pub status: u16,
    pub tab: Tab,
    pub title: &'p str,
    pub feedback: Option<Feedback<'p>>,
}

impl<'p> Page<'p> {
    pub(crate) fn new(tab: Tab, title: &'p str) -> Self {
        Self { status: 200, tab, title, feedback: None }
    }
}

/// The page, drawn.
pub(crate) fn page(
    call: &Call,
    page: &Page<'_>,
    draw: impl FnOnce(&ViewContext<'_>) -> Markup,
) -> Result<Reply, Rejection> {
    let frame = kit::frame(call)?;
    let context = context(call, &frame);
    let content = framed(&context, page.tab, page.feedback.as_ref(), &draw(&context));
    let title = if page.title.is_empty() { page.tab.name().of(frame.language) } else { page.title };
    Ok(kit::page(page.status, document(&frame, title, &content)))
}

/// A part of a page that takes the place of what is shown.
pub(crate) fn fragment(call: &Call, draw: impl FnOnce(&ViewContext<'_>) -> Markup) -> Result<Reply, Rejection> {
    let frame = kit::frame(call)?;
    Ok(kit::page(200, draw(&context(call, &frame)).into_string()))
}

fn context<'s>(call: &Call, frame: &'s Frame) -> ViewContext<'s> {
    ViewContext { frame, zone: zone(), now_ms: call.ctx.now_ms(), may_change: may_change(call) }
}

/// Whether whoever looks may change anything.
pub(crate) fn may_change(call: &Call) -> bool {
    call.by.principal.allow(Role::Operator, OPERATIONS).is_ok()
}

/// In which language.
pub(crate) fn language(call: &Call) -> Language {
    kit::language(&call.request)
}

/// What the address says was just done.
pub(crate) fn feedback(call: &Call) -> Option<Feedback<'static>> {
    done(call).map(|label| Feedback::Done(label.of(language(call))))
}

fn done(call: &Call) -> Option<Label> {
    Some(match request::query(&call.request, "done")? {
        "on" => Label::SavedOn,
        "off" => Label::SavedOff,
        "run" => Label::SavedRun,
        "retry" => Label::SavedRetry,
        "correct" => Label::SavedCorrect,
        "put-back" => Label::SavedPutBack,
        "drop" => Label::SavedDrop,
        "check" => Label::SavedCheck,
        "cancel" => Label::SavedCancel,
        "stored" => Label::SavedNewFlow,
        "mapped" => Label::SavedMapping,
        "removed" => Label::SavedRemoved,
        _ => return None,
    })
}

/// Who presses.
pub(crate) fn actor(call: &Call) -> Actor {
    Actor::new(&call.by.principal.token, Via::Page)
}

/// Where something is changed, and by whom.
pub(crate) fn at<'a>(ctx: &'a Context, tenant: &'a TenantId, by: &'a Actor) -> At<'a> {
    At { ctx, tenant, by }
}

/// Why something was not done, for its page: the words, and the stable code among them.
pub(crate) struct Refused {
    pub text: String,
    pub code: Option<String>,
    pub status: u16,
}

/// What a person can do something about; a failure of ours is nothing of that kind.
pub(crate) fn refused(rejection: Rejection) -> Result<Refused, Rejection> {
    if matches!(rejection, Rejection::Failed(_) | Rejection::NotFound(_) | Rejection::Unauthenticated { .. }) {
        return Err(rejection);
    }
    let (text, status) = (rejection.message(), rejection.status());
    let code = code_in(&text).map(str::to_owned);
    Ok(Refused { text, code, status })
}

/// The code that stands at the end of a text, in brackets.
fn code_in(text: &str) -> Option<&str> {
    let (_, code) = text.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let is_code = code.contains('.') && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'-');
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_refusal_is_found() {
        assert_eq!(code_in("flow f is disabled (flow.disabled)"), Some("flow.disabled"));
        assert_eq!(code_in("B1 says (no)"), None);
        assert_eq!(code_in("nothing"), None);
    }
}
