//! What came of a notice.

use crate::message::{Notice, Recipient};
use serde::{Deserialize, Serialize};
use tenon_model::{ConnectionId, Language, TenantId};
use tenon_platform::table::{Expect, Key, RecordKind, Write};
use tenon_platform::{Context, Result};

/// How long it is kept, in seconds: a key counts for this long.
const KEPT_S: i64 = 400 * 86_400;

/// A notice as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The notice's key.
    pub key: String,
    /// Who was to be told.
    pub recipient: Recipient,
    /// Its title in Chinese.
    pub title: String,
    /// How it stands.
    pub state: State,
    /// The language it is told in, from the first attempt on.
    pub language: Language,
    /// What came of each channel.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Why nobody was told, where no channel is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Epoch ms at which it was first worked on.
    pub first_ms: i64,
    /// Epoch ms of its latest change.
    pub at_ms: i64,
}

/// How a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is being told.
    Open,
    /// The person was told.
    Told,
    /// The person cannot be told over any channel: named, and no error.
    Skipped,
    /// Every channel that knows the person refused it.
    Refused,
    /// A message was not answered, and cannot be sent again without the person being told twice.
    Unknown,
    /// It was given up; its message in the dead-letter queue can be put back.
    Failed,
}

impl State {
    /// Whether nothing more is to be done.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Told | Self::Skipped | Self::Refused | Self::Unknown)
    }

    /// The word in counters and in what people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Told => "told",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }
}

/// What came of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The connection.
    pub connection: ConnectionId,
    /// The person's id there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How it stands.
    pub stands: AttemptStatus,
    /// Epoch ms that its text names, and from which its vendor knows it again.
    pub since_ms: i64,
    /// The vendor's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Epoch ms from which its vendor is asked what became of it; absent where it is not asked, or not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_ms: Option<i64>,
    /// How often it was asked in vain.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u8,
    /// Its vendor says that it was delivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivered: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks for it")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// How one channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptStatus {
    /// The message is about to be sent, or was sent and not answered.
    Sending,
    /// The vendor took it.
    Sent,
    /// The person has no id there.
    Absent,
    /// The vendor refused it for good.
    Refused,
    /// It was not answered, and its vendor does not know a repetition any more.
    Unknown,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("NOTICE");

impl Record {
    pub(crate) fn new(notice: &Notice, language: Language, now_ms: i64) -> Self {
        Self {
            key: notice.key.clone(),
            recipient: notice.recipient.clone(),
            title: notice.title.zh.clone(),
            state: State::Open,
            language,
            attempts: Vec::new(),
            why: None,
            first_ms: now_ms,
            at_ms: now_ms,
        }
    }

    /// Whether nothing more is to be done. What was given up while a message was not answered may be put back.
    pub fn is_done(&self) -> bool {
        self.state.is_final() && !(self.state == State::Unknown && self.is_unanswered())
    }

    /// Whether a message was sent, or was about to be, and not answered.
    pub fn is_unanswered(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.stands == AttemptStatus::Sending)
    }

    /// What came of a channel.
    pub fn attempt(&self, connection: &ConnectionId) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.connection == *connection)
    }

    /// Notes what came of a channel, in the place of what was noted before.
    pub(crate) fn note(&mut self, attempt: Attempt) {
        match self.attempts.iter_mut().find(|known| known.connection == attempt.connection) {
            Some(known) => *known = attempt,
            None => self.attempts.push(attempt),
        }
    }

    pub(crate) fn forget(&mut self, connection: &ConnectionId) {
        self.attempts.retain(|attempt| attempt.connection != *connection);
    }

    pub(crate) fn key_of(tenant: &TenantId, name: &str) -> Key {
        Key::new(tenant, "NOTICE", &[name], "-")
    }

    /// The write that stores it as a version nobody has seen.
    pub(crate) fn write(&self, ctx: &Context, key: Key, expect: Expect, version: u64) -> Result<Write> {
        let until = ctx.now_ms().div_euclid(1_000) + KEPT_S;
        Ok(Write::put(key, self, expect)?.fenced(version).expiring(Some(until)))
    }
}
