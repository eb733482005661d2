//! Tokens in the table. Each lies there twice, and both copies are written in one transaction: under
//! its hash, where one read finds it, and in the list, under the id that may be shown. Each copy carries the
//! proof that it was written here under this hash: a row that somebody wrote into the table is no token.

use super::{Principal, tenant_id};
use crate::optimistic::settle;
use crate::{contention, times};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenon_catalog::scope;
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_model::access::{Role, TokenRecord};
use tenon_model::config::Secret;
use tenon_platform::authenticated::{Authenticated, opened};
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Expect, Key, Range, Raw, RecordKind, Stored, Transacted, Write};
use tenon_platform::{Context, Rejection};

const PREFIX: &str = "tnn_";
/// Unpadded base64url of 32 bytes.
const RANDOM_CHARS: usize = 43;
const DAY_MS: i64 = 86_400_000;
/// A token that is dead for this long is forgotten.
const KEPT_AFTER_END_MS: i64 = 90 * DAY_MS;
/// Tokens of a list, at most.
const LISTED: u32 = 1_000;

/// Days a token is valid unless said otherwise.
pub const DEFAULT_DAYS: i64 = 90;
/// Days a token is valid at most.
pub const MAX_DAYS: i64 = 366;

/// A token to be issued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewToken {
    /// What it is for, 1 to 64 characters.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The tenant of a tenant administrator; none for an operator.
    pub tenant: Option<TenantId>,
    /// What it may do; empty for everything the role may have.
    pub scopes: Vec<String>,
    /// Epoch ms of its end; absent for [`DEFAULT_DAYS`] from now.
    pub expires_ms: Option<i64>,
}

/// The list's copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    hash: String,
    token: Authenticated<TokenRecord>,
}

/// The kinds of records of a token.
pub(crate) const KINDS: [RecordKind; 2] =
    [RecordKind::of::<Authenticated<TokenRecord>>("TOKEN"), RecordKind::of::<Entry>("TOKENS")];

/// What a token's proof is for.
fn place(hash: &str) -> String {
    format!("TOKEN/{hash}")
}

/// The proof of a stored token, in either of its copies.
pub(crate) fn sealed_text(record: &Raw) -> Option<SealedText> {
    let (_, collection, parts) = record.key.named();
    if collection == "TOKEN" {
        return SealedText::proof(place(parts.first()?), &record.data);
    }
    SealedText::proof(place(record.data.get("hash")?.as_str()?), record.data.get("token")?)
}

/// An entry of the list, when it is one of ours.
async fn listed(ctx: &Context, entry: Value) -> tenon_platform::Result<Option<(String, TokenRecord)>> {
    let Some((hash, token)) = entry.get("hash").and_then(Value::as_str).zip(entry.get("token")) else {
        return Ok(None);
    };
    Ok(opened(ctx, &place(hash), token.clone()).await?.map(|token| (hash.to_owned(), token)))
}

fn key_of(hash: &str) -> Key {
    Key::new(&TenantId::operator(), "TOKEN", &[hash], "-")
}

fn by_id(id: &str) -> Key {
    Key::new(&TenantId::operator(), "TOKENS", &[], id)
}

/// Every scope a role may have.
pub fn default_scopes(role: Role) -> Vec<String> {
    let scopes: &[&str] = match role {
        Role::Operator => &scope::ALL,
        Role::TenantAdmin => &scope::TENANTS,
    };
    scopes.iter().map(|s| (*s).to_owned()).collect()
}

/// Issues a token, or finds the one that an earlier process issued for the same call. Its text is here, and for a day
/// sealed under the call's idempotency key where it has one; nowhere else.
///
/// # Errors
/// 400 that names what is wrong; what the table refuses.
pub async fn issue(ctx: &Context, new: NewToken) -> Result<(Secret, TokenRecord), Rejection> {
    if let Some(issued) = ctx.once.made_sealed::<Issued>(ctx).await? {
        return Ok((issued.token, issued.record));
    }
    let now = ctx.now_ms();
    let record = checked(ctx, new, now)?;
    let token = Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<32>()?)));
    let hash = sha256_hex(token.expose().as_bytes());
    let mut writes = writes(ctx, &hash, &record, Expect::AbsentAt(now), Expect::AbsentAt(now)).await?;
    let issued = Issued { token, record };
    writes.extend(ctx.once.note_sealed(ctx, &issued).await?);
    match contention::transact(ctx, writes).await? {
        Transacted::Done => Ok((issued.token, issued.record)),
        Transacted::Conflict(_) => match ctx.once.made_sealed::<Issued>(ctx).await? {
            // Whoever had the call before was not dead yet.
            Some(issued) => Ok((issued.token, issued.record)),
            None => {
                let message = "a new token already exists; the random source repeats itself";
                Err(tenon_platform::Error::transient("tenants.busy", message)
                    .with_kind(tenon_platform::ErrorKind::Overtaken)
                    .into())
            }
        },
    }
}

/// What a call that issues a token makes.
#[derive(Serialize, Deserialize)]
struct Issued {
    token: Secret,
    record: TokenRecord,
}

fn checked(ctx: &Context, new: NewToken, now: i64) -> Result<TokenRecord, Rejection> {
    let length = new.name.trim().chars().count();
    if length == 0 || length > 64 {
        return Err(Rejection::field("name", "须为1至64个字符"));
    }
    let tenant = match (new.role, new.tenant) {
        (Role::Operator, None) => None,
        (Role::Operator, Some(_)) => return Err(Rejection::field("tenantId", "运营方令牌不属于任何租户")),
        (Role::TenantAdmin, Some(tenant)) => Some(tenant_id(tenant.as_str())?),
        (Role::TenantAdmin, None) => return Err(Rejection::field("tenantId", "租户管理员令牌须指明租户")),
    };
    let may_have = default_scopes(new.role);
    if let Some(other) = new.scopes.iter().find(|s| !may_have.contains(s)) {
        return Err(Rejection::field("scopes", format!("该角色不能拥有{other}，可选: {}", may_have.join(", "))));
    }
    let scopes = if new.scopes.is_empty() {
        may_have
    } else {
        may_have.into_iter().filter(|s| new.scopes.contains(s)).collect()
    };
    let expires_ms = new.expires_ms.unwrap_or(now + DEFAULT_DAYS * DAY_MS);
    if expires_ms <= now || expires_ms > now + MAX_DAYS * DAY_MS {
        return Err(Rejection::field("days", format!("有效期须为1至{MAX_DAYS}天")));
    }
    let (id, name) = (ctx.entropy.id("tok-", now)?, new.name.trim().to_owned());
    Ok(TokenRecord { id, name, role: new.role, tenant, scopes, created_ms: now, expires_ms, revoked_ms: None })
}

async fn writes(
    ctx: &Context,
    hash: &str,
    token: &TokenRecord,
    found: Expect,
    listed: Expect,
) -> tenon_platform::Result<Vec<Write>> {
    let forget = Some((token.expires_ms + KEPT_AFTER_END_MS).div_euclid(1000));
    let proven = Authenticated::new(ctx.keys.to_seal().await?.as_ref(), &place(hash), token)?;
    let entry = Entry { hash: hash.to_owned(), token: proven.clone() };
    Ok(vec![
        Write::put(key_of(hash), &proven, found)?.expiring(forget),
        Write::put(by_id(&token.id), &entry, listed)?.expiring(forget),
    ])
}

/// Who holds the token of an `Authorization` header. One table read, none for what cannot be a token.
///
/// # Errors
/// One and the same 401 for a token that is missing, malformed, unknown, expired or revoked; its
/// reason is for the log.
pub async fn authenticate(ctx: &Context, authorization: Option<&str>) -> Result<Principal, Rejection> {
    let header = authorization.ok_or(Rejection::unauthenticated("no-token"))?;
    let (scheme, text) = header.trim().split_once(' ').ok_or(Rejection::unauthenticated("malformed"))?;
    let text = text.trim();
    let random = text.strip_prefix(PREFIX).unwrap_or_default();
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !scheme.eq_ignore_ascii_case("bearer") || random.len() != RANDOM_CHARS || !random.bytes().all(fits) {
        return Err(Rejection::unauthenticated("malformed"));
    }
    by_hash(ctx, &hash_of(text)).await
}

/// What a token is found by.
pub(super) fn hash_of(text: &str) -> String {
    sha256_hex(text.trim().as_bytes())
}

/// Who holds the token of this hash. One table read.
///
/// # Errors
/// As [`authenticate`].
pub(super) async fn by_hash(ctx: &Context, hash: &str) -> Result<Principal, Rejection> {
    let stored: Option<Stored<Value>> = ctx.table.get(&key_of(hash)).await?;
    let stored = stored.ok_or(Rejection::unauthenticated("unknown"))?.data;
    let record: TokenRecord = opened(ctx, &place(hash), stored).await?.ok_or(Rejection::unauthenticated("unproven"))?;
    if record.revoked_ms.is_some() {
        return Err(Rejection::unauthenticated("revoked"));
    }
    if record.expires_ms <= ctx.now_ms() {
        return Err(Rejection::unauthenticated("expired"));
    }
    Ok(Principal::of(record))
}

/// Tokens that are not long dead, oldest first; the newest 1,000 where there are more.
///
/// # Errors
/// What the table refuses.
pub async fn list(ctx: &Context) -> tenon_platform::Result<Vec<TokenRecord>> {
    let partition = Key::partition_of(&TenantId::operator(), "TOKENS", &[]);
    let newest: Vec<Stored<Value>> = ctx.table.newest(&partition, Range::default(), LISTED).await?;
    let mut tokens = Vec::new();
    for stored in newest.into_iter().rev() {
        tokens.extend(listed(ctx, stored.data).await?.map(|(_, token)| token));
    }
    Ok(tokens)
}

/// Whose the tokens are that are listed from this one on, so many at once, and from which the next page begins: the last one
/// of this. Dead ones count too, while they are listed.
///
/// # Errors
/// What the table refuses.
pub async fn tenants(
    ctx: &Context,
    from: Option<String>,
    limit: u32,
) -> tenon_platform::Result<(BTreeSet<TenantId>, Option<String>)> {
    let partition = Key::partition_of(&TenantId::operator(), "TOKENS", &[]);
    let page = ctx.table.query::<Value>(&partition, Range { from, limit: Some(limit), ..Range::default() }).await?;
    let next = page.next.and_then(|_| page.items.last().map(|stored| stored.sort.clone()));
    let mut tenants = BTreeSet::new();
    for stored in page.items {
        tenants.extend(listed(ctx, stored.data).await?.and_then(|(_, token)| token.tenant));
    }
    Ok((tenants, next))
}

/// `active`, `expired` or `revoked`.
pub fn status(token: &TokenRecord, now_ms: i64) -> &'static str {
    match token.revoked_ms {
        Some(_) => "revoked",
        None if token.expires_ms <= now_ms => "expired",
        None => "active",
    }
}

/// A token as the API and the `tenon` command show it.
pub fn view(token: &TokenRecord, now_ms: i64) -> Value {
    json!({
        "id": token.id, "name": token.name, "role": token.role, "tenantId": token.tenant, "scopes": token.scopes,
        "status": status(token, now_ms), "createTime": times::local(token.created_ms),
        "expireTime": times::local(token.expires_ms), "revokeTime": token.revoked_ms.map(times::local),
    })
}

/// A list of them.
pub fn views(tokens: &[TokenRecord], now_ms: i64) -> Value {
    json!({ "total": tokens.len(), "records": tokens.iter().map(|t| view(t, now_ms)).collect::<Vec<_>>() })
}

/// Revokes a token, at once and for ever. Doing it again changes nothing.
///
/// # Errors
/// 404 for an unknown id; what the table refuses.
pub async fn revoke(ctx: &Context, id: &str) -> Result<TokenRecord, Rejection> {
    settle(ctx, || async {
        let stored: Stored<Value> = ctx.table.get(&by_id(id)).await?.ok_or_else(Rejection::not_found)?;
        let (hash, mut token) = listed(ctx, stored.data).await?.ok_or_else(Rejection::not_found)?;
        if token.revoked_ms.is_some() {
            return Ok(Some(token));
        }
        token.revoked_ms = Some(ctx.now_ms());
        let writes = writes(ctx, &hash, &token, Expect::Anything, Expect::Version(stored.version)).await?;
        Ok(match contention::transact(ctx, writes).await? {
            Transacted::Done => Some(token),
            Transacted::Conflict(_) => None,
        })
    })
    .await
}
