//! Refresh tokens. Each sign-in begins a family; of its tokens the newest alone counts. Whoever presents a former one
//! has stolen it, or it was stolen from them, so the family ends and with it every session of it.
//!
//! A refresh is done by one at a time: it is claimed before the login server is asked, and what comes of it is stored
//! in one write. A process that dies in between leaves the token that was presented the one that counts.

use crate::exchange::{Grant, exchange};
use crate::fault::Fault;
use crate::state::random;
use crate::{provider, session};
use serde::{Deserialize, Serialize};
use tenon_crypto::digest;
use tenon_crypto::digest::hex_lower;
use tenon_crypto::secrets::Purpose;
use tenon_directory::Directory;
use tenon_model::TenantId;
use tenon_model::config::Sso;
use tenon_platform::clock::millis;
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Expect, Key, Outcome, RecordKind, Stored, Write};
use tenon_platform::{Context, Error, Rejection, Result};

/// What is told of every refresh token that does not count.
const SIGN_IN_AGAIN: &str = "登录已失效，请重新登录";

/// The tokens of one sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The person, by our id.
    pub person: String,
    /// SHA-256 of the secret of the token that counts.
    current: String,
    /// The login server's own refresh token, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_provider: Option<String>,
    /// Which server, with which settings.
    provider: String,
    /// Epoch ms until which a refresh is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed_until_ms: Option<i64>,
    /// Epoch ms at which it began.
    began_ms: i64,
    /// Epoch ms at which it ends when nobody comes back.
    until_ms: i64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Family>("SSO-FAMILY");

/// What somebody who is signed in holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The session's token.
    pub access: String,
    /// What the next is got with.
    pub refresh: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens([redacted])")
    }
}

/// Begins a family for a person who signed in.
///
/// # Errors
/// Those of the table.
pub async fn begin(ctx: &Context, sso: &Sso, person: &str, at_provider: Option<&str>) -> Result<Tokens> {
    let tenant = crate::tenant(sso);
    let id = hex_lower(&ctx.entropy.bytes::<16>()?);
    let (secret, now) = (random(ctx)?, ctx.now_ms());
    let family = Family {
        person: person.to_owned(),
        current: digest::sha256_hex(secret.as_bytes()),
        at_provider: seal(ctx, &id, at_provider).await?,
        provider: provider::id(sso),
        claimed_until_ms: None,
        began_ms: now,
        until_ms: now + millis(sso.stay),
    };
    let access = session::issue(ctx, &tenant, person, &id).await?;
    let write = Write::put(key(&tenant, &id), &family, Expect::AbsentAt(now))?;
    match ctx.table.write(write.expiring(Some(family.until_ms.div_euclid(1000)))).await? {
        Outcome::Done => Ok(Tokens { access, refresh: format!("{id}.{secret}") }),
        Outcome::Conflict => Err(Error::transient("platform.entropy", "a random id came twice")),
    }
}

/// Whether a family goes on, and whose it is.
///
/// # Errors
/// Those of the table.
pub async fn counts(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Option<Family>> {
    let stored = ctx.table.get::<Family>(&key(tenant, id)).await?;
    Ok(stored.map(|stored| stored.data).filter(|family| ctx.now_ms() < family.until_ms))
}

/// Ends a family, and every session of it.
///
/// # Errors
/// Those of the table.
pub async fn end(ctx: &Context, tenant: &TenantId, id: &str) -> Result<()> {
    ctx.table.write(Write::delete(key(tenant, id), Expect::Anything)).await.map(drop)
}

/// Ends the family of a refresh token that counts; a former one, or one that somebody made up, ends none.
///
/// # Errors
/// Those of the table.
pub async fn sign_out(ctx: &Context, tenant: &TenantId, token: &str) -> Result<()> {
    let Some((id, secret)) = named(token) else { return Ok(()) };
    let hash = digest::sha256_hex(secret.as_bytes());
    match counts(ctx, tenant, id).await? {
        Some(family) if digest::equal(family.current.as_bytes(), hash.as_bytes()) => end(ctx, tenant, id).await,
        _ => Ok(()),
    }
}

/// The family that a refresh token is of; none for what is no such token.
pub fn named(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.split_once('.')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (id.len() == 32 && secret.len() == 43 && plain(id) && plain(secret)).then_some((id, secret))
}

/// New tokens for the one that counts.
///
/// # Errors
/// [`Rejection::Unauthenticated`] for every token that does not count, after which its family does not either where it
/// was a former one's; [`Rejection::InProgress`] while another call has it in hand; failures of ours and of the login
/// server, after which the token goes on to count.
pub async fn refresh(ctx: &Context, sso: &Sso, token: &str) -> std::result::Result<Tokens, Rejection> {
    let tenant = crate::tenant(sso);
    let (id, secret) = named(token).ok_or(refused("no refresh token"))?;
    let stored = ctx.table.get::<Family>(&key(&tenant, id)).await?;
    let Some(stored) = stored.filter(|stored| ctx.now_ms() < stored.data.until_ms) else {
        return Err(refused("no such family, or it ended"));
    };
    let hash = digest::sha256_hex(secret.as_bytes());
    if !digest::equal(stored.data.current.as_bytes(), hash.as_bytes()) {
        end(ctx, &tenant, id).await?;
        tracing::warn!(person = stored.data.person.as_str(), "a former refresh token was presented; its sign-in ends");
        return Err(refused("a former token; its family ended"));
    }
    if stored.data.provider != provider::id(sso) || !sso.enabled {
        end(ctx, &tenant, id).await?;
        return Err(refused("of another login server"));
    }
    let person = Directory::new(ctx, &tenant).person(&stored.data.person).await?;
    if !person.is_some_and(|person| person.data.active) {
        end(ctx, &tenant, id).await?;
        return Err(refused("the person is not there any more"));
    }
    let (claimed, at_provider) = match &stored.data.at_provider {
        Some(sealed) => at_provider(ctx, sso, (&tenant, id), &stored, sealed).await?,
        None => (stored, None),
    };
    rotate(ctx, sso, (&tenant, id), claimed, at_provider).await
}

/// Asks the login server whether the person is still let in: it knows first who has left.
async fn at_provider(
    ctx: &Context,
    sso: &Sso,
    (tenant, id): (&TenantId, &str),
    stored: &Stored<Family>,
    sealed: &str,
) -> std::result::Result<(Stored<Family>, Option<String>), Rejection> {
    let now = ctx.now_ms();
    if stored.data.claimed_until_ms.is_some_and(|until| now < until) {
        return Err(in_progress());
    }
    let claimed_until_ms = Some(now + millis(sso.timeout) + millis(tenon_platform::clock::SKEW));
    let claimed = Family { claimed_until_ms, ..stored.data.clone() };
    let claimed = put(ctx, (tenant, id), stored.version, claimed).await?;
    let token = open(ctx, id, sealed).await?;
    match exchange(ctx, sso, Grant::Refresh(&token)).await {
        Ok(granted) => Ok((claimed, Some(granted.refresh_token.unwrap_or(token)))),
        // A server that gives such tokens and does not take them has no say.
        Err(Fault::Exchange(why)) if why == "unsupported_grant_type" => Ok((claimed, None)),
        Err(Fault::Exchange(why)) => {
            end(ctx, tenant, id).await?;
            tracing::info!(reason = why.as_str(), "the login server ended a sign-in");
            Err(refused("the login server ended it"))
        }
        Err(fault) => {
            let released = Family { claimed_until_ms: None, ..claimed.data };
            put(ctx, (tenant, id), claimed.version, released).await?;
            let message = format!("the login server could not be asked: {}: {}", fault.code(), fault.detail());
            Err(Error::transient("sso.unreachable", message).into())
        }
    }
}

async fn rotate(
    ctx: &Context,
    sso: &Sso,
    (tenant, id): (&TenantId, &str),
    stored: Stored<Family>,
    at_provider: Option<String>,
) -> std::result::Result<Tokens, Rejection> {
    let secret = random(ctx)?;
    let next = Family {
        current: digest::sha256_hex(secret.as_bytes()),
        at_provider: seal(ctx, id, at_provider.as_deref()).await?,
        claimed_until_ms: None,
        until_ms: ctx.now_ms() + millis(sso.stay),
        ..stored.data
    };
    // Made before it is stored: what fails here leaves the token that was presented the one that counts.
    let access = session::issue(ctx, tenant, &next.person, id).await?;
    put(ctx, (tenant, id), stored.version, next).await?;
    Ok(Tokens { access, refresh: format!("{id}.{secret}") })
}

/// Writes it, if it is as it was read: else another call has it in hand.
async fn put(
    ctx: &Context,
    (tenant, id): (&TenantId, &str),
    version: u64,
    family: Family,
) -> std::result::Result<Stored<Family>, Rejection> {
    let write = Write::put(key(tenant, id), &family, Expect::Version(version))?;
    match ctx.table.write(write.expiring(Some(family.until_ms.div_euclid(1000)))).await? {
        Outcome::Done => Ok(Stored { sort: "family".to_owned(), version: version + 1, data: family }),
        Outcome::Conflict => Err(in_progress()),
    }
}

fn refused(reason: &'static str) -> Rejection {
    Rejection::Unauthenticated { message: SIGN_IN_AGAIN, reason, hint: None }
}

fn in_progress() -> Rejection {
    Rejection::InProgress { message: "登录正在由另一个请求续期，请稍后重试", after_s: 1 }
}

fn key(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "SSO-FAMILY", &[id], "family")
}

fn place(id: &str) -> String {
    format!("SSO-FAMILY/{id}")
}

async fn seal(ctx: &Context, id: &str, token: Option<&str>) -> Result<Option<String>> {
    let Some(token) = token else { return Ok(None) };
    let (keys, nonce) = (ctx.keys.to_seal().await?, ctx.entropy.bytes::<12>()?);
    Ok(Some(keys.seal(Purpose::Login, &place(id), nonce, token.as_bytes())))
}

async fn open(ctx: &Context, id: &str, sealed: &str) -> Result<String> {
    let plain = ctx.keys.to_open(sealed).await?.open(Purpose::Login, &place(id), sealed).map_err(|why| {
        Error::permanent("config.sealed", format!("the login server's token does not open: {why}; sign in again"))
    })?;
    String::from_utf8(plain).map_err(|why| Error::permanent("platform.table", why.to_string()))
}

/// What is sealed in it.
pub(crate) fn sealed_text(id: &str, data: &serde_json::Value) -> Option<SealedText> {
    Some(SealedText::sealed(Purpose::Login, place(id), data.get("at_provider")?.as_str()?))
}
