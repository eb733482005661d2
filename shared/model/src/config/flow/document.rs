//! `kind = "document"`: documents of the OA become documents of the ERP.

use super::{Field, Header, InstanceMark, Lines};
use crate::ids::{ConnectionId, FlowId};
use crate::one_or_several::one_or_several;
use crate::{code, duration};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One document flow. Its documents are pushed by the OA, or are forms that were approved there; either way each
/// becomes one document of the ERP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// Of no effect: its documents are pushed or come as events, and those that did not come are found with the OA
    /// connection's reconciliation.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// What is created: `Orders`, `BusinessPartners`, the code of a custom object.
    #[serde(deserialize_with = "code::trimmed")]
    pub object: String,
    /// The field of its key; where it is left out, the one that B1 gives such objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The collection that takes the rows (`LineName`): `DocumentLines`; empty for objects without rows.
    #[serde(default, deserialize_with = "code::trimmed")]
    pub lines: String,
    /// The member of a pushed body that tells the OA's request.
    #[serde(default = "request_default", deserialize_with = "code::trimmed")]
    pub request: String,
    /// The ERP field that carries the request, by which a document is found whose creation was not answered.
    #[serde(default, skip_serializing_if = "InstanceMark::is_the_default")]
    pub mark: InstanceMark,
    /// The form, and what its controls or the pushed members are called in the ERP.
    #[serde(default, skip_serializing_if = "DocumentForm::is_empty")]
    pub form: DocumentForm,
}

/// Where a document's fields come from. `from` names controls or pushed members, `to` fields of the ERP. Without any
/// field the pushed names are the ERP's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentForm {
    /// The OA's code of the form; none for documents that are pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Header fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_several")]
    pub lines: Vec<Lines>,
}

impl DocumentForm {
    /// Whether names are translated; otherwise what is pushed passes through.
    pub fn maps(&self) -> bool {
        !self.fields.is_empty() || !self.lines.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.template.is_none() && !self.maps()
    }
}

impl DocumentFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// The field of the key of what is created.
    pub fn key_field(&self) -> &str {
        self.key.as_deref().unwrap_or(match self.object.as_str() {
            "BusinessPartners" => "CardCode",
            "Items" => "ItemCode",
            "ProductTrees" => "TreeCode",
            "ProductionOrders" => "AbsoluteEntry",
            _ => "DocEntry",
        })
    }

    /// The collection a table's rows go to.
    pub fn collection_of<'f>(&'f self, table: &'f Lines) -> &'f str {
        match (table.to.as_str(), self.lines.as_str()) {
            ("", "") => "DocumentLines",
            ("", lines) => lines,
            (to, _) => to,
        }
    }

    /// Whether another flow's documents could be taken for this one's by what their marks say.
    pub fn marks_alike(&self, other: &Self) -> bool {
        self.id != other.id
            && self.erp == other.erp
            && self.object == other.object
            && self.mark.name() == other.mark.name()
    }
}

fn request_default() -> String {
    "requestid".to_owned()
}
