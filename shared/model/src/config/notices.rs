//! `[notices]`: how people are told.

use crate::ids::ConnectionId;
use crate::language::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Who is told, and when, that a trial, a subscription or a quota ends.
    #[serde(default)]
    pub renewals: Renewals,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            channels: Vec::new(),
            over: Over::default(),
            confirm: true,
            language: Language::default(),
            renewals: Renewals::default(),
        }
    }
}

/// Who is told, and when, that a trial, a subscription or a quota ends. Apps that ask for the event are told all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Renewals {
    /// How many days before an end it is told; 0 is its own day.
    pub days: Vec<u16>,
    /// How much of a day's quota is used when that is told, in percent.
    pub quota: Vec<u8>,
    /// From when on in the morning an end is told, in China: `09:00`.
    pub at: String,
    /// People of the operator's directory, who are told of every tenant.
    pub people: Vec<String>,
    /// Of a tenant, people of its own directory, who are told of it.
    pub tenants: BTreeMap<String, Vec<String>>,
}

impl Default for Renewals {
    fn default() -> Self {
        Self {
            days: vec![30, 7, 1, 0],
            quota: vec![80, 100],
            at: "09:00".to_owned(),
            people: Vec::new(),
            tenants: BTreeMap::new(),
        }
    }
}

impl Renewals {
    /// Milliseconds from midnight to the morning's moment; nine hours where it cannot be read, which is not applied.
    pub fn at_ms(&self) -> i64 {
        minutes(&self.at).unwrap_or(9 * 60) * 60_000
    }
}

/// Minutes from midnight to `09:00`.
pub(crate) fn minutes(at: &str) -> Option<i64> {
    let (hour, minute) = at.split_once(':')?;
    let number = |text: &str, below: i64| {
        let read = text.parse::<i64>().ok().filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()));
        read.filter(|number| *number < below)
    };
    Some(number(hour, 24)? * 60 + number(minute, 60)?)
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
