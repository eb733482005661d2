//! One piece of work for a document, from its record to its run, whoever asks for it.

use super::create::{Making, Work};
use super::record::{self, LOST_AFTER, LeasedRecord};
use super::{correct, form, run};
use crate::map::of_pushed;
use crate::written::Written;
use serde_json::{Map, Value, json};
use tenon_connectors::erp::{self, Erp};
use tenon_model::InstanceId;
use tenon_model::config::DocumentFlow;
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, Result, Retry, breaker};

/// Somebody who does the work.
pub(super) struct Doing<'a> {
    pub ctx: &'a Context,
    pub loaded: &'a Loaded,
    pub flow: &'a DocumentFlow,
    /// Whether a caller waits for the answer, and not a queue for its worker.
    pub is_awaited: bool,
}

/// Where the document's fields come from.
pub(super) enum Source<'a> {
    /// Pushed.
    Pushed(&'a Map<String, Value>),
    /// An approved form.
    Form(&'a InstanceId),
}

/// What was pushed, as it is stored.
pub(super) fn stored_body(record: &DocumentRecord) -> Result<Map<String, Value>> {
    let Some(text) = &record.pushed else { return Ok(Map::new()) };
    match tenon_model::json::from_str(text) {
        Ok(Value::Object(pushed)) => Ok(pushed),
        _ => Err(Error::permanent("flow.mapping", "the stored body of the push cannot be read; push it again")),
    }
}

impl Doing<'_> {
    /// Does what is left to do, tells the run and gives the record back.
    pub async fn through(&self, held: LeasedRecord, source: Source<'_>) -> Result<Written> {
        self.ended(held, source).await.1
    }

    /// The same; also says how the record stands afterwards.
    pub async fn ended(&self, mut held: LeasedRecord, source: Source<'_>) -> (DocumentRecord, Result<Written>) {
        let (ctx, tenant) = (self.ctx, held.tenant().clone());
        if !held.record.state.is_open() {
            // Its worker died between the record and its run.
            run::settle(ctx, &tenant, &held.record).await;
            let record = held.record.clone();
            return (record, record::release(held, ctx, LOST_AFTER).await.map(|()| Written::Already));
        }
        let mut steps = Recorder::new(ctx, held.record.run.clone());
        let mut result = self.steps(&mut held, source, &mut steps).await;
        if let Err(error) = &result
            && held.record.state == DocumentState::Claimed
            && (self.is_awaited || error.retry == Retry::Permanent)
        {
            // Whoever waits is told that nothing was done, and then nothing is done.
            if let Err(lost) = super::fail(ctx, &mut held, error).await {
                result = Err(lost);
            }
        }
        let is_recorded = run::record_run(ctx, &tenant, &mut steps, &held.record, result.as_ref().err()).await;
        let record = held.record.clone();
        // A record whose run was not told stays leased, and what was promised for it goes on with it.
        let released = if is_recorded { record::release(held, ctx, LOST_AFTER).await } else { Ok(()) };
        (record, result.and_then(|written| released.map(|()| written)))
    }

    async fn steps(&self, held: &mut LeasedRecord, source: Source<'_>, steps: &mut Recorder) -> Result<Written> {
        let (ctx, flow) = (self.ctx, self.flow);
        let tenant = held.tenant().clone();
        if self.is_awaited {
            breaker::admit(ctx, &tenant, &[&flow.erp]).await?;
        }
        let erp = Erp::open(ctx, &tenant, self.loaded, &flow.erp)?;
        let longest_write = erp::of(self.loaded, &flow.erp)?.timeouts.write;
        let work = Work { ctx, making: Making::of(flow), erp: &erp, longest_write };
        if held.record.state.is_unclear() && work.resolve(held, steps).await? {
            return Ok(Written::Done);
        }
        let fields = match source {
            Source::Pushed(pushed) => steps
                .step("map", json!({ "pushed": pushed }), async {
                    let fields = correct::fields(flow, &held.record, pushed, of_pushed)?;
                    let note = correct::noted(&fields, &held.record);
                    Ok((Some(fields), note))
                })
                .await
                .map(|fields| fields.map(|fields| (fields, Some(pushed)))),
            Source::Form(instance) => {
                form::fields(self, held, instance, steps).await.map(|fields| fields.map(|fields| (fields, None)))
            }
        };
        match fields {
            Ok(Some((fields, pushed))) => {
                work.create(held, &fields, pushed, steps).await?;
                Ok(Written::Done)
            }
            Ok(None) => Ok(Written::Done),
            Err(error) => {
                if error.retry == Retry::Permanent && held.record.state == DocumentState::Unknown {
                    super::fail(ctx, held, &error).await?;
                }
                Err(error)
            }
        }
    }
}
