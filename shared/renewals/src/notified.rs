//! Telling one thing once: its claim, its events and the promise of every message are one transaction.

use crate::Run;
use crate::words::NoticeText;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenon_delivery::events;
use tenon_model::webhook::WebhookEvent;
use tenon_model::{EventKind, TenantId};
use tenon_notices::{Notice, Recipient};
use tenon_platform::outbox::{Entry, send_each};
use tenon_platform::table::{Expect, Key, Outcome, RecordKind, Write};
use tenon_platform::{Context, Result};
use tenon_tenants::times;

/// That a thing was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Notified {
    /// Epoch ms.
    at_ms: i64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Notified>("RENEWAL-TOLD");

fn key(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "RENEWAL-TOLD", &[], id)
}

/// What is told.
pub(crate) struct Notification<'n> {
    /// Whom it is about.
    pub tenant: &'n TenantId,
    /// Names it; the event's id too.
    pub id: String,
    pub kind: EventKind,
    pub data: Value,
    pub notice: NoticeText,
    /// Until when it could be told again if it were not known.
    pub kept_until_ms: i64,
}

/// Whether it was told before.
pub(crate) async fn is_notified(ctx: &Context, tenant: &TenantId, id: &str) -> Result<bool> {
    Ok(ctx.table.get::<Notified>(&key(tenant, id)).await?.is_some())
}

/// Tells it; `false` when another process did.
pub(crate) async fn notify(run: &Run<'_>, news: &Notification<'_>) -> Result<bool> {
    let (ctx, now) = (run.ctx, run.ctx.now_ms());
    let notified = Write::put(key(news.tenant, &news.id), &Notified { at_ms: now }, Expect::AbsentAt(now))?;
    let mut writes = vec![notified.expiring(Some(news.kept_until_ms / 1000))];
    let mut promised = Vec::new();
    let event = event(news, now);
    for whose in news.tenant.with_operator() {
        writes.push(events::write(&whose, &event, now)?);
        promised.push(events::promise(ctx, &whose, &event.id)?);
    }
    for (whose, notices) in notices(run, news) {
        promised.extend(tenon_notices::promise(ctx, &whose, &notices)?);
    }
    for entry in &promised {
        writes.push(Entry::write(entry)?);
    }
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        return Ok(false);
    }
    tracing::info!(tenant = %news.tenant, told = %news.id, "a tenant is told that something of its ends");
    // What is not sent now the sweeper sends.
    if let Err(error) = send_each(ctx, promised).await {
        tracing::warn!(error.code = error.code, error.message = %error, "the sweeper sends what a tenant is told");
    }
    Ok(true)
}

fn event(news: &Notification<'_>, now_ms: i64) -> WebhookEvent {
    let body = json!({ "event": news.kind.code(), "timestamp": times::local(now_ms), "data": news.data });
    WebhookEvent {
        id: news.id.clone(),
        kind: news.kind,
        at_ms: now_ms,
        body: body.to_string(),
        payload_hash: String::new(),
        fanned_out: false,
        skipped: Vec::new(),
    }
}

/// The notices, by whose directory the people are of.
fn notices(run: &Run<'_>, news: &Notification<'_>) -> Vec<(TenantId, Vec<Notice>)> {
    let notice = |id: &String, of_others: bool| Notice {
        recipient: Recipient::person(id.clone()),
        title: news.notice.title.clone(),
        text: news.notice.text.clone(),
        lines: news.notice.lines(of_others.then_some(news.tenant)),
        link: None,
        button: None,
        key: news.id.clone(),
    };
    let own = run.settings.tenants.get(news.tenant.as_str()).map(Vec::as_slice).unwrap_or_default();
    let all = [(news.tenant.clone(), own, false), (TenantId::operator(), run.settings.people.as_slice(), true)];
    let some = all.into_iter().filter(|(_, people, _)| !people.is_empty());
    some.map(|(whose, people, others)| (whose, people.iter().map(|id| notice(id, others)).collect())).collect()
}
