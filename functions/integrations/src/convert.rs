//! From what is known of flows and runs to what their pages show.

use tenon_flows::data_sync::record::Sync;
use tenon_flows::kinds::ResumePoint;
use tenon_model::config::Flow;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{ConnectionId, DocumentKey, FlowId, Language};
use tenon_operations::alarms::{self, Alarm, AlarmSubject};
use tenon_operations::beside::{BesideState, BesideStates, DatabaseState};
use tenon_operations::bulk;
use tenon_operations::connections::{Check, ConnectionState};
use tenon_operations::difference::Change;
use tenon_operations::flows::{self, FlowState};
use tenon_operations::runs::{self, Filter};
use tenon_pages::integrations as pages;
use tenon_pages::integrations::{
    AlarmKind, AlarmRow, Checked, ConnectionRow, Counts, Difference, FlowRow, Hour, Item, ItemState, JobState, Label,
    LastRun, Part, RunsQuery, Subject, SyncRow, Version, link,
};
use tenon_platform::config_store::{Changed, Loaded};

/// A filter of the address, in the domain's words.
pub(crate) fn filter(query: &RunsQuery, now_ms: i64) -> Filter {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (from_ms, until_ms) = query.between(now_ms);
    Filter {
        flows: filled(&query.flow).map(FlowId::new).into_iter().collect(),
        statuses: query.status.into_iter().collect(),
        connection: filled(&query.connection).map(ConnectionId::new),
        document: filled(&query.document),
        code: filled(&query.code),
        text: filled(&query.text),
        from_ms: Some(from_ms).filter(|from| *from > 0),
        to_ms: Some(until_ms).filter(|until| *until < i64::MAX),
    }
}

/// A job's filter, as an address has it.
pub(crate) fn runs_query(filter: &Filter) -> RunsQuery {
    RunsQuery {
        flow: filter.flows.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        status: filter.statuses.first().copied(),
        connection: filter.connection.as_ref().map(ToString::to_string).unwrap_or_default(),
        document: filter.document.clone().unwrap_or_default(),
        code: filter.code.clone().unwrap_or_default(),
        text: filter.text.clone().unwrap_or_default(),
        since: tenon_pages::integrations::Since::Custom,
        from_ms: filter.from_ms,
        until_ms: filter.to_ms,
        cursor: String::new(),
    }
}

pub(crate) fn alarm(own: Alarm) -> AlarmRow {
    let Alarm { what, of, subject, since_ms, messages, message, .. } = own;
    let of = match subject {
        AlarmSubject::Flow => Subject::Flow(of),
        AlarmSubject::Connection => Subject::Connection(of),
        AlarmSubject::Other => Subject::Named(of),
    };
    let what = match what {
        alarms::AlarmKind::ScheduleSilent => AlarmKind::ScheduleSilent,
        alarms::AlarmKind::QueueBehind => AlarmKind::QueueBehind,
        alarms::AlarmKind::DeadLetters => AlarmKind::DeadLetters,
        alarms::AlarmKind::OutboxBehind => AlarmKind::OutboxBehind,
        alarms::AlarmKind::BreakerOpen => AlarmKind::BreakerOpen,
        alarms::AlarmKind::FlowUnreadable => AlarmKind::FlowUnreadable,
        alarms::AlarmKind::ConnectionUnusable => AlarmKind::ConnectionUnusable,
        alarms::AlarmKind::NotLookedAt => AlarmKind::NotLookedAt,
    };
    AlarmRow { what, of, since_ms, messages, message }
}

pub(crate) fn flow_row(state: FlowState, hours: &[flows::Hour]) -> FlowRow {
    FlowRow {
        name: state.name,
        kind: state.kind,
        enabled: state.enabled,
        paged: state.paged,
        error: state.error,
        connections: state.connections.iter().map(ToString::to_string).collect(),
        polls: state.polls,
        last_run: state.last_run.map(|run| LastRun {
            id: run.id.to_string(),
            status: run.status,
            started_ms: run.started_ms,
        }),
        last_success_ms: state.last_success_ms,
        lag_ms: state.lag_ms,
        next_tick_ms: state.next_tick_ms,
        hours: hours.iter().map(hour).collect(),
        id: state.id.to_string(),
    }
}

fn hour(hour: &flows::Hour) -> Hour {
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Hour { failed: small(hour.failed), others: small(hour.succeeded.saturating_add(hour.other)) }
}

pub(crate) fn differences(changes: Vec<Change>) -> Vec<Difference> {
    let known = |value: serde_json::Value| Some(value).filter(|value| !value.is_null());
    let each = changes.into_iter().map(|change| Difference {
        path: change.path,
        before: known(change.before),
        after: known(change.after),
    });
    each.collect()
}

pub(crate) fn version(version: flows::Version) -> Version {
    Version {
        id: version.id,
        at_ms: version.at_ms,
        by: version.by,
        did: match version.did {
            Changed::Created => Label::Made,
            Changed::Changed => Label::Changed,
            Changed::Removed => Label::Removed,
            Changed::On => Label::SwitchedOn,
            Changed::Off => Label::SwitchedOff,
        },
        differs: differences(version.diff),
    }
}

pub(crate) fn connection(state: ConnectionState, loaded: &Loaded) -> ConnectionRow {
    let id = state.id;
    let uses = |flow: &&Flow| flow.connections().iter().any(|needed| *needed.id == id);
    ConnectionRow {
        kind: state.kind.unwrap_or_default().to_owned(),
        error: state.error,
        breaker: state.breaker.map(|open| open.why),
        last_check: state.last_check.map(checked),
        flows: loaded.flows().iter().filter(uses).map(|flow| flow.id().to_string()).collect(),
        part: Part::Connection(id.to_string()),
    }
}

/// What works beside the connections.
pub(crate) fn beside(states: BesideStates, loaded: &Loaded) -> Vec<ConnectionRow> {
    let row = |part, state: BesideState, flows| ConnectionRow {
        part,
        kind: state.kind.unwrap_or_default().to_owned(),
        error: state.error,
        breaker: None,
        last_check: state.last_check.map(checked),
        flows,
    };
    let databases = states.databases.into_iter().map(|DatabaseState { id, state }| {
        let uses = |flow: &&Flow| flow.as_data_sync().is_some_and(|flow| flow.database == id);
        let flows = loaded.flows().iter().filter(uses).map(|flow| flow.id().to_string()).collect();
        row(Part::Database(id.to_string()), state, flows)
    });
    let login_server = states.login_server.map(|state| row(Part::LoginServer, state, Vec::new()));
    let oa_integration = states.oa_integration.map(|state| row(Part::OaIntegration, state, Vec::new()));
    databases.chain(login_server).chain(oa_integration).collect()
}

fn checked(check: Check) -> Checked {
    Checked {
        at_ms: check.at_ms,
        by: check.by,
        outcome: check.error.or(check.answered).unwrap_or_default(),
        ok: check.ok,
        code: check.code,
        took_ms: check.took_ms,
    }
}

pub(crate) fn counts(counts: runs::Counts) -> Counts {
    let by_status = counts.by_status.into_iter().map(|(word, count)| (word.to_owned(), count));
    Counts { by_status: by_status.collect(), complete: counts.complete }
}

pub(crate) fn job_state(state: bulk::State) -> JobState {
    match state {
        bulk::State::Listing | bulk::State::Working => JobState::Running,
        bulk::State::Done => JobState::Done,
        bulk::State::Cancelled => JobState::Cancelled,
        bulk::State::Failed => JobState::Failed,
    }
}

pub(crate) fn item(shown: bulk::ShownItem) -> Item {
    let item = shown.item;
    Item {
        run: item.run.to_string(),
        flow: item.flow.to_string(),
        document: item.document.as_ref().map(DocumentKey::to_string),
        state: match item.outcome {
            bulk::Outcome::Pending | bulk::Outcome::Taken => ItemState::Waiting,
            bulk::Outcome::Queued => ItemState::Retried,
            bulk::Outcome::Skipped | bulk::Outcome::Failed => ItemState::Refused,
            bulk::Outcome::Cancelled => ItemState::Cancelled,
        },
        message: item.message,
        now: shown.status,
    }
}

/// Why a run is not taken, in words.
pub(crate) fn why(why: bulk::Why, language: Language) -> &'static str {
    language.of(why.words(), why.english())
}

/// A synchronisation.
pub(crate) fn sync(sync: Sync, language: Language) -> SyncRow {
    let (failed, under_way) = (sync.error.is_some(), sync.ended_ms.is_none());
    let state = match (under_way, failed) {
        (true, false) => Label::JobRunning,
        (true, true) => Label::StatusRetrying,
        (false, true) => Label::StatusFailed,
        (false, false) => Label::StatusSucceeded,
    };
    // How many there will be is known of the table before alone.
    let whole = Some(sync.did.in_table).filter(|whole| under_way && *whole > 0);
    SyncRow {
        run: Some(sync.run.to_string()),
        form: sync.form.clone(),
        state: state.of(language).to_owned(),
        failed: failed && !under_way,
        under_way,
        rows: sync.did.rows,
        of: whole,
        started_ms: sync.started_ms,
        message: sync.error.unwrap_or_default(),
    }
}

/// Where the document and the form of a run are seen.
pub(crate) fn links(loaded: &Loaded, run: &Run) -> (Option<String>, Option<String>) {
    let Some(flow) = loaded.flows().iter().find(|flow| *flow.id() == run.flow) else { return (None, None) };
    let of = |key: &str| {
        let needed = flow.connections().into_iter().find(|needed| needed.key == key)?;
        let connection = loaded.connection(needed.id).ok()?;
        connection.link().map(str::to_owned)
    };
    let document = run.document.as_ref().and_then(|key| {
        let key = key.to_string();
        Some(link(&of("erp")?, &[("{object}", object(flow)), ("{key}", &key)]))
    });
    let form = run.instance.as_ref().and_then(|instance| Some(link(&of("oa")?, &[("{instance}", instance)])));
    (document, form)
}

/// The ERP's name of what the flow carries.
fn object(flow: &Flow) -> &str {
    match flow {
        Flow::Approval(flow) => &flow.source.object,
        Flow::Document(flow) => &flow.object,
        Flow::BaseData(flow) => &flow.source.object,
        Flow::Price(_)
        | Flow::Plm(_)
        | Flow::MesItems(_)
        | Flow::MesWorkOrders(_)
        | Flow::ProductionReceipts(_)
        | Flow::ProductionIssues(_)
        | Flow::DirectoryPull(_)
        | Flow::DirectoryPush(_)
        | Flow::DataSync(_) => "",
    }
}

/// From where a retry goes on, in the page's words.
pub(crate) fn resume_point(from: &ResumePoint) -> pages::ResumePoint<'_> {
    match *from {
        ResumePoint::Step { step, done, looks_first } => pages::ResumePoint::Step { step, done, looks_first },
        ResumePoint::WhereItStands => pages::ResumePoint::Words(Label::GoesOnWhereItStands),
        ResumePoint::Anew => pages::ResumePoint::Words(Label::GoesOnAnew),
        ResumePoint::PutAside => pages::ResumePoint::Words(Label::GoesOnAside),
        ResumePoint::Nothing => pages::ResumePoint::Words(Label::GoesOnNothing),
    }
}

/// Whether a person may correct what could not be mapped: of a document flow, whose form or body nobody can mend where it
/// comes from. What flows take out of the ERP counts as it stands there, and is mended there.
pub(crate) fn correctable(loaded: &Loaded, run: &Run) -> bool {
    let waits = run.status == RunStatus::Failed && run.code.as_deref() == Some("flow.mapping");
    waits && loaded.flow(&run.flow).is_ok_and(|flow| flow.as_document().is_some_and(|flow| flow.form.maps()))
}
