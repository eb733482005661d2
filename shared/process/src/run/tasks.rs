//! Tasks: opened when a token comes to a user task, closed when it is decided or left.

use super::MAX_PEOPLE;
use super::event::{Effect, EntryKind, Refused};
use super::instance::{Decided, State, Task, TaskState};
use super::machine::Machine;
use super::unknown_task;
use crate::definition::{Node, NodeKind, Rule, UserTask};
use crate::people::{NoOne, Question};
use crate::words::Words;

/// Tasks of a node before they are opened: whom each is for, and the department it was asked of.
type Groups = Vec<(Vec<String>, Option<String>)>;

impl<'a> Machine<'a> {
    /// A token comes to a user task.
    pub fn open(&mut self, node: &'a Node, task: &UserTask) -> Result<(), Refused> {
        self.met_people = true;
        let (due, ends) = match self.times(task) {
            Ok(times) => times,
            Err(why) => return self.cannot(node, why),
        };
        let groups = match self.groups(task) {
            Ok(Some(Ok(groups))) => groups,
            Ok(Some(Err(words))) => {
                let token = self.rest(node);
                self.stop(token, "process.assignee-missing", words);
                return Ok(());
            }
            Ok(None) => return Ok(()),
            Err(why) => return self.cannot(node, why),
        };
        let token = self.rest(node);
        self.token_mut(token).into_iter().for_each(|token| token.due_ms = ends);
        let people: Vec<String> = groups.iter().flat_map(|(people, _)| people.iter().cloned()).collect();
        self.wrote_at(EntryKind::Entered, Some(&node.id), |entry| entry.people = people);
        let now = self.environment.now_ms;
        let before = task.remind_before.and_then(|before| Some(due.or(ends)?.saturating_sub(before)));
        let after = task.remind_after.map(|after| now.saturating_add(after));
        let remind = [before, after].into_iter().flatten().filter(|at| *at > now).min();
        for (assignees, department) in groups {
            let number = self.instance.next_task;
            self.instance.next_task = number.saturating_add(1);
            let opened = Task {
                id: format!("{}-{number}", self.instance.order),
                token,
                node: node.id.clone(),
                name: node.name.clone(),
                assignees,
                department,
                state: TaskState::Open,
                is_work: task.is_work,
                opened_ms: now,
                due_ms: due.or(ends),
                remind_ms: remind,
                is_overdue: false,
                urged_ms: None,
                decided: None,
            };
            self.effects.push(Effect::TaskOpened { task: opened.clone() });
            self.instance.tasks.push(opened);
        }
        Ok(())
    }

    /// By when it is to be done, and when somebody else takes over.
    fn times(&self, task: &UserTask) -> Result<(Option<i64>, Option<i64>), Refused> {
        let (now, scope) = (self.environment.now_ms, self.scope());
        let due = task.due.as_ref().map(|when| when.at(now, &scope)).transpose()?;
        let ends = match task.overdue.and_then(|event| self.node(event)).map(|node| &node.does) {
            Some(NodeKind::Overdue { when, .. }) => Some(when.at(now, &scope)?),
            _ => None,
        };
        Ok((due, ends))
    }

    /// Whom the tasks are for. `None` while that is not known; words where nobody is there.
    fn groups(&mut self, task: &UserTask) -> Result<Option<Result<Groups, Words>>, Refused> {
        if !self.managers.is_empty() {
            return self.managers_groups().map(|groups| groups.map(Ok));
        }
        let Some((people, gone)) = self.people(&task.assignees)? else { return Ok(None) };
        let any = task.rule == Rule::Any;
        if people.is_empty() || (!any && !gone.is_empty()) {
            let words =
                gone.into_iter().next().unwrap_or_else(|| Words::new("处理人为空", "nobody is named who could do it"));
            return Ok(Some(Err(words)));
        }
        if people.len() > MAX_PEOPLE {
            return Ok(Some(Err(Words::new(
                format!("处理人{}人，超过上限{MAX_PEOPLE}人", people.len()),
                format!("{} people are named, {MAX_PEOPLE} at most may be", people.len()),
            ))));
        }
        Ok(Some(Ok(match any {
            true => vec![(people, None)],
            false => people.into_iter().map(|code| (vec![code], None)).collect(),
        })))
    }

    /// A task for the managers of each department.
    fn managers_groups(&mut self) -> Result<Option<Groups>, Refused> {
        let (mut groups, mut known) = (Groups::new(), true);
        for department in self.managers.clone() {
            let question = Question::Manager(department.clone());
            let why = match self.environment.answers.get(&question) {
                None => {
                    self.needs.insert(question);
                    known = false;
                    continue;
                }
                Some(Ok(codes)) if !codes.is_empty() => {
                    groups.push((codes.clone(), Some(department)));
                    continue;
                }
                Some(Ok(_)) => NoOne::NoManager,
                Some(Err(why)) => *why,
            };
            let code = if why == NoOne::Unknown { "process.unknown-department" } else { "process.no-manager" };
            return Err(Refused { code, words: why.words(&question) });
        }
        Ok(known.then_some(groups))
    }

    /// Closes open tasks that are of these, as decided or not.
    pub fn close(&mut self, of: impl Fn(&Task) -> bool, state: TaskState, decided: Option<&Decided>) {
        for task in self.instance.tasks.iter_mut().filter(|task| task.state == TaskState::Open) {
            if of(task) {
                task.state = state;
                task.remind_ms = None;
                task.decided = decided.cloned();
                self.effects.push(Effect::TaskClosed { task: task.clone() });
            }
        }
    }

    /// A token is done with its tasks: those that wait are cancelled, and all are let go.
    pub fn release_token(&mut self, token: u32) {
        self.close(|task| task.token == token, TaskState::Cancelled, None);
        self.instance.tasks.retain(|task| task.token != token);
        self.remove(token);
    }

    /// Everything that waits is let go.
    pub fn clear(&mut self, _by: &str) {
        self.close(|_| true, TaskState::Cancelled, None);
        self.instance.tasks.clear();
        self.instance.tokens.clear();
        self.instance.joins.clear();
    }

    /// Somebody hands a task to somebody else.
    pub fn transfer(&mut self, task: &str, by: &str, to: &str, comment: &str) -> Result<(), Refused> {
        let open = self.instance.open_tasks().find(|open| open.id == task).ok_or_else(|| unknown_task(task))?;
        if !open.assignees.iter().any(|code| code == by) {
            return Err(not_theirs());
        }
        let question = Question::User(to.to_owned());
        let codes = match self.environment.answers.get(&question) {
            None => {
                self.needs.insert(question);
                return Ok(());
            }
            Some(Ok(codes)) if !codes.is_empty() => codes.clone(),
            Some(Ok(_)) => {
                return Err(Refused { code: "process.unknown-person", words: NoOne::Nobody.words(&question) });
            }
            Some(Err(why)) => return Err(Refused { code: "process.unknown-person", words: why.words(&question) }),
        };
        let (node, from) = (open.node.clone(), open.assignees.clone());
        if codes.iter().any(|code| from.contains(code)) {
            return Err(Refused::new(
                "process.already-theirs",
                format!("{to}已是该任务的处理人"),
                format!("the task is {to}'s already"),
            ));
        }
        if let Some(open) = self.instance.tasks.iter_mut().find(|open| open.id == task) {
            open.assignees = codes.clone();
            open.urged_ms = None;
            self.effects.push(Effect::TaskMoved { task: open.clone(), from });
        }
        self.wrote_at(EntryKind::Transferred, Some(&node), |entry| {
            (entry.task, entry.by, entry.people) = (Some(task.to_owned()), by.to_owned(), codes);
            entry.comment = comment.to_owned();
        });
        Ok(())
    }

    /// Somebody reminds people.
    pub fn urge(&mut self, by: &str) -> Result<(), Refused> {
        if self.instance.state != State::Running || self.instance.open_tasks().next().is_none() {
            return Err(Refused::new(
                "process.not-in-approval",
                "前提是节点审批中",
                "nobody has anything to do that could be urged",
            ));
        }
        let (now, every) = (self.environment.now_ms, self.environment.urge_every_ms);
        let mut urged = Vec::new();
        for task in self.instance.tasks.iter_mut().filter(|task| task.state == TaskState::Open) {
            if task.urged_ms.is_none_or(|last| now.saturating_sub(last) >= every) {
                task.urged_ms = Some(now);
                urged.push(task.clone());
            }
        }
        for task in urged {
            let (id, people) = (task.id.clone(), task.assignees.clone());
            self.wrote_at(EntryKind::Urged, Some(&task.node), |entry| {
                (entry.task, entry.by, entry.people) = (Some(id), by.to_owned(), people);
            });
            self.effects.push(Effect::Urged { task, by: by.to_owned() });
        }
        Ok(())
    }
}

/// A task is somebody else's.
pub(super) fn not_theirs() -> Refused {
    Refused::new("process.not-assignee", "您不是该任务的处理人", "the task is for somebody else")
}
