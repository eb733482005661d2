//! Which field of an ERP fills which control of an OA's form: found by evidence in a fixed order, with a score and a
//! reason for each line, the same each time. Pure: what is compared is read elsewhere, and what is written is a text.

mod assign;
pub mod choose;
mod concepts;
pub mod file;
mod fingerprint;
mod gate;
pub mod measure;
mod normal;
mod plan;
mod score;
mod synonyms;

pub use choose::{Choices, Chosen, Doubted, Misfit, TableChoices};
pub use fingerprint::{Change, What, changes, fingerprint, object_fingerprint, seen};
pub use gate::{Doubt, Gate, Written, gate};
pub use plan::{Line, MappedFields, MappedForm, Plan, TablePlan, Unmatched, plan};
pub use score::{Reason, SHOWN, SURE};

use std::fmt;

/// How sure a mapping is, in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(pub u8);

impl Score {
    /// Of a share, 0 to 1.
    fn of(share: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let hundredths = (share.clamp(0.0, 1.0) * 100.0).floor() as u8;
        Self(hundredths)
    }
}

/// `0.98`
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// What another flow of the company maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    flow: String,
    field: String,
    label: String,
    lines: bool,
}

impl Earlier {
    /// A mapping of this flow: a field of the header or of lines to a control of this label, or of this name where
    /// its label is not known.
    pub fn new(flow: &str, field: &str, label: &str, lines: bool) -> Self {
        let label = normal::forms(label).into_iter().next().unwrap_or_default();
        Self { flow: flow.to_owned(), field: field.to_owned(), label, lines }
    }
}
