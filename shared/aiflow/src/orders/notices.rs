//! Whom a new task is told, and what.

use super::record::{Order, Task, TaskState};
use crate::flows::FlowHead;
use crate::tasks::open_at;
use crate::times;
use std::collections::HashSet;
use tenon_notices::{Line, Link, Notice, Recipient, Text};

/// Each new task that waits, and each of those it is for. What an earlier sync had, and a later one had no more, is not
/// new when it comes back.
pub(super) fn news<'t>(known: &HashSet<&str>, tasks: &'t [Task]) -> Vec<(&'t Task, &'t str)> {
    let waits = |task: &&Task| !known.contains(task.id.as_str()) && task.state != TaskState::Over;
    let new = tasks.iter().filter(waits);
    new.flat_map(|task| task.assignees.iter().map(move |code| (task, code.as_str()))).collect()
}

/// What a person is told of a new task.
pub(super) fn notice(enterprise: &str, (order, task): (&Order, &Task), code: &str, flow: Option<&FlowHead>) -> Notice {
    let (deadline, name) = (times::text(task.deadline_ms), &task.name);
    let line = |label: Text, value: &str| Line::new(label, Text::same(value));
    let mut lines: Vec<Line> = flow.into_iter().map(|flow| line(Text::new("流程", "Flow"), &flow.title)).collect();
    lines.push(line(Text::new("单据", "Document"), &order.business_key));
    lines.push(line(Text::new("截止时间", "Due"), &deadline));
    let link = flow.map(|flow| {
        let at = open_at(&flow.detail, order.id, Some(&task.id), &order.business_key);
        Link { web: at.web, h5: at.h5 }
    });
    Notice {
        recipient: Recipient::external(enterprise, code),
        title: Text::new("新任务提醒", "New task"),
        text: Text::new(
            format!("您有新的待处理任务【{name}】截止时间:{deadline}"),
            format!("A task waits for you: {name}, due {deadline}"),
        ),
        lines,
        link,
        button: Some(Text::new("处理", "Open")),
        // However often it is promised, it is this one.
        key: format!("task/{enterprise}/{}/{}/{code}", order.id, task.id),
    }
}
