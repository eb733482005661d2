//! `kind = "data-sync"`: a form of the ERP becomes a table of a SQL database, for boards and reports.

use super::Header;
use crate::ids::{ConnectionId, DatabaseId, FlowId};
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kinds of connections whose forms can be read so.
pub const DATA_SOURCES: &[&str] = &["kingdee", "b1", "odoo"];

/// One form, or with none named every form that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSyncFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often the table is updated.
    #[serde(default = "every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The database that the table is in.
    pub database: DatabaseId,
    /// The form: `SAL_SaleOrder`. Without it the flow has no schedule, and serves every form that a call names and no
    /// other flow has.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub form: Option<String>,
    /// Entries of the form, each a table of its own: `FSaleOrderEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "text::list")]
    pub entries: Vec<String>,
    /// The field with the date of the last change.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub date: Option<String>,
    /// How far back a new table reaches.
    #[serde(default = "create_window_default", with = "duration::text")]
    pub create_window: Duration,
    /// How far back an update reaches.
    #[serde(default = "update_window_default", with = "duration::text")]
    pub update_window: Duration,
    /// How far windows reach into each other, for clocks that differ.
    #[serde(default = "overlap_default", with = "duration::text")]
    pub overlap: Duration,
    /// Whose base data is read.
    #[serde(default)]
    pub organisations: Organisations,
    /// A condition beside the window, in the ERP's own words.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub filter: Option<String>,
    /// Fields that are left out, or `FIELD.FNumber`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "text::list")]
    pub without: Vec<String>,
    /// Fields whose column is a text whatever their type.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "text::list")]
    pub as_text: Vec<String>,
    /// What the numbers of Kingdee's types mean, where that is known of a site.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, DataType>,
    /// Forms whose records have a name and no number.
    #[serde(default = "names_only_default", deserialize_with = "text::list")]
    pub names_only: Vec<String>,
    /// When rows are looked for that the ERP has no more: `02:00` of the ERP's time, once a day; `off` for never.
    #[serde(default = "reconcile_default", deserialize_with = "code::trimmed")]
    pub reconcile: String,
    /// How many rows such a look deletes at most, in percent of the table, and twenty at least.
    #[serde(default = "most_deleted_default")]
    pub most_deleted: u32,
}

/// Whose base data is read: K3Cloud shows a user only that of the organisation the user is in, unless another is asked
/// for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Organisations {
    /// `"auto"`: every one, for forms that have a using organisation. `"own"`: that of the user.
    Word(OrganisationsWord),
    /// These, by number.
    Named(Vec<String>),
}

impl Default for Organisations {
    fn default() -> Self {
        Self::Word(OrganisationsWord::Auto)
    }
}

/// What stands in the place of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrganisationsWord {
    /// Every organisation, for forms that have a using organisation.
    Auto,
    /// That of the user.
    Own,
}

/// What the values of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// Decimals.
    Number,
    /// Dates.
    Time,
    /// Texts.
    Text,
}

impl DataSyncFlow {
    /// What flows of all kinds have.
    pub fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// The hour and minute at which rows are looked for that are gone; `None` for never, or for what is no time.
    pub fn reconcile_at(&self) -> Option<(i8, i8)> {
        let (hour, minute) = self.reconcile.split_once(':')?;
        let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
        ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour, minute))
    }
}

fn every_default() -> Duration {
    Duration::from_secs(3_600)
}
fn create_window_default() -> Duration {
    Duration::from_secs(730 * 86_400)
}
fn update_window_default() -> Duration {
    Duration::from_secs(61 * 86_400)
}
fn overlap_default() -> Duration {
    Duration::from_secs(600)
}
fn names_only_default() -> Vec<String> {
    vec!["SEC_User".to_owned()]
}
fn reconcile_default() -> String {
    "02:00".to_owned()
}
fn most_deleted_default() -> u32 {
    5
}
