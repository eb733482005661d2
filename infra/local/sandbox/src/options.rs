//! What a sandbox is set up with. The defaults are fixed demo credentials and the commonest
//! behaviour of each vendor; the quirks seen at single sites are settings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Everything a sandbox can be told at its start.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Seeds ids, tokens and nonces; the same seed and calls give the same answers.
    pub seed: u64,

    /// B1 company database, compared exactly.
    pub company_db: String,
    /// B1 user, with its domain prefix if it has one; becomes user 1.
    pub username: String,
    /// Password of [`Self::username`].
    pub password: String,
    /// Idle minutes after which a session ends.
    pub session_minutes: i64,
    /// Sessions at a time; a login beyond that is refused.
    pub max_sessions: usize,
    /// Code of a refused login: `-304`, or `100000027` at other sites.
    pub login_error_code: i64,
    /// How list answers point at their next page.
    pub next_link: NextLink,
    /// Rows a page whatever is asked for; `None` gives what is asked for.
    pub rows_a_page: Option<usize>,
    /// Whether the last page links to one that is empty.
    pub links_to_nothing: bool,
    /// Whether `odata.count` is text (as v1 sites answer) or a number.
    pub count_as_text: bool,
    /// Whether converting a draft answers 201 with a `DocEntry`, as some sites do, and not 204.
    pub conversion_names_document: bool,
    /// `EnableApprovalProcedureInDI`: whether converting an unsubmitted draft starts its approval.
    /// When false it posts the document live.
    pub approval_in_di: bool,
    /// Entity sets whose POST is taken by an approval procedure: a draft and a request are stored
    /// and no document.
    pub approval_on_post: BTreeSet<String>,
    /// Whether such a POST answers `-2028` though it committed. Otherwise it answers 201 with an
    /// entry that is a draft's.
    pub approval_on_post_fails: bool,
    /// Versions of the Service Layer that the site serves.
    pub service_layer: ServedVersions,
    /// Time a B1 answer takes.
    pub b1_latency: Duration,

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
    /// Time a DingTalk answer takes.
    pub dingtalk_latency: Duration,
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

/// Versions of the Service Layer at a site. Any other path is answered by the web server, in HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServedVersions {
    /// `/b1s/v1` and `/b1s/v2`.
    #[default]
    Both,
    /// `/b1s/v1`, as before 10.0.
    V1,
    /// `/b1s/v2`, as some hosted sites do.
    V2,
}

/// Forms of `odata.nextLink` seen at different sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NextLink {
    /// `Drafts?$filter=…&$skip=20`, relative to the service root.
    #[default]
    Relative,
    /// `/b1s/v1/Drafts?$filter=…&$skip=20`.
    RootPath,
    /// `https://host/b1s/v1/Drafts?$filter=…&$skip=20`.
    Absolute,
    /// `Drafts?$skip=20`: filter, order and selection are lost.
    DropsFilter,
    /// Always points at the page it came with.
    Loops,
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

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            company_db: "SBODEMOCN".into(),
            username: "manager".into(),
            password: "sandbox-b1".into(),
            session_minutes: 30,
            max_sessions: 10,
            login_error_code: -304,
            next_link: NextLink::default(),
            rows_a_page: None,
            links_to_nothing: false,
            count_as_text: true,
            conversion_names_document: false,
            approval_in_di: true,
            approval_on_post: BTreeSet::new(),
            approval_on_post_fails: true,
            service_layer: ServedVersions::default(),
            b1_latency: Duration::ZERO,
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
            control_kinds: BTreeMap::new(),
            default_approvers: vec!["manager01".into()],
            qps_limit: None,
            success_as_text: false,
            table_shape: TableShape::default(),
            corp_key: CorpKey::default(),
            event_ids: true,
            failed_entry: FailedEntry::default(),
            dingtalk_latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for SandboxOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxOptions")
            .field("seed", &self.seed)
            .field("company_db", &self.company_db)
            .field("username", &self.username)
            .field("app_key", &self.app_key)
            .field("owner", &self.owner)
            .field("corp_id", &self.corp_id)
            .field("callback_url", &self.callback_url)
            .finish_non_exhaustive()
    }
}
