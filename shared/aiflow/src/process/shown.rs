//! A task of a process as its page shows it, and what people do there.

use super::logs::{self, Log};
use super::who::{self, code_of};
use super::{Around, flows_of};
use crate::tasks::NO_ENTERPRISE;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tenon_directory::{Directory, Person};
use tenon_model::TenantId;
use tenon_platform::{Context, Result};
use tenon_process::Definition;
use tenon_process::run::{Decide, Entry, Event, Instance, Target, Task, TaskState};
use tenon_process::store::{self, Failure};

/// Entries of the history that are shown, the latest.
const SHOWN: u32 = 200;

/// A process, as somebody sees it.
pub struct Seen {
    /// The process.
    pub instance: Instance,
    /// What it runs by.
    pub definition: Arc<Definition>,
    /// The task that the page is of; none of one that is long done, and on the page of the process.
    pub task: Option<Task>,
    /// What was filled in.
    pub data: Map<String, Value>,
    /// What happened, oldest first.
    pub history: Vec<Entry>,
    /// Decisions that the ERP has stored.
    pub logs: Vec<Log>,
    /// What people are called, by their codes.
    pub names: HashMap<String, String>,
    /// Whether the person may decide the task.
    pub may_decide: bool,
}

/// What somebody does with a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It passes.
    Approve,
    /// It does not.
    Refuse,
    /// Somebody else is to decide, by code.
    Transfer(String),
    /// Something is written down.
    Comment,
}

/// The order of a task's id, or of an order's.
fn order_of(id: &str) -> Option<i64> {
    let order = id.split_once('-').map_or(id, |(order, _)| order);
    order.parse().ok().filter(|order| *order > 0)
}

/// The process of a task or order, where the person has to do with it.
///
/// # Errors
/// Those of the table.
pub async fn load(ctx: &Context, tenant: &TenantId, person: &Person, id: &str) -> Result<Option<Seen>> {
    let Some(order) = order_of(id) else { return Ok(None) };
    let around = Around::new(ctx, tenant).await?;
    let processes = flows_of(ctx, tenant, &around);
    let Some(found) = processes.by_order(order).await? else { return Ok(None) };
    let Some((instance, data)) = processes.with_data(&found.number).await? else { return Ok(None) };
    let code = code_of(person, &instance.enterprise);
    let history = store::latest(ctx, tenant, &instance.number, SHOWN).await?;
    let settings = around.settings(&instance.enterprise);
    let is_admin = settings.admins.contains(&code) || settings.admins.contains(&person.user_name);
    let concerned = |entry: &Entry| entry.by == code || entry.people.contains(&code);
    let sees = is_admin
        || instance.initiator.code == code
        || instance.tasks.iter().any(|task| task.assignees.contains(&code))
        || history.iter().any(concerned);
    if !sees {
        return Ok(None);
    }
    let task = instance.tasks.iter().find(|task| task.id == id).cloned();
    let may_decide = task.as_ref().is_some_and(|task| task.state == TaskState::Open && task.assignees.contains(&code));
    let definition = store::load(ctx, tenant, &instance.flow, instance.version).await?;
    let logs = logs::of(ctx, tenant, &instance.enterprise, order).await?;
    let names = names(ctx, tenant, &instance, &history, &logs).await?;
    Ok(Some(Seen { instance, definition, task, data, history, logs, names, may_decide }))
}

async fn names(
    ctx: &Context,
    tenant: &TenantId,
    instance: &Instance,
    history: &[Entry],
    logs: &[Log],
) -> Result<HashMap<String, String>> {
    let of_tasks = instance.tasks.iter().flat_map(|task| &task.assignees);
    let of_history = history.iter().flat_map(|entry| entry.people.iter().chain([&entry.by]));
    let all = of_tasks.chain(of_history).chain([&instance.initiator.code]).chain(logs.iter().map(|log| &log.handler));
    let codes: BTreeSet<&String> = all.filter(|code| !code.is_empty()).collect();
    let directory = Directory::new(ctx, tenant);
    let own = |code: &&&String| !code.starts_with(NO_ENTERPRISE);
    let external: Vec<String> = codes.iter().filter(own).map(|code| (*code).clone()).collect();
    let mut ids: HashMap<String, String> = directory.ids_of(&instance.enterprise, &external).await?;
    for code in &codes {
        if let (NO_ENTERPRISE, id) = who::place_of("", code) {
            ids.insert((*code).clone(), id.to_owned());
        }
    }
    let people = directory.people(&ids.values().cloned().collect::<Vec<_>>()).await?;
    let named = ids.into_iter().filter_map(|(code, id)| Some((code, people.get(&id)?.data.shown_name().to_owned())));
    Ok(named.collect())
}

/// Does something with a task. What was done before changes nothing.
///
/// # Errors
/// Why it is not done.
pub async fn act(
    ctx: &Context,
    tenant: &TenantId,
    (person, seen): (&Person, &Seen),
    id: &str,
    (action, comment): (Action, String),
) -> std::result::Result<(), Failure> {
    let around = Around::new(ctx, tenant).await.map_err(Failure::Failed)?;
    let by = code_of(person, &seen.instance.enterprise);
    let decide = |approve: bool, comment: String, by: String| {
        Event::Decide(Decide { target: Target::Task(id.to_owned()), approve, by, comment, ..Decide::default() })
    };
    let event = match action {
        Action::Approve => decide(true, comment, by),
        Action::Refuse => decide(false, comment, by),
        Action::Transfer(to) => Event::Transfer { task: id.to_owned(), by, to, comment },
        Action::Comment => {
            let task = seen.task.as_ref().map(|task| task.id.clone());
            Event::Comment { task, by, text: comment }
        }
    };
    flows_of(ctx, tenant, &around).act(&seen.instance.number, &event).await.map(drop)
}
