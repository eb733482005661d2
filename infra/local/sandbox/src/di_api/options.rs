//! What a DI API is set up with.

use std::fmt;
use std::time::Duration;

/// Settings of a DI API.
#[derive(Clone)]
pub struct DiApiOptions {
    /// Company database, compared exactly.
    pub company_db: String,
    /// User.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Idle minutes after which a session ends.
    pub session_minutes: i64,
    /// Whether a session that is over is told by a code with status 200, and not by status 401.
    pub session_over_is_a_code: bool,
    /// Whether a login is answered as a good one and without its cookies.
    pub forgets_cookies: bool,
    /// Time an answer takes.
    pub latency: Duration,
}

impl Default for DiApiOptions {
    fn default() -> Self {
        Self {
            company_db: "SBODEMOCN".into(),
            username: "s-erp\\manager".into(),
            password: "sandbox-di-api".into(),
            session_minutes: 30,
            session_over_is_a_code: false,
            forgets_cookies: false,
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for DiApiOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiApiOptions").field("company_db", &self.company_db).finish_non_exhaustive()
    }
}
