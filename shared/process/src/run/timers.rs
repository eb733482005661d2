//! Time: reminders, deadlines, timers.

use super::event::{Effect, EntryKind, Refused};
use super::instance::{State, Task, TaskState};
use super::machine::Machine;
use crate::definition::NodeKind;

impl Machine<'_> {
    /// Does whatever is due.
    pub fn timers(&mut self) -> Result<(), Refused> {
        if self.instance.state != State::Running {
            return Ok(());
        }
        self.lenient = true;
        self.remind();
        let now = self.environment.now_ms;
        let due = |at: Option<i64>| at.is_some_and(|at| at <= now);
        let over: Vec<(u32, String)> = self
            .instance
            .tokens
            .iter()
            .filter(|token| token.incident.is_none() && due(token.due_ms))
            .map(|token| (token.id, token.node.clone()))
            .collect();
        for (token, node) in over {
            let Some(at) = self.definition.by_id.get(&node).copied() else { continue };
            self.wrote_at(EntryKind::TimedOut, Some(&node), |_| ());
            match self.node(at).map(|node| &node.does) {
                Some(NodeKind::User(task)) => {
                    self.close(|open| open.token == token, TaskState::Expired, None);
                    self.release_token(token);
                    task.overdue.into_iter().for_each(|event| self.leave(event));
                }
                _ => {
                    self.remove(token);
                    self.leave(at);
                }
            }
        }
        self.run()
    }

    fn remind(&mut self) {
        let now = self.environment.now_ms;
        let mut reached: Vec<(Task, bool)> = Vec::new();
        // What is about to be taken from people is not told to be overdue.
        let ending: Vec<u32> =
            self.instance.tokens.iter().filter(|t| t.due_ms.is_some_and(|at| at <= now)).map(|t| t.id).collect();
        let waits = |task: &&mut Task| task.state == TaskState::Open && !ending.contains(&task.token);
        for task in self.instance.tasks.iter_mut().filter(waits) {
            if task.remind_ms.is_some_and(|at| at <= now) {
                task.remind_ms = None;
                reached.push((task.clone(), false));
            }
            if !task.is_overdue && task.due_ms.is_some_and(|at| at <= now) {
                task.is_overdue = true;
                reached.push((task.clone(), true));
            }
        }
        for (task, is_overdue) in reached {
            let (id, people) = (task.id.clone(), task.assignees.clone());
            let did = if is_overdue { EntryKind::TimedOut } else { EntryKind::Reminded };
            self.wrote_at(did, Some(&task.node), |entry| (entry.task, entry.people) = (Some(id), people));
            self.effects.push(if is_overdue { Effect::Overdue { task } } else { Effect::Reminded { task } });
        }
    }
}
