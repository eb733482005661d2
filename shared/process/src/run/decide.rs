//! Decisions: of a task, of a node, or of the only node there is.

use super::event::{Change, Decide, EntryKind, Refused, Target};
use super::instance::{Decided, State, Task, TaskState};
use super::machine::Machine;
use super::tasks::not_theirs;
use crate::check::COUNTS;
use crate::definition::{NodeKind, OnReject, Rule, UserTask};
use crate::expression::{Names, Value};
use serde_json::json;

impl<'a> Machine<'a> {
    /// Somebody decides.
    pub fn decide(&mut self, decide: &Decide) -> Result<(), Refused> {
        let Some(decided) = self.decided_tasks(decide)? else { return Ok(()) };
        let next = match decide.next.as_deref().map(str::trim) {
            None | Some("" | "-1") => None,
            Some(meant) => Some(self.definition.meant(meant).map(|node| node.id.clone()).ok_or_else(|| {
                Refused::new(
                    "process.unknown-node",
                    format!("节点{meant}不存在，或不是审批节点"),
                    format!("{meant} names no user task of the version that it runs on"),
                )
            })?),
        };
        self.managers = decide.managers.iter().map(|name| name.trim().to_owned()).filter(|n| !n.is_empty()).collect();
        self.managers.dedup();
        let from = decided.first().map(|task| (task.token, task.node.clone()));
        let changes = self.fill_in(decide, &decided)?;
        self.note(decide, &decided, &changes);
        self.set("approved", json!(decide.approve));
        self.set("decision", json!(if decide.approve { "approve" } else { "reject" }));
        self.set("handler", json!(decide.by));
        if let Some(to) = next {
            return self.jump(from.as_ref().map(|(token, node)| (*token, node.as_str())), &to, decide);
        }
        let Some((token, node)) = from else {
            return Err(not_in_approval());
        };
        let at = self.definition.by_id.get(&node).copied();
        let Some((at, NodeKind::User(task))) = at.and_then(|at| Some((at, &self.node(at)?.does))) else {
            return Ok(());
        };
        match decide.approve {
            true if self.is_done(token, task)? => self.pass(token, at),
            true if !self.managers.is_empty() => Err(Refused::new(
                "process.node-open",
                "当前节点还有其他人未审批，尚不能发起下一步任务",
                "others have yet to decide here, so nothing comes next",
            )),
            true => Ok(()),
            false => self.reject(token, at, task, decide),
        }
    }

    /// The tasks that are decided; `None` when they were before, so that a repetition changes nothing.
    fn decided_tasks(&self, decide: &Decide) -> Result<Option<Vec<Task>>, Refused> {
        let instance = &self.instance;
        let of_node = |node: &str| instance.open_tasks().filter(|task| task.node == node).cloned().collect::<Vec<_>>();
        if let Target::Task(id) = &decide.target {
            let Some(task) = instance.open_tasks().find(|task| task.id == *id) else {
                // It was one of its tasks, and waits no more.
                let number: Option<u32> = id.strip_prefix(&format!("{}-", instance.order)).and_then(|n| n.parse().ok());
                let was = number.is_some_and(|number| (1..instance.next_task).contains(&number));
                return if was { Ok(None) } else { Err(super::unknown_task(id)) };
            };
            if !task.assignees.contains(&decide.by) {
                return Err(not_theirs());
            }
            return Ok(Some(vec![task.clone()]));
        }
        if instance.state != State::Running {
            return Err(over(instance.state));
        }
        match &decide.target {
            Target::Node(id) => {
                if self.definition.meant(id).is_none() {
                    return Err(Refused::new(
                        "process.unknown-node",
                        format!("节点{id}不存在，或不是审批节点"),
                        format!("{id} names no user task of the version that it runs on"),
                    ));
                }
                let tasks = of_node(self.definition.meant(id).map_or(id, |node| &node.id));
                Ok(Some(tasks).filter(|tasks| !tasks.is_empty()))
            }
            _ => match instance.open_nodes().as_slice() {
                [only] => Ok(Some(of_node(only))),
                // What is stopped is helped on by a jump.
                [] if decide.next.is_some() && !instance.tokens.is_empty() => Ok(Some(Vec::new())),
                [] => Err(not_in_approval()),
                several => Err(Refused::new(
                    "process.node-needed",
                    format!("有多个节点审批中（{}），请指明节点", several.join("、")),
                    format!("several nodes wait for a decision ({}); name one", several.join(", ")),
                )),
            },
        }
    }

    /// Closes the tasks, and writes down who decided.
    fn note(&mut self, decide: &Decide, tasks: &[Task], changes: &[Change]) {
        let decided =
            Decided { by: decide.by.clone(), comment: decide.comment.clone(), at_ms: self.environment.now_ms };
        let (state, did) = match decide.approve {
            true => (TaskState::Approved, EntryKind::Approved),
            false => (TaskState::Rejected, EntryKind::Rejected),
        };
        for (at, task) in tasks.iter().enumerate() {
            self.close(|open| open.id == task.id, state, Some(&decided));
            self.wrote_at(did, Some(&task.node), |entry| {
                entry.task = Some(task.id.clone());
                entry.by.clone_from(&decide.by);
                entry.comment.clone_from(&decide.comment);
                entry.people.clone_from(&task.assignees);
                if at == 0 {
                    entry.changes = changes.to_vec();
                }
            });
        }
    }

    /// Whether enough of a node's tasks are agreed to.
    fn is_done(&self, token: u32, task: &UserTask) -> Result<bool, Refused> {
        let of = || self.instance.tasks.iter().filter(|task| task.token == token);
        let (all, open) = (of().count(), of().filter(|task| task.state == TaskState::Open).count());
        match &task.rule {
            _ if open == 0 => Ok(true),
            // Tasks asked of departments are for all of them.
            Rule::Any => Ok(of().all(|task| task.department.is_none())),
            Rule::All => Ok(false),
            Rule::Until(expression) => {
                let counts = Counts { scope: &self.scope(), all, done: all - open };
                Ok(expression.holds(&counts)?)
            }
        }
    }

    /// A node is done: its token goes on.
    fn pass(&mut self, token: u32, at: usize) -> Result<(), Refused> {
        self.release_token(token);
        if let Some(node) = self.node(at) {
            self.copy(node)?;
        }
        self.leave(at);
        self.run()
    }

    fn reject(&mut self, token: u32, at: usize, task: &UserTask, decide: &Decide) -> Result<(), Refused> {
        match &task.on_reject {
            OnReject::Continue => self.pass(token, at),
            OnReject::Node(to) => {
                let Some(to) = self.node(*to) else { return Ok(()) };
                let from = self.node(at).map(|node| (token, node.id.as_str()));
                self.jump(from, &to.id, decide)
            }
            OnReject::Initiator => {
                if !self.managers.is_empty() {
                    return Err(Refused::new(
                        "process.no-next-node",
                        "驳回至发起人时不能对部门经理发起任务",
                        "what goes back to its initiator has no next node for managers",
                    ));
                }
                self.clear(&decide.by);
                self.become_(State::Rejected);
                Ok(())
            }
        }
    }
}

/// Counts of tasks beside the usual names.
struct Counts<'a> {
    scope: &'a dyn Names,
    all: usize,
    done: usize,
}

impl Names for Counts<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        let [all, done, active] = COUNTS;
        let number = match name {
            name if name == all => self.all,
            name if name == done => self.done,
            name if name == active => self.all - self.done,
            other => return self.scope.value(other),
        };
        Some(Value::of(&json!(number)))
    }
}

fn not_in_approval() -> Refused {
    Refused::new("process.not-in-approval", "前提是节点审批中", "no node waits for a decision")
}

fn over(state: State) -> Refused {
    let (zh, en) = match state {
        State::Running => ("审批中", "running"),
        State::Rejected => ("已驳回至发起人", "was refused back to its initiator"),
        State::Discarded => ("已废弃", "was discarded"),
        State::Passed => ("已结束", "is over"),
    };
    Refused::new("process.over", format!("流程{zh}，不能审批"), format!("it {en}: nothing is decided any more"))
}
