//! Taking one document to the OA: claimed → creating → created → marked. Each step is stored before
//! the next begins, and a create whose answer was lost is looked for before it is sent again.

use super::links::{self, LeasedLink};
use super::work::{Work, stages, submitted};
use super::{in_flight, run_history};
use crate::approvals::message::{Page, Submit};
use crate::source::{self, Document};
use crate::{admission, marks, suppressed};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::erp::{Requested, Waiting};
use tenon_model::config::DocumentKind;
use tenon_model::link::{ErpRequest, Link, LinkState};
use tenon_model::run::RunStatus;
use tenon_model::{DocumentKey, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::runs::{self, Recorder};
use tenon_platform::table::Stored;
use tenon_platform::{Context, Error, Result, Retry};

/// What a submission came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// The instance exists and the document carries its id.
    Marked,
    /// Another message has done it, or does it.
    InHand,
    /// The document is not to be submitted now: it is marked already, it is gone, or its approval
    /// request does not wait for us.
    NotDue,
}

/// A document with the request that waits for its approval, as they were read for one submission.
pub(super) struct Reading {
    pub document: Document,
    pub request: Option<ErpRequest>,
    pub asked: Requested,
}

/// What reading a document came to.
enum Read {
    /// It is to be submitted.
    Due(Box<Reading>),
    /// It is not, and why.
    NotDue(&'static str),
}

/// How long a document counts as its page showed it.
const PAGE_COUNTS: Duration = Duration::from_secs(900);

/// Handles one message.
pub async fn submit(ctx: &Context, tenant: &TenantId, message: &Submit) -> Result<Submitted> {
    let submitted = take(ctx, tenant, message).await;
    match (&message.run, &submitted) {
        (Some(run), Ok(Submitted::InHand | Submitted::NotDue)) => {
            in_flight::end(ctx, tenant, &message.flow, &message.key, run).await?;
        }
        (Some(run), Err(error)) if matches!(error.retry, Retry::PutOff(_)) => {
            in_flight::renew(ctx, tenant, &message.flow, &message.key, run).await?;
        }
        _ => {}
    }
    submitted
}

async fn take(ctx: &Context, tenant: &TenantId, message: &Submit) -> Result<Submitted> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = super::flow(&loaded, &message.flow)?;
    if !flow.enabled {
        let why = format!("flow {} is disabled", flow.id);
        return not_due(ctx, tenant, Recorder::new(ctx, run_id(ctx, message)?), &why).await;
    }
    let _permit = admission::acquire(ctx, tenant, &loaded, (&flow.erp, &flow.oa), "submit").await?;
    let work = Work::new(ctx, tenant, &loaded, flow)?;
    let stored = links::look(ctx, tenant, &flow.id, &message.key).await?;
    match stored {
        Some(stored) if !stored.data.state.is_finished() => {
            if matches!(stored.data.state, LinkState::Marked | LinkState::Decided | LinkState::Adding) {
                return in_hand(ctx, tenant, &stored.data).await;
            }
            let another = message.run.as_ref().filter(|run| **run != stored.data.run);
            let leased = links::acquire(ctx, tenant, stored).await?;
            let submitted = work.resume_submission(leased, message.row.as_ref(), None).await?;
            if let Some(run) = another {
                in_flight::end(ctx, tenant, &message.flow, &message.key, run).await?;
            }
            Ok(submitted)
        }
        previous => {
            if previous.is_none() {
                work.expect(message)?;
            }
            work.begin(message, previous).await
        }
    }
}

impl Work<'_> {
    /// What the page showed is as good as a reading for a while: a document that has changed since is found out
    /// when it is marked, and before a decision is written to it.
    fn expect(&self, message: &Submit) -> Result<()> {
        let fresh = |page: &&Page| self.ctx.now_ms() - page.read_ms < millis(PAGE_COUNTS);
        let Some(page) = message.page.as_ref().filter(fresh) else { return Ok(()) };
        let Ok(document) = serde_json::from_str::<Value>(&page.document) else { return Ok(()) };
        let requests = page.requests.as_deref().and_then(|all| serde_json::from_str::<Vec<Value>>(all).ok());
        let place = source::place(&self.flow.source, &message.key);
        self.erp.expect(&place, (document, page.etag.clone()), requests)
    }

    /// A document without an attempt under way: read it, see whether it is to be submitted, claim it. The claim is stored
    /// with what says that the create is about to be sent.
    async fn begin(&self, message: &Submit, previous: Option<Stored<Link>>) -> Result<Submitted> {
        let mut steps = Recorder::new(self.ctx, run_id(self.ctx, message)?);
        let reading = match self.read(&mut steps, &message.key, message.row.as_ref()).await? {
            Read::Due(reading) => reading,
            Read::NotDue(why) => return not_due(self.ctx, self.tenant, steps, why).await,
        };
        let now = self.ctx.now_ms();
        let link = Link {
            flow: self.flow.id.clone(),
            erp: self.flow.erp.clone(),
            oa: self.flow.oa.clone(),
            key: message.key.clone(),
            attempt: previous.as_ref().map_or(1, |p| p.data.attempt + 1),
            state: LinkState::Claimed,
            run: steps.run().clone(),
            lease: None,
            lease_until_ms: 0,
            create_sent_ms: None,
            originator: None,
            shown: None,
            found: None,
            accepted: None,
            instance: None,
            decision: None,
            asked: None,
            add_sent_ms: None,
            left_out: Vec::new(),
            sent: false,
            claimed_ms: now,
            changed_ms: now,
            check_after_ms: 0,
            note: None,
        };
        match links::claim(self.ctx, self.tenant, link, previous.as_ref())? {
            Some(leased) => self.resume_submission(leased, message.row.as_ref(), Some((*reading, steps))).await,
            None => Ok(Submitted::InHand),
        }
    }

    /// Goes on from where the link stands.
    async fn resume_submission(
        &self,
        mut leased: LeasedLink,
        row: Option<&Map<String, Value>>,
        begun: Option<(Reading, Recorder)>,
    ) -> Result<Submitted> {
        let (reading, mut steps) = match begun {
            Some((reading, steps)) => (Some(reading), steps),
            None => (None, Recorder::new(self.ctx, leased.record.run.clone())),
        };
        let result = self.submit(&mut leased, &mut steps, row, reading).await;
        if leased.is_overtaken() {
            return Ok(Submitted::InHand);
        }
        self.end(leased, steps, result, &mut None).await
    }

    async fn submit(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        row: Option<&Map<String, Value>>,
        mut reading: Option<Reading>,
    ) -> Result<Submitted> {
        let mut fresh = false;
        loop {
            match leased.record.state {
                LinkState::Claimed | LinkState::Creating | LinkState::Unknown => {
                    if leased.record.create_sent_ms.is_some() {
                        self.look(leased, steps).await?;
                        continue;
                    }
                    let read = match reading.take() {
                        Some(reading) => Read::Due(Box::new(reading)),
                        None => self.read(steps, &leased.record.key.clone(), row).await?,
                    };
                    match read {
                        Read::Due(reading) => self.create(leased, steps, &reading).await?,
                        Read::NotDue(why) => {
                            let note = format!("not submitted: {why}");
                            leased.advance(self.ctx, LinkState::Released, |l| l.note = Some(note)).await?;
                            return Ok(Submitted::NotDue);
                        }
                    }
                    fresh = true;
                }
                LinkState::Created => {
                    let marked = self.mark(leased, steps, !fresh).await?;
                    return Ok(if marked { Submitted::Marked } else { Submitted::NotDue });
                }
                _ => return Ok(Submitted::InHand),
            }
        }
    }

    /// Reads the document and, for a draft, which request of it waits. What the form is made from and what a
    /// decision is compared with later is one reading.
    async fn read(&self, steps: &mut Recorder, key: &DocumentKey, row: Option<&Map<String, Value>>) -> Result<Read> {
        let source = &self.flow.source;
        let document = steps
            .step("read document", json!({ "key": key }), async {
                let document = source::read(&self.erp, source, &self.flow.collections(), key, row).await?;
                let note = document.as_ref().map_or(Value::Null, |d| Value::Object(d.fields.clone()));
                Ok((document, note))
            })
            .await?;
        let Some(document) = document else { return Ok(Read::NotDue("the document is not in the ERP any more")) };
        if marks::is_marked(&self.flow.marks, &document.entity) {
            return Ok(Read::NotDue("the document is marked as submitted"));
        }
        let (mut request, mut asked) = (None, Requested::default());
        if source.document == DocumentKind::Draft {
            let waiting = steps
                .step("read approval request", json!({ "draft": key }), async {
                    let waiting = stages(&self.erp)?.waiting(source, key, &document.entity).await?;
                    let code = if let Waiting::For(request, _) = &waiting { Some(request.code) } else { None };
                    let note = json!({ "waits_for_us": waiting.is_due(), "request": code });
                    Ok((waiting, note))
                })
                .await?;
            if !waiting.is_due() {
                return Ok(Read::NotDue("no approval request of the draft waits for this flow"));
            }
            asked = waiting.requester();
            request = waiting.request();
        }
        Ok(Read::Due(Box::new(Reading { document, request, asked })))
    }
}

/// Another message has done it, or does it; its process may have died before it told the run.
async fn in_hand(ctx: &Context, tenant: &TenantId, link: &Link) -> Result<Submitted> {
    let last_run = runs::get(ctx, tenant, &link.run).await?;
    if link.state == LinkState::Marked && last_run.is_none_or(|run| run.status == RunStatus::Retrying) {
        let mut steps = Recorder::new(ctx, link.run.clone());
        run_history::record_run(ctx, tenant, &mut steps, link, RunStatus::Running, submitted(link)).await;
    }
    Ok(Submitted::InHand)
}

/// The run of a message; one from before messages named theirs begins a run.
fn run_id(ctx: &Context, message: &Submit) -> Result<RunId> {
    match &message.run {
        Some(run) => Ok(run.clone()),
        None => Ok(RunId::new(ctx.entropy.id("r-", ctx.now_ms())?)),
    }
}

/// Nothing is to be done. That is no run of its own; but a run that an operator has tried again ends with it.
async fn not_due(ctx: &Context, tenant: &TenantId, mut steps: Recorder, why: &str) -> Result<Submitted> {
    steps.end_retried(ctx, tenant, &format!("nothing to submit: {why}")).await?;
    Ok(Submitted::NotDue)
}

/// Tells the history that a submission is given up. A document that was never claimed gets a run of
/// its own, so that the operator sees it and can press retry, and is left alone by polls for a while when
/// trying again cannot help.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, message: &Submit, error: &Error) -> Result<()> {
    record_dead_letter(ctx, tenant, message, error).await?;
    match &message.run {
        Some(run) => in_flight::end(ctx, tenant, &message.flow, &message.key, run).await,
        None => Ok(()),
    }
}

async fn record_dead_letter(ctx: &Context, tenant: &TenantId, message: &Submit, error: &Error) -> Result<()> {
    match links::get(ctx, tenant, &message.flow, &message.key).await? {
        Some(stored) if !stored.data.state.is_finished() => {
            run_history::record_dead_letter(ctx, tenant, &stored.data, error).await
        }
        _ => {
            let now = ctx.now_ms();
            let id = run_id(ctx, message)?;
            let begun = runs::get(ctx, tenant, &id).await?;
            let run = tenon_model::run::Run {
                id: id.clone(),
                flow: message.flow.clone(),
                document: Some(message.key.clone()),
                instance: None,
                trigger: tenon_model::run::Trigger::Schedule,
                status: RunStatus::Failed,
                started_ms: begun.map_or(now, |run| run.started_ms),
                ended_ms: Some(now),
                message: error.to_string(),
                code: Some(error.code.to_owned()),
                counts: Default::default(),
            };
            Recorder::new(ctx, id).save(ctx, tenant, &run).await?;
            // An outage that outlasted the attempts passes by itself, so such a document is found again.
            if error.retry == Retry::Permanent {
                suppressed::remember(ctx, tenant, &message.flow, &message.key).await?;
            }
            Ok(())
        }
    }
}
