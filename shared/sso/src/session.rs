//! The session: a JSON Web Token of an hour, signed under the keys of the house (HS256), whose header names the key.

use crate::hs256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use tenon_crypto::secrets::Purpose;
use tenon_model::TenantId;
use tenon_platform::{Context, Error, Result};

/// How long a session lasts.
pub const LASTS_S: i64 = 3600;
/// What the key is derived for.
const KIND: &str = "session";
/// Whom the token is for.
const AUDIENCE: &str = "aflow";
/// Who makes it.
const ISSUER: &str = "tenon";
/// Longest token that is looked at.
const MAX_TOKEN_LENGTH: usize = 4096;

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose people it is of.
    pub tenant: TenantId,
    /// The person, by our id.
    pub person: String,
    /// The family of refresh tokens it was made with; when that ends, so does the session.
    pub family: String,
    /// Epoch second at which it ends.
    pub expires_s: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    tid: String,
    fam: String,
    jti: String,
    iat: i64,
    exp: i64,
}

/// A token for a session that begins now.
///
/// # Errors
/// Those of the table; a token that the library does not make.
pub async fn issue(ctx: &Context, tenant: &TenantId, person: &str, family: &str) -> Result<String> {
    let keys = ctx.keys.to_seal().await?;
    let (id, key) = keys.signing(Purpose::Login, KIND);
    let now_s = ctx.now_ms().div_euclid(1000);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: person.to_owned(),
        tid: tenant.as_str().to_owned(),
        fam: family.to_owned(),
        jti: URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<12>()?),
        iat: now_s,
        exp: now_s + LASTS_S,
    };
    hs256::install();
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
    encode(&header, &claims, &EncodingKey::from_secret(key.as_slice()))
        .map_err(|why| Error::permanent("platform.token", format!("a session's token could not be made: {why}")))
}

/// The session of a token; none for whatever is wrong with it.
///
/// # Errors
/// Those of the table.
pub async fn read(ctx: &Context, token: &str) -> Result<Option<Session>> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Ok(None);
    }
    let Ok(Header { kid: Some(id), alg: Algorithm::HS256, .. }) = decode_header(token) else { return Ok(None) };
    let keys = ctx.keys.to_verify(&id).await?;
    let Some(key) = keys.verifying(&id, Purpose::Login, KIND) else { return Ok(None) };
    hs256::install();
    let mut wanted = Validation::new(Algorithm::HS256);
    wanted.set_audience(&[AUDIENCE]);
    wanted.set_issuer(&[ISSUER]);
    // By our own clock, below.
    wanted.validate_exp = false;
    let Ok(token) = decode::<Claims>(token, &DecodingKey::from_secret(key.as_slice()), &wanted) else {
        return Ok(None);
    };
    let Claims { sub, tid, fam, iat, exp, .. } = token.claims;
    let now_s = ctx.now_ms().div_euclid(1000);
    // Two machines' clocks differ a little.
    let counts =
        iat <= now_s + tenon_platform::clock::SKEW.as_secs().cast_signed() && now_s < exp && exp - iat <= LASTS_S;
    Ok(counts.then(|| Session { tenant: TenantId::new(tid), person: sub, family: fam, expires_s: exp }))
}
