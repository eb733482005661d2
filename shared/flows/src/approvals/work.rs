//! What a piece of work on one document is done with, and how it ends: told in the history, the link let go.

use super::links::LeasedLink;
use super::run_history;
use std::time::Duration;
use tenon_connectors::erp::{self, DraftApproval, Erp};
use tenon_connectors::oa::Oa;
use tenon_model::TenantId;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::{Link, LinkState};
use tenon_model::run::RunStatus;
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
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

    /// Tells the history where the link stands now, or what went wrong, and lets the link go.
    pub async fn end<T>(&self, leased: LeasedLink, mut steps: Recorder, result: Result<T>) -> Result<T> {
        let link = &leased.record;
        let told = match &result {
            Err(error) => {
                run_history::tell_failure(self.ctx, self.tenant, &mut steps, link, error).await;
                true
            }
            Ok(_) if link.state == LinkState::OnHold => {
                run_history::tell_on_hold(self.ctx, self.tenant, &mut steps, link).await
            }
            Ok(_) if link.state == LinkState::Marked => {
                run_history::tell(self.ctx, self.tenant, &mut steps, link, RunStatus::Running, submitted(link)).await
            }
            Ok(_) => {
                let (status, text) = run_history::outcome(link);
                run_history::tell(self.ctx, self.tenant, &mut steps, link, status, text).await
            }
        };
        // An end that is not told stays in the index, where the reconciliation finds it.
        if told || !link.state.is_finished() {
            leased.release(self.ctx).await?;
        }
        result
    }
}
