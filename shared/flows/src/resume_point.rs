//! What a retry does: from which step it goes on, and what came of asking for it.

use serde::Serialize;

/// From where a retry of a run goes on. What was read is read anew each time; what was written is not written again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum ResumePoint {
    /// From a step.
    Step {
        /// The step, as a run's history names it.
        step: &'static str,
        /// Steps that were done and are not done again.
        done: &'static [&'static str],
        /// Whether something may have been carried out whose answer was lost: it is looked for before it is done again.
        looks_first: bool,
    },
    /// From the page, or the row, that it has come to.
    WhereItStands,
    /// Not at all: another run of the same is begun.
    Anew,
    /// It is put aside as seen to; nothing is done.
    PutAside,
    /// There is nothing to do, or another run has the work in hand.
    Nothing,
}

impl ResumePoint {
    /// From a step before which nothing was done that counts.
    pub fn from(step: &'static str) -> Self {
        Self::Step { step, done: &[], looks_first: false }
    }

    /// From a step, after what was done.
    pub fn after(step: &'static str, done: &'static [&'static str]) -> Self {
        Self::Step { step, done, looks_first: false }
    }

    /// From looking for what may have been carried out.
    pub fn looking(step: &'static str) -> Self {
        Self::Step { step, done: &[], looks_first: true }
    }
}

/// What came of an operator's wish to have a run tried again; each in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// Its work is back on its queue, or other work that takes its place has begun.
    PutBack(String),
    /// It was only to be told how its work had ended, or was put aside; that is done.
    Settled(String),
    /// There was nothing to do, and nothing was done.
    Nothing(String),
}

impl Retried {
    /// The words.
    pub fn message(&self) -> &str {
        match self {
            Self::PutBack(text) | Self::Settled(text) | Self::Nothing(text) => text,
        }
    }

    /// The words, taken out.
    pub fn into_message(self) -> String {
        match self {
            Self::PutBack(text) | Self::Settled(text) | Self::Nothing(text) => text,
        }
    }
}
