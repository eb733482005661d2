//! What a company at Feishu is set up with.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Settings of a company at Feishu.
#[derive(Clone)]
pub struct FeishuOptions {
    /// App ID.
    pub app_id: String,
    /// App Secret.
    pub app_secret: String,
    /// Whether the app has the bot ability.
    pub bot: bool,
    /// People whom the app does not reach.
    pub out_of_range: BTreeSet<String>,
    /// Messages a second to one person.
    pub per_person: usize,
    /// Messages a second of the app.
    pub per_second: usize,
    /// Time an answer takes.
    pub latency: Duration,
}

impl Default for FeishuOptions {
    fn default() -> Self {
        Self {
            app_id: "cli_sandbox0000001".into(),
            app_secret: "sandbox-feishu-secret".into(),
            bot: true,
            out_of_range: BTreeSet::new(),
            per_person: 5,
            per_second: 50,
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for FeishuOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeishuOptions").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}
