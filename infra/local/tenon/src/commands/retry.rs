//! `tenon retry`: continue a failed run.

use super::follow_up;
use crate::output::{Failure, Out};
use crate::world::{Place, World};
use serde_json::json;
use tenon_flows::desk;
use tenon_model::{RunId, TenantId};

const AFTER: &str = "\
The run goes on from what is stored of it: what was done is not done again. Mend the cause first; \
`tenon show RUN` names it.

Example:
  tenon retry r-0199…

Next:
  tenon show RUN    see how it went";

/// Continues a failed run from the step that failed.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct RetryArgs {
    /// The run's id, from `tenon runs`.
    #[arg(value_name = "RUN")]
    pub run: String,
}

/// The command.
///
/// # Errors
/// Not found for an unknown run; usage for one that has succeeded; what the table refuses.
pub async fn retry(args: &RetryArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let world = World::open(place).await?;
    let said = desk::retry(&world.ctx, &TenantId::operator(), &RunId::new(args.run.as_str())).await?;
    if !out.is_json() {
        out.line(&said);
    }
    let worked_by = follow_up(&world, place, out).await?;
    if out.is_json() {
        out.result(|| json!({ "run": args.run, "result": said, "worked_by": worked_by }), String::new);
    }
    Ok(())
}
