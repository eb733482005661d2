//! What an OA says of itself. Flows and the behaviour suite ask this, and never which OA it is.

use std::time::Duration;
use tenon_model::oa::FieldKind;

/// What an OA can do, and what is to be known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What people call it.
    pub name: &'static str,
    /// What a mapping calls controls by.
    pub controls: Controls,
    /// Whether the instance of a lost create can be looked for, and how long after it.
    pub find: Option<Duration>,
    /// Whether it shows the title that an instance was created with, by which a lost one is told from others.
    pub titled: bool,
    /// Whether the instances of a form can be listed, and the longest time one list may cover.
    pub list: Option<Duration>,
    /// What an event tells.
    pub events: Events,
    /// Whether events prove where they come from. What one says of an instance that is gone is believed only then.
    pub authentic: bool,
    /// Whether it says in words of its own that an instance is gone. Where it does not, a deleted one is shown as such.
    pub reports_gone: bool,
    /// How an event that was never received is found.
    pub missed: Missed,
    /// For how long after the end of an instance its event may still be under way.
    pub delivers_within: Duration,
    /// How long after a create's time-out its instance may still appear.
    pub settles_within: Duration,
    /// How far its clock may be from ours.
    pub clock_skew: Duration,
    /// Kinds of controls whose text reads back as it was written, so that an instance is recognised by it.
    pub reads_back: &'static [FieldKind],
    /// What the app must be allowed so that a form's controls can be read; `None` when they cannot.
    pub describes_forms: Option<&'static str>,
    /// What of a form it does not describe, and refuses a form for whose flow names no approvers.
    pub undescribed: Option<&'static str>,
    /// What a form may hold.
    pub limits: Limits,
    /// What files a form may carry; `None` when it carries none of ours.
    pub attachments: Option<AttachmentLimits>,
}

/// What a mapping calls controls by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controls {
    /// Labels, which people see; every value is a text.
    Labels,
    /// Ids or titles of typed controls; the template says of which type.
    Ids,
    /// Names of database fields and tables.
    Database,
}

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// That something has happened; the instance is read for what.
    Announce,
    /// The decision itself, in words that the connection configures.
    Decide,
}

/// How an event that was never received is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// A list of failed deliveries, whose reading removes what it returns; and by looking open instances up.
    TakenList,
    /// Only by looking open instances up, and forms where they can be listed.
    LookUp,
}

/// What a form may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Controls.
    pub controls: Option<usize>,
    /// Characters of one control's value.
    pub characters: Option<usize>,
}

/// What files a form may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// Files a form.
    pub files: usize,
    /// Bytes a file.
    pub bytes: usize,
}

impl Capabilities {
    /// Whether a control of this kind reads back as it was written.
    pub fn reads_back(&self, kind: FieldKind) -> bool {
        self.reads_back.contains(&kind)
    }
}
