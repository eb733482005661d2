//! Receiving an event of the MES: remember it once, queue its work, and do nothing else. No vendor is called here.

use super::flows_of;
use super::message::{FeedingNews, FeedingWork};
use crate::jobs::FeedingIssuer;
use tenon_model::blacklake::Event;
use tenon_model::config::BlacklakeConnection;
use tenon_model::message::Envelope;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::events::{EventRecord, Remembered, event_name, is_done, remember, remember_with};
use tenon_platform::job::Job;
use tenon_platform::kept::{self, Kind};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_platform::{Context, Result};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingested {
    /// Its work is queued.
    Queued,
    /// It was done with before.
    Repeated,
    /// It means nothing here.
    Dropped,
    /// It means nothing here, and its name is none that the vendor's documents have.
    Unknown,
    /// It is one that means something, and nobody here understands it; it is kept for a person.
    Kept,
}

impl Ingested {
    /// The word used in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Repeated => "repeated",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
            Self::Kept => "kept",
        }
    }
}

/// Takes one event in, which was opened from `plain`. When it returns `Ok`, nothing of it can be lost any more.
pub async fn ingest(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    connection: &BlacklakeConnection,
    event: &Event,
    plain: &str,
) -> Result<Ingested> {
    // The whole text, and not the request's id alone: what is sent again is the same text, and an id that the vendor
    // gave twice must not hide an event.
    let name = event_name(plain);
    let news = match news(connection, event) {
        Ok(Some(news)) => news,
        Ok(None) if event.is_of_no_concern() => return Ok(Ingested::Dropped),
        // The console lets people subscribe to whatever there is.
        Ok(None) => return Ok(Ingested::Unknown),
        Err(why) => return keep(ctx, tenant, &connection.id, &name, &why, plain).await,
    };
    if flows_of(loaded, &connection.id).is_empty() {
        tracing::warn!(connection = %connection.id, event.kind = %event.kind, "an event of the MES has no flow that issues what it tells of");
        return Ok(Ingested::Dropped);
    }
    let now = ctx.now_ms();
    let work = FeedingWork { mes: connection.id.clone(), news, event: Some(name.clone()), flow: None, again: false };
    let envelope = message(tenant, format!("m-{name}"), work);
    let promised = Entry::of(ctx, &PRODUCTION_ISSUES, &envelope)?;
    match remember_with(ctx, tenant, &connection.id, &name, &record(now, None), &promised).await? {
        Remembered::New => promised.send(ctx).await?,
        // Whoever delivers it again has had no answer: the work itself can bear being queued twice.
        Remembered::Open => {
            promised.store(ctx).await?;
            promised.send(ctx).await?;
        }
        Remembered::Done => return Ok(Ingested::Repeated),
    }
    Ok(Ingested::Queued)
}

/// The message of a piece of work.
pub(super) fn message(tenant: &TenantId, id: String, work: FeedingWork) -> Envelope<FeedingWork> {
    let group = Some(work.mes.to_string());
    Envelope { group, ..Envelope::new(FeedingIssuer::NAME, id, tenant, work) }
}

/// What there is to do for an event; nothing for one of another name.
fn news(connection: &BlacklakeConnection, event: &Event) -> std::result::Result<Option<FeedingNews>, String> {
    let names = &connection.events;
    Ok(Some(match event.kind.as_str() {
        kind if kind == names.feeding => {
            let fed = event.fed()?;
            match fed.failed {
                Some(reason) => FeedingNews::Failed { records: fed.records, reason },
                None => FeedingNews::Fed { records: fed.records },
            }
        }
        kind if kind == names.feeding_retract => FeedingNews::TakenBack { said: event_text(event) },
        kind if kind == names.report_adjust => FeedingNews::ReportChanged { said: event_text(event) },
        _ => return Ok(None),
    }))
}

/// What an event says, for a person to read.
fn event_text(event: &Event) -> String {
    /// A message of a queue has a quarter of a megabyte.
    const MAX_MESSAGE_BYTES: usize = 64 * 1024;
    let text = tenon_model::json::number::write(&event.data);
    tenon_platform::text::cut(&text, MAX_MESSAGE_BYTES)
}

fn record(now: i64, ignored: Option<&str>) -> EventRecord {
    EventRecord {
        instance: None,
        template: None,
        outcome: None,
        received_ms: now,
        done: ignored.is_some(),
        ignored: ignored.map(str::to_owned),
    }
}

/// The MES sealed it, and nobody here understands it: sent again it would be the same. A person can read it.
async fn keep(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    name: &str,
    why: &str,
    plain: &str,
) -> Result<Ingested> {
    if is_done(ctx, tenant, connection, name).await? {
        return Ok(Ingested::Repeated);
    }
    let kept = kept::keep(ctx, tenant, Kind::Entry, connection.as_str(), why, plain.as_bytes()).await?;
    remember(ctx, tenant, connection, name, &record(ctx.now_ms(), Some(why))).await?;
    tracing::error!(connection = %connection, kept = %kept.id, why, "a callback is not understood and kept");
    Ok(Ingested::Kept)
}
