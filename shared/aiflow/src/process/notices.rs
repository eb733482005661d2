//! What people are told of processes.

use super::host::TenantHost;
use super::who;
use crate::tasks::{NO_ENTERPRISE, page_at};
use crate::times;
use tenon_notices::{Line, Link, Notice, Recipient, Text};
use tenon_process::run::{Effect, Instance, State, Task};
use tenon_process::store::Moved;

/// Everybody who is told of a step.
pub(super) fn of(host: &TenantHost, moved: &Moved<'_>, now_ms: i64) -> Vec<Notice> {
    let instance = moved.instance;
    let each = |task: &Task, words: &NoticeText| -> Vec<Notice> {
        task.assignees.iter().map(|code| of_task(host, (instance, task), code, words)).collect()
    };
    let mut all = Vec::new();
    for effect in moved.effects {
        match effect {
            Effect::TaskOpened { task } => all.extend(each(task, &NoticeText::opened(task))),
            Effect::TaskMoved { task, .. } => all.extend(each(task, &NoticeText::transferred(instance, task))),
            Effect::Reminded { task } => all.extend(each(task, &NoticeText::reminded(task, now_ms))),
            Effect::Overdue { task } => all.extend(each(task, &NoticeText::overdue(task))),
            Effect::Urged { task, .. } => all.extend(each(task, &NoticeText::urged(task, now_ms))),
            Effect::Copied { node, people } => {
                let key = format!("process-copy/{}/{}/{node}", instance.order, instance.seq);
                let title = Text::new("抄送提醒", "Copied to you");
                let text = Text::new(
                    format!("流程【{}】抄送给您", instance.name),
                    format!("A process was copied to you: {}", instance.name),
                );
                all.extend(people.iter().map(|code| of_order(host, instance, code, (&title, &text), &key)));
            }
            Effect::Became { state } => all.extend(ended(host, instance, *state)),
            Effect::TaskClosed { .. } | Effect::Service { .. } | Effect::Stopped { .. } => {}
        }
    }
    all
}

/// Those tasks' people once more.
pub(super) fn again<'t>(
    host: &TenantHost,
    instance: &Instance,
    tasks: impl Iterator<Item = &'t Task>,
    now_ms: i64,
) -> Vec<Notice> {
    let open = tasks.filter(|task| task.state == tenon_process::run::TaskState::Open);
    open.flat_map(|task| {
        let words = NoticeText::urged(task, now_ms);
        task.assignees.iter().map(move |code| of_task(host, (instance, task), code, &words)).collect::<Vec<_>>()
    })
    .collect()
}

/// What is said of a task.
struct NoticeText {
    key: String,
    title: Text,
    text: Text,
}

impl NoticeText {
    fn new(key: String, title: (&str, &str), zh: String, en: String) -> Self {
        Self { key, title: Text::new(title.0, title.1), text: Text::new(zh, en) }
    }

    fn opened(task: &Task) -> Self {
        let name = &task.name;
        let due = task.due_ms.map(times::text);
        let (zh, en) = match due {
            Some(due) => (format!("截止时间:{due}"), format!(", due {due}")),
            None => (String::new(), String::new()),
        };
        Self::new(
            format!("process-task/{}", task.id),
            ("新任务提醒", "New task"),
            format!("您有新的待处理任务【{name}】{zh}"),
            format!("A task waits for you: {name}{en}"),
        )
    }

    fn transferred(instance: &Instance, task: &Task) -> Self {
        let words = Self::opened(task);
        Self { key: format!("{}/{}", words.key, instance.seq), ..words }
    }

    fn reminded(task: &Task, now_ms: i64) -> Self {
        let name = &task.name;
        Self::new(
            format!("process-reminded/{}/{}", task.id, now_ms.div_euclid(60_000)),
            ("任务即将到期", "Task due soon"),
            format!("任务【{name}】即将到期，请及时处理"),
            format!("A task is due soon: {name}"),
        )
    }

    fn overdue(task: &Task) -> Self {
        let name = &task.name;
        Self::new(
            format!("process-overdue/{}", task.id),
            ("任务已超期", "Task overdue"),
            format!("任务【{name}】已超期，请尽快处理"),
            format!("A task is overdue: {name}"),
        )
    }

    fn urged(task: &Task, now_ms: i64) -> Self {
        let name = &task.name;
        Self::new(
            format!("process-urged/{}/{now_ms}", task.id),
            ("催办提醒", "Please decide"),
            format!("任务【{name}】等待您处理"),
            format!("A task still waits for you: {name}"),
        )
    }
}

fn of_task(host: &TenantHost, (instance, task): (&Instance, &Task), code: &str, words: &NoticeText) -> Notice {
    let mut lines = lines(instance);
    if let Some(due) = task.due_ms {
        lines.push(Line::new(Text::new("截止时间", "Due"), Text::same(times::text(due))));
    }
    Notice {
        recipient: recipient(&instance.enterprise, code),
        title: words.title.clone(),
        text: words.text.clone(),
        lines,
        link: link(host, &task.id),
        button: Some(Text::new("处理", "Open")),
        key: format!("{}/{code}", words.key),
    }
}

fn of_order(host: &TenantHost, instance: &Instance, code: &str, (title, text): (&Text, &Text), key: &str) -> Notice {
    Notice {
        recipient: recipient(&instance.enterprise, code),
        title: title.clone(),
        text: text.clone(),
        lines: lines(instance),
        link: link(host, &instance.order.to_string()),
        button: Some(Text::new("查看", "Open")),
        key: format!("{key}/{code}"),
    }
}

/// Whoever began it is told how it ended.
fn ended(host: &TenantHost, instance: &Instance, state: State) -> Option<Notice> {
    let (zh, en) = match state {
        State::Running => return None,
        State::Passed => ("已通过", "was approved"),
        State::Rejected => ("已驳回，请修改后重新发起", "was returned to you; change it and begin it anew"),
        State::Discarded => ("已废弃", "was discarded"),
    };
    let name = &instance.name;
    let text = Text::new(format!("您发起的流程【{name}】{zh}"), format!("The process you began, {name}, {en}"));
    let key = format!("process-ended/{}/{}/{}", instance.order, instance.round, state.word());
    let title = Text::new("流程结果", "Process result");
    Some(of_order(host, instance, &instance.initiator.code, (&title, &text), &key))
}

fn lines(instance: &Instance) -> Vec<Line> {
    let line = |label: Text, value: &str| Line::new(label, Text::same(value));
    let name = if instance.initiator.name.is_empty() { &instance.initiator.code } else { &instance.initiator.name };
    vec![
        line(Text::new("流程", "Process"), &instance.name),
        line(Text::new("流水号", "Number"), &instance.number),
        line(Text::new("发起人", "Started by"), name),
    ]
}

fn recipient(enterprise: &str, code: &str) -> Recipient {
    match who::place_of(enterprise, code) {
        (NO_ENTERPRISE, id) => Recipient::person(id),
        (enterprise, code) => Recipient::external(enterprise, code),
    }
}

fn link(host: &TenantHost, id: &str) -> Option<Link> {
    let page = format!("{}{}", host.pages.as_ref()?, page_at(id));
    Some(Link { web: page.clone(), h5: page })
}
