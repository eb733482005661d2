//! How a data centre is set up.

use std::fmt;
use std::time::Duration;

/// Settings of a K3Cloud.
#[derive(Clone)]
pub struct KingdeeOptions {
    /// The data centre's id.
    pub account: String,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// The id of the login authorisation.
    pub app_id: String,
    /// Its secret.
    pub app_secret: String,
    /// The number of the user's organisation.
    pub organisation: String,
    /// Whether a second login of the user ends the first.
    pub one_session: bool,
    /// How a session that is lost is told.
    pub lost: KingdeeLost,
    /// Where an error stands.
    pub errors: KingdeeErrors,
    /// Rows of one answer, at most, whatever is asked for (`WebAPIMaxQueryLimit`).
    pub most_rows: usize,
    /// Whether an answer with one row or one column is nested once more.
    pub nests_single: bool,
    /// Time an answer takes.
    pub latency: Duration,
}

/// How a session that is lost is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KingdeeLost {
    /// MsgCode 1.
    #[default]
    MsgCode,
    /// HTTP 401.
    Status,
    /// A text.
    Text,
}

/// Where an error stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KingdeeErrors {
    /// `[[{…}]]`
    #[default]
    Rows,
    /// `[{…}]`
    List,
    /// `{…}`
    Bare,
}

impl Default for KingdeeOptions {
    fn default() -> Self {
        Self {
            account: "6a1f0c2b9d3e47".into(),
            username: "tenon".into(),
            password: "sandbox-kingdee-password".into(),
            app_id: "204399_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4".into(),
            app_secret: "sandbox-kingdee-secret".into(),
            organisation: "100".into(),
            one_session: false,
            lost: KingdeeLost::default(),
            errors: KingdeeErrors::default(),
            most_rows: 10_000,
            nests_single: false,
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for KingdeeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KingdeeOptions").field("account", &self.account).finish_non_exhaustive()
    }
}
