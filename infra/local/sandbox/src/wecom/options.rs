//! What a company at WeCom is set up with: fixed demo credentials, its templates, and what differs by site.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Settings of a company at WeCom.
#[derive(Clone)]
pub struct WecomOptions {
    /// 企业ID, also the owner inside envelopes.
    pub corp_id: String,
    /// The app's Secret.
    pub secret: String,
    /// AgentId of the app, as messages name it.
    pub agent_id: i64,
    /// Callback token.
    pub token: String,
    /// Callback EncodingAESKey, 43 characters.
    pub aes_key: String,
    /// Where events are pushed; without it they are recorded and not pushed.
    pub callback_url: Option<String>,
    /// Templates by id.
    pub templates: BTreeMap<String, WecomTemplate>,
    /// Approvers of a template's own flow: one step, any one of them decides.
    pub default_approvers: Vec<String>,
    /// Users that the app does not see.
    pub hidden_users: BTreeSet<String>,
    /// Whether the app is not listed among those that may call the approval app.
    pub approval_denied: bool,
    /// In which of the two records an approval tells what people did.
    pub records: Records,
    /// Whether events carry the number as a text beside the number.
    pub number_as_text: bool,
    /// Time an answer takes.
    pub latency: Duration,
}

/// Where an approval tells what people did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Records {
    /// `sp_record`, older approvals.
    #[default]
    SpRecord,
    /// `process_list`, newer ones.
    ProcessList,
    /// Both.
    Both,
}

/// A template of a form.
#[derive(Clone, Debug, Default)]
pub struct WecomTemplate {
    /// Its name.
    pub name: String,
    /// Its controls.
    pub controls: Vec<WecomControl>,
    /// Whether its originator chooses who approves (申请人自选).
    pub chooses_approvers: bool,
}

/// One control of a template.
#[derive(Clone, Debug, Default)]
pub struct WecomControl {
    /// `Text-1`, `Table-5`, …
    pub id: String,
    /// What people see.
    pub title: String,
    /// `Text`, `Number`, `Money`, `Date`, `Selector`, `Contact`, `Table`, …
    pub control: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// `day`, `hour`; `single`, `multi`.
    pub style: String,
    /// Keys and texts.
    pub options: Vec<(String, String)>,
    /// The controls of a table's row.
    pub children: Vec<WecomControl>,
}

impl WecomTemplate {
    /// A template without controls.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds a control.
    #[must_use]
    pub fn with(mut self, control: WecomControl) -> Self {
        self.controls.push(control);
        self
    }

    /// Whose originator chooses who approves (申请人自选).
    #[must_use]
    pub fn with_chosen_approvers(mut self) -> Self {
        self.chooses_approvers = true;
        self
    }
}

impl WecomControl {
    /// A control of a kind.
    pub fn new(control: &str, id: &str, title: &str) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), control: control.to_owned(), ..Self::default() }
    }

    /// A table with these children.
    pub fn table(id: &str, title: &str, children: Vec<Self>) -> Self {
        Self { children, ..Self::new("Table", id, title) }
    }

    /// With options.
    #[must_use]
    pub fn options(mut self, options: &[(&str, &str)]) -> Self {
        self.options = options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        self
    }

    /// One that must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

impl Default for WecomOptions {
    fn default() -> Self {
        Self {
            corp_id: "wwsandbox0000001".into(),
            secret: "sandbox-wecom-secret".into(),
            agent_id: 1_000_002,
            token: "SandboxWecomToken".into(),
            aes_key: "c2FuZGJveHdlY29tc2FuZGJveHdlY29tc2FuZGJveHd".into(),
            callback_url: None,
            templates: BTreeMap::new(),
            default_approvers: vec!["felix".into()],
            hidden_users: BTreeSet::new(),
            approval_denied: false,
            records: Records::default(),
            number_as_text: true,
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for WecomOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WecomOptions").field("corp_id", &self.corp_id).finish_non_exhaustive()
    }
}
