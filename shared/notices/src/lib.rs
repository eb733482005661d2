//! Telling people what waits for them: one notice to one person, over DingTalk, WeCom or Feishu, from a queue.
//!
//! A notice is promised with the change it follows from ([`promise`]) and told once of its key, whatever dies: what came of
//! it is a record, a message is noted as about to be sent before it is sent, and a message without an answer is sent again
//! only while its vendor knows the repetition ([`plan`]). What a vendor would drop in silence is not sent ([`rate`]), and a
//! vendor that says what became of a message is asked ([`delivery`]).

mod counts;
mod delivery;
mod message;
mod on_dead_letter;
mod plan;
mod promise;
mod rate;
mod recipient;
mod record;
mod send;
mod words;
mod work;

pub use counts::{Counted, counted};
pub use message::{Line, Link, Notice, Recipient, Text};
pub use promise::{notify, promise};
pub use record::{Attempt, AttemptStatus, Record, State};
pub use send::{LEASE, send};
pub use work::NoticeSender;

use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    vec![record::KIND]
}
