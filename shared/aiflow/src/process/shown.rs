//! A task of a process as its page shows it, and what people do there.

use super::logs::{self, Log};
use super::who::{self, code_of};
use super::{TenantHost, flows_of};
use crate::tasks::NO_ENTERPRISE;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tenon_directory::{Directory, Person};
use tenon_model::TenantId;
use tenon_model::config::ProcessSettings;
use tenon_platform::{Context, Result};
use tenon_process::Definition;
use tenon_process::run::{Decide, Entry, Event, Instance, Refused, Target, Task, TaskState};
use tenon_process::store::{self, CurrentInstance, Failure, Of};

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
    /// How often that was saved.
    pub saved: u64,
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
    let host = TenantHost::new(ctx, tenant).await?;
    let processes = flows_of(ctx, tenant, &host);
    let Some((instance, data, saved)) = processes.opened(order).await? else { return Ok(None) };
    let code = code_of(person, &instance.enterprise);
    let history = store::latest(ctx, tenant, &instance.number, SHOWN).await?;
    let settings = host.settings(&instance.enterprise);
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
    Ok(Some(Seen { instance, definition, task, data, saved, history, logs, names, may_decide }))
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

/// What somebody does on the page of a task.
pub struct TaskAction<'a> {
    /// What.
    pub action: Action,
    /// What was written with it.
    pub comment: String,
    /// How often the form had been saved when the page was shown, where it said so.
    pub saved: Option<u64>,
    /// Reads what was filled in, by the node and the form's data, and whether it is agreed to: the fields that were changed.
    pub filled: &'a Filled<'a>,
}

/// Reads what was filled in.
pub type Filled<'a> = dyn Fn((&Definition, &str), &Map<String, Value>, bool) -> std::result::Result<Map<String, Value>, Refused>
    + Sync
    + 'a;

/// Does something with a task, read once and written once; whether the person has to do with it. What was done before changes
/// nothing.
///
/// # Errors
/// Why it is not done.
pub async fn act(
    ctx: &Context,
    tenant: &TenantId,
    person: &Person,
    id: &str,
    task_action: &TaskAction<'_>,
) -> std::result::Result<bool, Failure> {
    let Some(order) = order_of(id) else { return Ok(false) };
    let host = TenantHost::new(ctx, tenant).await?;
    // Whoever has it, began it or is an administrator; who else has to do with it is in the history.
    let (mut known, mut strange) = (false, false);
    loop {
        let mut plan = |found: &CurrentInstance<'_>| {
            let code = code_of(person, &found.instance.enterprise);
            let settings = host.settings(&found.instance.enterprise);
            strange = !known && !concerns(found.instance, person, &code, &settings);
            if strange { Ok(Vec::new()) } else { task_action.event(found, id, &code).map(|event| vec![event]) }
        };
        let done = flows_of(ctx, tenant, &host).act_by(Of::Order(order), None, &mut plan).await;
        match done {
            Err(Failure::Refused(refused)) if refused.code == "process.unknown-instance" => return Ok(false),
            Err(failure) => return Err(failure),
            Ok(_) if !strange => return Ok(true),
            Ok(_) if load(ctx, tenant, person, id).await?.is_none() => return Ok(false),
            Ok(_) => known = true,
        }
    }
}

/// Whether a process is somebody's as it stands.
fn concerns(instance: &Instance, person: &Person, code: &str, settings: &ProcessSettings) -> bool {
    let is = |known: &String| known == code;
    instance.initiator.code == code
        || settings.admins.iter().any(|admin| is(admin) || *admin == person.user_name)
        || instance.tasks.iter().any(|task| task.assignees.iter().any(is))
}

impl TaskAction<'_> {
    fn event(&self, found: &CurrentInstance<'_>, id: &str, by: &str) -> std::result::Result<Event, Failure> {
        let task = found.instance.tasks.iter().find(|task| task.id == id);
        let (by, comment) = (by.to_owned(), self.comment.clone());
        Ok(match &self.action {
            Action::Approve => self.decide(found, (id, task), by, true)?,
            Action::Refuse => self.decide(found, (id, task), by, false)?,
            Action::Transfer(to) => Event::Transfer { task: id.to_owned(), by, to: to.clone(), comment },
            Action::Comment => Event::Comment { task: task.map(|task| task.id.clone()), by, text: comment },
        })
    }

    fn decide(
        &self,
        found: &CurrentInstance<'_>,
        (id, task): (&str, Option<&Task>),
        by: String,
        approve: bool,
    ) -> std::result::Result<Event, Failure> {
        let open = task.filter(|task| task.state == TaskState::Open && task.assignees.contains(&by));
        let fields = match open {
            Some(task) => (self.filled)((found.definition, &task.node), found.data, approve)?,
            None => Map::new(),
        };
        if !fields.is_empty() && self.saved.is_some_and(|saved| saved != found.saved) {
            return Err(Failure::refused(
                "process.form-changed",
                "表单已被他人修改，请核对后重新提交",
                "somebody else changed the form meanwhile; look at it and send yours again",
            ));
        }
        let (target, comment) = (Target::Task(id.to_owned()), self.comment.clone());
        Ok(Event::Decide(Decide { target, approve, by, comment, fields, ..Decide::default() }))
    }
}
