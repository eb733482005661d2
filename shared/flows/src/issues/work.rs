//! The work of a message: one feeding from what the MES says of it to one document of the ERP.

use super::decide::{Decision, decide};
use super::message::{FeedingNews, FeedingWork};
use super::owner::{self, Owner};
use super::reading::{self, FeedingRead};
use super::{KEY, LEASE, OBJECT, body, flow, flows_of, fresh, intake, name, note};
use crate::admission;
use crate::documents::create::{Making, Work};
use crate::documents::record::{self, LOST_AFTER, LeasedRecord};
use crate::documents::{fail, run as history};
use crate::kinds::Scope;
use serde_json::json;
use std::time::Duration;
use tenon_connectors::blacklake::Blacklake;
use tenon_connectors::erp::{self, Erp};
use tenon_model::blacklake::FedRecord;
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::message::Envelope;
use tenon_platform::concurrency::Permit;
use tenon_platform::queue::{PRODUCTION_ISSUES, body_of};
use tenon_platform::runs::Recorder;
use tenon_platform::table::Stored;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, events};

/// How long what nobody tries any more by himself is left alone before it is looked at again.
const LEFT_ALONE: Duration = Duration::from_secs(6 * 3600);

/// Does the work of one message.
///
/// # Errors
/// What the message comes again for, or what a person has to see to.
pub async fn run(ctx: &Context, message: &Envelope<FeedingWork>) -> Result<()> {
    let (tenant, work) = (&message.tenant, &message.body);
    let loaded = ctx.config.load(tenant).await?;
    let at = Scope { ctx, tenant, loaded: &loaded };
    match &work.news {
        FeedingNews::Fed { records } => match records.as_slice() {
            [record] => Box::pin(issue(at, work, *record)).await?,
            several => hand_out(at, work, several).await?,
        },
        news => note::record_run(at, work, news).await?,
    }
    if let Some(event) = &work.event {
        events::mark_done(ctx, tenant, &work.mes, event).await?;
    }
    Ok(())
}

/// A message for each of several feedings: one that is refused keeps no other.
async fn hand_out(at: Scope<'_>, work: &FeedingWork, records: &[FedRecord]) -> Result<()> {
    let mut messages = Vec::new();
    for record in records {
        let alone = FeedingNews::Fed { records: vec![*record] };
        let body = FeedingWork { news: alone, event: None, ..work.clone() };
        let id = format!("m-{}-{}", work.event.as_deref().unwrap_or("found"), record.id);
        messages.push(body_of(&intake::message(at.tenant, id, body))?);
    }
    at.ctx.queue.send_all(&PRODUCTION_ISSUES, messages).await
}

/// One feeding.
async fn issue(at: Scope<'_>, work: &FeedingWork, record: FedRecord) -> Result<()> {
    let flows = match &work.flow {
        Some(id) => vec![enabled(flow(at.loaded, id)?)?],
        None => flows_of(at.loaded, &work.mes),
    };
    let Some(first) = flows.first().copied() else { return Ok(()) };
    let id = record.id.to_string();
    // Of whichever flow it turned out to be.
    for flow in &flows {
        if let Some(stored) = record::get(at.ctx, name(at.tenant, flow, &id)).await? {
            return Box::pin(resume(at, flow, work, record, stored, None)).await;
        }
    }
    let _permit = admit(at, first).await?;
    let mes = Blacklake::open(at.ctx, at.tenant, at.loaded, &first.mes)?;
    if let [only] = flows.as_slice() {
        return Box::pin(begin(at, only, work, record, None)).await;
    }
    // Which company's it is has to be known before anything is written down for one.
    let mut steps = Recorder::new(at.ctx, fresh(at.ctx, first, record)?.run);
    let told = reading::read_feeding(at, &mes, &flows, record, &mut steps).await?;
    let owner = match &told {
        FeedingRead::FeedingDetail(told) => match owner::of(at, &mes, &flows, told).await? {
            Owner::Ours(flow, _) => flow,
            Owner::Nobody(_) => first,
        },
        FeedingRead::Nobody => first,
    };
    Box::pin(begin(at, owner, work, record, Some(told))).await
}

/// A flow that is on.
pub(super) fn enabled(flow: &ProductionIssuesFlow) -> Result<&ProductionIssuesFlow> {
    if flow.enabled {
        return Ok(flow);
    }
    let message = format!("flow {} is disabled; set enabled = true and apply the configuration", flow.id);
    Err(Error::permanent("flow.disabled", message))
}

/// Claims a feeding that is new, and goes on with it.
async fn begin(
    at: Scope<'_>,
    flow: &ProductionIssuesFlow,
    work: &FeedingWork,
    record: FedRecord,
    told: Option<FeedingRead>,
) -> Result<()> {
    let id = record.id.to_string();
    let name = name(at.tenant, flow, &id);
    match record::claim(at.ctx, name, fresh(at.ctx, flow, record)?, LEASE, None).await? {
        Some(held) => Feeding { at, flow, record, told }.through(held).await,
        None => match record::get(at.ctx, name).await? {
            Some(stored) => resume(at, flow, work, record, stored, told).await,
            None => Err(busy()),
        },
    }
}

/// Goes on with a feeding from what is stored.
async fn resume(
    at: Scope<'_>,
    flow: &ProductionIssuesFlow,
    work: &FeedingWork,
    record: FedRecord,
    stored: Stored<DocumentRecord>,
    told: Option<FeedingRead>,
) -> Result<()> {
    if history::is_recorded(at.ctx, at.tenant, &stored.data, work.again).await? {
        return Ok(());
    }
    let anew = |record: &mut DocumentRecord| {
        if work.again && record.state == DocumentState::Failed {
            (record.state, record.attempt) = (DocumentState::Claimed, record.attempt + 1);
        }
    };
    let _permit = match &told {
        Some(_) => None,
        None => Some(admit(at, flow).await?),
    };
    // Whoever asks for it again knows its id alone.
    let record = FedRecord { order: record.order.or_else(|| super::order_of(&stored.data)), ..record };
    match record::take(at.ctx, at.tenant, stored, LEASE, anew).await? {
        Some(held) => Feeding { at, flow, record, told }.through(held).await,
        None => Err(busy()),
    }
}

fn busy() -> Error {
    let message = "another worker has this feeding in hand; it is tried again";
    Error::new("flow.busy", Retry::RateLimited(Duration::from_secs(5)), message).with_kind(ErrorKind::Busy)
}

/// A turn at both ends.
pub(super) async fn admit(at: Scope<'_>, flow: &ProductionIssuesFlow) -> Result<Permit> {
    admission::acquire(at.ctx, at.tenant, at.loaded, (&flow.erp, &flow.mes), "production-issues").await
}

/// One feeding that this worker has for itself.
struct Feeding<'a> {
    at: Scope<'a>,
    flow: &'a ProductionIssuesFlow,
    record: FedRecord,
    told: Option<FeedingRead>,
}

impl Feeding<'_> {
    /// Does what is left to do, tells the run and gives the record back.
    async fn through(mut self, mut held: LeasedRecord) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        if !held.record.state.is_open() {
            // Its worker died between the record and its run.
            history::settle(ctx, tenant, &held.record).await;
            return record::release(held, ctx, LOST_AFTER).await;
        }
        let mut steps = Recorder::new(ctx, held.record.run.clone());
        let mut result = Box::pin(self.steps(&mut held, &mut steps)).await;
        if let Err(error) = &result
            && held.record.state == DocumentState::Claimed
            && error.retry == Retry::Permanent
            && let Err(lost) = fail(ctx, &mut held, error).await
        {
            result = Err(lost);
        }
        let told = history::record_run(ctx, tenant, &mut steps, &held.record, result.as_ref().err()).await;
        let is_over = held.record.state == DocumentState::Failed;
        // A record whose run was not told stays leased, and so is found.
        let released = if told { record::release(held, ctx, LOST_AFTER).await } else { Ok(()) };
        match result {
            // The run says what is wrong, and waits for a person; the message has nothing left to do.
            Err(_) if is_over => released,
            Err(error) => Err(error),
            Ok(()) => released,
        }
    }

    async fn steps(&mut self, held: &mut LeasedRecord, steps: &mut Recorder) -> Result<()> {
        let Scope { ctx, tenant, loaded } = self.at;
        let erp = Erp::open(ctx, tenant, loaded, &self.flow.erp)?;
        let facts = erp::of(loaded, &self.flow.erp)?;
        let making = Making { object: OBJECT, key: KEY, mark: &self.flow.key_field };
        let work = Work { ctx, making, erp: &erp, longest_write: facts.timeouts.write };
        if held.record.state.is_unclear() && work.resolve(held, steps).await? {
            return Ok(());
        }
        let mes = Blacklake::open(ctx, tenant, loaded, &self.flow.mes)?;
        let flows = flows_of(loaded, &self.flow.mes);
        let told = match self.told.take() {
            Some(told) => told,
            None => reading::read_feeding(self.at, &mes, &flows, self.record, steps).await?,
        };
        let told = match told {
            FeedingRead::FeedingDetail(told) => told,
            FeedingRead::Nobody => {
                let why = "passed over: it is for no order of ours that is released".to_owned();
                return close(ctx, held, why).await;
            }
        };
        let order = match self.order(&mes, &told).await? {
            Ok(order) => order,
            Err(why) => return close(ctx, held, why).await,
        };
        let told = told.in_company(&mes, self.flow)?;
        let asked = (order, told.feeding.material.as_str());
        let seen = reading::look(self.at, (&self.flow.erp, &erp), asked, steps).await?;
        let line = match decide(self.flow, &told, &seen)? {
            Decision::Issue(line) => line,
            Decision::Nothing(why) => return close(ctx, held, format!("nothing is issued: {why}")).await,
        };
        let batches = body::batches(&erp, self.flow, &told, &line).await?;
        let now = (ctx.now_ms(), facts.time_zone.as_str());
        let body = body::body(self.flow, &told, order, &line, &batches, now)?;
        if let Some(remark) = &line.remark {
            steps.note("taken back in the MES", json!({ "remark": remark }));
        }
        work.create(held, &body, None, steps).await
    }

    /// The order that the feeding is for; or why nothing is issued, ever.
    async fn order(
        &self,
        mes: &Blacklake<'_>,
        told: &reading::FeedingDetail,
    ) -> Result<std::result::Result<i64, String>> {
        Ok(match owner::of(self.at, mes, &flows_of(self.at.loaded, &self.flow.mes), told).await? {
            Owner::Ours(flow, order) if flow.id == self.flow.id => Ok(order),
            Owner::Ours(flow, _) => Err(format!(
                "work order {} is an order of {}, and flow {} issues for it",
                told.order.code, flow.erp, flow.id
            )),
            Owner::Nobody(why) => Err(format!("passed over: {why}")),
        })
    }
}

/// Nothing will ever be issued for it, and the run says why.
async fn close(ctx: &Context, held: &mut LeasedRecord, why: String) -> Result<()> {
    if held.record.state == DocumentState::Unknown {
        // An issue that was sent before is not there, and cannot appear any more.
        let error = Error::permanent("flow.issue-passed", why);
        return fail(ctx, held, &error).await;
    }
    held.advance(ctx, DocumentState::Closed, |record| record.message = Some(why)).await
}

/// Tells the history that a feeding is not tried any more by itself. An issue that may exist is looked for again later.
pub async fn on_dead_letter(ctx: &Context, message: &Envelope<FeedingWork>, error: &Error) -> Result<()> {
    let (tenant, work) = (&message.tenant, &message.body);
    let FeedingNews::Fed { records } = &work.news else { return Ok(()) };
    let loaded = ctx.config.load(tenant).await?;
    let flows = match &work.flow {
        Some(id) => vec![flow(&loaded, id)?],
        None => flows_of(&loaded, &work.mes),
    };
    for record in records {
        gave_up(Scope { ctx, tenant, loaded: &loaded }, &flows, *record, error).await?;
    }
    Ok(())
}

async fn gave_up(at: Scope<'_>, flows: &[&ProductionIssuesFlow], record: FedRecord, error: &Error) -> Result<()> {
    let Scope { ctx, tenant, .. } = at;
    let id = record.id.to_string();
    for flow in flows {
        let Some(stored) = record::get(ctx, name(tenant, flow, &id)).await? else { continue };
        if !stored.data.state.is_open() {
            return Ok(());
        }
        let Some(mut held) = record::take(ctx, tenant, stored, LEASE, |_| {}).await? else { return Ok(()) };
        if held.record.state == DocumentState::Claimed {
            fail(ctx, &mut held, error).await?;
        }
        history::record_failure(ctx, tenant, &held.record, error).await?;
        return record::release(held, ctx, LEFT_ALONE).await;
    }
    let Some(first) = flows.first() else { return Ok(()) };
    let fresh = fresh(ctx, first, record)?;
    if let Some(mut held) = record::claim(ctx, name(tenant, first, &id), fresh, LEASE, None).await? {
        fail(ctx, &mut held, error).await?;
        history::record_failure(ctx, tenant, &held.record, error).await?;
        record::release(held, ctx, LEFT_ALONE).await?;
    }
    Ok(())
}
