//! `kind = "base-data"`: records of an ERP object go to a table of another system, and are marked there where they
//! were found. What does not depend on the other system (which records, the mark) is apart from what does (the form).

use super::{Field, Header, Selection};
use crate::ids::{ConnectionId, FlowId};
use crate::{code, duration, text};
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

/// One base data flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseDataFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often it looks for records.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// Which records.
    #[serde(default)]
    pub source: BaseDataSource,
    /// Where they go.
    pub form: CubeForm,
    /// The ERP field that says whether a record is there.
    #[serde(default)]
    pub marks: SyncedMark,
}

/// Which records of the ERP are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaseDataSource {
    /// B1 entity set: `Items`, `BusinessPartners`, a UDO code.
    #[serde(deserialize_with = "code::trimmed")]
    pub object: String,
    /// The key field, `ItemCode` or `/ItemCode`.
    #[serde(deserialize_with = "pointer")]
    pub key: String,
    /// OData `$filter`; without one every record whose mark is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// OData `$select`; without one, or blank, all fields are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<Selection>,
    /// Records a page.
    #[serde(deserialize_with = "page_size")]
    pub page_size: u32,
}

/// The OA's cube table that records are rows of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CubeForm {
    /// Name of the cube interface, the last part of `saveOrUpdateModeData/…`.
    #[serde(deserialize_with = "code::trimmed")]
    pub template: String,
    /// Name of the interface that changes rows, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub change: Option<String>,
    /// Name of the interface that lists rows (`getModeDataPageList/…`), by which a row is found again whose saving was
    /// not answered; without one that of `template`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub look_up: Option<String>,
    /// Looks for the row of a record that was never sent before it is made: for tables that were filled by others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub look_first: bool,
    /// What is done after a saving that was not answered.
    #[serde(default)]
    pub on_lost: OnLost,
    /// OA user id that rows are written as; without one the connection's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub operator: Option<String>,
    /// Records in one call, at most.
    #[serde(default = "batch_default")]
    pub batch: u32,
    /// Records that are sent in a minute, at most; without it as fast as both systems answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Columns of the row.
    pub fields: Vec<Field>,
    /// Its detail tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<CubeTable>,
}

/// A detail table of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CubeTable {
    /// Collection of the record.
    pub from: String,
    /// `detail1`, `detail2`, …
    pub to: String,
    /// Columns.
    pub fields: Vec<Field>,
}

/// What is done after a saving that was not answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnLost {
    /// The row is looked for by its key before anything is sent again.
    #[default]
    LookUp,
    /// It is sent again as it was: the OA's interface itself keeps one row of a key.
    Repeat,
}

/// The ERP field that says whether a record is in the other system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncedMark {
    /// The field.
    pub synced: String,
    /// Its value when the record is there.
    pub synced_value: String,
    /// Its value when the record, or a change of it, is to be sent.
    pub unsynced_value: String,
}

impl BaseDataFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// The column that carries the record's key.
    pub fn key_field(&self) -> Option<&Field> {
        self.form.fields.iter().find(|field| field.from == self.source.key)
    }

    /// Fields of a record that the row is made of.
    pub fn mapped(&self) -> impl Iterator<Item = &str> {
        let fields = self.form.fields.iter().map(|field| field.from.as_str());
        fields.chain(self.form.tables.iter().map(|table| table.from.as_str()))
    }
}

impl BaseDataSource {
    /// The fields that are asked for; none for all.
    pub fn selected(&self) -> Vec<&str> {
        self.select.as_ref().map_or_else(Vec::new, Selection::names)
    }
}

impl CubeForm {
    /// The interface that lists rows.
    pub fn listing(&self) -> &str {
        self.look_up.as_deref().unwrap_or(&self.template)
    }
}

impl Default for BaseDataSource {
    fn default() -> Self {
        let (object, key) = ("Items".to_owned(), "ItemCode".to_owned());
        Self { object, key, filter: None, select: None, page_size: 20 }
    }
}

impl Default for SyncedMark {
    fn default() -> Self {
        Self { synced: "U_ISSYN".to_owned(), synced_value: "Y".to_owned(), unsynced_value: "N".to_owned() }
    }
}

fn batch_default() -> u32 {
    1
}

/// A field's name, also as a JSON pointer to it.
fn pointer<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = code::trimmed(from)?;
    Ok(code::trim(text.strip_prefix('/').unwrap_or(&text)).to_owned())
}

/// A number of rows, also as the text of the header that asks for it.
fn page_size<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Rows(u32),
        Header(String),
    }
    match Written::deserialize(from)? {
        Written::Rows(rows) => Ok(rows),
        Written::Header(text) => {
            let rows = text.trim();
            let rows = rows.strip_prefix("odata.maxpagesize=").unwrap_or(rows).trim();
            rows.parse().map_err(|_| serde::de::Error::custom(format!("{text} is no number of rows, such as 20")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flow(source: serde_json::Value) -> Result<BaseDataFlow, serde_json::Error> {
        serde_json::from_value(json!({"id": "items", "erp": "b1", "oa": "weaver", "source": source,
            "form": {"template": "erpWuliao", "fields": [{"from": "ItemCode", "to": "wlbm"}]}}))
    }

    #[test]
    fn r_w7_to_w11_the_defaults_are_those_of_the_template() {
        let flow = flow(json!({})).unwrap();
        let source = &flow.source;
        assert_eq!((source.object.as_str(), source.key.as_str(), source.page_size), ("Items", "ItemCode", 20));
        assert_eq!((flow.every, flow.form.batch), (Duration::from_secs(60), 1));
        assert_eq!((flow.marks.synced.as_str(), flow.marks.unsynced_value.as_str()), ("U_ISSYN", "N"));
        assert_eq!((source.selected(), flow.form.listing()), (Vec::new(), "erpWuliao"));
        assert_eq!(flow.key_field().map(|field| field.to.as_str()), Some("wlbm"));
    }

    #[test]
    fn r_w14_a_key_and_a_page_size_may_be_written_as_the_template_has_them() {
        let written = flow(json!({"key": " /CardCode ", "page_size": "odata.maxpagesize=50", "select": " "})).unwrap();
        assert_eq!((written.source.key.as_str(), written.source.page_size), ("CardCode", 50));
        assert_eq!(written.source.selected(), Vec::<&str>::new());
        assert_eq!(flow(json!({"page_size": "20"})).unwrap().source.page_size, 20);
        assert!(
            flow(json!({"page_size": "odata.maxpagesize=all"})).unwrap_err().to_string().contains("number of rows")
        );
    }
}
