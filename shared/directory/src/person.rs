//! A person.

use crate::history::{Change, Recorded};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The language a person is addressed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// A person of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Our id: the code of the ERP that brought the person, where it was free.
    pub id: String,
    /// Login name.
    pub user_name: String,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real_name: Option<String>,
    /// Mobile number, digits where it could be read ([`crate::mobile_key`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Ids of departments; the first is the main one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<String>,
    /// Id of whom the person reports to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<String>,
    /// 1 regular, 2 intern, 3 outsourced, 4 dispatched, 5 adviser; 0 where nobody said.
    #[serde(default)]
    pub personnel_type: u8,
    /// Whether the person is here.
    pub active: bool,
    /// The language the person is addressed in.
    #[serde(default)]
    pub language: Language,
    /// User ids at OAs, by connection.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, String>,
    /// Codes in ERPs, by enterprise code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub external: BTreeMap<String, String>,
    /// Epoch ms at which the person came to be known.
    #[serde(default)]
    pub created_ms: i64,
    /// The latest changes, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl Person {
    /// Somebody active of this id and name, of whom no more is known.
    pub fn new(id: impl Into<String>, user_name: impl Into<String>) -> Self {
        Self { id: id.into(), user_name: user_name.into(), active: true, ..Self::default() }
    }

    /// The name to show.
    pub fn shown_name(&self) -> &str {
        self.real_name.as_deref().unwrap_or(&self.user_name)
    }
}

impl Recorded for Person {
    fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn changes_mut(&mut self) -> &mut Vec<Change> {
        &mut self.changes
    }
}

/// The one active person among these; `None` when there is none, or more than one.
pub fn only_active(people: Vec<Person>) -> Option<Person> {
    let mut active = people.into_iter().filter(|person| person.active);
    let first = active.next()?;
    active.next().is_none().then_some(first)
}
