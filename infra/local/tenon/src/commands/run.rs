//! `tenon run`: look for documents now.

use super::{elsewhere, follow_up, note};
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out};
use crate::remote::{Remote, segment};
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_flows::poll::Counts;
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
    environment.ctx.config.load(&TenantId::operator()).await?.flow(&FlowId::new(args.flow.as_str()))?;
    note::change(&environment.ctx, ("run-flow", &args.flow), Value::Null).await?;
    let counts = operator::run_now(&environment.ctx, &TenantId::operator(), &FlowId::new(args.flow.as_str())).await?;
    print(&counts, out);
    let worked_by = if counts.queued > 0 { Some(follow_up(&environment, place, out).await?) } else { None };
    ended(args, &counts, worked_by, out);
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// Not found for an unknown flow; what the API says.
pub async fn remote(args: &RunArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    let counts: Counts = remote.post(&format!("/admin/v1/flows/{}/run", segment(&args.flow)), &json!({})).await?;
    print(&counts, out);
    let worked_by = (counts.queued > 0).then(|| elsewhere(out));
    ended(args, &counts, worked_by, out);
    Ok(())
}

fn print(counts: &Counts, out: &Out) {
    if !out.is_json() {
        let (found, queued, in_hand) = (counts.found, counts.queued, counts.in_hand);
        out.line(&format!("found {found} documents: {queued} queued, {in_hand} in hand already"));
    }
}

fn ended(args: &RunArgs, counts: &Counts, worked_by: Option<&'static str>, out: &Out) {
    if out.is_json() {
        let document = json!({
            "flow": args.flow, "pages": counts.pages, "found": counts.found, "queued": counts.queued,
            "in_hand": counts.in_hand, "worked_by": worked_by,
        });
        out.result(|| document, String::new);
    }
}
