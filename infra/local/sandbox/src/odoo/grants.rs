//! Codes and tokens that were given out.

use std::collections::BTreeMap;

/// A code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub login: String,
    pub redirect_uri: String,
    /// The S256 challenge; none for a sign-in without PKCE.
    pub challenge: Option<String>,
    pub scope: String,
    pub until_ms: i64,
    /// The tokens it was exchanged for.
    pub used: Option<u64>,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub login: String,
    pub scope: String,
    pub family: u64,
    pub used: bool,
}

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub login: String,
    pub family: u64,
    pub until_ms: i64,
}

/// Everything that was given out. What belongs to one sign-in is a family, and ends as one.
#[derive(Clone, Debug, Default)]
pub(super) struct Grants {
    pub codes: BTreeMap<String, Code>,
    pub refresh: BTreeMap<String, Refresh>,
    pub access: BTreeMap<String, Access>,
    pub families: u64,
    /// Times a code, or a refresh token, was presented a second time.
    pub reused: u64,
}

impl Grants {
    /// Ends what belongs to one sign-in.
    pub fn end(&mut self, family: u64) {
        self.refresh.retain(|_, token| token.family != family);
        self.access.retain(|_, token| token.family != family);
    }

    /// Ends everything.
    pub fn end_all(&mut self) {
        self.refresh.clear();
        self.access.clear();
        self.codes.clear();
    }

    /// The login of an access token that counts.
    pub fn holder(&self, token: &str, now_ms: i64) -> Option<&str> {
        self.access.get(token).filter(|access| now_ms < access.until_ms).map(|access| access.login.as_str())
    }
}
