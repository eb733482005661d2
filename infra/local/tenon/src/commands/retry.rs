//! `tenon retry`: continue a failed run.

use super::{elsewhere, follow_up, note};
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out};
use crate::remote::{Remote, segment};
use serde_json::json;
use tenon_flows::operator;
use tenon_model::{RunId, TenantId};
use tenon_platform::runs;

const AFTER: &str = "\
The run goes on from what is stored of it: what was done is not done again. Mend the cause first; \
`tenon show RUN` names it.

A decision that is held back because its document has changed since people were shown it is written \
with --accept-change, once you have looked at the change that `tenon show RUN` tells; if the document \
changes once more before that, it is held back again.

Example:
  tenon retry r-0199…
  tenon retry r-0199… --accept-change --by wang.lei

Next:
  tenon show RUN    see how it went";

/// Continues a failed run from the step that failed.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct RetryArgs {
    /// The run's id, from `tenon runs`.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Write the decision although the document has changed since people were shown it.
    #[arg(long)]
    pub accept_change: bool,
    /// Who accepts the change, as the run keeps it; without it the user of this machine.
    #[arg(long, value_name = "NAME", requires = "accept_change")]
    pub by: Option<String>,
}

impl RetryArgs {
    fn operator(&self) -> String {
        let user = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let named = self.by.clone().or_else(user).map(|name| name.trim().to_owned());
        named.filter(|name| !name.is_empty()).unwrap_or_else(|| "an operator".to_owned())
    }
}

/// The command.
///
/// # Errors
/// Not found for an unknown run; usage for one that has succeeded; what the table refuses.
pub async fn retry(args: &RetryArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let (ctx, tenant, id) = (&environment.ctx, TenantId::operator(), RunId::new(args.run.as_str()));
    let before = runs::steps(ctx, &tenant, &id).await?.len();
    if let Some(run) = runs::get(ctx, &tenant, &id).await? {
        let detail = json!({ "flow": run.flow, "document": run.document, "accept_change": args.accept_change });
        note::change(ctx, ("retry-run", id.as_str()), detail).await?;
    }
    let done = if args.accept_change {
        operator::accept_change(ctx, &tenant, &id, &args.operator()).await?
    } else {
        operator::retry(ctx, &tenant, &id).await?
    };
    let message = done.into_message();
    if !out.is_json() {
        out.line(&message);
    }
    // A run that was put back has a step that says so; a poll has none and queues what it finds.
    let of_a_poll = runs::get(ctx, &tenant, &id).await?.is_some_and(|run| run.document.is_none());
    let queued = of_a_poll || runs::steps(ctx, &tenant, &id).await?.len() > before;
    let worked_by = if queued { Some(follow_up(&environment, place, out).await?) } else { None };
    if out.is_json() {
        out.result(|| json!({ "run": args.run, "result": message, "worked_by": worked_by }), String::new);
    }
    Ok(())
}

/// The same through the API. Who accepts a change is who holds the token.
///
/// # Errors
/// Not found for an unknown run; usage for one that has succeeded; what the API says.
pub async fn remote(args: &RetryArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    #[derive(serde::Deserialize)]
    struct RetryAnswer {
        result: String,
    }
    if args.by.is_some() {
        return Err(Failure::usage(
            "--by means nothing with --api: the run names the token with which it was accepted",
        ));
    }
    let path = format!("/admin/v1/runs/{}/retry", segment(&args.run));
    let answered: RetryAnswer = remote.post(&path, &json!({ "acceptChange": args.accept_change })).await?;
    if !out.is_json() {
        out.line(&answered.result);
    }
    let worked_by = elsewhere(out);
    if out.is_json() {
        out.result(|| json!({ "run": args.run, "result": answered.result, "worked_by": worked_by }), String::new);
    }
    Ok(())
}
