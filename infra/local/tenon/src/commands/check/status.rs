//! How the installation stands: what is behind or shut, with what to do about it. Beside each connection and flow.

use crate::ages::Ages;
use crate::output::duration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_catalog::QueueSpec;
use tenon_operations::check::Fault;
use tenon_operations::status::{InstallationStatus, Looked, QueueStatus, Schedule, Waiting};
use tenon_platform::queue::QueueName;

/// How everything stands that no single connection answers for.
pub struct StatusReport {
    facts: InstallationStatus,
    /// Why the ages of the oldest messages are not known, where they are asked for apart.
    no_ages: Option<Fault>,
}

/// Completes what the queues' engine told by the ages of their oldest messages, where there are messages.
fn add_ages(queues: &mut [QueueStatus], known: &BTreeMap<QueueName, i64>, now_ms: i64) {
    for queue in queues {
        let name = QueueName::new(queue.queue.clone());
        for (waiting, name) in [(&mut queue.waits, name.clone()), (&mut queue.dead, name.dead_letters())] {
            if let (Looked::Seen(waiting), Some(age_ms)) = (waiting, known.get(&name))
                && waiting.messages > 0
            {
                waiting.oldest_ms = Some(now_ms - age_ms);
            }
        }
    }
}

impl StatusReport {
    /// By what was looked at, and the ages of messages where they are asked for apart.
    pub async fn of(mut facts: InstallationStatus, ages: Option<&Ages>) -> Self {
        let now_ms = facts.now_ms;
        let read = match ages {
            Some(ages) => ages.oldest(now_ms).await.map(|known| add_ages(&mut facts.queues, &known, now_ms)),
            None => Ok(()),
        };
        Self { facts, no_ages: read.err().map(|error| (&error).into()) }
    }

    /// In words, line by line.
    pub fn text(&self) -> String {
        let parts = [self.schedules_text(), self.queues_text(), self.outbox_text(), self.breakers_text()];
        parts.concat()
    }

    fn age(&self, since_ms: i64) -> String {
        duration((self.facts.now_ms - since_ms).max(0))
    }

    fn schedules_text(&self) -> String {
        let all = match &self.facts.schedules {
            Looked::Seen(all) => all,
            Looked::Unseen(fault) => return line("UNKNOWN", "schedules", std::slice::from_ref(&fault.message)),
        };
        let silent: Vec<String> = all.iter().filter(|begun| begun.is_silent).map(|b| self.silent_lines(b)).collect();
        match silent.is_empty() {
            true => line("ok", &format!("schedules: {} things are begun when they are due", all.len()), &[]),
            false => line("SILENT", "schedules", &[silent, vec![self.silent_remedy().to_owned()]].concat()),
        }
    }

    fn silent_lines(&self, begun: &Schedule) -> String {
        let every = duration(begun.every_ms);
        let last =
            begun.last_ms.map_or_else(|| "for longer than is known".to_owned(), |at| format!("for {}", self.age(at)));
        format!("{}: {} was not looked after {last}; it is due every {every}", begun.schedule, begun.of)
    }

    fn silent_remedy(&self) -> &'static str {
        match self.facts.deployed {
            true => {
                "remedy: look at the schedule in EventBridge Scheduler (is it enabled, may it invoke its function?), and \
                 at the function's errors and throttles"
            }
            false => "remedy: start `tenon up` on this data, or look at its log if it runs: a poll may hang",
        }
    }

    fn queues_text(&self) -> String {
        let mut wrong = Vec::new();
        for queue in &self.facts.queues {
            wrong.extend(self.queue_lines(queue));
        }
        wrong.extend(self.no_ages.as_ref().map(|Fault { message, .. }| {
            format!("how long the oldest messages wait is not known: {message}; remedy: allow yourself cloudwatch:GetMetricData")
        }));
        let waiting: u64 = self.facts.queues.iter().filter_map(|queue| queue.waits.seen()).map(|s| s.messages).sum();
        match wrong.is_empty() {
            true => line("ok", &format!("queues: {waiting} messages wait, none was given up"), &[]),
            false => line("BEHIND", &format!("queues: {waiting} messages wait"), &wrong),
        }
    }

    fn queue_lines(&self, queue: &QueueStatus) -> Vec<String> {
        // A queue of another version is told by its numbers alone.
        let Some(spec) = tenon_catalog::queue(&queue.queue) else { return Vec::new() };
        let mut lines = Vec::new();
        match &queue.waits {
            Looked::Seen(backlog) => {
                let age = backlog.oldest_ms.map_or(0, |at| self.facts.now_ms - at);
                if age > i64::from(spec.oldest_seconds) * 1_000 {
                    lines.push(format!(
                        "{}: {} messages, the oldest since {}; remedy: its consumer fails, is throttled or waits for a \
                         connection that is out; `tenon runs` and the log say which",
                        spec.name,
                        backlog.messages,
                        duration(age)
                    ));
                }
            }
            Looked::Unseen(fault) => lines.push(format!("{}: not looked at: {}", spec.name, fault.message)),
        }
        self.dead_lines(spec, &queue.dead, &mut lines);
        lines
    }

    fn dead_lines(&self, spec: &QueueSpec, dead: &Looked<Waiting>, lines: &mut Vec<String>) {
        match dead {
            Looked::Seen(dead) if dead.messages == 0 => {}
            Looked::Seen(dead) => {
                let age = dead.oldest_ms.map_or_else(String::new, |at| format!(", the oldest since {}", self.age(at)));
                lines.push(format!(
                    "{}: {} dead letters{age}; remedy: {}",
                    spec.dead_letter(),
                    dead.messages,
                    spec.remedy
                ));
            }
            Looked::Unseen(fault) => lines.push(format!("{}: not looked at: {}", spec.dead_letter(), fault.message)),
        }
    }

    fn outbox_text(&self) -> String {
        match &self.facts.outbox {
            Looked::Seen(Waiting { messages: 0, .. }) => {
                line("ok", "outbox: everything that was promised is queued", &[])
            }
            Looked::Seen(owed) => {
                let age = owed.oldest_ms.map_or_else(String::new, |at| format!(", the oldest for {}", self.age(at)));
                let lines = format!("{} messages are promised and not queued{age}", owed.messages);
                let remedy = "remedy: `outbox-sweep` sends them within a minute; when they stay, it does not run or a queue \
                              refuses: see its log";
                line("BEHIND", "outbox", &[lines, remedy.to_owned()])
            }
            Looked::Unseen(fault) => line("UNKNOWN", "outbox", std::slice::from_ref(&fault.message)),
        }
    }

    fn breakers_text(&self) -> String {
        if self.facts.breakers.is_empty() {
            return line("ok", "breakers: all closed", &[]);
        }
        let lines = self.facts.breakers.iter().map(|open| {
            let (id, is_half_open) = (&open.connection, open.is_half_open(self.facts.now_ms));
            let state = if is_half_open { "half open" } else { "open" };
            format!(
                "{id}: {state} for {} ({}); remedy: see to that system, then `tenon check {id}` closes it",
                self.age(open.since_ms),
                open.why
            )
        });
        line("OPEN", "breakers", &lines.collect::<Vec<_>>())
    }

    /// The same as members of the JSON document.
    pub fn document(&self) -> Vec<(&'static str, Value)> {
        let schedules = match &self.facts.schedules {
            Looked::Seen(all) => all.iter().map(|begun| self.schedule_document(begun)).collect(),
            Looked::Unseen(fault) => failed(fault),
        };
        let queues: Vec<Value> = self.facts.queues.iter().map(|queue| self.queue_document(queue)).collect();
        let outbox = match &self.facts.outbox {
            Looked::Seen(owed) => {
                json!({ "owed": owed.messages, "oldest_age_ms": owed.oldest_ms.map(|at| self.facts.now_ms - at) })
            }
            Looked::Unseen(fault) => failed(fault),
        };
        let breakers = self.facts.breakers.iter().map(|open| {
            let state = if open.is_half_open(self.facts.now_ms) { "half-open" } else { "open" };
            json!({ "connection": open.connection, "state": state, "since_ms": open.since_ms, "why": open.why })
        });
        let breakers: Vec<Value> = breakers.collect();
        vec![("schedules", schedules), ("queues", queues.into()), ("outbox", outbox), ("breakers", breakers.into())]
    }

    fn schedule_document(&self, begun: &Schedule) -> Value {
        json!({
            "schedule": begun.schedule, "of": begun.of, "every_ms": begun.every_ms, "last_ms": begun.last_ms,
            "silent": begun.is_silent, "remedy": begun.is_silent.then(|| self.silent_remedy()),
        })
    }

    fn queue_document(&self, queue: &QueueStatus) -> Value {
        let count = |looked: &Looked<Waiting>| looked.seen().map(|waiting| waiting.messages);
        let age = |looked: &Looked<Waiting>| {
            let oldest_ms = looked.seen().and_then(|waiting| waiting.oldest_ms);
            oldest_ms.map(|at| self.facts.now_ms - at)
        };
        let error = [&queue.waits, &queue.dead].into_iter().find_map(Looked::fault);
        let error = error.or(self.no_ages.as_ref());
        let lines = self.queue_lines(queue);
        json!({
            "queue": queue.queue, "messages": count(&queue.waits), "oldest_age_ms": age(&queue.waits),
            "dead_letters": count(&queue.dead), "oldest_dead_letter_age_ms": age(&queue.dead),
            "told": (!lines.is_empty()).then_some(lines), "error": error.map(failed),
        })
    }
}

fn failed(fault: &Fault) -> Value {
    json!({ "code": fault.code, "message": fault.message })
}

fn line(word: &str, what: &str, lines: &[String]) -> String {
    let mut text = format!("{word:<8}{what}\n");
    for lines in lines {
        text.push_str(&format!("        {lines}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_platform::Error;

    #[test]
    fn a_queue_is_behind_by_the_age_that_was_asked_for_apart_and_only_while_it_has_messages() {
        let now_ms = 1_700_000_000_000;
        let status = |messages| Looked::Seen(Waiting { messages, oldest_ms: None });
        let spec = tenon_catalog::queue("approvals-submit").unwrap();
        let queue = spec.name.to_owned();
        let mut queues = vec![QueueStatus { queue, waits: status(3), dead: status(0) }];
        let age_ms = i64::from(spec.oldest_seconds) * 1_000 + 1_000;
        let name = QueueName::new(spec.name);
        let known = BTreeMap::from([(name.clone(), age_ms), (name.dead_letters(), age_ms)]);
        add_ages(&mut queues, &known, now_ms);
        let no_ages = Some((&Error::transient("platform.queue", "HTTP 403")).into());
        let (schedules, outbox, breakers) = (Looked::Seen(Vec::new()), status(0), Vec::new());
        let facts = InstallationStatus { now_ms, deployed: true, schedules, queues, outbox, breakers };
        let status = StatusReport { facts, no_ages };
        let shown = status.text();
        assert!(shown.contains("approvals-submit: 3 messages, the oldest since"), "{shown}");
        assert!(!shown.contains("dead letters"), "{shown}");
        assert!(shown.contains("HTTP 403") && shown.contains("cloudwatch:GetMetricData"), "{shown}");
        let queue = &status.queue_document(&status.facts.queues[0]);
        assert_eq!((&queue["oldest_age_ms"], &queue["oldest_dead_letter_age_ms"]), (&json!(age_ms), &Value::Null));
        assert_eq!(queue["error"]["code"], "platform.queue");
    }
}
