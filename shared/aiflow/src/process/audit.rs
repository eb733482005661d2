//! `/flow/onAudit`: the approval is stored, the process is to go on. What a call decides is what was stored for it: rows of
//! `/order/approval/log`, or what the call itself says. A repetition finds that decided, and changes nothing:
//!
//! - a call that its caller has named (`Idempotency-Key`, `requestId`) is carried out once, whenever it comes again;
//! - one that names the node or the task finds it closed;
//! - a plain one goes by the rows of open tasks; where the ERP stores rows and there is none, nothing was decided;
//! - a plain one without rows is of the node that is open. The same once more within `repeat_within` is a repetition, and so is
//!   one that leads to where the process is, or that began before what is open was there.

use super::services::{Answered, CODE, Given, NAME, status};
use super::{TenantHost, errors, flows_of};
use serde_json::json;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::{Context, Rejection};
use tenon_process::run::{Decide, Event, Instance, State, Target, Task, TaskState};
use tenon_process::store::{CallName, CurrentInstance, Failure, Of, Row};

/// Decides what was stored or said. `nextNodeSeq` names the node to go to instead of the way that the definition says,
/// `taskDeptManager` departments whose managers have to do something next.
///
/// # Errors
/// That the process is not there or is not being approved, a node, task or department that is not there, that nothing was
/// stored; those of the table.
pub async fn audit(ctx: &Context, tenant: &TenantId, by: &str, given: &Given) -> Answered {
    let number = given.required("flowRunningNumber", CODE)?;
    let mut request = AuditRequest::read(given, ctx.now_ms())?;
    let host = TenantHost::new(ctx, tenant).await?;
    let call = match given.call(by)? {
        Some(named) => named,
        None => {
            let content = given.canonical(by);
            CallName { key: content.clone(), says: content, is_named: false }
        }
    };
    let processes = flows_of(ctx, tenant, &host);
    let mut plan =
        |found: &CurrentInstance<'_>| request.plan(found, host.settings(&found.instance.enterprise).repeat_within);
    let done = Box::pin(processes.act_by(Of::Number(&number), Some(&call), &mut plan)).await;
    let done = done.map_err(|failure| errors::rejection(failure, request.field()))?;
    tracing::info!(process = %number, caller = by, changed = done.changed, "a process was audited");
    let mut answer = status(&done.instance);
    if let (Some(members), false) = (answer.as_object_mut(), done.changed) {
        members.insert("repeated".to_owned(), json!(true));
    }
    Ok(answer)
}

/// What a caller says beside the number.
struct AuditRequest {
    node: Option<String>,
    task: Option<String>,
    by: Option<String>,
    comment: String,
    approve: Option<bool>,
    next: Option<String>,
    managers: Vec<String>,
    /// Epoch ms at which the call came.
    begun_ms: i64,
    /// What it was found to be of; somebody else may move the process before it is stored.
    targets: Option<Vec<Target>>,
}

impl AuditRequest {
    fn read(given: &Given, begun_ms: i64) -> Result<Self, Rejection> {
        Ok(Self {
            node: given.get("nodeSeq", CODE)?,
            task: given.get("taskId", CODE)?,
            by: given.get("userCode", CODE)?.or(given.get("userName", NAME)?),
            comment: given.get("comment", 2_000)?.unwrap_or_default(),
            approve: approve(given)?,
            next: given.get("nextNodeSeq", CODE)?.filter(|next| next != "-1"),
            managers: given.names("taskDeptManager")?,
            begun_ms,
            targets: None,
        })
    }

    /// Whether neither the node nor the task is named.
    fn is_plain(&self) -> bool {
        self.node.is_none() && self.task.is_none()
    }

    /// The parameter that a refusal is about.
    fn field(&self) -> &'static str {
        match (&self.task, &self.node) {
            (Some(_), _) => "taskId",
            (None, Some(_)) => "nodeSeq",
            (None, None) => "",
        }
    }

    /// What it decides of the process as it stands.
    fn plan(&mut self, found: &CurrentInstance<'_>, within: Duration) -> Result<Vec<Event>, Failure> {
        let rows = if self.is_plain() && self.approve.is_none() { open_rows(found) } else { Vec::new() };
        let mut decisions: Vec<Decide> = rows.into_iter().map(of_row).collect();
        if decisions.is_empty() {
            if self.is_repetition(found, within) {
                return Ok(Vec::new());
            }
            if self.is_plain() && self.approve.is_none() && found.has_rows && waits(found.instance) {
                return Err(Failure::refused(
                    "process.nothing-stored",
                    "前提是审批数据已经保存入库：当前节点没有新的审批数据",
                    "the approval is to be stored first: there is no row of a task that is open",
                ));
            }
            let targets = match self.targets.take() {
                Some(targets) => targets,
                None => self.of(found),
            };
            decisions.extend(targets.iter().map(|target| Decide {
                target: target.clone(),
                approve: self.approve.unwrap_or(true),
                by: self.by.clone().unwrap_or_default(),
                comment: self.comment.clone(),
                ..Decide::default()
            }));
            self.targets = Some(targets);
        }
        // What is asked for beside the decision is for the last of them.
        if let Some(last) = decisions.last_mut() {
            (last.next, last.managers) = (self.next.clone(), self.managers.clone());
        }
        Ok(decisions.into_iter().map(Event::Decide).collect())
    }

    /// Of what a call is that goes by no rows: the task or the node it names; the tasks of whoever decides; the node that is
    /// open. Where one node is open it is named, so that of two calls at once the second finds it closed.
    fn of(&self, found: &CurrentInstance<'_>) -> Vec<Target> {
        let instance = found.instance;
        if let Some(task) = &self.task {
            return vec![Target::Task(task.clone())];
        }
        let node = self.node.as_deref().map(|meant| found.definition.meant(meant).map_or(meant, |node| &node.id));
        let is_theirs = |task: &&Task| self.by.as_ref().is_some_and(|by| task.assignees.contains(by));
        let of_node = |task: &&Task| node.is_none_or(|node| node == task.node);
        let theirs: Vec<&Task> = instance.tasks.iter().filter(of_node).filter(is_theirs).collect();
        let open: Vec<&Task> = theirs.iter().copied().filter(|task| task.state == TaskState::Open).collect();
        if open.is_empty() && !theirs.is_empty() {
            // They have decided where others have yet to.
            return Vec::new();
        }
        let first = open.first().map(|task| task.node.as_str());
        if first.is_some() && open.iter().all(|task| Some(task.node.as_str()) == first) {
            return open.into_iter().map(|task| Target::Task(task.id.clone())).collect();
        }
        match (&self.node, instance.open_nodes().as_slice()) {
            (Some(node), _) => vec![Target::Node(node.clone())],
            (None, [node]) => vec![Target::Node((*node).to_owned())],
            (None, _) => vec![Target::Current],
        }
    }

    /// Whether a plain call finds what it wants, or cannot be about what is open.
    fn is_repetition(&self, found: &CurrentInstance<'_>, within: Duration) -> bool {
        let instance = found.instance;
        if !self.is_plain() || self.targets.is_some() || instance.state != State::Running {
            return false;
        }
        let within_ms = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
        if found.answered_ms.is_some_and(|at| self.begun_ms.saturating_sub(at) < within_ms) {
            return true;
        }
        if !waits(instance) {
            return false;
        }
        if instance.open_tasks().all(|task| task.opened_ms > self.begun_ms) {
            return true;
        }
        let there = self.next.as_deref().and_then(|next| found.definition.meant(next)).map(|node| node.id.as_str());
        let is_there = there.is_some_and(|there| instance.open_nodes() == [there]);
        let mut wanted: Vec<&str> = self.managers.iter().map(String::as_str).collect();
        let mut request: Vec<&str> = instance.open_tasks().filter_map(|task| task.department.as_deref()).collect();
        wanted.sort_unstable();
        request.sort_unstable();
        let has_managers = !wanted.is_empty() && wanted == request;
        match (self.next.is_some(), self.managers.is_empty()) {
            (true, true) => is_there,
            (true, false) => is_there && has_managers,
            (false, false) => has_managers,
            (false, true) => false,
        }
    }
}

fn waits(instance: &Instance) -> bool {
    instance.open_tasks().next().is_some()
}

/// The rows of tasks that are open.
fn open_rows<'r>(found: &CurrentInstance<'r>) -> Vec<&'r Row> {
    found.rows.iter().filter(|row| found.instance.open_tasks().any(|task| task.id == row.task)).collect()
}

fn of_row(row: &Row) -> Decide {
    Decide {
        target: Target::Task(row.task.clone()),
        approve: row.approve,
        by: row.by.clone(),
        comment: row.comment.clone(),
        ..Decide::default()
    }
}

/// Whether `result` says that it passed; none where nothing is said.
fn approve(given: &Given) -> Result<Option<bool>, Rejection> {
    let Some(word) = given.get("result", CODE)? else { return Ok(None) };
    match word.to_ascii_lowercase().as_str() {
        "pass" | "approve" | "approved" | "agree" => Ok(Some(true)),
        "reject" | "rejected" | "refuse" | "rebut" => Ok(Some(false)),
        _ => Err(Rejection::field("result", "应为pass、reject之一")),
    }
}
