//! A form that people hand in again in the OA: an instance that no create of ours made and that names one of
//! our documents. When the document's former instance ended without a decision, it takes that one's place;
//! otherwise a run tells of it. Never nothing: somebody has approved something.

mod sent_before;

use self::sent_before::SentBefore;
pub(super) use self::sent_before::marked;
use super::links::{self, LeasedLink};
use super::shown::{self, Record, Values};
use super::work::stages;
use super::{recognise, revoked, run_history};
use crate::decisions::message::WriteBack;
use crate::map::form_draft;
use crate::messages::queue_write_back;
use crate::source;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tenon_connectors::erp::Erp;
use tenon_connectors::oa::Oa;
use tenon_model::config::{ApprovalFlow, DocumentKind, Flow};
use tenon_model::link::{Link, LinkState, Shown};
use tenon_model::oa::{Instance, Outcome};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, InstanceId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Claim, Key, RecordKind, Stored};
use tenon_platform::{Context, Error, Result, Retry};

/// How long a run of a form that was left aside is known, in seconds; as long as the run is kept.
const REMEMBER_S: i64 = 90 * 86_400;

/// The run that tells of a form, so that a message which comes twice tells of one.
#[derive(Debug, Serialize, Deserialize)]
struct Aside {
    run: RunId,
    started_ms: i64,
}

/// Its kind of record.
pub(super) const KIND: RecordKind = RecordKind::of::<Aside>("ASIDE");

/// One event of an instance without a document of its own.
struct Arrival<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    loaded: &'a Loaded,
    message: &'a WriteBack,
    oa: Oa<'a>,
    instance: Instance,
}

/// Takes up the end of an instance that belongs to no link. Returns the link whose instance it has become.
/// `creating` says that some create of these flows may still be answered with it.
pub async fn take(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    message: &WriteBack,
    creating: bool,
) -> Result<Option<LeasedLink>> {
    let oa = Oa::open(ctx, tenant, loaded, &message.connection)?;
    let Some(instance) = oa.read(&message.instance).await? else { return Ok(None) };
    let arrival = Arrival { ctx, tenant, loaded, message, oa, instance };
    // One that was withdrawn or deleted asks for nothing.
    if !message.outcome.is_decision() || arrival.instance.outcome.is_some_and(|outcome| !outcome.is_decision()) {
        return Ok(None);
    }
    if let Some(former) = arrival.instance.revokes.clone()
        && arrival.takes_back(&former).await?
    {
        if message.outcome == Outcome::Agreed {
            revoked::record_run(ctx, tenant, message, &former).await?;
        }
        return Ok(None);
    }
    arrival.place(creating).await
}

fn wait(seconds: u64, why: impl Into<String>) -> Error {
    Error::new("flow.instance-unknown", Retry::RateLimited(Duration::from_secs(seconds)), why)
}

impl Arrival<'_> {
    /// Whether the instance takes back its former one. An OA may say the same of a form that is handed in again
    /// after it was withdrawn, so the state of the former one decides.
    async fn takes_back(&self, former: &InstanceId) -> Result<bool> {
        if former.as_str().is_empty() {
            return Ok(false);
        }
        if let Some(found) = self.oa.read(former).await? {
            return Ok(!found.came_to_nothing());
        }
        // Deleted; what is known of it is what it came to.
        let Some(pointer) = links::of_instance(self.ctx, self.tenant, &self.message.connection, former).await? else {
            return Ok(false);
        };
        let link = links::get(self.ctx, self.tenant, &pointer.flow, &pointer.key).await?.map(|s| s.data);
        let decided = link.filter(|l| l.attempt == pointer.attempt).and_then(|l| l.decision);
        Ok(decided.is_some_and(|d| d.outcome == Outcome::Agreed))
    }

    /// Approval flows of the instance's form.
    fn flows(&self) -> impl Iterator<Item = &ApprovalFlow> {
        let code = self.message.template.as_deref().unwrap_or_default();
        let flows = self.loaded.flows_of_form(&self.message.connection, code);
        flows.filter_map(Flow::as_approval)
    }

    /// The documents of ours that the instance names.
    async fn named(&self) -> Result<Vec<(&ApprovalFlow, Stored<Link>)>> {
        let former = self.instance.revokes.as_ref().filter(|f| !f.as_str().is_empty());
        let pointer = match former {
            Some(former) => links::of_instance(self.ctx, self.tenant, &self.message.connection, former).await?,
            None => None,
        };
        let mut found = Vec::new();
        for flow in self.flows() {
            let mut keys: Vec<DocumentKey> = Vec::new();
            if let Some(pointer) = pointer.as_ref().filter(|p| p.flow == flow.id) {
                keys.push(pointer.key.clone());
            } else if let Some(text) = self.key_text(flow) {
                keys.extend(text.parse().ok().map(DocumentKey::Number));
                keys.push(DocumentKey::Text(text));
            }
            for key in keys {
                if let Some(stored) = links::get(self.ctx, self.tenant, &flow.id, &key).await? {
                    found.push((flow, stored));
                }
            }
        }
        Ok(found)
    }

    fn key_text(&self, flow: &ApprovalFlow) -> Option<String> {
        let text = self.instance.text(flow.key_control()?)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    async fn place(&self, creating: bool) -> Result<Option<LeasedLink>> {
        let mut named = self.named().await?;
        let (Some((flow, stored)), true) = (named.pop(), named.is_empty()) else {
            if creating {
                return Err(wait(15, "the instance is not linked to a document yet; it is looked up again"));
            }
            match Box::pin(self.sent_before()).await? {
                SentBefore::Linked(leased) => return Ok(Some(*leased)),
                SentBefore::EventDecision => return Ok(None),
                SentBefore::Nothing => {}
            }
            return self.name_nobody().await.map(|()| None);
        };
        let link = &stored.data;
        if link.instance.as_ref() == Some(&self.message.instance) {
            return Err(wait(5, "the instance has just been linked to its document; it is looked up again"));
        }
        let without_decision = matches!(link.state, LinkState::Released | LinkState::Closed)
            && link.decision.as_ref().is_some_and(|d| !d.outcome.is_decision());
        match link.state {
            _ if without_decision && flow.enabled => self.adopt(flow, stored).await,
            LinkState::Claimed | LinkState::Creating | LinkState::Unknown => {
                Err(wait(15, "the instance may be the one that is being created; it is looked up again"))
            }
            LinkState::Created | LinkState::Marked => match self.end_of(link).await? {
                None => {
                    let why = format!("document {} waits for instance {}", link.key, instance_of(link));
                    self.set_aside(flow, Some(&link.key), &why).await.map(|()| None)
                }
                Some(outcome) => {
                    self.hurry(link, outcome).await?;
                    Err(wait(5, format!("the end of document {}'s former instance is taken in first", link.key)))
                }
            },
            LinkState::Decided | LinkState::Adding => {
                Err(wait(30, format!("document {} is still being written back", link.key)))
            }
            LinkState::WrittenBack | LinkState::OnHold | LinkState::Released | LinkState::Closed => {
                let why = match &link.note {
                    _ if !flow.enabled => "the flow is disabled".to_owned(),
                    Some(note) if link.state != LinkState::WrittenBack => {
                        format!("document {} had its decision by instance {} ({note})", link.key, instance_of(link))
                    }
                    _ => format!("document {} had its decision by instance {}", link.key, instance_of(link)),
                };
                self.set_aside(flow, Some(&link.key), &why).await.map(|()| None)
            }
        }
    }

    /// No document of ours is named, or more than one.
    async fn name_nobody(&self) -> Result<()> {
        let named = self.named().await?;
        if !named.is_empty() {
            for (flow, stored) in named {
                let why = "documents of several flows have this key, and the form does not tell which is meant";
                self.set_aside(flow, Some(&stored.data.key), why).await?;
            }
            return Ok(());
        }
        let Some(flow) = self.flows().next() else { return Ok(()) };
        let why = match (flow.key_control(), self.key_text(flow)) {
            (None, _) => "no control of the form carries a document's key; name one in form.key".to_owned(),
            (Some(control), None) => format!("its control {control} is empty"),
            (Some(control), Some(text)) => format!("its control {control} says {text}, which this flow never sent"),
        };
        self.set_aside(flow, None, &why).await
    }

    /// How the link's instance ended, when it has and we have not taken it in.
    async fn end_of(&self, link: &Link) -> Result<Option<Outcome>> {
        let Some(instance) = &link.instance else { return Ok(None) };
        Ok(self.oa.read(instance).await?.map_or(Some(Outcome::Deleted), |found| found.outcome))
    }

    /// Queues the end of a link's instance, whose event is late or lost.
    async fn hurry(&self, link: &Link, outcome: Outcome) -> Result<()> {
        let Some(instance) = link.instance.clone() else { return Ok(()) };
        let write_back = WriteBack {
            instance,
            outcome,
            event: None,
            at_ms: self.ctx.now_ms(),
            ended_ms: None,
            ..self.message.clone()
        };
        queue_write_back(self.ctx, self.tenant, write_back).await
    }

    /// Makes the instance the document's new one. What it says must be what the document says; if not, the
    /// decision will wait for an operator.
    async fn adopt(&self, flow: &ApprovalFlow, previous: Stored<Link>) -> Result<Option<LeasedLink>> {
        let former = &previous.data;
        let key = &former.key;
        let erp = Erp::open(self.ctx, self.tenant, self.loaded, &flow.erp)?;
        let Some(document) = source::read_again(&erp, &flow.source, &flow.collections(), key).await? else {
            let why = format!("document {key} no longer exists in the ERP");
            return self.set_aside(flow, Some(key), &why).await.map(|()| None);
        };
        let source = &flow.source;
        let request = match source.document {
            DocumentKind::Draft => stages(&erp)?.waiting(source, key, &document.entity).await?.request(),
            DocumentKind::Document => None,
        };
        let differs = if document.header_of_entity {
            vec!["the form cannot be compared with the document without source.sql.row".to_owned()]
        } else {
            match form_draft(self.oa.kind(), flow, key, &document.fields) {
                Ok(form) => {
                    let echo = self.oa.kind().echo(&form);
                    recognise::differences(&echo, &self.instance, self.oa.capabilities())
                }
                Err(error) => vec![error.to_string()],
            }
        };
        let values = shown::values(flow, &document);
        let shown = Shown { fingerprint: shown::fingerprint(&values, None), request, differs };
        let link = self.link(former, shown)?;
        let leased = self.store(link, &previous, &values).await?;
        let words = format!(
            "handed in again in the OA as instance {} after {} had ended without a decision",
            self.message.instance,
            instance_of(former)
        );
        let mut steps = Recorder::new(self.ctx, leased.record.run.clone());
        steps.note("handed in again", json!({ "instance": self.message.instance, "former": former.instance }));
        run_history::record_run(self.ctx, self.tenant, &mut steps, &leased.record, RunStatus::Running, words).await;
        Ok(Some(leased))
    }

    fn link(&self, former: &Link, shown: Shown) -> Result<Link> {
        let now = self.ctx.now_ms();
        let check_after = self.oa.times().check_open_after;
        Ok(Link {
            attempt: former.attempt + 1,
            state: LinkState::Created,
            run: RunId::new(self.ctx.entropy.id("r-", now)?),
            create_sent_ms: None,
            originator: Some(self.instance.originator.clone()),
            shown: Some(shown),
            found: None,
            accepted: None,
            instance: Some(self.message.instance.clone()),
            decision: None,
            asked: None,
            add_sent_ms: None,
            left_out: Vec::new(),
            sent: false,
            claimed_ms: now,
            changed_ms: now,
            check_after_ms: now + millis(check_after),
            note: None,
            ..former.clone()
        })
    }

    async fn store(&self, link: Link, previous: &Stored<Link>, values: &Values) -> Result<LeasedLink> {
        let record: Record =
            shown::record(link.attempt, values, recognise::controls(&self.instance.fields, self.oa.capabilities()));
        let also = vec![shown::write(self.ctx, self.tenant, &link, &record)?];
        links::adopt(self.ctx, self.tenant, link, previous, also)
            .await?
            .ok_or_else(|| wait(5, "another worker has this document in hand; the form is looked up again"))
    }

    /// Tells in a run that the form was left aside, and why.
    async fn set_aside(&self, flow: &ApprovalFlow, key: Option<&DocumentKey>, why: &str) -> Result<()> {
        let (ctx, tenant, now) = (self.ctx, self.tenant, self.ctx.now_ms());
        let instance = &self.message.instance;
        let fresh = Aside { run: RunId::new(ctx.entropy.id("r-", now)?), started_ms: now };
        let at = Key::new(tenant, "ASIDE", &[flow.id.as_str()], instance.as_str());
        let aside = match ctx.table.claim(&at, &fresh, Some(now / 1000 + REMEMBER_S), now).await? {
            Claim::Stored => fresh,
            Claim::Exists(old) => old.data,
        };
        let what = if self.message.outcome == Outcome::Agreed { "approved" } else { "refused" };
        tracing::warn!(tenant = %tenant, flow = %flow.id, instance = %instance, "a form that was filled in by hand in the OA is left aside");
        let run = Run {
            id: aside.run.clone(),
            flow: flow.id.clone(),
            document: key.cloned(),
            instance: Some(instance.to_string()),
            trigger: Trigger::Callback,
            status: RunStatus::Ended,
            started_ms: aside.started_ms,
            ended_ms: Some(now),
            message: format!("form {instance}, {what} in the OA, was left aside and nothing was written: {why}"),
            code: None,
            counts: Default::default(),
        };
        let mut steps = Recorder::new(ctx, aside.run);
        steps.note("form left aside", json!({ "instance": instance, "result": what, "why": why }));
        steps.save(ctx, tenant, &run).await
    }
}

fn instance_of(link: &Link) -> String {
    link.instance.as_ref().map_or_else(|| "of an earlier attempt".to_owned(), ToString::to_string)
}
