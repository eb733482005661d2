//! `Idempotency-Key`: a write that is repeated is carried out once, and each repetition gets the first answer.
//!
//! The caller names a write by a key of its own making. The first call claims the key by one conditional write, in
//! progress until its function's end at the latest; its answer is stored under the key, sealed, and a repetition
//! gets it byte for byte. A call that was not carried out (any rejection) gives the key back, so that it may be
//! sent again. What a process that died had made already is found by the call's [`Once`].
//!
//! Keys are told apart by tenant, caller and route, and each belongs to one request: another path, query or body
//! under the same key is refused.

use crate::clock::millis;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::keys::SealedText;
use crate::lease;
use crate::once::Once;
use crate::rejection::Rejection;
use crate::request::{self, Request};
use crate::table::{Claim as Put, Expect, Key, Outcome, RecordKind, Stored, Write};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use lambda_http::{Body, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_catalog::Route;
use tenon_crypto::digest::sha256_hex;
use tenon_crypto::secrets::Purpose;
use tenon_model::TenantId;

/// The request header that carries the key.
pub const HEADER: &str = "idempotency-key";
/// The header of an answer that is a former one.
pub const REPLAYED: &str = "idempotency-replayed";
/// Longest key, in bytes.
pub const MAX_KEY: usize = 255;
/// How long a key counts, in seconds: a day, as long as a caller's own queue may try.
pub const KEPT_S: i64 = 86_400;
/// Longest answer that is kept, in bytes: sealed and encoded, it fits a record of 400 KB beside the rest.
pub const MAX_ANSWER: usize = 256 * 1024;
/// How long a claim binds where nothing says how long the process may run.
const BINDS: Duration = Duration::from_secs(30);
/// Seconds after which a call is sent again whose key is in progress.
const AGAIN_S: i64 = 1;
/// The headers of an answer that belong to what was done, and not to one call.
const KEPT_HEADERS: [HeaderName; 3] = [CACHE_CONTROL, CONTENT_TYPE, LOCATION];

/// Whose keys they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tenant a call is for.
    pub tenant: TenantId,
    /// The caller within the tenant: an app, a token's holder.
    pub caller: String,
}

/// What is known of a key.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// SHA-256 of the request.
    hash: String,
    /// Names who carries it out.
    owner: String,
    /// Epoch ms of the claim.
    taken_ms: i64,
    /// Epoch ms at which whoever claimed it is done or dead.
    until_ms: i64,
    /// The answer, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("IDEMPOTENCY");

/// An answer as stored.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    status: u16,
    /// Name and value.
    headers: Vec<(String, String)>,
    /// The body, sealed: an answer may hold a secret that is shown once. Absent when it was too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

/// How a call goes on.
pub(crate) enum Entered {
    /// It is carried out, without a key.
    Plain,
    /// It is carried out, and its answer kept.
    Claimed(Claim),
    /// It was carried out before; the answer it had.
    Before(Response<Body>),
}

/// The right to carry a call out.
pub(crate) struct Claim {
    key: Key,
    version: u64,
    hash: String,
    owner: String,
    taken_ms: i64,
    /// Whether it is given back where its answer is too long to be kept.
    again_when_long: bool,
    /// What the call makes is noted here.
    pub once: Once,
}

/// Looks whether a call was carried out before, and claims its key if it was not. A call that has a name of its own needs
/// no key; such a call may be carried out twice without harm, and is where its answer was too long to be kept.
///
/// # Errors
/// [`Rejection::BadRequest`] for what is no key; [`Rejection::InProgress`] and [`Rejection::KeyReused`]; those of
/// the table.
pub(crate) async fn enter(
    ctx: &Context,
    scope: &Scope,
    route: &Route,
    (request, name): (&Request, Option<&str>),
) -> std::result::Result<Entered, Rejection> {
    let given = match name {
        Some(name) => name,
        None if request.headers().contains_key(HEADER) => named(request)?,
        None => return Ok(Entered::Plain),
    };
    let again_when_long = name.is_some();
    let name = sha256_hex(given.as_bytes());
    let parts = [scope.caller.as_str(), route.method, route.path, name.as_str()];
    let place = |sort: &str| Key::new(&scope.tenant, "IDEMPOTENCY", &parts, sort);
    let (key, hash) = (place("-"), hash(request));
    let (now, owner) = (ctx.now_ms(), lease::holder(ctx)?);
    let once = Once::new(place("made"), now.div_euclid(1000) + KEPT_S);
    let version = ctx.entropy.token()?;
    let mut claim = Claim { key, version, hash, owner, taken_ms: now, again_when_long, once };
    // Before the write: from the moment it is stored it is ours.
    lease::note_held(ctx, &claim.owner, time(ctx));
    let write = claim.write(ctx, Expect::AbsentAt(now), None)?;
    let entered = match ctx.table.claim_by::<Record>(&claim.key, write).await? {
        Put::Stored => Ok(None),
        Put::Exists(known) if known.version == claim.version => Ok(None),
        Put::Exists(known) => claim.take_over(ctx, known).await,
    };
    match entered {
        Ok(None) => Ok(Entered::Claimed(claim)),
        Ok(Some(before)) => {
            claim.give_up(ctx);
            Ok(Entered::Before(before))
        }
        Err(rejection) => {
            claim.give_up(ctx);
            Err(rejection)
        }
    }
}

/// The key that was sent.
fn named(request: &Request) -> std::result::Result<&str, Rejection> {
    let wrong = || Rejection::field("Idempotency-Key", format!("须为1至{MAX_KEY}个可见ASCII字符，且只出现一次"));
    let key = request::header(request, HEADER).map(str::trim).ok_or_else(wrong)?;
    let fits = (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if fits { Ok(key) } else { Err(wrong()) }
}

/// SHA-256 of what is asked for. Credentials are no part of it: a repetition is signed anew.
fn hash(request: &Request) -> String {
    let (path, query) = (request::path_as_given(request), request.uri().query().unwrap_or_default());
    let head = format!("{}\n{}\n{path}\n{}\n{query}\n", request.method(), path.len(), query.len());
    sha256_hex(&[head.as_bytes(), request::bytes(request)].concat())
}

/// How long whoever carries a call out may take: as long as its process may run.
fn time(ctx: &Context) -> Duration {
    ctx.time_left().unwrap_or(BINDS)
}

impl Claim {
    fn write(&self, ctx: &Context, expect: Expect, answer: Option<Answer>) -> Result<Write> {
        let record = Record {
            hash: self.hash.clone(),
            owner: self.owner.clone(),
            taken_ms: self.taken_ms,
            until_ms: self.taken_ms.saturating_add(millis(time(ctx))),
            answer,
        };
        let expires = self.taken_ms.div_euclid(1000) + KEPT_S;
        Ok(Write::put(self.key.clone(), &record, expect)?.fenced(self.version).expiring(Some(expires)))
    }

    /// What a key that is known means: the former answer, or, with `None`, that the call is ours to carry out,
    /// since whoever claimed it is dead.
    async fn take_over(
        &mut self,
        ctx: &Context,
        known: Stored<Record>,
    ) -> std::result::Result<Option<Response<Body>>, Rejection> {
        let Stored { version, data: record, .. } = known;
        if record.hash != self.hash {
            return Err(Rejection::KeyReused("该Idempotency-Key已用于内容不同的请求"));
        }
        if let Some(answer) = record.answer {
            return self.replay(ctx, answer, record.taken_ms).await.map(Some);
        }
        if lease::binds(ctx, &record.owner, record.taken_ms, record.until_ms) {
            return Err(Rejection::InProgress {
                message: "相同的请求正在处理，请稍后重试", after_s: AGAIN_S
            });
        }
        let write = self.write(ctx, Expect::Version(version), None)?;
        if ctx.table.write(write).await? == Outcome::Conflict {
            return Err(Rejection::InProgress {
                message: "相同的请求正在处理，请稍后重试", after_s: AGAIN_S
            });
        }
        Ok(None)
    }

    async fn replay(
        &self,
        ctx: &Context,
        answer: Answer,
        taken_ms: i64,
    ) -> std::result::Result<Response<Body>, Rejection> {
        let Some(sealed) = answer.sealed else {
            // The key is a new one when it has ended.
            let after_s = taken_ms.saturating_sub(ctx.now_ms()).div_euclid(1000).saturating_add(KEPT_S).max(1);
            return Err(Rejection::InProgress {
                message: "该请求已执行，其应答过大，未予保存", after_s
            });
        };
        let keys = ctx.keys.to_open(&sealed).await?;
        let body = keys.open(Purpose::Answer, &place(self.key.partition()), &sealed).map_err(|why| {
            let message = format!("the answer kept under an idempotency key does not open: {why}");
            Error::permanent("platform.sealed", message)
        })?;
        let mut response = Response::new(body_of(body));
        *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::OK);
        for (name, value) in answer.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }

    fn give_up(&self, ctx: &Context) {
        lease::note_released(ctx, &self.owner);
    }

    /// Keeps the answer of a call that was carried out; gives the key back where it was not. The answer leaves in
    /// any case: a key whose answer could not be kept ends with its process.
    pub(crate) async fn settle(self, ctx: &Context, outcome: &std::result::Result<Response<Body>, Rejection>) {
        let stored = match outcome {
            Ok(response) if response.status().as_u16() < 400 && self.keeps(response) => self.keep(ctx, response).await,
            _ => self.give_back(ctx).await,
        };
        self.give_up(ctx);
        match stored {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Conflict) => {
                tracing::warn!("the right to carry a call out had passed to another before its answer was kept");
            }
            Err(error) => {
                tracing::warn!(error.code = error.code, error.message = %error, "the answer to a call with an idempotency key could not be kept");
            }
        }
    }

    fn keeps(&self, response: &Response<Body>) -> bool {
        let body: &[u8] = response.body().as_ref();
        !self.again_when_long || body.len() <= MAX_ANSWER
    }

    /// Left to the table to delete: so a function needs no right to delete for it.
    async fn give_back(&self, ctx: &Context) -> Result<Outcome> {
        let write = self.write(ctx, Expect::Version(self.version), None)?;
        ctx.table.write(write.expiring(Some(ctx.now_ms().div_euclid(1000)))).await
    }

    async fn keep(&self, ctx: &Context, response: &Response<Body>) -> Result<Outcome> {
        let body: &[u8] = response.body().as_ref();
        let sealed = match body.len() <= MAX_ANSWER {
            true => {
                let keys = ctx.keys.to_seal().await?;
                Some(keys.seal(Purpose::Answer, &place(self.key.partition()), ctx.entropy.bytes()?, body))
            }
            false => None,
        };
        let header = |name: &HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        };
        let headers = KEPT_HEADERS.iter().filter_map(header).collect();
        let answer = Answer { status: response.status().as_u16(), headers, sealed };
        let write = self.write(ctx, Expect::Version(self.version), Some(answer))?;
        ctx.table.write(write.fenced(ctx.entropy.token()?)).await
    }
}

fn place(partition: &str) -> String {
    format!("idempotency/{partition}")
}

/// The sealed text of a stored record.
pub(crate) fn sealed_text(partition: &str, data: &serde_json::Value) -> Option<SealedText> {
    let sealed = data.get("answer")?.get("sealed")?.as_str()?;
    Some(SealedText::sealed(Purpose::Answer, place(partition), sealed))
}

fn body_of(bytes: Vec<u8>) -> Body {
    match String::from_utf8(bytes) {
        Ok(text) => Body::Text(text),
        Err(other) => Body::Binary(other.into_bytes()),
    }
}
