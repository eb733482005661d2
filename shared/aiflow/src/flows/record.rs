//! A flow as stored: its head, and a record of each version.

use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_platform::table::Key;

/// The head of a flow: which versions there are, and what is shown of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowHead {
    /// Its code in the system that runs it.
    pub code: String,
    /// Whose it is.
    pub enterprise: String,
    /// The latest version.
    pub latest: u32,
    /// The version that is online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<u32>,
    /// Title of the version that is online, else of the latest.
    pub title: String,
    /// Where one is started.
    pub initiate: Urls,
    /// Where one is looked at.
    pub detail: Urls,
}

impl FlowHead {
    /// Shows this version.
    pub(super) fn show(&mut self, content: &FlowContent) {
        self.title.clone_from(&content.title);
        self.initiate.clone_from(&content.initiate);
        self.detail.clone_from(&content.detail);
    }
}

/// A version of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowVersion {
    /// From 1 on.
    pub number: u32,
    /// What it says.
    pub content: FlowContent,
    /// Which app made it.
    pub by: String,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms at which it last went online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online_ms: Option<i64>,
    /// What was said then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_desc: Option<String>,
}

/// What a definition says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowContent {
    /// Its title.
    pub title: String,
    /// Where one is started.
    pub initiate: Urls,
    /// Where one is looked at.
    pub detail: Urls,
    /// The group it stands in.
    pub category: String,
    /// The document's own key, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_key: Option<String>,
    /// The system that runs it, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Code of whom the flow is.
    pub manager: String,
    /// Code of who runs it.
    pub operation: String,
    /// Code of who sets it up.
    pub config: String,
    /// Code of who made it.
    pub create_by: String,
    /// Where it may be started.
    pub terminals: Vec<Terminal>,
    /// Who may start one.
    pub apply: Rule,
    /// Who may see and manage them.
    pub manage: Rule,
}

/// Addresses of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urls {
    /// On phones.
    pub h5: String,
    /// On desks.
    pub web: String,
}

/// Where a page is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Terminal {
    /// A desktop browser.
    Pc,
    /// A phone.
    Mobile,
}

/// Who may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Rule {
    /// Everybody.
    #[default]
    All,
    /// Those named.
    Specify {
        /// Codes of people.
        users: Vec<String>,
        /// Codes of departments.
        departments: Vec<String>,
        /// Codes of groups.
        groups: Vec<String>,
    },
}

pub(super) fn head(tenant: &TenantId, code: &str) -> Key {
    Key::new(tenant, "THIRD-FLOW", &[code], "head")
}

pub(super) fn version(tenant: &TenantId, code: &str, number: u32) -> Key {
    Key::new(tenant, "THIRD-FLOW", &[code], format!("version#{number:010}"))
}
