//! What an E-cology is set up with: fixed demo credentials, its workflows, and what differs by site.

use super::{CubeAnswers, CubeTable, WEAVER_SPK};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Settings of an E-cology.
#[derive(Clone)]
pub struct WeaverOptions {
    /// The registered app.
    pub app_id: String,
    /// The secret of its registration.
    pub secret: String,
    /// The public key of its registration.
    pub spk: String,
    /// Workflows by id; without any, every workflow is there and takes every field.
    pub workflows: BTreeMap<String, WeaverWorkflow>,
    /// User ids that nobody has.
    pub unknown_users: BTreeSet<String>,
    /// Users who may not create requests.
    pub forbidden_users: BTreeSet<String>,
    /// How `code` is spelled.
    pub codes: WeaverCodes,
    /// Whether an app may list a user's requests.
    pub lists_requests: bool,
    /// Whether an app may read what a request's form says.
    pub shows_forms: bool,
    /// What the OA appends to each title.
    pub title_suffix: String,
    /// The outgoing action of its workflows; without one results are recorded and not pushed.
    pub push: Option<WeaverPush>,
    /// System id of the cube's interfaces.
    pub system_id: String,
    /// Their password.
    pub system_password: String,
    /// Tables of the cube, by the interface that saves their rows.
    pub cube: BTreeMap<String, CubeTable>,
    /// The form of its answers.
    pub cube_answers: CubeAnswers,
    /// Time an answer takes.
    pub latency: Duration,
}

/// Spellings of `code`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeaverCodes {
    /// `"SUCCESS"`
    #[default]
    Text,
    /// `{"name":"SUCCESS","statusCode":"1"}`
    Object,
}

/// One workflow: its form.
#[derive(Clone, Debug, Default)]
pub struct WeaverWorkflow {
    /// Its name.
    pub name: String,
    /// Fields of the main table; those that must be filled in are told by `true`.
    pub fields: BTreeMap<String, bool>,
    /// Detail tables with their fields.
    pub tables: BTreeMap<String, BTreeSet<String>>,
    /// Fields of the main table that hold files, and what they take.
    pub files: BTreeMap<String, WeaverFiles>,
    /// What the form says of fields, of the main table and of others, by name.
    pub described: BTreeMap<String, WeaverField>,
}

/// What a form says of a field.
#[derive(Clone, Debug, Default)]
pub struct WeaverField {
    /// Its number.
    pub id: u32,
    /// What people see.
    pub label: String,
    /// `fieldHtmlType` and `fieldType`: 1 and 1 a text, 3 and 2 a day, 5 a select.
    pub kind: (u8, u16),
    /// Values of a select.
    pub options: Vec<String>,
}

/// What a field of files takes, as its form says.
#[derive(Clone, Debug, Default)]
pub struct WeaverFiles {
    /// Extensions; without any, all.
    pub types: BTreeSet<String>,
    /// Bytes of the largest file.
    pub bytes: usize,
}

/// An outgoing action, as a site configures it.
#[derive(Clone)]
pub struct WeaverPush {
    /// Where it posts to.
    pub url: String,
    /// What it says in `X-ApiG-AppCode`.
    pub app_code: String,
    /// Results that mean agreed, refused, and a step in between.
    pub words: [String; 3],
    /// Whether the body is a form and not JSON.
    pub form_body: bool,
}

impl WeaverPush {
    /// Posts JSON to this address with this code; the results are `1`, `2` and `5`.
    pub fn to(url: &str, app_code: &str) -> Self {
        let words = ["1", "2", "5"].map(str::to_owned);
        Self { url: url.to_owned(), app_code: app_code.to_owned(), words, form_body: false }
    }
}

impl fmt::Debug for WeaverPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeaverPush").field("url", &self.url).finish_non_exhaustive()
    }
}

impl WeaverWorkflow {
    /// A workflow with these fields, none of which must be filled in.
    pub fn new(name: &str, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|field| ((*field).to_owned(), false)).collect();
        Self { name: name.to_owned(), fields, ..Self::default() }
    }

    /// With a field that must be filled in.
    #[must_use]
    pub fn required(mut self, field: &str) -> Self {
        self.fields.insert(field.to_owned(), true);
        self
    }

    /// With a field of files of these types, none for all, and of so many bytes each at most.
    #[must_use]
    pub fn files(mut self, field: &str, types: &[&str], bytes: usize) -> Self {
        self.fields.insert(field.to_owned(), false);
        let types = types.iter().map(|own| (*own).to_owned()).collect();
        self.files.insert(field.to_owned(), WeaverFiles { types, bytes });
        self
    }

    /// With what the form says of a field: what people see, `fieldHtmlType` and `fieldType`.
    #[must_use]
    pub fn describe(mut self, field: &str, label: &str, kind: (u8, u16)) -> Self {
        let id = 6_000 + u32::try_from(self.described.len()).unwrap_or(0);
        let field_of = WeaverField { id, label: label.to_owned(), kind, options: Vec::new() };
        self.described.insert(field.to_owned(), field_of);
        self
    }

    /// With a detail table.
    #[must_use]
    pub fn table(mut self, name: &str, fields: &[&str]) -> Self {
        self.tables.insert(name.to_owned(), fields.iter().map(|field| (*field).to_owned()).collect());
        self
    }
}

impl Default for WeaverOptions {
    fn default() -> Self {
        Self {
            app_id: "weaver-sandbox-app".into(),
            secret: "weaver-sandbox-secret".into(),
            spk: WEAVER_SPK.into(),
            workflows: BTreeMap::new(),
            unknown_users: BTreeSet::new(),
            forbidden_users: BTreeSet::new(),
            codes: WeaverCodes::default(),
            lists_requests: true,
            shows_forms: true,
            title_suffix: String::new(),
            push: None,
            system_id: "SAPB1".into(),
            system_password: "weaver-sandbox-cube".into(),
            cube: BTreeMap::from([
                ("erpWuliao".to_owned(), CubeTable::new(&["wlbm", "wlmc"], "erpWuliao")),
                ("erpKehu".to_owned(), CubeTable::new(&["khbm"], "erpKehuList")),
            ]),
            cube_answers: CubeAnswers::default(),
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for WeaverOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeaverOptions").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}
