//! How the installation stands: what is behind or shut, with what to do about it. Beside each connection and flow.

use crate::ages::Ages;
use crate::output::duration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_catalog::{QUEUES, QueueSpec};
use tenon_flows::silent::{Begun, schedules};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::outbox::{Owed, owed};
use tenon_platform::queue::{QueueName, Standing};
use tenon_platform::{Context, Error, Result, breaker};

/// How everything stands that no single connection answers for.
pub struct Stands {
    now_ms: i64,
    /// Whether the deployment is meant: then schedules are AWS's.
    deployed: bool,
    schedules: Result<Vec<Begun>>,
    queues: Vec<QueueStands>,
    /// Why the ages of the oldest messages are not known, where they are asked for apart.
    no_ages: Option<Error>,
    outbox: Result<Owed>,
    breakers: Vec<(ConnectionId, breaker::Open)>,
}

/// One queue with its dead letters.
struct QueueStands {
    spec: &'static QueueSpec,
    waits: Result<Standing>,
    dead: Result<Standing>,
}

/// Looks at all of it. What cannot be looked at is told with the rest.
pub async fn look(ctx: &Context, loaded: &Loaded, deployed: bool, ages: Option<&Ages>) -> Stands {
    let operator = TenantId::operator();
    let mut queues = Vec::with_capacity(QUEUES.len());
    for spec in QUEUES {
        let name = QueueName::new(spec.name);
        let waits = ctx.queue.standing(&name).await;
        let dead = ctx.queue.standing(&name.dead_letters()).await;
        queues.push(QueueStands { spec, waits, dead });
    }
    let no_ages = match ages {
        Some(ages) => ages.oldest(ctx.now_ms()).await.map(|known| add_ages(&mut queues, &known, ctx.now_ms())).err(),
        None => None,
    };
    let mut breakers = Vec::new();
    for connection in loaded.connections() {
        if let Ok(Some(open)) = breaker::state(ctx, &operator, connection.id()).await {
            breakers.push((connection.id().clone(), open));
        }
    }
    breakers.sort_by(|one, other| one.0.cmp(&other.0));
    let schedules = schedules(ctx, &operator, loaded).await;
    Stands { now_ms: ctx.now_ms(), deployed, schedules, queues, no_ages, outbox: owed(ctx).await, breakers }
}

/// Completes what the queues' engine told by the ages of their oldest messages, where there are messages.
fn add_ages(queues: &mut [QueueStands], known: &BTreeMap<QueueName, i64>, now_ms: i64) {
    for queue in queues {
        let name = QueueName::new(queue.spec.name);
        for (standing, name) in [(&mut queue.waits, name.clone()), (&mut queue.dead, name.dead_letters())] {
            if let (Ok(standing), Some(age_ms)) = (standing, known.get(&name))
                && standing.messages > 0
            {
                standing.oldest_ms = Some(now_ms - age_ms);
            }
        }
    }
}

impl Stands {
    /// In words, line by line.
    pub fn told(&self) -> String {
        let parts = [self.schedules_told(), self.queues_told(), self.outbox_told(), self.breakers_told()];
        parts.concat()
    }

    fn age(&self, since_ms: i64) -> String {
        duration((self.now_ms - since_ms).max(0))
    }

    fn schedules_told(&self) -> String {
        let all = match &self.schedules {
            Ok(all) => all,
            Err(error) => return line("UNKNOWN", "schedules", &[error.to_string()]),
        };
        let silent: Vec<String> = all.iter().filter(|begun| begun.is_silent).map(|b| self.silent_said(b)).collect();
        match silent.is_empty() {
            true => line("ok", &format!("schedules: {} things are begun when they are due", all.len()), &[]),
            false => line("SILENT", "schedules", &[silent, vec![self.silent_remedy().to_owned()]].concat()),
        }
    }

    fn silent_said(&self, begun: &Begun) -> String {
        let every = duration(millis(begun.every));
        let last =
            begun.last_ms.map_or_else(|| "for longer than is known".to_owned(), |at| format!("for {}", self.age(at)));
        format!("{}: {} was not looked after {last}; it is due every {every}", begun.schedule, begun.of)
    }

    fn silent_remedy(&self) -> &'static str {
        match self.deployed {
            true => {
                "remedy: look at the schedule in EventBridge Scheduler (is it enabled, may it invoke its function?), and \
                 at the function's errors and throttles"
            }
            false => "remedy: start `tenon up` on this data, or look at its log if it runs: a poll may hang",
        }
    }

    fn queues_told(&self) -> String {
        let mut wrong = Vec::new();
        for queue in &self.queues {
            wrong.extend(self.queue_said(queue));
        }
        wrong.extend(self.no_ages.as_ref().map(|error| {
            format!("how long the oldest messages wait is not known: {error}; remedy: allow yourself cloudwatch:GetMetricData")
        }));
        let waiting: u64 = self.queues.iter().filter_map(|queue| queue.waits.as_ref().ok()).map(|s| s.messages).sum();
        match wrong.is_empty() {
            true => line("ok", &format!("queues: {waiting} messages wait, none was given up"), &[]),
            false => line("BEHIND", &format!("queues: {waiting} messages wait"), &wrong),
        }
    }

    fn queue_said(&self, queue: &QueueStands) -> Vec<String> {
        let (spec, mut said) = (queue.spec, Vec::new());
        match &queue.waits {
            Ok(standing) => {
                let age = standing.oldest_ms.map_or(0, |at| self.now_ms - at);
                if age > i64::from(spec.oldest_seconds) * 1_000 {
                    said.push(format!(
                        "{}: {} messages, the oldest since {}; remedy: its consumer fails, is throttled or waits for a \
                         connection that is out; `tenon runs` and the log say which",
                        spec.name,
                        standing.messages,
                        duration(age)
                    ));
                }
            }
            Err(error) => said.push(format!("{}: not looked at: {error}", spec.name)),
        }
        match &queue.dead {
            Ok(dead) if dead.messages == 0 => {}
            Ok(dead) => {
                let age = dead.oldest_ms.map_or_else(String::new, |at| format!(", the oldest since {}", self.age(at)));
                said.push(format!(
                    "{}: {} dead letters{age}; remedy: {}",
                    spec.dead_letter(),
                    dead.messages,
                    spec.remedy
                ));
            }
            Err(error) => said.push(format!("{}: not looked at: {error}", spec.dead_letter())),
        }
        said
    }

    fn outbox_told(&self) -> String {
        match &self.outbox {
            Ok(Owed { messages: 0, .. }) => line("ok", "outbox: everything that was promised is queued", &[]),
            Ok(owed) => {
                let age = owed.oldest_ms.map_or_else(String::new, |at| format!(", the oldest for {}", self.age(at)));
                let said = format!("{} messages are promised and not queued{age}", owed.messages);
                let remedy = "remedy: `outbox-sweep` sends them within a minute; when they stay, it does not run or a queue \
                              refuses: see its log";
                line("BEHIND", "outbox", &[said, remedy.to_owned()])
            }
            Err(error) => line("UNKNOWN", "outbox", &[error.to_string()]),
        }
    }

    fn breakers_told(&self) -> String {
        if self.breakers.is_empty() {
            return line("ok", "breakers: all closed", &[]);
        }
        let said = self.breakers.iter().map(|(id, open)| {
            let state = if open.is_half_open(self.now_ms) { "half open" } else { "open" };
            format!(
                "{id}: {state} for {} ({}); remedy: see to that system, then `tenon check {id}` closes it",
                self.age(open.since_ms),
                open.why
            )
        });
        line("OPEN", "breakers", &said.collect::<Vec<_>>())
    }

    /// The same as members of the JSON document.
    pub fn document(&self) -> Vec<(&'static str, Value)> {
        let schedules = match &self.schedules {
            Ok(all) => all.iter().map(|begun| self.schedule_document(begun)).collect(),
            Err(error) => failed(error),
        };
        let queues: Vec<Value> = self.queues.iter().map(|queue| self.queue_document(queue)).collect();
        let outbox = match &self.outbox {
            Ok(owed) => json!({ "owed": owed.messages, "oldest_age_ms": owed.oldest_ms.map(|at| self.now_ms - at) }),
            Err(error) => failed(error),
        };
        let breakers: Vec<Value> = self
            .breakers
            .iter()
            .map(|(id, open)| {
                let state = if open.is_half_open(self.now_ms) { "half-open" } else { "open" };
                json!({ "connection": id, "state": state, "since_ms": open.since_ms, "why": open.why })
            })
            .collect();
        vec![("schedules", schedules), ("queues", queues.into()), ("outbox", outbox), ("breakers", breakers.into())]
    }

    fn schedule_document(&self, begun: &Begun) -> Value {
        json!({
            "schedule": begun.schedule, "of": begun.of, "every_ms": millis(begun.every), "last_ms": begun.last_ms,
            "silent": begun.is_silent, "remedy": begun.is_silent.then(|| self.silent_remedy()),
        })
    }

    fn queue_document(&self, queue: &QueueStands) -> Value {
        let count = |standing: &Result<Standing>| standing.as_ref().ok().map(|s| s.messages);
        let age = |standing: &Result<Standing>| {
            let oldest_ms = standing.as_ref().ok().and_then(|s| s.oldest_ms);
            oldest_ms.map(|at| self.now_ms - at)
        };
        let error = [&queue.waits, &queue.dead].into_iter().find_map(|looked| looked.as_ref().err());
        let error = error.or(self.no_ages.as_ref());
        let said = self.queue_said(queue);
        json!({
            "queue": queue.spec.name, "messages": count(&queue.waits), "oldest_age_ms": age(&queue.waits),
            "dead_letters": count(&queue.dead), "oldest_dead_letter_age_ms": age(&queue.dead),
            "told": (!said.is_empty()).then_some(said), "error": error.map(failed),
        })
    }
}

fn failed(error: &Error) -> Value {
    json!({ "code": error.code, "message": error.to_string() })
}

fn line(word: &str, what: &str, said: &[String]) -> String {
    let mut text = format!("{word:<8}{what}\n");
    for said in said {
        text.push_str(&format!("        {said}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_behind_by_the_age_that_was_asked_for_apart_and_only_while_it_has_messages() {
        let now_ms = 1_700_000_000_000;
        let stands = |messages| Ok(Standing { messages, oldest_ms: None });
        let spec = tenon_catalog::queue("approvals-submit").unwrap();
        let mut queues = vec![QueueStands { spec, waits: stands(3), dead: stands(0) }];
        let age_ms = i64::from(spec.oldest_seconds) * 1_000 + 1_000;
        let name = QueueName::new(spec.name);
        let known = BTreeMap::from([(name.clone(), age_ms), (name.dead_letters(), age_ms)]);
        add_ages(&mut queues, &known, now_ms);
        let owed = Owed { messages: 0, oldest_ms: None };
        let no_ages = Some(Error::transient("platform.queue", "HTTP 403"));
        let (schedules, outbox, breakers) = (Ok(Vec::new()), Ok(owed), Vec::new());
        let stands = Stands { now_ms, deployed: true, schedules, queues, no_ages, outbox, breakers };
        let told = stands.told();
        assert!(told.contains("approvals-submit: 3 messages, the oldest since"), "{told}");
        assert!(!told.contains("dead letters"), "{told}");
        assert!(told.contains("HTTP 403") && told.contains("cloudwatch:GetMetricData"), "{told}");
        let queue = &stands.queue_document(&stands.queues[0]);
        assert_eq!((&queue["oldest_age_ms"], &queue["oldest_dead_letter_age_ms"]), (&json!(age_ms), &Value::Null));
        assert_eq!(queue["error"]["code"], "platform.queue");
    }
}
