//! What an entry says of a function, and what follows from it.

use crate::queue::{QueueSpec, Settings, screaming};
use crate::records::{self, Records};
use crate::route::{Auth, Route};
use crate::table_access::{TableAccess, flat};

/// Queues of messages that follow from no change of their sender's: they are not promised.
const NOT_PROMISED: &[&str] = &["openapi-log"];
/// Consumers that promise further work of their own queue.
const PROMISE_TO_THEMSELVES: &[&str] =
    &["approvals-write-back", "bulk-retry", "data-sync", "directory-sync", "notices-send", "process-work"];
/// Functions that look at dead letters of all queues, put them back or drop them.
const SEE_DEAD_LETTERS: &[&str] = &["admin-dead-letters", "integrations-dead"];

/// One deployable function: one binary, one Lambda function, one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Name of the function, of its binary and of the queue it consumes: lower-case words joined by dashes.
    pub name: &'static str,
    /// Area: the directory under `functions/`.
    pub area: &'static str,
    /// What it does, for the tables of functions.
    pub does: &'static str,
    /// Its handler in the area's crate, such as `orders::handler`; for a consumer the worker.
    pub handler: &'static str,
    /// What starts it.
    pub trigger: Trigger,
    /// Lambda timeout in seconds.
    pub timeout_seconds: u32,
    /// Lambda memory in MB.
    pub memory_mb: u32,
    /// What it may do with the table.
    pub table: TableAccess,
    /// Queues it may send to, by name, beside its own.
    pub sends: &'static [&'static str],
    /// Whom it calls over HTTP.
    pub calls: Calls,
    /// Milliseconds after which its caller goes away, where one does: its latency then has an alarm.
    pub caller_waits_ms: Option<u32>,
}

/// What starts a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Routes of the HTTP API that share one handler and one policy.
    Http {
        /// The routes.
        routes: &'static [Route],
    },
    /// A schedule of EventBridge Scheduler.
    Schedule {
        /// Rate expression, such as `rate(1 minute)`; the parameter's default where there is one.
        rate: &'static str,
        /// Template parameter that sets the rate, if an operator may change it.
        parameter: Option<&'static str>,
    },
    /// Messages of the queue of its name, in batches.
    Queue(Settings),
}

/// Whom a function calls over HTTP, apart from AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Nobody: it is built and started without an HTTP client, and stays outside a VPC.
    Nobody,
    /// The systems the operator connected: ERPs, OAs and the like, which may ask for a fixed address.
    Vendors,
    /// Addresses that tenants gave, or checks them: only public ones, unless the operator allows others.
    Tenants,
}

/// Whether a partition is of a pattern of these.
fn one_of(groups: &[&[Records]], partition: &str) -> bool {
    let patterns = || groups.iter().flat_map(|group| group.iter()).flat_map(|own| own.iter());
    patterns().any(|own| records::names(own, partition)) || patterns().any(|own| records::matches(own, partition))
}

/// Each pattern once, in alphabetical order.
fn once(patterns: impl Iterator<Item = String>) -> Vec<String> {
    let mut patterns: Vec<String> = patterns.collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}

impl Function {
    /// Its routes; none unless it is an HTTP function.
    #[must_use]
    pub const fn routes(&self) -> &'static [Route] {
        match self.trigger {
            Trigger::Http { routes } => routes,
            Trigger::Schedule { .. } | Trigger::Queue(_) => &[],
        }
    }

    /// The queue it consumes, if it does.
    #[must_use]
    pub const fn queue(&self) -> Option<QueueSpec> {
        match self.trigger {
            Trigger::Queue(settings) => Some(QueueSpec::of(self.name, self.timeout_seconds, settings)),
            Trigger::Http { .. } | Trigger::Schedule { .. } => None,
        }
    }

    /// Logical id in the area's template: the name in CamelCase.
    #[must_use]
    pub fn logical_id(&self) -> String {
        camel(self.name)
    }

    /// Cargo package that holds the handler.
    #[must_use]
    pub fn package(&self) -> String {
        format!("tenon-{}", self.area)
    }

    /// The queues its policy lets it send to: those listed, and for a consumer its own, because it re-delays
    /// messages whose due time is further off than SQS's 15 minutes, and that one's dead letters, because it
    /// buries what can never succeed.
    #[must_use]
    pub fn sends_to(&self) -> Vec<String> {
        let mut queues: Vec<String> = self.sends.iter().map(ToString::to_string).collect();
        if let Some(own) = self.queue() {
            queues.push(own.name.to_owned());
            queues.push(own.dead_letter());
        }
        queues.sort_unstable();
        queues
    }

    /// Whether it looks at dead letters, puts them back or drops them.
    #[must_use]
    pub fn sees_dead_letters(&self) -> bool {
        SEE_DEAD_LETTERS.contains(&self.name)
    }

    /// Patterns of the partitions it may read, each once.
    #[must_use]
    pub fn readable(&self) -> Vec<String> {
        let access = &self.table;
        let declared = flat(&[&[records::COMMON], access.looks_at, access.changes]);
        once(declared.into_iter().map(str::to_owned).chain(self.followed()))
    }

    /// Patterns of the partitions it may write.
    #[must_use]
    pub fn writable(&self) -> Vec<String> {
        once(flat(&[self.table.changes]).into_iter().map(str::to_owned).chain(self.followed()))
    }

    /// Whether it may read this partition, one of its [`readable`](Self::readable). Asked of every request of a local
    /// run, so nothing is listed for it.
    #[must_use]
    pub fn may_read(&self, partition: &str) -> bool {
        let access = &self.table;
        one_of(&[&[records::COMMON], access.looks_at, access.changes], partition) || self.follows(partition)
    }

    /// Whether it may write this partition, one of its [`writable`](Self::writable).
    #[must_use]
    pub fn may_write(&self, partition: &str) -> bool {
        one_of(&[self.table.changes], partition) || self.follows(partition)
    }

    /// Whether it may read this partition of the index.
    #[must_use]
    pub fn may_list(&self, partition: &str) -> bool {
        one_of(&[self.table.lists], partition)
    }

    fn follows(&self, partition: &str) -> bool {
        one_of(&self.following(), partition) || self.repeated().any(|own| records::matches(&own, partition))
    }

    /// Patterns of what it may write because of what it does: the messages it promises, the calls of its routes that may
    /// be repeated, how fast its tenants call.
    fn followed(&self) -> impl Iterator<Item = String> {
        flat(&self.following()).into_iter().map(str::to_owned).chain(self.repeated())
    }

    /// The messages it promises, and how fast its tenants call.
    fn following(&self) -> [&'static [Records]; 2] {
        let promises = |queue: &&str| !NOT_PROMISED.contains(queue);
        let promised = self.sends.iter().any(promises) || PROMISE_TO_THEMSELVES.contains(&self.name);
        let counted = self.routes().iter().any(|route| route.auth.counts_tenants_calls());
        let when = |records: &'static [Records], applies: bool| if applies && self.writes() { records } else { &[] };
        [when(&[records::OUTBOX], promised), when(&[records::CALL_RATE], counted)]
    }

    /// The calls of its routes that may be repeated.
    fn repeated(&self) -> impl Iterator<Item = String> {
        let routes = self.routes().iter().filter(|route| self.writes() && route.is_carried_out_once());
        routes.map(|route| format!("*#IDEMPOTENCY#*#{}#{}#*", route.method, route.path))
    }

    fn writes(&self) -> bool {
        !self.table.writes.is_empty()
    }

    /// Whether it needs nothing but its request: no table, no queue, no key.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.table.is_none() && self.sends.is_empty() && matches!(self.trigger, Trigger::Http { .. })
    }

    /// Whether it answers a vendor's callback, which waits for nobody.
    #[must_use]
    pub fn is_callback(&self) -> bool {
        self.routes().iter().any(|route| route.path.starts_with("/callbacks/"))
    }

    /// Whether tenants call it.
    #[must_use]
    pub fn serves_tenants(&self) -> bool {
        self.routes()
            .iter()
            .any(|route| matches!(route.auth, Auth::OpenApi { .. } | Auth::Bearer { .. } | Auth::Console { .. }))
    }

    /// Environment variables it gets, in alphabetical order.
    #[must_use]
    pub fn env(&self) -> Vec<String> {
        let mut names = vec!["RUST_LOG".to_owned()];
        if !self.is_plain() {
            names.extend(["TENON_MASTER_KEY".to_owned(), "TENON_TABLE".to_owned()]);
        }
        if self.serves_tenants() {
            names.push("TENON_LIMITS".to_owned());
        }
        if self.calls == Calls::Tenants {
            names.extend(["TENON_OUTGOING_ALLOW_HTTP".to_owned(), "TENON_OUTGOING_ALLOW_NETWORKS".to_owned()]);
        }
        names.extend(self.sends_to().iter().map(|queue| url_variable(queue)));
        names.sort_unstable();
        names
    }

    /// Where its routes are: the one, or what all of them begin with.
    #[must_use]
    pub fn place(&self) -> String {
        let [first, others @ ..] = self.routes() else { return String::new() };
        if others.is_empty() {
            return format!("{} {}", first.method, first.path);
        }
        let mut segments: Vec<&str> = first.path.split('/').collect();
        for route in others {
            let alike = segments.iter().zip(route.path.split('/')).take_while(|(one, other)| *one == other).count();
            segments.truncate(alike);
        }
        format!("{}/…", segments.join("/"))
    }
}

/// The environment variable that holds a queue's URL.
#[must_use]
pub fn url_variable(queue: &str) -> String {
    format!("TENON_QUEUE_{}", screaming(queue))
}

/// `webhook-fan-out` as `WebhookFanOut`.
#[must_use]
pub fn camel(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}
