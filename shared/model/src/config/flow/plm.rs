//! `kind = "plm"`: what a PLM releases becomes master data of the ERP. A PLM pushes each kind of record to a URL of its
//! own, and a flow takes one of them: items, bills of materials or routings.

use super::{Field, Header, Lines};
use crate::ids::{ConnectionId, FlowId};
use crate::{code, duration};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// One PLM flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlmFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often it looks for records whose work was broken off; records themselves are pushed.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection, which is the one in the URL.
    pub erp: ConnectionId,
    /// Which records it takes.
    pub receives: Receives,
    /// The ERP's object; `Items` and `ProductTrees` where it is left out, of routings the site's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name")]
    pub object: Option<String>,
    /// The field of its key; `ItemCode`, `TreeCode` and `Code` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name")]
    pub key: Option<String>,
    /// The member of the body that holds the records, where the body is neither one record nor a list of them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name")]
    pub records: Option<String>,
    /// The collections of a routing; without any, every list of objects is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// What becomes of lines that are there and were not pushed.
    #[serde(default)]
    pub on_update: OnUpdate,
    /// What the pushed members are called in the ERP; without any they are called alike, and all are sent.
    #[serde(default, skip_serializing_if = "PlmForm::is_empty")]
    pub form: PlmForm,
    /// Fields that a new record has and that are never changed afterwards, such as `Series`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub constants: Map<String, Value>,
    /// Whether `null` clears a field. Otherwise it is left alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_nulls: bool,
    /// Whether a record that the ERP has as it was pushed is left alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_unchanged: bool,
    /// The quantity of a component that comes without one; without this such a line is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name")]
    pub line_quantity: Option<String>,
    /// How substitutes are recognised, which never become components.
    #[serde(default, skip_serializing_if = "Substitutes::is_the_default")]
    pub substitutes: Substitutes,
}

/// Which records a flow takes, and the last part of its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Receives {
    /// Items.
    Items,
    /// Bills of materials.
    Boms,
    /// Routings, which are a custom object of the site.
    Routings,
}

impl Receives {
    /// The word in the configuration and in the URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Boms => "boms",
            Self::Routings => "routings",
        }
    }
}

/// What becomes of lines that are there and were not pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUpdate {
    /// They are removed: the pushed lines are all there are.
    #[default]
    Replace,
    /// They stay; a pushed component changes its line or is added.
    Merge,
}

/// What pushed members are called in the ERP. `from` names members, `to` fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlmForm {
    /// Header fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The lists of lines, each with the collection it becomes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Lines>,
}

impl PlmForm {
    /// Whether names are translated; otherwise what is pushed passes through.
    pub fn maps(&self) -> bool {
        !self.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.lines.is_empty()
    }
}

/// Members by which a record or a line says that it is a substitute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Substitutes {
    /// Their names.
    pub members: Vec<String>,
    /// What is done about them.
    pub on_found: OnSubstitute,
}

/// What is done about a substitute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnSubstitute {
    /// The record fails, and says why.
    #[default]
    Refuse,
    /// It is left out, and the answer says so.
    Ignore,
}

impl Default for Substitutes {
    fn default() -> Self {
        let names = ["特定替代件", "替代件", "IsSubstitute", "isSubstitute", "Substitute", "substitute"];
        Self { members: names.map(str::to_owned).into(), on_found: OnSubstitute::default() }
    }
}

impl Substitutes {
    fn is_the_default(&self) -> bool {
        *self == Self::default()
    }
}

impl PlmFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// The ERP's object.
    pub fn object(&self) -> &str {
        self.object.as_deref().unwrap_or(match self.receives {
            Receives::Items => "Items",
            Receives::Boms => "ProductTrees",
            Receives::Routings => "",
        })
    }

    /// The field of its key.
    pub fn key_field(&self) -> &str {
        self.key.as_deref().unwrap_or(match self.receives {
            Receives::Items => "ItemCode",
            Receives::Boms => "TreeCode",
            Receives::Routings => "Code",
        })
    }

    /// The collection that a list of lines becomes.
    pub fn collection_of<'f>(&'f self, lines: &'f Lines) -> &'f str {
        match (lines.to.as_str(), self.receives) {
            ("", Receives::Boms) => Self::TREE_LINES,
            ("", _) => self.collections.first().map_or(lines.from.as_str(), String::as_str),
            (to, _) => to,
        }
    }

    /// The components of a bill of materials.
    pub const TREE_LINES: &'static str = "ProductTreeLines";
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Deserialize::deserialize(deserializer)?;
    Ok(text.map(|text| code::trim(&text).to_owned()))
}
