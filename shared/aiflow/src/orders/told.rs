//! Whom a new task is told.

use super::record::{Order, Task, TaskState};
use std::collections::HashSet;

/// Each new task that waits, and each of those it is for. What an earlier sync had, and a later one had no more, is not
/// new when it comes back.
pub(super) fn news<'t>(known: &HashSet<&str>, tasks: &'t [Task]) -> impl Iterator<Item = (&'t Task, &'t str)> {
    let waits = |task: &&Task| !known.contains(task.id.as_str()) && task.state != TaskState::Over;
    let new: Vec<&Task> = tasks.iter().filter(waits).collect();
    new.into_iter().flat_map(|task| task.assignees.iter().map(move |code| (task, code.as_str())))
}

/// What makes a notice the one it is, however often it is promised.
pub(super) fn key(enterprise: &str, order: &Order, task: &Task, code: &str) -> String {
    format!("task/{enterprise}/{}/{}/{code}", order.id, task.id)
}
