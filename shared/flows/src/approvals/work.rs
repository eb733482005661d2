//! What a piece of work on one document is done with, and how it ends: told in the history, the link let go.

use super::links::LeasedLink;
use super::run_history;
use crate::leased::Closed;
use std::time::Duration;
use tenon_connectors::erp::{self, DraftApproval, Erp};
use tenon_connectors::oa::Oa;
use tenon_model::TenantId;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::Link;
use tenon_platform::config_store::Loaded;
use tenon_platform::events::StoredEvent;
use tenon_platform::runs::Recorder;
use tenon_platform::table::Write;
use tenon_platform::{Context, Error, Result};

/// What the run of a marked document says.
pub fn submitted(link: &Link) -> String {
    const SUBMITTED: &str = "submitted; waiting for the decision";
    match link.left_out.as_slice() {
        [] => SUBMITTED.to_owned(),
        files => format!("{SUBMITTED}; without the files {}", files.join(", ")),
    }
}

/// The ERP's own approval of drafts, of which a flow of drafts asks.
///
/// # Errors
/// `config.connection` when the ERP has none.
pub fn stages<'e>(erp: &'e Erp<'_>) -> Result<DraftApproval<'e>> {
    erp.draft_approval().ok_or_else(|| {
        Error::permanent(
            "config.connection",
            "this ERP has no approval of drafts that can be decided from outside; set source.document = \"document\"",
        )
    })
}

/// Everything one piece of work is done with.
pub struct Work<'a> {
    pub ctx: &'a Context,
    pub tenant: &'a TenantId,
    pub flow: &'a ApprovalFlow,
    pub erp: Erp<'a>,
    pub oa: Oa<'a>,
    /// Whether other flows make instances of the same form.
    pub form_is_shared: bool,
    pub check_open_after: Duration,
    /// Time-out of one call to the OA.
    pub call_timeout: Duration,
    /// Time-out of one write to the ERP.
    pub write_timeout: Duration,
    /// The company's time zone.
    pub time_zone: String,
}

impl<'a> Work<'a> {
    pub fn new(ctx: &'a Context, tenant: &'a TenantId, loaded: &Loaded, flow: &'a ApprovalFlow) -> Result<Self> {
        let oa = Oa::open(ctx, tenant, loaded, &flow.oa)?;
        let times = oa.times();
        let facts = erp::of(loaded, &flow.erp)?;
        Ok(Self {
            ctx,
            tenant,
            flow,
            erp: Erp::open(ctx, tenant, loaded, &flow.erp)?,
            form_is_shared: loaded.flows_of_form(&flow.oa, &flow.form.template).count() > 1,
            check_open_after: times.check_open_after,
            call_timeout: times.timeout,
            oa,
            write_timeout: facts.timeouts.write,
            time_zone: facts.time_zone,
        })
    }

    /// Tells the history where the link stands now, or what went wrong, ticks the event off that it was done for, and
    /// lets the link go: all of it in one request, or nothing where somebody else has the link by now. What could not
    /// be ticked off so is left.
    pub async fn end<T>(
        &self,
        mut leased: LeasedLink,
        mut steps: Recorder,
        result: Result<T>,
        event: &mut Option<StoredEvent>,
    ) -> Result<T> {
        if leased.is_overtaken() {
            return result;
        }
        let run = run_history::after(&leased.record, &result, self.ctx.now_ms());
        let ticked = match event.as_ref().filter(|_| result.is_ok()) {
            Some(event) => event.done()?,
            None => None,
        };
        let recorded = steps.writes(self.ctx, self.tenant, &run)?;
        let also: Vec<Write> = recorded.iter().cloned().chain(ticked).collect();
        let closed = match leased.close(self.ctx, also).await {
            // Somebody else has ticked the event off.
            Ok(Closed::Beside) => leased.close(self.ctx, recorded).await,
            Ok(Closed::Stored) if result.is_ok() => {
                *event = None;
                Ok(Closed::Stored)
            }
            closed => closed,
        };
        match closed {
            Ok(Closed::Stored) => {
                if let Err(error) = steps.saved(self.ctx, self.tenant).await {
                    run_history::log_unrecorded(&run, &error);
                }
                result
            }
            Ok(Closed::Lost | Closed::Beside) => result.and_then(|_| Err(leased.lost())),
            Err(error) => {
                run_history::log_unrecorded(&run, &error);
                self.end_without_run(leased, result).await
            }
        }
    }

    /// Stores what was done though its run cannot be told. An end that is not told stays with its lease in the index,
    /// where the reconciliation finds it.
    async fn end_without_run<T>(&self, mut leased: LeasedLink, result: Result<T>) -> Result<T> {
        if result.is_ok() && leased.record.state.is_finished() {
            return leased.store(self.ctx).await.and(result);
        }
        match leased.close(self.ctx, Vec::new()).await? {
            Closed::Stored => result,
            Closed::Lost | Closed::Beside => result.and_then(|_| Err(leased.lost())),
        }
    }
}
