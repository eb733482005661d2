//! `[notices]`: how people are told.

use crate::ids::ConnectionId;
use crate::language::Language;
use serde::{Deserialize, Serialize};

/// How people are told of what waits for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    /// The connections that carry notices, in the order in which they are tried.
    pub channels: Vec<ConnectionId>,
    /// Over how many of them one person is told.
    #[serde(default)]
    pub over: Over,
    /// Whether a vendor that says what became of a message is asked.
    #[serde(default = "yes")]
    pub confirm: bool,
    /// The language of people who have named none.
    #[serde(default)]
    pub language: Language,
}

impl Default for Notices {
    fn default() -> Self {
        Self { channels: Vec::new(), over: Over::default(), confirm: true, language: Language::default() }
    }
}

fn yes() -> bool {
    true
}

/// Over how many channels one person is told of one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// Over the first at which the person can be reached.
    #[default]
    First,
    /// Over each at which the person can be reached.
    All,
}

/// The kinds of connections that carry notices.
pub const CHANNELS: &[&str] = &["dingtalk", "wecom", "feishu"];
