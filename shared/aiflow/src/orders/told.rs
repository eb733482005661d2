//! Whom a new task is told: messages to those who tell people, promised with the order.

use super::record::{Order, Task, TaskState};
use crate::flows::FlowHead;
use crate::tasks::open_at;
use crate::times;
use serde::Serialize;
use std::collections::HashSet;
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::outbox::{Entry, LONGEST};
use tenon_platform::queue::QueueName;
use tenon_platform::{Context, Error, Result};

/// Where the messages go, and the name of the job that reads them.
const QUEUE: &str = "notices-send";
const JOB: &str = "notice";
/// Of what an entry of the outbox holds, what its messages take at most: a transaction has a limit of its own.
const TOGETHER: usize = LONGEST * 2 / 3;

/// What a person is to be told, in both languages.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Notice {
    recipient: Recipient,
    title: Text,
    text: Text,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
    button: Option<Text>,
    key: String,
}

/// Whoever an enterprise's code stands for when it is told.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
enum Recipient {
    External { enterprise: String, code: String },
}

#[derive(Clone, Debug, Serialize)]
struct Text {
    zh: String,
    en: String,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    label: Text,
    value: Text,
}

#[derive(Clone, Debug, Serialize)]
struct Link {
    web: String,
    h5: String,
}

impl Text {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    fn same(text: &str) -> Self {
        Self::new(text, text)
    }
}

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
    let line = |label: Text, value: &str| Line { label, value: Text::same(value) };
    let mut lines: Vec<Line> = flow.into_iter().map(|flow| line(Text::new("流程", "Flow"), &flow.title)).collect();
    lines.push(line(Text::new("单据", "Document"), &order.business_key));
    lines.push(line(Text::new("截止时间", "Due"), &deadline));
    let link = flow.map(|flow| {
        let at = open_at(&flow.detail, order.id, Some(&task.id), &order.business_key);
        Link { web: at.web, h5: at.h5 }
    });
    Notice {
        recipient: Recipient::External { enterprise: enterprise.to_owned(), code: code.to_owned() },
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

/// Promises notices, in as few entries as hold them all.
pub(super) fn promise(ctx: &Context, tenant: &TenantId, notices: Vec<Notice>) -> Result<Vec<Entry>> {
    let queue = QueueName::new(QUEUE.to_owned());
    let (mut entries, mut some, mut length) = (Vec::new(), Vec::new(), 0);
    for notice in notices {
        let Recipient::External { enterprise, code } = &notice.recipient;
        let mut name = sha256_hex(format!("{}\ne:{enterprise}/{code}", notice.key).as_bytes());
        name.truncate(24);
        let envelope = Envelope::new(JOB, format!("notice/{name}"), tenant, notice);
        let own =
            serde_json::to_string(&envelope).map_err(|e| Error::permanent("platform.message", e.to_string()))?.len();
        if !some.is_empty() && length + own > TOGETHER {
            entries.push(Entry::of_all(ctx, &queue, &some)?);
            some.clear();
            length = 0;
        }
        length += own;
        some.push(envelope);
    }
    if !some.is_empty() {
        entries.push(Entry::of_all(ctx, &queue, &some)?);
    }
    Ok(entries)
}
