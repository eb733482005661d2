//! WeCom's wire shapes: the pushed envelope, the event of an approval, and its numbers of states.

mod event;
mod passed_over;
mod tree;

pub use event::{Event, sealed};
pub use tree::Unreadable;

use crate::oa::Outcome;

/// How an approval stands, by `SpStatus` and `sp_status` alike: the state **after** what an event tells of.
/// `None` while it runs. A form that was taken back after it had been approved is as one that was withdrawn, and
/// one that was paid had been approved.
pub fn outcome(status: i64) -> Option<Outcome> {
    match status {
        2 | 10 => Some(Outcome::Agreed),
        3 => Some(Outcome::Refused),
        4 | 6 => Some(Outcome::Withdrawn),
        7 => Some(Outcome::Deleted),
        _ => None,
    }
}
