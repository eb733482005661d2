//! `tenon run`: look for documents now.

use super::follow_up;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out};
use serde_json::json;
use tenon_flows::operator;
use tenon_model::{FlowId, TenantId};

const AFTER: &str = "\
Finds the documents that are not synced yet and queues one message for each. A running `tenon up` \
takes them from there; when none is running on this data they are submitted before this command ends. \
A document that is in hand already is not queued twice.

Example:
  tenon run purchase-request

Next:
  tenon runs FLOW    see how the documents fared";

/// Looks for documents of a flow now, whatever its schedule says.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct RunArgs {
    /// The flow; it must be enabled.
    #[arg(value_name = "FLOW")]
    pub flow: String,
}

/// The command.
///
/// # Errors
/// Not found for an unknown flow; what the ERP or the table refuse.
pub async fn run(args: &RunArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let counts = operator::run_now(&environment.ctx, &TenantId::operator(), &FlowId::new(args.flow.as_str())).await?;
    if !out.is_json() {
        let (found, queued, in_hand) = (counts.found, counts.queued, counts.in_hand);
        out.line(&format!("found {found} documents: {queued} queued, {in_hand} in hand already"));
    }
    let worked_by = if counts.queued > 0 { Some(follow_up(&environment, place, out).await?) } else { None };
    if out.is_json() {
        let document = json!({
            "flow": args.flow, "pages": counts.pages, "found": counts.found, "queued": counts.queued,
            "in_hand": counts.in_hand, "worked_by": worked_by,
        });
        out.result(|| document, String::new);
    }
    Ok(())
}
