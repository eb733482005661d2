//! `kind = "production-issues"`: feedings in the MES become issues for production in the ERP.

use super::Header;
use crate::ids::{ConnectionId, FlowId};
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// One flow of issues. Feedings are told by the MES's events; those that were not are found by looking every so often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductionIssuesFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often feedings are looked for that no event told of.
    #[serde(default = "every_default", with = "duration::text")]
    pub every: Duration,
    /// The company.
    pub erp: ConnectionId,
    /// The factory.
    pub mes: ConnectionId,
    /// How far before the last look the next one begins, for feedings that are entered late.
    #[serde(default = "overlap_default", with = "duration::text")]
    pub overlap: Duration,
    /// How old a feeding is before it is looked for, so that its event comes first.
    #[serde(default = "delay_default", with = "duration::text")]
    pub delay: Duration,
    /// The ERP field of the issue that carries our key.
    #[serde(default = "key_field_default", deserialize_with = "code::trimmed")]
    pub key_field: String,
    /// Header fields that every issue gets, by their names.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub constants: Map<String, Value>,
    /// Which day an issue is of.
    #[serde(default)]
    pub date: IssueDate,
    /// What the ERP calls units of the MES, where it calls them otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, String>,
    /// Warehouses by the code of the location that material was taken from; without one the order line's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warehouses: BTreeMap<String, String>,
    /// The bin of each warehouse that has bins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bins: BTreeMap<String, i64>,
    /// A query that tells batches of an item, where the feeding names none: rows of `BatchNumber` and `Quantity` in the
    /// order they are to be used, for `:item` and `:warehouse`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub batches: Option<String>,
}

/// Which day an issue is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueDate {
    /// The day of the feeding, in the company's time zone.
    #[default]
    Feeding,
    /// The day on which it is posted.
    Today,
}

impl ProductionIssuesFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// What the ERP calls a unit of the MES, or the MES one of the ERP: their names are the same unless they are told
    /// apart.
    pub fn unit_in_mes<'u>(&'u self, of_erp: &'u str) -> &'u str {
        self.units.iter().find(|(_, erp)| *erp == of_erp).map_or(of_erp, |(mes, _)| mes)
    }
}

fn every_default() -> Duration {
    Duration::from_secs(600)
}
fn overlap_default() -> Duration {
    Duration::from_secs(3600)
}
fn delay_default() -> Duration {
    Duration::from_secs(120)
}
fn key_field_default() -> String {
    "Comments".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let flow: ProductionIssuesFlow =
            serde_json::from_value(json!({ "id": "issues", "erp": "b1", "mes": "mes-main" })).unwrap();
        assert_eq!((flow.key_field.as_str(), flow.date), ("Comments", IssueDate::Feeding));
        assert_eq!((flow.every, flow.overlap), (Duration::from_secs(600), Duration::from_secs(3600)));
        assert!(flow.enabled && flow.batches.is_none());
        let other = json!({ "id": "issues", "erp": "b1", "mes": "m", "units": { "KG": "公斤" }, "bogus": 1 });
        assert!(serde_json::from_value::<ProductionIssuesFlow>(other).unwrap_err().to_string().contains("bogus"));
    }
}
