//! What a site's Service Layer is set up with: fixed demo credentials, and quirks seen at single sites.

use super::UserFieldRight;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Settings of a site's Service Layer.
#[derive(Clone)]
pub struct B1Options {
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
    /// Whether a converted draft's approval request stays, as `arsGenerated`, and is not deleted.
    pub conversion_keeps_request: bool,
    /// Whether a conversion takes the batch numbers from a draft's lines and then refuses them, as one site's did.
    pub conversion_loses_batches: bool,
    /// Whether the folder of attachments is not mounted, so that none of them can be read.
    pub attachments_unmounted: bool,
    /// `EnableApprovalProcedureInDI`: whether converting an unsubmitted draft starts its approval.
    /// When false it posts the document live.
    pub approval_in_di: bool,
    /// Entity sets whose POST is taken by an approval procedure: a draft and a request are stored
    /// and no document.
    pub approval_on_post: BTreeSet<String>,
    /// Whether such a POST answers `-2028` though it committed. Otherwise it answers 201 with an
    /// entry that is a draft's.
    pub approval_on_post_fails: bool,
    /// Whether the site has the transaction procedure that sets a changed production order back to unsynced.
    pub sync_procedure: bool,
    /// Whether closed and cancelled production orders refuse user fields too.
    pub ended_orders_refuse_fields: bool,
    /// Whether more than was planned is refused to be received or issued.
    pub over_planned_refused: bool,
    /// Whether the company lets stock fall below zero.
    pub negative_stock: bool,
    /// What the connection's user may do with user-defined fields.
    pub user_fields: UserFieldRight,
    /// Versions of the Service Layer that the site serves.
    pub service_layer: ServedVersions,
    /// Time an answer takes.
    pub latency: Duration,
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

impl Default for B1Options {
    fn default() -> Self {
        Self {
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
            conversion_keeps_request: false,
            conversion_loses_batches: false,
            attachments_unmounted: false,
            approval_in_di: true,
            approval_on_post: BTreeSet::new(),
            approval_on_post_fails: true,
            sync_procedure: true,
            ended_orders_refuse_fields: false,
            over_planned_refused: false,
            negative_stock: false,
            user_fields: UserFieldRight::default(),
            service_layer: ServedVersions::default(),
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for B1Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("B1Options")
            .field("company_db", &self.company_db)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
