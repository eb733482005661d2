//! What a decision came to, whichever kind of flow it was for.

/// What a message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The decision is in the ERP.
    Done,
    /// It had been there before.
    Already,
    /// The instance is none of ours.
    NotOurs,
}
