//! The run of a record, told from what came of it.

use super::job::Job;
use super::outcome::{self, Outcome};
use tenon_model::config::PlmFlow;
use tenon_model::plm::PlmAction;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, RunId};
use tenon_platform::Error;

/// The run of a record that was worked on.
pub fn of(flow: &PlmFlow, job: &Job, outcome: &Outcome, now_ms: i64) -> Run {
    run(flow, &job.run, Some(job.key.clone()), &job.push, outcome, (job.began_ms, now_ms))
}

/// The run of one that was not.
pub fn run(
    flow: &PlmFlow,
    id: &RunId,
    key: Option<DocumentKey>,
    push: &str,
    outcome: &Outcome,
    (began_ms, now_ms): (i64, i64),
) -> Run {
    let (status, message, code) = status_of(flow, outcome);
    Run {
        id: id.clone(),
        flow: flow.id.clone(),
        document: key,
        instance: Some(push.to_owned()),
        trigger: Trigger::Callback,
        status,
        started_ms: began_ms,
        ended_ms: (!matches!(status, RunStatus::Retrying | RunStatus::Running)).then_some(now_ms),
        message,
        code,
        counts: Default::default(),
    }
}

fn status_of(flow: &PlmFlow, outcome: &Outcome) -> (RunStatus, String, Option<String>) {
    let object = flow.object();
    let code = |error: &Error| Some(error.code.to_owned());
    match outcome {
        Outcome::Done(PlmAction::Superseded) => {
            (RunStatus::Ended, "a later push of the same key counts".to_owned(), None)
        }
        Outcome::Done(PlmAction::Ignored) => {
            (RunStatus::Ended, "a substitute, which the flow leaves out".to_owned(), None)
        }
        Outcome::Done(action) => (RunStatus::Succeeded, format!("{} {object}", action.word()), None),
        Outcome::Refused(error) => {
            let remedy = error.vendor_message.as_ref().map(|said| format!("; {}", outcome::remedy(error, said)));
            (RunStatus::Failed, format!("{error}{}", remedy.unwrap_or_default()), code(error))
        }
        Outcome::Left(error) => (RunStatus::Retrying, error.to_string(), code(error)),
    }
}
