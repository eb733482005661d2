//! What a poll does with what it has found: what is in hand, done with or left alone is sorted out, and the rest is queued.

use super::records::{self, Body};
use super::work::in_hand;
use crate::approvals::in_flight;
use crate::kinds::Scope;
use crate::manufacturing::message::{Manufacture, Seen};
use crate::poll::Counts;
use crate::suppressed::definition;
use std::collections::HashMap;
use tenon_model::config::Flow;
use tenon_model::manufacturing::{Tracked, WorkState};
use tenon_model::message::Envelope;
use tenon_model::run::Trigger;
use tenon_model::{DocumentKey, RunId};
use tenon_platform::Result;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{QueueName, body_of};

/// What is due again is taken so much at a time.
pub(super) const DUE_AT_ONCE: u32 = 200;
/// Messages that are promised in one record of the outbox.
const TOGETHER: usize = 300;

/// A thing that a page shows.
pub(super) struct Found {
    pub key: DocumentKey,
    /// What the page showed of it, for its message.
    pub page: Seen,
    /// Whether the message carries it.
    pub fits: bool,
}

/// The way of a flow's messages.
pub(super) struct Way<'a> {
    pub flow: &'a Flow,
    pub queue: QueueName,
    pub job: &'static str,
    /// Whose turn they take.
    pub group: String,
}

impl Way<'_> {
    /// A message of the flow.
    pub fn envelope(&self, at: Scope<'_>, message: Manufacture) -> Result<Envelope<Manufacture>> {
        let id = at.ctx.entropy.id("m-", at.ctx.now_ms())?;
        Ok(Envelope { group: Some(self.group.clone()), ..Envelope::new(self.job, id, at.tenant, message) })
    }
}

/// Whether what is kept says that this very thing is done with.
pub(super) fn is_there<B>(record: &Tracked<B>, fingerprint: &str) -> bool {
    record.state == WorkState::Sent && record.failing.is_none() && record.sent.as_deref() == Some(fingerprint)
}

/// Queues what is to be worked on, and counts the rest. `is_over` says of what is kept whether it is done with.
pub(super) async fn queue<B: Body>(
    at: Scope<'_>,
    way: &Way<'_>,
    mut found: Vec<Found>,
    trigger: Trigger,
    counts: &mut Counts,
    is_over: impl Fn(&Tracked<B>, &str) -> bool,
) -> Result<()> {
    let Scope { ctx, tenant, loaded } = at;
    let id = way.flow.id();
    let (definition, now) = (definition(loaded, way.flow)?, ctx.now_ms());
    let kept = records::among::<B>(ctx, tenant, id, found.iter().map(|f| &f.key)).await?;
    let all = found.len();
    found.retain(|f| !kept.get(&f.key).is_some_and(|record| is_over(record, &f.page.fingerprint)));
    counts.not_due += (all - found.len()) as u64;
    // An operator who asks for a look looks past messages, which may have been lost with their queue, and may have mended
    // what nothing here shows.
    if trigger == Trigger::Schedule {
        let all = found.len();
        let left_alone = |f: &Found| {
            let seen = Some(f.page.fingerprint.as_str());
            kept.get(&f.key).is_some_and(|record| records::is_suppressed(record, seen, &definition, now))
        };
        found.retain(|f| !left_alone(f));
        counts.suppressed += (all - found.len()) as u64;
    }
    let mut messages = Vec::with_capacity(found.len());
    for Found { key, page, fits } in found {
        let run = run_of(at, kept.get(&key))?;
        // What does not fit is read again, and still known by what it was.
        let fields = if fits { page.fields } else { String::new() };
        let page = Some(Seen { fields, ..page });
        messages.push(Manufacture { flow: id.clone(), key, run, page, wished: false });
    }
    send(at, way, messages, trigger, counts).await
}

/// Queues again what is due again.
pub(super) async fn queue_due<B: Body>(
    at: Scope<'_>,
    way: &Way<'_>,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let due = records::due::<B>(at.ctx, at.tenant, way.flow.id(), DUE_AT_ONCE).await?;
    counts.found += due.len() as u64;
    let message = |record: Tracked<B>| Manufacture {
        flow: record.flow,
        key: record.key,
        run: record.run,
        page: None,
        wished: false,
    };
    send(at, way, due.into_iter().map(message).collect(), trigger, counts).await
}

/// What failed goes on in the run that told of it.
fn run_of<B>(at: Scope<'_>, kept: Option<&Tracked<B>>) -> Result<RunId> {
    match kept.filter(|record| record.failing.is_some()) {
        Some(record) => Ok(record.run.clone()),
        None => Ok(RunId::new(at.ctx.entropy.id("r-", at.ctx.now_ms())?)),
    }
}

async fn send(
    at: Scope<'_>,
    way: &Way<'_>,
    mut messages: Vec<Manufacture>,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let Scope { ctx, tenant, .. } = at;
    let id = way.flow.id();
    if trigger == Trigger::Schedule {
        let hands: Vec<DocumentKey> = messages.iter().map(in_hand).collect();
        let queued = in_flight::among(ctx, tenant, id, hands.iter(), &HashMap::new()).await?;
        let all = messages.len();
        messages.retain(|message| !queued.contains(&in_hand(message)));
        counts.in_hand += (all - messages.len()) as u64;
    }
    counts.queued += messages.len() as u64;
    put(at, way, messages).await
}

/// Puts messages on their queue, each promised and marked as in hand.
async fn put(at: Scope<'_>, way: &Way<'_>, messages: Vec<Manufacture>) -> Result<()> {
    let Scope { ctx, tenant, .. } = at;
    if messages.is_empty() {
        return Ok(());
    }
    let id = way.flow.id();
    let hands: Vec<(DocumentKey, RunId)> = messages.iter().map(|m| (in_hand(m), m.run.clone())).collect();
    let (mut short, mut bodies) = (Vec::with_capacity(messages.len()), Vec::with_capacity(messages.len()));
    for message in messages {
        let whole = way.envelope(at, message)?;
        bodies.push(body_of(&whole)?);
        short.push(without_fields(whole));
    }
    // Before the marks: what is marked has its message, whatever dies.
    let promised = short.chunks(TOGETHER).map(|some| Entry::of_all(ctx, &way.queue, some));
    let promised = promised.collect::<Result<Vec<_>>>()?;
    for entry in &promised {
        entry.store(ctx).await?;
    }
    let batch = in_flight::mark(ctx, tenant, id, hands.iter().map(|(hand, run)| (hand, run.clone()))).await?;
    ctx.queue.send_all(&way.queue, bodies).await?;
    in_flight::confirm(ctx, tenant, id, &batch).await?;
    for entry in promised {
        entry.sent(ctx).await;
    }
    Ok(())
}

/// A message as it is promised: what its page showed is read again.
fn without_fields(mut envelope: Envelope<Manufacture>) -> Envelope<Manufacture> {
    if let Some(page) = &mut envelope.body.page {
        page.fields.clear();
    }
    envelope
}
