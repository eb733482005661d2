//! The page of a task, or of a process: what it is about, and what can be done. Pressing a button posts the page's form; the
//! browser is led back to the page, so that going back or reloading does nothing twice.

use crate::form as fill;
use crate::page::{self, Seen as Browser};
use crate::tasks::own_language;
use lambda_http::{Body, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use tenon_catalog::areas::web::task as routes;
use tenon_model::Language;
use tenon_model::json::number;
use tenon_pages::process::{COMMENT, Filled, HistoryEntry, Shown, View};
use tenon_pages::{Text, html, process as pages};
use tenon_platform::dispatch::{Call, Envelope, Path, RawBody, Reply, Service, on};
use tenon_platform::request;
use tenon_platform::{Error, Rejection};
use tenon_process::Definition;
use tenon_process::form;
use tenon_process::run::{Change, Entry, EntryKind, State, TaskState};
use tenon_process::store::Failure;
use tenon_sso::{SignedIn, Visitor, redirect};
use tenon_task_center::process::drawn;
use tenon_task_center::process::logs::{Handled, Log};
use tenon_task_center::process::shown::{self, Action, Seen, TaskAction};
use tenon_task_center::tasks::page_at;

/// The function.
pub static SERVICE: Service<SignedIn> =
    Service::new(SignedIn, || vec![on(routes::PAGE, look), on(routes::ACT, act)]).answering(Envelope::Aiflow);

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// What a page says of what was just done or refused.
#[derive(Default)]
struct Feedback {
    done: Option<Text>,
    refused: Option<String>,
    comment: String,
    /// What was posted and could not be stored.
    posted: Vec<(String, String)>,
}

async fn look(call: Call<Visitor>, Path(named): Path<Named>) -> Result<Reply, Rejection> {
    let done = request::query(&call.request, "done").and_then(|word| match word {
        "approve" => Some(Text::SavedApprove),
        "refuse" => Some(Text::SavedRefuse),
        "transfer" => Some(Text::SavedTransfer),
        "comment" => Some(Text::SavedComment),
        _ => None,
    });
    Ok(Reply(answered(&call, &named.id, 200, Feedback { done, ..Feedback::default() }).await))
}

async fn answered(call: &Call<Visitor>, id: &str, status: u16, feedback: Feedback) -> Response<Body> {
    let by = &call.by;
    match shown::load(&call.ctx, &by.session.tenant, &by.person, id).await {
        Ok(Some(seen)) => html(status, drawn(call, id, &seen, &feedback)),
        Ok(None) => nothing(call, feedback.done),
        Err(error) => page::broken(call, error),
    }
}

/// Whoever handed a task on may have nothing to do with it any more.
fn nothing(call: &Call<Visitor>, done: Option<Text>) -> Response<Body> {
    if done.is_some() {
        return redirect("/aflow/tasks");
    }
    let language = Browser::by(&call.request, own_language(&call.by)).language;
    html(404, pages::nothing(language, call.by.person.shown_name()))
}

async fn act(call: Call<Visitor>, (Path(named), RawBody(body)): (Path<Named>, RawBody)) -> Result<Reply, Rejection> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        let found = fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim());
        found.unwrap_or_default().replace("\r\n", "\n")
    };
    let language = Browser::by(&call.request, own_language(&call.by)).language;
    let (word, comment, to) = (field("action"), field("comment"), field("to"));
    let action = match word.as_str() {
        "approve" => Some(Action::Approve),
        "refuse" => Some(Action::Refuse),
        "transfer" if !to.is_empty() => Some(Action::Transfer(to)),
        "comment" => Some(Action::Comment),
        _ => None,
    };
    let sound =
        comment.chars().count() <= COMMENT && !comment.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    let (Some(action), true) = (action, sound) else {
        let refused = language.of("提交的内容不完整或过长", "what was sent is incomplete or too long");
        let feedback = Feedback { refused: Some(refused.to_owned()), comment, posted: fields, done: None };
        return Ok(Reply(answered(&call, &named.id, 400, feedback).await));
    };
    let by = &call.by;
    let saved = field("saved").parse().ok();
    let filled =
        |node: (&Definition, &str), data: &Map<String, Value>, agrees: bool| fill::read(node, data, &fields, agrees);
    let task_action = TaskAction { action, comment: comment.clone(), saved, filled: &filled };
    let done = Box::pin(shown::act(&call.ctx, &by.session.tenant, &by.person, &named.id, &task_action)).await;
    Ok(Reply(match done {
        Ok(true) => {
            let mut response = redirect(&format!("{}?done={word}", page_at(&named.id)));
            // A form that was sent is followed by looking at the page.
            *response.status_mut() = http::StatusCode::SEE_OTHER;
            response
        }
        Ok(false) => nothing(&call, None),
        Err(Failure::Refused(refused)) => {
            let is_form = refused.code.starts_with("process.form-wrong");
            let feedback = Feedback {
                refused: Some(refused.words.of(language).to_owned()),
                comment,
                // What somebody else changed is to be seen first.
                posted: if is_form { fields } else { Vec::new() },
                done: None,
            };
            answered(&call, &named.id, if is_form { 400 } else { 409 }, feedback).await
        }
        Err(Failure::Failed(error)) => page::broken(&call, error),
        Err(Failure::Unsound(_)) => {
            let error = Error::permanent("process.definition", "the definition of a process is not run any more");
            page::broken(&call, error)
        }
    }))
}

fn drawn(call: &Call<Visitor>, id: &str, seen: &Seen, feedback: &Feedback) -> String {
    let language = Browser::by(&call.request, own_language(&call.by)).language;
    let instance = &seen.instance;
    let task = seen.task.as_ref();
    let open = instance.open_tasks().flat_map(|task| &task.assignees);
    let assignees: Vec<String> = match task {
        Some(task) => task.assignees.iter().map(|code| called(seen, code)).collect(),
        None => open.map(|code| called(seen, code)).collect(),
    };
    let initiator = match instance.initiator.name.as_str() {
        "" => called(seen, &instance.initiator.code),
        name => name.to_owned(),
    };
    let due_ms = task.and_then(|task| task.due_ms);
    let inputs = match task.filter(|_| seen.may_decide) {
        Some(task) => fill::inputs(language, (&seen.definition, &task.node), &seen.data, &feedback.posted),
        None => Vec::new(),
    };
    let mut history: Vec<HistoryEntry> = seen.history.iter().map(|entry| happened(language, seen, entry)).collect();
    history.extend(seen.logs.iter().map(|log| logged(language, seen, log)));
    history.sort_by_key(|entry| entry.at_ms);
    pages::page(&View {
        language,
        person: call.by.person.shown_name(),
        address: &page_at(id),
        name: task.map_or(&instance.name, |task| &task.name),
        flow: &instance.name,
        number: &instance.number,
        initiator: &initiator,
        created_ms: instance.created_ms,
        due_ms,
        overdue: due_ms.is_some_and(|due| due < call.ctx.now_ms()) && seen.may_decide,
        state: state(seen),
        assignees: &assignees,
        form: &filled(seen),
        drawing: Some(&drawn::drawing(&seen.definition, &seen.instance)),
        history: &history,
        may_decide: seen.may_decide,
        inputs: &inputs,
        saved: seen.saved,
        done: feedback.done,
        refused: feedback.refused.as_deref(),
        comment: &feedback.comment,
    })
}

fn called(seen: &Seen, code: &str) -> String {
    seen.names.get(code).cloned().unwrap_or_else(|| code.to_owned())
}

fn state(seen: &Seen) -> Text {
    if let Some(task) = &seen.task {
        return match task.state {
            TaskState::Open => Text::StateIng,
            TaskState::Approved => Text::ResultPass,
            TaskState::Rejected => Text::ResultReject,
            TaskState::Cancelled => Text::ResultRevoke,
            TaskState::Expired => Text::StateOver,
        };
    }
    match seen.instance.state {
        State::Running if seen.instance.incidents().next().is_some() => Text::StateIncident,
        State::Running => Text::StateIng,
        State::Rejected => Text::StateReturned,
        State::Discarded => Text::StateDiscarded,
        State::Passed => Text::ResultPass,
    }
}

/// What was filled in, in the order of the form; what the form does not name behind it.
fn filled(seen: &Seen) -> Vec<Filled> {
    let Ok(schema) = form::Schema::read(&seen.definition.schema) else { return plain_fields(&seen.data) };
    fields(&schema, &seen.data)
}

fn fields(schema: &form::Schema, data: &Map<String, Value>) -> Vec<Filled> {
    let known = schema.fields.iter().filter_map(|field| {
        let value = data.get(&field.name)?;
        Some(Filled { label: field.label.clone(), value: shown_as(&field.kind, value) })
    });
    let others = data.iter().filter(|(name, _)| schema.field(name).is_none());
    known.chain(others.map(|(name, value)| Filled { label: name.clone(), value: plain(value) })).collect()
}

fn plain_fields(data: &Map<String, Value>) -> Vec<Filled> {
    data.iter().map(|(name, value)| Filled { label: name.clone(), value: plain(value) }).collect()
}

fn shown_as(kind: &form::Kind, value: &Value) -> Shown {
    match (kind, value) {
        (form::Kind::Rows(schema), Value::Array(rows)) => {
            let columns = schema.fields.iter().map(|field| field.label.clone()).collect();
            let cell = |row: &Value, field: &form::Field| {
                row.get(&field.name).map(|value| text(&shown_as(&field.kind, value))).unwrap_or_default()
            };
            let rows = rows.iter().map(|row| schema.fields.iter().map(|field| cell(row, field)).collect());
            Shown::Table(columns, rows.collect())
        }
        (form::Kind::Object(schema), Value::Object(map)) => Shown::Fields(fields(schema, map)),
        (form::Kind::OneOf(choices) | form::Kind::SomeOf(choices), value) => {
            let label = |value: &Value| {
                let choice = choices.iter().find(|choice| choice.value == *value);
                choice.map_or_else(|| text(&plain(value)), |choice| choice.label.clone())
            };
            Shown::Text(match value {
                Value::Array(items) => items.iter().map(label).collect::<Vec<_>>().join("、"),
                value => label(value),
            })
        }
        (_, value) => plain(value),
    }
}

fn plain(value: &Value) -> Shown {
    match value {
        Value::String(text) => Shown::Text(text.clone()),
        Value::Bool(is) => Shown::Flag(*is),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            Shown::Text(items.iter().map(|item| text(&plain(item))).collect::<Vec<_>>().join("、"))
        }
        other => Shown::Text(number::write(other)),
    }
}

fn text(shown: &Shown) -> String {
    match shown {
        Shown::Text(text) => text.clone(),
        Shown::Flag(is) => if *is { "✓" } else { "✗" }.to_owned(),
        Shown::Fields(all) => {
            all.iter().map(|field| format!("{}: {}", field.label, text(&field.value))).collect::<Vec<_>>().join("; ")
        }
        Shown::Table(_, rows) => rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("; "),
    }
}

fn happened(language: Language, seen: &Seen, entry: &Entry) -> HistoryEntry {
    let (zh, en) = drawn::did(entry.did);
    let mut what = language.of(zh, en).to_owned();
    if let Some(name) = entry.name.as_ref().or(entry.node.as_ref()) {
        what = format!("{what} · {name}");
    }
    if let Some(to) = &entry.to {
        let to = seen.definition.node(to).map_or(to.as_str(), |node| node.name.as_str());
        what = format!("{what} → {to}");
    }
    if matches!(
        entry.did,
        EntryKind::Entered | EntryKind::Transferred | EntryKind::Copied | EntryKind::Urged | EntryKind::Reminded
    ) && !entry.people.is_empty()
    {
        let people: Vec<String> = entry.people.iter().map(|code| called(seen, code)).collect();
        what = format!("{what} ({})", people.join("、"));
    }
    let who = if entry.by.is_empty() { String::new() } else { called(seen, &entry.by) };
    let mut comment = entry.comment.clone();
    let schema = form::Schema::read(&seen.definition.schema).unwrap_or_default();
    for change in &entry.changes {
        if !comment.is_empty() {
            comment.push('\n');
        }
        comment.push_str(&changed(&schema, change));
    }
    HistoryEntry { at_ms: entry.at_ms, who, what, comment }
}

/// A field that was changed: `金额: 20000 → 18000`.
fn changed(schema: &form::Schema, change: &Change) -> String {
    let field = schema.field(&change.field);
    let label = field.map_or(change.field.as_str(), |field| &field.label);
    let value = |value: &Value| match (value, field) {
        (Value::Null, _) => "—".to_owned(),
        (value, Some(field)) => text(&shown_as(&field.kind, value)),
        (value, None) => text(&plain(value)),
    };
    format!("{label}: {} → {}", value(&change.from), value(&change.to))
}

fn logged(language: Language, seen: &Seen, log: &Log) -> HistoryEntry {
    let result = match log.result {
        Handled::Approved => language.of("审批日志：同意", "approval log: approved"),
        Handled::Rejected => language.of("审批日志：拒绝", "approval log: refused"),
        Handled::Transferred => language.of("审批日志：转办", "approval log: transferred"),
    };
    let what = format!("{result} · {}", log.name);
    HistoryEntry { at_ms: log.handled_ms, who: called(seen, &log.handler), what, comment: log.comment.clone() }
}
