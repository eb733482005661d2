//! One delivery: an event on its way to one app, and what became of every attempt.
//!
//! A **round** ends with an outcome; its number is the attempt that a message is for, so that a message
//! is either for the present round or out of date. A round takes one attempt, or several when processes
//! die in the middle of them: an interrupted attempt may have arrived or not, is kept as such, and its
//! round begins anew. Only rounds with an outcome spend the budget of the [`RetryPreset`].

use crate::retry_times;
use serde::{Deserialize, Serialize};
use tenon_model::AppId;
use tenon_model::tenant_app::RetryPreset;
use tenon_platform::Entropy;

/// Attempts kept in the record; the call log has them all.
const KEPT_ATTEMPTS: usize = 50;
/// Interruptions of one round after which it counts as failed: a push that kills every process which
/// makes it must come to an end, and before its message is given up after five receives.
const MAX_INTERRUPTIONS: u32 = 3;

/// `kind` of a test.
pub const TEST: &str = "TEST";

/// A delivery as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// `msg_…`; sorts by the event's time, and is the `webhook-id` of every attempt.
    pub id: String,
    /// The app.
    pub app: AppId,
    /// The event's id; empty for a test.
    pub event: String,
    /// The event's code, or [`TEST`].
    pub kind: String,
    /// The exact bytes of every attempt.
    pub body: String,
    /// Waits between attempts.
    pub preset: RetryPreset,
    /// State.
    pub state: State,
    /// Why it failed or was canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// More about the reason: an error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Turns that have ended.
    pub rounds: u32,
    /// Turns that have ended since it was made or pushed again.
    pub attempts_used: u32,
    /// Attempts made, ever.
    pub made: u32,
    /// Interruptions of the present round.
    #[serde(default)]
    pub interruptions: u32,
    /// Epoch ms before which the present round must not begin; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due_ms: Option<i64>,
    /// The attempt that is under way, or was when its process died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The message that took the latest round. It alone sends the message of the next one, so that
    /// copies of a message do not make copies of what follows.
    #[serde(default)]
    pub by: String,
    /// The latest attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms at which it was made or pushed again.
    pub begun_ms: i64,
    /// The job that pushed it again last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// An attempt is to come or under way.
    Pending,
    /// The endpoint answered 2xx.
    Delivered,
    /// Given up.
    Failed,
    /// The endpoint is not to be called any more.
    Canceled,
    /// The endpoint was off when the event happened, so that no attempt was made. It can be sent like one
    /// that failed.
    Skipped,
}

impl State {
    /// The word in records and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
        }
    }
}

/// Why a delivery is not tried any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Every attempt of the preset was made.
    Exhausted,
    /// The endpoint answered 410.
    Gone,
    /// We could not make the attempt; `detail` has the error's code.
    Abandoned,
    /// The endpoint is switched off because it kept failing.
    EndpointDisabled,
    /// The app is gone.
    AppDeleted,
    /// The app is switched off.
    AppDisabled,
    /// The app's time is up.
    AppExpired,
    /// The app has no callback address any more.
    NoCallback,
}

impl Reason {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Exhausted => "已用完全部重试次数",
            Self::Gone => "接收端返回410，已停用推送",
            Self::Abandoned => "系统无法完成推送",
            Self::EndpointDisabled => "推送已停用",
            Self::AppDeleted => "应用已删除",
            Self::AppDisabled => "应用已停用",
            Self::AppExpired => "应用已过期",
            Self::NoCallback => "应用未配置回调URL",
        }
    }
}

/// The right to make one attempt, stored before it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The attempt's number.
    pub number: u32,
    /// Whose it is; empty in records of a version before holders had names.
    #[serde(default)]
    pub holder: String,
    /// Epoch ms.
    pub started_ms: i64,
    /// Epoch ms after which whoever made it is dead.
    pub until_ms: i64,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Counted from 1 over the whole life of the delivery.
    pub number: u32,
    /// Epoch ms of its beginning.
    pub at_ms: i64,
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// What went wrong: `refused`, `dns`, `connect`, `tls`, `timeout`, `broken`, `status-3xx`,
    /// `status-4xx`, `status-5xx` or `interrupted`; absent for a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// How long it took; 0 when that is not known.
    pub duration_ms: i64,
    /// Its record in the call log, which has the answer.
    pub log: String,
}

/// What an outcome means for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It has arrived.
    Delivered,
    /// Try again, not before this epoch ms when there is one.
    Again(Option<i64>),
    /// The endpoint wants nothing any more.
    Gone,
}

impl Delivery {
    /// A new delivery, due at once.
    pub fn new(id: String, app: AppId, kind: &str, body: String, preset: RetryPreset, now_ms: i64) -> Self {
        Self {
            id,
            app,
            event: String::new(),
            kind: kind.to_owned(),
            body,
            preset,
            state: State::Pending,
            reason: None,
            detail: None,
            rounds: 0,
            attempts_used: 0,
            made: 0,
            interruptions: 0,
            next_due_ms: Some(now_ms),
            lease: None,
            by: String::new(),
            attempts: Vec::new(),
            created_ms: now_ms,
            begun_ms: now_ms,
            job: None,
        }
    }

    /// A delivery of which no attempt is made, since its endpoint is off for this reason.
    #[must_use]
    pub fn skipped(mut self, reason: Reason) -> Self {
        self.stop(State::Skipped, reason, None);
        self
    }

    /// Whether it only tests the endpoint.
    pub fn is_test(&self) -> bool {
        self.kind == TEST
    }

    /// The number of the present round, which its message carries.
    pub fn round(&self) -> u32 {
        self.rounds + 1
    }

    /// Takes the present round for a message, before the attempt is made.
    pub fn claim(&mut self, message: &str, holder: String, now_ms: i64, until_ms: i64) {
        self.by = message.to_owned();
        self.lease = Some(Lease { number: self.made + 1, holder, started_ms: now_ms, until_ms });
    }

    /// Enters the attempt whose process died, if there is one. The round begins anew, or, after too many
    /// interruptions, ends in failure.
    pub fn interrupt(&mut self, log: String, now_ms: i64, entropy: &Entropy) -> Option<Attempt> {
        let lease = self.lease.take()?;
        let class = Some("interrupted".to_owned());
        let attempt = Attempt { number: lease.number, at_ms: lease.started_ms, status: 0, class, duration_ms: 0, log };
        self.enter(attempt.clone());
        self.interruptions += 1;
        if self.interruptions >= MAX_INTERRUPTIONS {
            self.end_round(AttemptOutcome::Again(None), now_ms, entropy);
        }
        Some(attempt)
    }

    /// Enters the attempt under way with its outcome, and ends the round.
    pub fn settle(&mut self, attempt: Attempt, outcome: AttemptOutcome, now_ms: i64, entropy: &Entropy) {
        self.lease = None;
        self.enter(attempt);
        self.end_round(outcome, now_ms, entropy);
    }

    /// Gives it up without another attempt.
    pub fn stop(&mut self, state: State, reason: Reason, detail: Option<String>) {
        self.state = state;
        self.reason = Some(reason);
        self.detail = detail;
        self.next_due_ms = None;
        self.lease = None;
    }

    /// Has it pushed once more: one that has ended begins a fresh budget, one that waits is due now.
    /// `false` when an attempt is under way or due anyway, so that there is nothing to change.
    pub fn again(&mut self, job: Option<&str>, now_ms: i64) -> bool {
        if self.state == State::Pending && (self.lease.is_some() || self.next_due_ms.is_none_or(|due| due <= now_ms)) {
            return false;
        }
        if self.state != State::Pending {
            self.state = State::Pending;
            self.reason = None;
            self.detail = None;
            self.attempts_used = 0;
            self.interruptions = 0;
            self.begun_ms = now_ms;
        }
        self.next_due_ms = Some(now_ms);
        self.job = job.map(str::to_owned);
        true
    }

    fn enter(&mut self, attempt: Attempt) {
        self.made = attempt.number;
        self.attempts.push(attempt);
        let over = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..over);
    }

    fn end_round(&mut self, outcome: AttemptOutcome, now_ms: i64, entropy: &Entropy) {
        self.rounds += 1;
        self.attempts_used += 1;
        self.interruptions = 0;
        match outcome {
            AttemptOutcome::Delivered => {
                self.state = State::Delivered;
                self.next_due_ms = None;
            }
            AttemptOutcome::Gone => self.stop(State::Failed, Reason::Gone, None),
            AttemptOutcome::Again(not_before) => {
                match retry_times::next_due(self.preset, self.attempts_used, now_ms, not_before, entropy) {
                    Some(due) => self.next_due_ms = Some(due),
                    None => self.stop(State::Failed, Reason::Exhausted, None),
                }
            }
        }
    }
}
