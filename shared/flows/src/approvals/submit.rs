//! Taking one document to the OA: claimed → creating → created → marked. Each step is stored before
//! the next begins, and a create whose answer was lost is looked for before it is sent again.

use super::document::{self, Document, b1, is_marked};
use super::links::{self, Held};
use super::verdict::{self, Waiting};
use super::{given_up, in_flight, marks, recognise, search, shown, story, turn};
use crate::map::{FormValues, form_values};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::b1::{B1, Query, draft_number};
use tenon_connectors::dingtalk::{Dingtalk, NewInstance};
use tenon_model::config::{ApprovalFlow, DocumentKind};
use tenon_model::link::{ErpRequest, Link, LinkState, Shown};
use tenon_model::message::{Page, Submit};
use tenon_model::run::RunStatus;
use tenon_model::{RunId, TenantId};
use tenon_platform::clock::{SKEW, millis};
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::{self, Recorder};
use tenon_platform::table::Stored;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, lease};

/// What the run of a marked document says.
const SUBMITTED: &str = "submitted; waiting for the decision";

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
struct Reading {
    document: Document,
    request: Option<ErpRequest>,
}

/// What reading a document came to.
enum Read {
    /// It is to be submitted.
    Due(Box<Reading>),
    /// It is not, and why.
    NotDue(&'static str),
}

/// Everything one submission works with.
struct Work<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    flow: &'a ApprovalFlow,
    b1: B1<'a>,
    oa: Dingtalk<'a>,
    form_is_shared: bool,
    check_open_after: Duration,
    call_timeout: Duration,
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
    let _places = turn::take(ctx, tenant, &loaded, (&flow.erp, &flow.oa), "submit").await?;
    let work = work(ctx, tenant, &loaded, flow)?;
    let stored = links::get(ctx, tenant, &flow.id, &message.key).await?;
    match stored {
        Some(stored) if !stored.data.state.is_finished() => {
            if matches!(stored.data.state, LinkState::Marked | LinkState::Decided) {
                return in_hand(ctx, tenant, &stored.data).await;
            }
            let another = message.run.as_ref().filter(|run| **run != stored.data.run);
            let held = links::hold(ctx, tenant, stored).await?;
            let submitted = work.go_on(held, message.row.as_ref(), None).await?;
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

fn work<'a>(ctx: &'a Context, tenant: &'a TenantId, loaded: &Loaded, flow: &'a ApprovalFlow) -> Result<Work<'a>> {
    let connection = loaded.dingtalk(&flow.oa)?;
    Ok(Work {
        ctx,
        tenant,
        flow,
        b1: b1(ctx, tenant, loaded, flow)?,
        form_is_shared: loaded.flows_of_form(&flow.oa, &flow.form.template).count() > 1,
        check_open_after: connection.check_open_after,
        call_timeout: connection.timeout,
        oa: Dingtalk::new(ctx, tenant, connection, loaded.revision(&flow.oa)),
    })
}

impl Work<'_> {
    /// What the page showed is as good as a reading for a while: a document that has changed since is found out
    /// when it is marked, and before a decision is written to it.
    fn expect(&self, message: &Submit) -> Result<()> {
        let fresh = |page: &&Page| self.ctx.now_ms() - page.read_ms < millis(PAGE_COUNTS);
        let Some(page) = message.page.as_ref().filter(fresh) else { return Ok(()) };
        let Ok(document) = serde_json::from_str::<Value>(&page.document) else { return Ok(()) };
        let requests = page.requests.as_deref().and_then(|all| serde_json::from_str::<Vec<Value>>(all).ok());
        let entity = document::entity(&self.flow.source, &message.key);
        self.b1.expect(&entity, (document, page.etag.clone()), draft_number(&message.key).zip(requests))
    }

    /// A document without an attempt under way: read it, see whether it is to be submitted, claim it.
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
            claimed_ms: now,
            changed_ms: now,
            check_after_ms: 0,
            note: None,
        };
        match links::claim(self.ctx, self.tenant, link, previous.as_ref()).await? {
            Some(held) => self.go_on(held, message.row.as_ref(), Some((*reading, steps))).await,
            None => Ok(Submitted::InHand),
        }
    }

    /// Goes on from where the link stands, tells the history, and lets the link go.
    async fn go_on(
        &self,
        mut held: Held,
        row: Option<&Map<String, Value>>,
        begun: Option<(Reading, Recorder)>,
    ) -> Result<Submitted> {
        let (reading, mut steps) = match begun {
            Some((reading, steps)) => (Some(reading), steps),
            None => (None, Recorder::new(self.ctx, held.link.run.clone())),
        };
        let result = self.drive(&mut held, &mut steps, row, reading).await;
        let told = match &result {
            Ok(Submitted::Marked) => {
                story::tell(self.ctx, self.tenant, &mut steps, &held.link, RunStatus::Running, SUBMITTED).await
            }
            Ok(_) => {
                let message = held.link.note.clone().unwrap_or_default();
                story::tell(self.ctx, self.tenant, &mut steps, &held.link, RunStatus::Ended, message).await
            }
            Err(error) => {
                story::tell_failure(self.ctx, self.tenant, &mut steps, &held.link, error).await;
                true
            }
        };
        // An end that is not told stays in the index, where the reconciliation finds it.
        if told || !held.link.state.is_finished() {
            held.let_go(self.ctx).await?;
        }
        result
    }

    async fn drive(
        &self,
        held: &mut Held,
        steps: &mut Recorder,
        row: Option<&Map<String, Value>>,
        mut reading: Option<Reading>,
    ) -> Result<Submitted> {
        let mut fresh = false;
        loop {
            match held.link.state {
                LinkState::Claimed | LinkState::Creating | LinkState::Unknown => {
                    if held.link.create_sent_ms.is_some() {
                        self.look(held, steps).await?;
                        continue;
                    }
                    let read = match reading.take() {
                        Some(reading) => Read::Due(Box::new(reading)),
                        None => self.read(steps, &held.link.key.clone(), row).await?,
                    };
                    match read {
                        Read::Due(reading) => self.create(held, steps, &reading).await?,
                        Read::NotDue(why) => {
                            let note = format!("not submitted: {why}");
                            held.advance(self.ctx, LinkState::Released, |l| l.note = Some(note)).await?;
                            return Ok(Submitted::NotDue);
                        }
                    }
                    fresh = true;
                }
                LinkState::Created => return self.mark(held, steps, !fresh).await,
                _ => return Ok(Submitted::InHand),
            }
        }
    }

    /// Reads the document and, for a draft, which request of it waits. What the form is made from and what a
    /// decision is compared with later is one reading.
    async fn read(
        &self,
        steps: &mut Recorder,
        key: &tenon_model::DocumentKey,
        row: Option<&Map<String, Value>>,
    ) -> Result<Read> {
        let source = &self.flow.source;
        let document = steps
            .step("read document", json!({ "key": key }), async {
                let document = document::read(&self.b1, self.flow, key, row).await?;
                let note = document.as_ref().map_or(Value::Null, |d| Value::Object(d.fields.clone()));
                Ok((document, note))
            })
            .await?;
        let Some(document) = document else { return Ok(Read::NotDue("the document is not in the ERP any more")) };
        if is_marked(self.flow, &document.entity) {
            return Ok(Read::NotDue("the document is marked as submitted"));
        }
        let mut request = None;
        if source.document == DocumentKind::Draft {
            let waiting = steps
                .step("read approval request", json!({ "draft": key }), async {
                    let waiting = verdict::waiting(&self.b1, source, key, &document.entity).await?;
                    let code = if let Waiting::For(request) = &waiting { Some(request.code) } else { None };
                    let note = json!({ "waits_for_us": waiting.is_due(), "request": code });
                    Ok((waiting, note))
                })
                .await?;
            if !waiting.is_due() {
                return Ok(Read::NotDue("no approval request of the draft waits for this flow"));
            }
            request = waiting.request();
        }
        Ok(Read::Due(Box::new(Reading { document, request })))
    }

    /// Sends the create once. Its time is stored before it is sent, so that whoever comes after a
    /// crash knows that it may have arrived, and with it what it was made from.
    async fn create(&self, held: &mut Held, steps: &mut Recorder, reading: &Reading) -> Result<()> {
        let document = &reading.document;
        let form = steps
            .step("map to form", Value::Null, async {
                let form = form_values(self.flow, &held.link.key, &document.fields)?;
                let note =
                    json!({ "originator": form.originator, "department": form.department, "values": form.values });
                Ok((form, note))
            })
            .await?;
        let now = self.ctx.now_ms();
        let values = shown::values(self.flow, document);
        let record = shown::record(held.link.attempt, &values, recognise::controls(&form.values));
        let also = vec![shown::write(self.ctx, self.tenant, &held.link, &record)?];
        let fingerprint = shown::fingerprint(&values, None);
        let shown = Shown { fingerprint, request: reading.request.clone(), differs: Vec::new() };
        let originator = form.originator.clone();
        let set = |l: &mut Link| {
            l.create_sent_ms = Some(now);
            l.originator = Some(originator);
            l.shown = Some(shown);
        };
        if held.link.state == LinkState::Creating {
            held.amend_with(self.ctx, also, set).await?;
        } else {
            held.advance_with(self.ctx, LinkState::Creating, also, set).await?;
        }
        lease::note_moment(self.ctx, sent(&held.link));
        let created = self.send_create(steps, form).await;
        match created {
            Ok(instance) => self.created(held, instance).await,
            Err(error) if error.retry == Retry::UnknownOutcome => {
                held.advance(self.ctx, LinkState::Unknown, |_| {}).await?;
                Err(error)
            }
            Err(error) => {
                // Refused or never sent: nothing was created.
                held.amend(self.ctx, |l| l.create_sent_ms = None).await?;
                Err(error)
            }
        }
    }

    async fn send_create(&self, steps: &mut Recorder, form: FormValues) -> Result<tenon_model::InstanceId> {
        let new = NewInstance {
            originator: form.originator,
            process_code: self.flow.form.template.clone(),
            department: form.department,
            values: form.values,
        };
        let input =
            json!({ "processCode": new.process_code, "originatorUserId": new.originator, "deptId": new.department });
        steps
            .step("create instance", input, async {
                let instance = self.oa.create_instance(&new).await?;
                let note = json!({ "instanceId": instance });
                Ok((instance, note))
            })
            .await
    }

    async fn created(&self, held: &mut Held, instance: tenon_model::InstanceId) -> Result<()> {
        let check_after_ms = self.ctx.now_ms() + millis(self.check_open_after);
        held.advance(self.ctx, LinkState::Created, |l| {
            l.instance = Some(instance);
            l.check_after_ms = check_after_ms;
        })
        .await
    }

    /// Looks for the instance of a create whose answer was lost. Not finding it means something
    /// only when the request can no longer be under way.
    async fn look(&self, held: &mut Held, steps: &mut Recorder) -> Result<()> {
        let found = steps
            .step("look for instance", json!({ "sent_ms": held.link.create_sent_ms }), async {
                let controls =
                    shown::load(self.ctx, self.tenant, &held.link).await?.map(|r| r.controls).unwrap_or_default();
                let (flow, link, shared) = (self.flow, &held.link, self.form_is_shared);
                let found =
                    search::find_instance(self.ctx, self.tenant, flow, shared, &self.oa, link, &controls).await?;
                let note = json!({ "instanceId": found });
                Ok((found, note))
            })
            .await?;
        if let Some(instance) = found {
            return self.created(held, instance).await;
        }
        // The wall clock may have been set ahead since; where this process sent it, it knows better.
        let since = Duration::from_millis(
            u64::try_from(self.ctx.now_ms() - held.link.create_sent_ms.unwrap_or(0)).unwrap_or(0),
        );
        let since = lease::since_moment(self.ctx, &sent(&held.link)).map_or(since, |elapsed| elapsed.min(since));
        let settled = self.call_timeout + search::SETTLE + SKEW;
        if since < settled {
            let wait = settled - since;
            return Err(Error::new(
                "flow.create-unsettled",
                Retry::RateLimited(wait),
                "the create's answer was lost and DingTalk does not list the instance yet; it is looked for again",
            ));
        }
        if held.link.state == LinkState::Unknown {
            held.advance(self.ctx, LinkState::Creating, |l| l.create_sent_ms = None).await
        } else {
            held.amend(self.ctx, |l| l.create_sent_ms = None).await
        }
    }

    /// Writes the marks. When this is not the first try, it looks whether they are there already.
    async fn mark(&self, held: &mut Held, steps: &mut Recorder, look_first: bool) -> Result<Submitted> {
        let result = write_marks(self.ctx, self.flow, &self.b1, held, steps, look_first).await?;
        Ok(if result { Submitted::Marked } else { Submitted::NotDue })
    }
}

/// Created → marked; shared with the write-back, which may meet a link that was decided before it was
/// marked. `false` when the document is gone.
pub(super) async fn write_marks(
    ctx: &Context,
    flow: &ApprovalFlow,
    b1: &B1<'_>,
    held: &mut Held,
    steps: &mut Recorder,
    look_first: bool,
) -> Result<bool> {
    let source = &flow.source;
    let entity = document::entity(source, &held.link.key);
    let instance = held.link.instance.as_ref().map(ToString::to_string).unwrap_or_default();
    let body = json!({ &flow.marks.synced: flow.marks.synced_value, &flow.marks.instance: instance });
    let marked = steps
        .step("mark document", body.clone(), async {
            if look_first {
                let present = b1.read_optional(&entity, &Query::default()).await?;
                match present {
                    Some(Value::Object(fields)) => {
                        let done = document::is_marked(flow, &fields)
                            && document::marked_instance(flow, &fields) == Some(instance.as_str());
                        if done {
                            return Ok((true, json!({ "already": true })));
                        }
                    }
                    _ => return Ok((false, json!({ "gone": true }))),
                }
            }
            match marks::change(ctx, flow, b1, &entity, &body).await {
                Ok(note) => Ok((true, note)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok((false, json!({ "gone": true }))),
                Err(error) => Err(error),
            }
        })
        .await?;
    if marked {
        held.advance(ctx, LinkState::Marked, |_| {}).await?;
    } else {
        held.advance(ctx, LinkState::Closed, |l| {
            l.note = Some(
                "the document no longer exists in the ERP, so the instance's decision has no place to go".to_owned(),
            );
        })
        .await?;
    }
    Ok(marked)
}

/// Another message has done it, or does it; its process may have died before it told the run.
async fn in_hand(ctx: &Context, tenant: &TenantId, link: &Link) -> Result<Submitted> {
    let told = runs::get(ctx, tenant, &link.run).await?;
    if link.state == LinkState::Marked && told.is_none_or(|run| run.status == RunStatus::Retrying) {
        let mut steps = Recorder::new(ctx, link.run.clone());
        story::tell(ctx, tenant, &mut steps, link, RunStatus::Running, SUBMITTED).await;
    }
    Ok(Submitted::InHand)
}

/// Names the sending of a link's create.
fn sent(link: &Link) -> String {
    format!("create/{}/{}/{}", link.flow, link.key, link.attempt)
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
pub async fn abandoned(ctx: &Context, tenant: &TenantId, message: &Submit, error: &Error) -> Result<()> {
    tell_abandoned(ctx, tenant, message, error).await?;
    match &message.run {
        Some(run) => in_flight::end(ctx, tenant, &message.flow, &message.key, run).await,
        None => Ok(()),
    }
}

async fn tell_abandoned(ctx: &Context, tenant: &TenantId, message: &Submit, error: &Error) -> Result<()> {
    match links::get(ctx, tenant, &message.flow, &message.key).await? {
        Some(stored) if !stored.data.state.is_finished() => {
            story::tell_abandoned(ctx, tenant, &stored.data, error).await
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
                given_up::remember(ctx, tenant, &message.flow, &message.key).await?;
            }
            Ok(())
        }
    }
}
