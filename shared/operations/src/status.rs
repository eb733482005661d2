//! How the installation stands, as facts: schedules, queues, the outbox, breakers. What cannot be looked at is told with
//! the rest.

use crate::check::{Fault, OpenBreaker};
use serde::{Deserialize, Serialize};
use tenon_catalog::QUEUES;
use tenon_flows::silent;
use tenon_model::TenantId;
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::outbox::owed;
use tenon_platform::queue::{self, QueueName};
use tenon_platform::{Context, Result, breaker};

/// What was looked at, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looked<T> {
    /// It was.
    Seen(T),
    /// It could not be.
    Unseen(Fault),
}

impl<T> Looked<T> {
    fn of(looked: Result<T>) -> Self {
        match looked {
            Ok(seen) => Self::Seen(seen),
            Err(error) => Self::Unseen((&error).into()),
        }
    }

    /// What was seen.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Unseen(_) => None,
        }
    }

    /// Why it was not.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Seen(_) => None,
            Self::Unseen(fault) => Some(fault),
        }
    }
}

/// One thing that a schedule begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The function that the schedule invokes.
    pub schedule: String,
    /// What it begins: a flow, a connection.
    pub of: String,
    /// How often it is due, in ms.
    pub every_ms: i64,
    /// Epoch ms at which it was begun last, as far as is still known.
    pub last_ms: Option<i64>,
    /// Whether it should have been begun again by now.
    pub is_silent: bool,
}

/// Messages that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// So many.
    pub messages: u64,
    /// Epoch ms since when the oldest does, where that is known.
    pub oldest_ms: Option<i64>,
}

/// One queue with its dead letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Which.
    pub queue: String,
    /// What waits in it.
    pub waits: Looked<Waiting>,
    /// What was given up.
    pub dead: Looked<Waiting>,
}

/// How everything stands that no single connection answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationStatus {
    /// Epoch ms.
    pub now_ms: i64,
    /// Whether it is deployed: then schedules are AWS's.
    pub deployed: bool,
    /// What schedules begin.
    pub schedules: Looked<Vec<Schedule>>,
    /// Every queue.
    pub queues: Vec<QueueStatus>,
    /// Messages that are promised and not queued.
    pub outbox: Looked<Waiting>,
    /// Breakers that are not closed, by connection.
    pub breakers: Vec<OpenBreaker>,
}

/// Looks at all of it.
pub async fn read(ctx: &Context, loaded: &Loaded, deployed: bool) -> InstallationStatus {
    let operator = TenantId::operator();
    let mut queues = Vec::with_capacity(QUEUES.len());
    for spec in QUEUES {
        let name = QueueName::new(spec.name);
        let waits = Looked::of(ctx.queue.backlog(&name).await.map(waiting));
        let dead = Looked::of(ctx.queue.backlog(&name.dead_letters()).await.map(waiting));
        queues.push(QueueStatus { queue: spec.name.to_owned(), waits, dead });
    }
    let mut breakers = Vec::new();
    for connection in loaded.connections() {
        if let Ok(Some(open)) = breaker::state(ctx, &operator, connection.id()).await {
            breakers.push(OpenBreaker::of(connection.id(), open));
        }
    }
    breakers.sort_by(|one, other| one.connection.cmp(&other.connection));
    let schedules = silent::schedules(ctx, &operator, loaded).await;
    let schedules = Looked::of(schedules.map(|all| all.into_iter().map(schedule).collect()));
    let outbox = Looked::of(owed(ctx).await.map(|owed| Waiting { messages: owed.messages, oldest_ms: owed.oldest_ms }));
    InstallationStatus { now_ms: ctx.now_ms(), deployed, schedules, queues, outbox, breakers }
}

fn waiting(backlog: queue::QueueBacklog) -> Waiting {
    Waiting { messages: backlog.messages, oldest_ms: backlog.oldest_ms }
}

fn schedule(begun: silent::Begun) -> Schedule {
    let silent::Begun { schedule, of, every, last_ms, is_silent } = begun;
    Schedule { schedule: schedule.to_owned(), of, every_ms: millis(every), last_ms, is_silent }
}
