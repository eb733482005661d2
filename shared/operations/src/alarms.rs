//! What needs somebody's attention now: schedules that are silent, queues that are behind or have dead letters, messages
//! that are promised and not sent, breakers that are open, certificates that end, flows that cannot be read.

use serde::Serialize;
use tenon_catalog::QUEUES;
use tenon_flows::silent;
use tenon_model::TenantId;
use tenon_platform::outbox::owed;
use tenon_platform::queue::QueueName;
use tenon_platform::{Context, Rejection, breaker};

/// How long something may be promised before somebody should look, in ms.
const PROMISED_MS: i64 = 5 * 60_000;

/// What is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmKind {
    /// A schedule has not begun what is due.
    ScheduleSilent,
    /// Messages wait longer than they should.
    QueueBehind,
    /// Messages were given up.
    DeadLetters,
    /// Messages are promised and not queued.
    OutboxBehind,
    /// An outside system is out, and nobody calls it.
    BreakerOpen,
    /// What is stored of a flow cannot be used.
    FlowUnreadable,
    /// What is stored of a connection cannot be used.
    ConnectionUnusable,
    /// A queue could not be looked at.
    NotLookedAt,
}

/// What an alarm's `of` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmSubject {
    /// A flow.
    Flow,
    /// An outside system.
    Connection,
    /// A queue, or something of the installation.
    Other,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// What.
    pub what: AlarmKind,
    /// Of what: a flow, a queue, a connection.
    pub of: String,
    /// Which of them that is.
    #[serde(skip)]
    pub subject: AlarmSubject,
    /// Epoch ms since when, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// How many messages, where it is about messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// Everything that is not as it should be.
///
/// # Errors
/// Those of the table.
pub async fn list(ctx: &Context, tenant: &TenantId) -> Result<Vec<Alarm>, Rejection> {
    if *tenant != TenantId::operator() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    configured(ctx, tenant, &mut all).await?;
    for spec in QUEUES {
        queue(ctx, spec, &mut all).await;
    }
    let owed = owed(ctx).await?;
    let now = ctx.now_ms();
    if owed.oldest_ms.is_some_and(|oldest| now - oldest > PROMISED_MS) {
        all.push(Alarm {
            what: AlarmKind::OutboxBehind,
            of: "outbox".to_owned(),
            subject: AlarmSubject::Other,
            since_ms: owed.oldest_ms,
            messages: Some(owed.messages),
            message: format!("{} messages are promised and not queued", owed.messages),
            remedy: "outbox-sweep sends them within a minute; when they stay, it does not run or a queue refuses: see its log".to_owned(),
        });
    }
    Ok(all)
}

async fn configured(ctx: &Context, tenant: &TenantId, all: &mut Vec<Alarm>) -> Result<(), Rejection> {
    let loaded = ctx.config.load(tenant).await?;
    for begun in silent::schedules(ctx, tenant, &loaded).await?.into_iter().filter(|begun| begun.is_silent) {
        all.push(Alarm {
            what: AlarmKind::ScheduleSilent,
            of: begun.of.clone(),
            subject: match begun.schedule {
                "approvals-poll" => AlarmSubject::Flow,
                "approvals-reconcile" => AlarmSubject::Connection,
                _ => AlarmSubject::Other,
            },
            since_ms: begun.last_ms,
            messages: None,
            message: format!("{}: {} was not looked after; it is due every {} s", begun.schedule, begun.of, begun.every.as_secs()),
            remedy: "see whether the schedule is enabled and may invoke its function, and the function's errors; locally whether `tenon up` runs".to_owned(),
        });
    }
    for connection in loaded.connections() {
        let Some(open) = breaker::state(ctx, tenant, connection.id()).await? else { continue };
        all.push(Alarm {
            what: AlarmKind::BreakerOpen,
            of: connection.id().to_string(),
            subject: AlarmSubject::Connection,
            since_ms: Some(open.since_ms),
            messages: None,
            message: open.why,
            remedy: format!("see to that system, then check connection {}, which lets its work go on", connection.id()),
        });
    }
    for (id, error) in loaded.broken() {
        let remedy = "apply the configuration again with the connection's secrets".to_owned();
        let (of, message) = (id.to_string(), error.to_string());
        all.push(Alarm {
            what: AlarmKind::ConnectionUnusable,
            of,
            subject: AlarmSubject::Connection,
            since_ms: None,
            messages: None,
            message,
            remedy,
        });
    }
    for (id, error) in loaded.unreadable_flows() {
        let remedy = "apply the configuration again".to_owned();
        let (of, message) = (id.to_string(), error.to_string());
        all.push(Alarm {
            what: AlarmKind::FlowUnreadable,
            of,
            subject: AlarmSubject::Flow,
            since_ms: None,
            messages: None,
            message,
            remedy,
        });
    }
    Ok(())
}

async fn queue(ctx: &Context, spec: &'static tenon_catalog::QueueSpec, all: &mut Vec<Alarm>) {
    let name = QueueName::new(spec.name);
    let now = ctx.now_ms();
    match ctx.queue.backlog(&name).await {
        Ok(backlog) => {
            if backlog.oldest_ms.is_some_and(|oldest| now - oldest > i64::from(spec.oldest_seconds) * 1_000) {
                all.push(Alarm {
                    what: AlarmKind::QueueBehind,
                    of: spec.name.to_owned(),
                    subject: AlarmSubject::Other,
                    since_ms: backlog.oldest_ms,
                    messages: Some(backlog.messages),
                    message: format!("{} messages wait", backlog.messages),
                    remedy: "its consumer fails, is throttled or waits for a connection that is out; the runs and the log say which".to_owned(),
                });
            }
        }
        Err(error) => all.push(unseen(spec.name, &error)),
    }
    match ctx.queue.backlog(&name.dead_letters()).await {
        Ok(dead) if dead.messages > 0 => all.push(Alarm {
            what: AlarmKind::DeadLetters,
            of: spec.name.to_owned(),
            subject: AlarmSubject::Other,
            since_ms: dead.oldest_ms,
            messages: Some(dead.messages),
            message: format!("{} messages were given up", dead.messages),
            remedy: spec.remedy.to_owned(),
        }),
        Ok(_) => {}
        Err(error) => all.push(unseen(spec.name, &error)),
    }
}

fn unseen(queue: &str, error: &tenon_platform::Error) -> Alarm {
    Alarm {
        what: AlarmKind::NotLookedAt,
        of: queue.to_owned(),
        subject: AlarmSubject::Other,
        since_ms: None,
        messages: None,
        message: error.to_string(),
        remedy: "allow the function to look at the queue's attributes".to_owned(),
    }
}
