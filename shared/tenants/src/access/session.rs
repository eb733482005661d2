//! Sessions of the console's pages. Whoever holds a token signs in with it once, or with a link that is good once; from
//! then on the browser shows the session's id, of which the table knows only the SHA-256. A session is its token's:
//! when that ends or is revoked, so does the session, with the next request.

use super::token::{by_hash, hash_of};
use super::{Principal, authenticate};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_model::config::Secret;
use tenon_platform::authenticated::{Authenticated, opened};
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Expect, Key, Outcome, Raw, RecordKind, Stored, Write};
use tenon_platform::{Context, Rejection};

/// A session that is not used for so long ends,
pub const IDLE_MS: i64 = 30 * 60_000;
/// and every one after so long.
pub const LASTS_MS: i64 = 8 * 3_600_000;
/// How long a link is good.
pub const LINK_LASTS_MS: i64 = 60_000;
/// How stale the note of a session's last use may get. A session ends by so much earlier, never later.
const NOTED_EVERY_MS: i64 = 60_000;
/// Unpadded base64url of 32 bytes.
const ID_CHARS: usize = 43;

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRecord {
    /// SHA-256 of the token it began with, by which that is found.
    token_hash: String,
    /// The token's id: who acts.
    token: String,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    created_ms: i64,
    seen_ms: i64,
}

/// A link as stored, under the SHA-256 of its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkRecord {
    token_hash: String,
    until_ms: i64,
}

/// The kinds of records of sessions.
pub(crate) const KINDS: [RecordKind; 2] = [
    RecordKind::of::<Authenticated<SessionRecord>>("CONSOLE-SESSION"),
    RecordKind::of::<Authenticated<LinkRecord>>("CONSOLE-LINK"),
];

fn place(kind: &str, hash: &str) -> String {
    format!("{kind}/{hash}")
}

/// The proof of a stored session or link.
pub(crate) fn sealed_text(record: &Raw) -> Option<SealedText> {
    let (_, collection, parts) = record.key.named();
    SealedText::proof(place(collection, parts.first()?), &record.data)
}

fn session_key(hash: &str) -> Key {
    Key::new(&TenantId::operator(), "CONSOLE-SESSION", &[hash], "-")
}

fn link_key(hash: &str) -> Key {
    Key::new(&TenantId::operator(), "CONSOLE-LINK", &[hash], "-")
}

/// A session that has begun: its id, which the browser alone keeps, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// The id.
    pub id: Secret,
    /// Who signed in.
    pub principal: Principal,
}

/// Begins a session for the holder of a token.
///
/// # Errors
/// One and the same 401 for a token that does not count; what the table refuses.
pub async fn begin(ctx: &Context, token: &str) -> Result<Begun, Rejection> {
    let token = token.trim();
    let principal = authenticate(ctx, Some(&format!("Bearer {token}"))).await?;
    let (id, write) = opening(ctx, &principal, &hash_of(token)).await?;
    written(ctx.table.write(write).await?)?;
    Ok(Begun { id, principal })
}

/// Begins a session by a link, which is good for no other from then on: both are one transaction.
///
/// # Errors
/// One and the same 401 for a code that does not count; what the table refuses.
pub async fn begin_by_link(ctx: &Context, code: &str) -> Result<Begun, Rejection> {
    let (hash, stored) = link_of(ctx, code).await?;
    let principal = by_hash(ctx, &stored.data.token_hash).await?;
    let (id, write) = opening(ctx, &principal, &stored.data.token_hash).await?;
    let spent = Write::delete(link_key(&hash), Expect::Version(stored.version));
    match ctx.table.transact(vec![spent, write]).await? {
        Outcome::Done => Ok(Begun { id, principal }),
        Outcome::Conflict => Err(Rejection::unauthenticated("a link that was used meanwhile")),
    }
}

/// Whose session a link would begin.
///
/// # Errors
/// As [`begin_by_link`].
pub async fn behind_link(ctx: &Context, code: &str) -> Result<Principal, Rejection> {
    let (_, stored) = link_of(ctx, code).await?;
    by_hash(ctx, &stored.data.token_hash).await
}

async fn link_of(ctx: &Context, code: &str) -> Result<(String, Stored<LinkRecord>), Rejection> {
    let hash = checked(code)?;
    let stored: Option<Stored<Value>> = ctx.table.get(&link_key(&hash)).await?;
    let Stored { data, version, sort, .. } = stored.ok_or(Rejection::unauthenticated("no such link"))?;
    let link: Option<LinkRecord> = opened(ctx, &place("CONSOLE-LINK", &hash), data).await?;
    let link = link.ok_or(Rejection::unauthenticated("unproven"))?;
    if link.until_ms <= ctx.now_ms() {
        return Err(Rejection::unauthenticated("an old link"));
    }
    Ok((hash, Stored { data: link, version, sort }))
}

/// Makes a link for the holder of a token; its code, which is nowhere else, is good for a minute and once.
///
/// # Errors
/// What the table refuses.
pub async fn link(ctx: &Context, token: &str) -> Result<Secret, Rejection> {
    let (code, now) = (random(ctx)?, ctx.now_ms());
    let hash = sha256_hex(code.expose().as_bytes());
    let record = LinkRecord { token_hash: hash_of(token), until_ms: now + LINK_LASTS_MS };
    let proven = Authenticated::new(ctx.keys.to_seal().await?.as_ref(), &place("CONSOLE-LINK", &hash), &record)?;
    let write = Write::put(link_key(&hash), &proven, Expect::AbsentAt(now))?;
    written(ctx.table.write(write.expiring(Some(record.until_ms.div_euclid(1000) + 60))).await?)?;
    Ok(code)
}

async fn opening(ctx: &Context, by: &Principal, token_hash: &str) -> Result<(Secret, Write), Rejection> {
    let (id, now) = (random(ctx)?, ctx.now_ms());
    let record = SessionRecord {
        token_hash: token_hash.to_owned(),
        token: by.token.clone(),
        role: by.role,
        tenant: by.own_tenant().cloned(),
        created_ms: now,
        seen_ms: now,
    };
    let hash = sha256_hex(id.expose().as_bytes());
    Ok((id, put(ctx, &hash, &record, Expect::AbsentAt(now)).await?))
}

async fn put(ctx: &Context, hash: &str, record: &SessionRecord, expect: Expect) -> tenon_platform::Result<Write> {
    let place = place("CONSOLE-SESSION", hash);
    let proven = Authenticated::new(ctx.keys.to_seal().await?.as_ref(), &place, record)?;
    let ends_s = (record.created_ms + LASTS_MS).div_euclid(1000);
    Ok(Write::put(session_key(hash), &proven, expect)?.expiring(Some(ends_s)))
}

fn random(ctx: &Context) -> tenon_platform::Result<Secret> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<32>()?)))
}

fn written(outcome: Outcome) -> Result<(), Rejection> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Conflict => Err(Rejection::unauthenticated("the random source repeats itself")),
    }
}

/// The hash of what may be an id or a code.
fn checked(text: &str) -> Result<String, Rejection> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if text.len() != ID_CHARS || !text.bytes().all(fits) {
        return Err(Rejection::unauthenticated("malformed"));
    }
    Ok(sha256_hex(text.as_bytes()))
}

/// Who a session's id lets in. Two table reads, and a write a minute where `used`: what a page asks for by itself
/// does not keep a session alive.
///
/// # Errors
/// One and the same 401 for a session that does not count or has ended, as its token has.
pub async fn enter(ctx: &Context, id: &str, used: bool) -> Result<Principal, Rejection> {
    let (hash, now) = (checked(id)?, ctx.now_ms());
    let stored: Option<Stored<Value>> = ctx.table.get(&session_key(&hash)).await?;
    let stored = stored.ok_or(Rejection::unauthenticated("no such session"))?;
    let record: Option<SessionRecord> = opened(ctx, &place("CONSOLE-SESSION", &hash), stored.data).await?;
    let mut record = record.ok_or(Rejection::unauthenticated("unproven"))?;
    if record.created_ms + LASTS_MS <= now || record.seen_ms + IDLE_MS <= now {
        return Err(Rejection::unauthenticated("the session is over"));
    }
    let principal = by_hash(ctx, &record.token_hash).await?;
    if used && record.seen_ms + NOTED_EVERY_MS <= now {
        record.seen_ms = now;
        // Somebody else's note of the same moment is as good; that of its end is better.
        ctx.table.write(put(ctx, &hash, &record, Expect::Version(stored.version)).await?).await?;
    }
    Ok(principal)
}

/// Ends a session; one that is none is ended already.
///
/// # Errors
/// What the table refuses.
pub async fn end(ctx: &Context, id: &str) -> tenon_platform::Result<()> {
    let Ok(hash) = checked(id) else { return Ok(()) };
    ctx.table.write(Write::delete(session_key(&hash), Expect::Anything)).await.map(drop)
}
