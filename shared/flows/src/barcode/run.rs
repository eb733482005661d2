//! The runs of a barcode application: one for each save, query and print.

use super::CompanyCall;
use tenon_model::barcode::{SaveRecord, SaveState};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, RunId};
use tenon_platform::Context;
use tenon_platform::runs::Recorder;

/// A run as it is told.
pub(super) struct RunSummary<'a> {
    pub id: RunId,
    pub document: Option<DocumentKey>,
    pub status: RunStatus,
    pub started_ms: i64,
    pub message: String,
    pub code: Option<&'a str>,
}

/// Stores how a piece of work ended. What goes wrong here is only logged: the history must not undo work that was
/// done, nor keep its answer back.
pub(super) async fn record_run(ctx: &Context, call: &CompanyCall<'_>, steps: &mut Recorder, of: RunSummary<'_>) {
    let run = Run {
        id: of.id,
        flow: call.flow(),
        document: of.document,
        instance: None,
        trigger: Trigger::Callback,
        status: of.status,
        started_ms: of.started_ms,
        ended_ms: (of.status != RunStatus::Running).then(|| ctx.now_ms()),
        message: of.message,
        code: of.code.map(str::to_owned),
        counts: Default::default(),
    };
    if let Err(error) = steps.save(ctx, call.tenant, &run).await {
        tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
    }
}

/// How a save stands, for people.
pub(super) fn summary(record: &SaveRecord) -> String {
    let named = |posted: &tenon_model::barcode::Posted| {
        let number = posted.number.map_or_else(String::new, |number| format!(" (No. {number})"));
        format!("{}{}{number}", if posted.is_draft { "draft " } else { "" }, posted.key)
    };
    let issue = record.issue.as_ref().map(|issue| format!("issue {}", named(issue)));
    match (record.state, &record.document) {
        (SaveState::Posted, Some(document)) => {
            let with = issue.map_or_else(String::new, |issue| format!(", {issue}"));
            format!("{} of app {} posted: {}{with}", record.method, record.app, named(document))
        }
        (SaveState::Issued, _) => {
            format!("{} is posted, its receipt is not: {}", issue.unwrap_or_default(), words(record))
        }
        _ => words(record),
    }
}

fn words(record: &SaveRecord) -> String {
    record.message.clone().unwrap_or_else(|| "under way".to_owned())
}

/// The status of a save's run.
pub(super) fn status(state: SaveState) -> RunStatus {
    match state {
        SaveState::Posted => RunStatus::Succeeded,
        SaveState::Failed | SaveState::Issued => RunStatus::Failed,
        // Whoever sends it again learns what became of it.
        SaveState::Posting | SaveState::Unknown | SaveState::Claimed => RunStatus::Running,
    }
}
