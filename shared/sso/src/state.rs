//! A sign-in under way.

use crate::provider;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tenon_crypto::digest;
use tenon_crypto::secrets::Purpose;
use tenon_model::config::Sso;
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Expect, Key, Outcome, RecordKind, Write};
use tenon_platform::{Context, Error, Result};

/// How long a person may take at the login server.
pub(crate) const LASTS_MS: i64 = 5 * 60 * 1000;

/// What a sign-in has to keep until the browser comes back. Found by the hash of its `state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The PKCE verifier, sealed.
    verifier: String,
    /// Where the person wanted to go.
    pub return_to: String,
    /// SHA-256 of what the browser's cookie says.
    browser: String,
    /// Which server, with which settings.
    provider: String,
    /// Epoch ms until which it counts.
    until_ms: i64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<State>("SSO-STATE");

/// The two secrets of a sign-in that has begun.
pub(crate) struct Begun {
    /// The `state`, which the browser carries through the login server.
    pub state: String,
    /// The S256 challenge of the verifier.
    pub challenge: String,
}

impl State {
    /// Stores a sign-in that begins now.
    pub async fn begin(ctx: &Context, sso: &Sso, return_to: &str, browser: &str) -> Result<Begun> {
        let state = random(ctx)?;
        let verifier = random(ctx)?;
        let hash = digest::sha256_hex(state.as_bytes());
        let (keys, nonce) = (ctx.keys.to_seal().await?, ctx.entropy.bytes::<12>()?);
        let until_ms = ctx.now_ms() + LASTS_MS;
        let record = Self {
            verifier: keys.seal(Purpose::Login, &place(&hash), nonce, verifier.as_bytes()),
            return_to: return_to.to_owned(),
            browser: digest::sha256_hex(browser.as_bytes()),
            provider: provider::id(sso),
            until_ms,
        };
        let write = Write::put(key(sso, &hash), &record, Expect::AbsentAt(ctx.now_ms()))?;
        match ctx.table.write(write.expiring(Some(until_ms.div_euclid(1000) + 60))).await? {
            Outcome::Done => {}
            Outcome::Conflict => return Err(Error::transient("platform.entropy", "a random text came twice")),
        }
        let challenge = digest::sha256_base64url_short(verifier.as_bytes(), 43);
        Ok(Begun { state, challenge })
    }

    /// Takes a sign-in out of the table, so that nobody else has it: whatever comes of it, it was used. None where
    /// there is none, or somebody else took it first, or its time is over.
    pub async fn take(ctx: &Context, sso: &Sso, state: &str) -> Result<Option<Self>> {
        let key = key(sso, &digest::sha256_hex(state.as_bytes()));
        let Some(stored) = ctx.table.get::<Self>(&key).await? else { return Ok(None) };
        match ctx.table.write(Write::delete(key, Expect::Version(stored.version))).await? {
            Outcome::Done if ctx.now_ms() < stored.data.until_ms => Ok(Some(stored.data)),
            Outcome::Done | Outcome::Conflict => Ok(None),
        }
    }

    /// Whether it began in the browser whose cookie says this.
    pub fn is_of_browser(&self, browser: &str) -> bool {
        digest::equal(self.browser.as_bytes(), digest::sha256_hex(browser.as_bytes()).as_bytes())
    }

    /// Whether it began at this server.
    pub fn is_of_provider(&self, sso: &Sso) -> bool {
        self.provider == provider::id(sso)
    }

    /// The PKCE verifier.
    pub async fn verifier(&self, ctx: &Context, state: &str) -> Result<String> {
        let keys = ctx.keys.to_open(&self.verifier).await?;
        let hash = digest::sha256_hex(state.as_bytes());
        let plain = keys.open(Purpose::Login, &place(&hash), &self.verifier).map_err(|why| {
            Error::permanent("config.sealed", format!("what a sign-in keeps does not open: {why}; sign in again"))
        })?;
        String::from_utf8(plain).map_err(|why| Error::permanent("platform.table", why.to_string()))
    }
}

/// 256 random bits as 43 characters.
pub(crate) fn random(ctx: &Context) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<32>()?))
}

fn key(sso: &Sso, hash: &str) -> Key {
    Key::new(&crate::tenant(sso), "SSO-STATE", &[hash], "state")
}

fn place(hash: &str) -> String {
    format!("SSO-STATE/{hash}")
}

/// What is sealed in it.
pub(crate) fn sealed_text(hash: &str, data: &serde_json::Value) -> Option<SealedText> {
    Some(SealedText::sealed(Purpose::Login, place(hash), data.get("verifier")?.as_str()?))
}
