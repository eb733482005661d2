//! What a company at DingTalk is set up with: fixed demo credentials, and quirks seen at single sites.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Settings of a company at DingTalk.
#[derive(Clone)]
pub struct DingTalkOptions {
    /// DingTalk AppKey.
    pub app_key: String,
    /// DingTalk AppSecret.
    pub app_secret: String,
    /// Agent id of the app, as messages name it.
    pub agent_id: i64,
    /// Callback token.
    pub token: String,
    /// Callback EncodingAESKey, 43 characters.
    pub aes_key: String,
    /// Owner id inside callback envelopes: the AppKey for app-level subscriptions.
    pub owner: String,
    /// The company.
    pub corp_id: String,
    /// Where events are pushed; without it they are recorded and not pushed.
    pub callback_url: Option<String>,
    /// Forms by processCode with their Chinese names; empty accepts every code.
    pub processes: BTreeMap<String, String>,
    /// The controls of forms by processCode, each with the columns of its table; a form that is not named here
    /// is described to nobody.
    pub forms: BTreeMap<String, Vec<(String, Vec<String>)>>,
    /// Forms with everything that DingTalk tells of their controls, by processCode.
    pub schemas: BTreeMap<String, DingTalkForm>,
    /// Kinds of controls and table columns by name (`InnerContactField`, `DepartmentField`, …); others are
    /// text, and tables tables. Some kinds read back otherwise than they are written.
    pub control_kinds: BTreeMap<String, String>,
    /// Approvers of an instance that names none: one stage, any one of them decides.
    pub default_approvers: Vec<String>,
    /// Calls per API and second; `None` sets no limit.
    pub qps_limit: Option<u32>,
    /// Whether `success` and `taskId` are texts and not a boolean and a number.
    pub success_as_text: bool,
    /// How a table control is read back.
    pub table_shape: TableShape,
    /// How events spell the company.
    pub corp_key: CorpKey,
    /// Whether events carry `eventId`, `BizId` and `EventTime`, as newer bodies do.
    pub event_ids: bool,
    /// How an entry of the list of failed callbacks holds its event.
    pub failed_entry: FailedEntry,
    /// Departments that the app may not see: they are told of by the one above, and not by themselves.
    pub out_of_scope: BTreeSet<i64>,
    /// Paths of the old API that the app has no permission for.
    pub denied: BTreeSet<String>,
    /// Time an answer takes.
    pub latency: Duration,
}

/// A form as its designer made it.
#[derive(Clone, Debug, Default)]
pub struct DingTalkForm {
    /// Its Chinese name.
    pub title: String,
    /// Its controls.
    pub controls: Vec<DingTalkControl>,
    /// Whether they stand within a suite (`DDBizSuite`), as forms of templates do.
    pub in_suite: bool,
}

/// One control of a form.
#[derive(Clone, Debug, Default)]
pub struct DingTalkControl {
    /// `TextField`, `DDSelectField`, `TableField`, …
    pub component: String,
    /// Its id, `TextField-K2AD4O5B`.
    pub id: String,
    /// What people see; two of a range.
    pub labels: Vec<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// Texts of its options.
    pub options: Vec<String>,
    /// Whether options are JSON texts with a key, as newer forms have them.
    pub options_as_json: bool,
    /// The controls of a table's row.
    pub children: Vec<DingTalkControl>,
}

impl DingTalkControl {
    /// A control of a kind.
    pub fn new(component: &str, id: &str, label: &str) -> Self {
        let labels = vec![label.to_owned()];
        Self { component: component.to_owned(), id: id.to_owned(), labels, ..Self::default() }
    }

    /// A table with these children.
    pub fn table(id: &str, label: &str, children: Vec<Self>) -> Self {
        Self { children, ..Self::new("TableField", id, label) }
    }

    /// With options.
    #[must_use]
    pub fn options(mut self, options: &[&str], as_json: bool) -> Self {
        self.options = options.iter().map(|text| (*text).to_owned()).collect();
        self.options_as_json = as_json;
        self
    }

    /// One that must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// Shapes of an entry of the list of failed callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedEntry {
    /// `<tag>: {corpid, bpmsCallBackData: {…}}`, as documented.
    #[default]
    Nested,
    /// The same with `bpmsCallBackData` as a JSON text.
    NestedText,
    /// `<tag>: {…}`, the event itself.
    Flat,
}

/// Shapes of a table control in a read instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableShape {
    /// `[{"rowValue":[{"label","value","key"}],"rowNumber"}]`, as DingTalk answers.
    #[default]
    Rows,
    /// The text as it was written: `[[{"name","value"}]]`.
    AsWritten,
}

/// Spellings of the company in events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CorpKey {
    /// `CorpId`, newer bodies.
    #[default]
    Newer,
    /// `corpId`, older bodies.
    Older,
}

impl Default for DingTalkOptions {
    fn default() -> Self {
        Self {
            app_key: "dingsandboxapp".into(),
            app_secret: "sandbox-app-secret".into(),
            agent_id: 1000,
            token: "SandboxToken".into(),
            aes_key: "SandboxSandboxSandboxSandboxSandboxSandbox1".into(),
            owner: "dingsandboxapp".into(),
            corp_id: "dingsandboxcorp".into(),
            callback_url: None,
            processes: BTreeMap::new(),
            forms: BTreeMap::new(),
            schemas: BTreeMap::new(),
            control_kinds: BTreeMap::new(),
            default_approvers: vec!["manager01".into()],
            qps_limit: None,
            success_as_text: false,
            table_shape: TableShape::default(),
            corp_key: CorpKey::default(),
            event_ids: true,
            failed_entry: FailedEntry::default(),
            out_of_scope: BTreeSet::new(),
            denied: BTreeSet::new(),
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for DingTalkOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalkOptions")
            .field("app_key", &self.app_key)
            .field("owner", &self.owner)
            .field("corp_id", &self.corp_id)
            .field("callback_url", &self.callback_url)
            .finish_non_exhaustive()
    }
}
