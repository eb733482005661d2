//! Tokens: JSON Web Tokens of two hours, signed with HS256 under the configuration's keys or the installation's own.
//! The header names the key, so that keys can take each other's place while former tokens count.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use tenon_crypto::digest::sha256_hex;
use tenon_crypto::secrets::Purpose;
use tenon_model::TenantId;
use tenon_model::config::{OaIntegration, Secret};
use tenon_platform::{Context, Error, Result};
use tenon_sso::hs256;

/// How long a token counts.
pub const LASTS_S: i64 = 7200;
/// What the installation's key is derived for.
const KIND: &str = "oa-token";
const AUDIENCE: &str = "oa_integration";
const ISSUER: &str = "tenon";
/// Longest token that is looked at.
const MAX_TOKEN_LENGTH: usize = 4096;

/// Whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whose users there are.
    pub tenant: TenantId,
    /// The OA's id of the user.
    pub user: String,
    /// The assistant's user it was issued for.
    pub assistant: String,
}

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no token.
    Malformed,
    /// It was not signed by us, or in another way.
    Signature,
    /// It is over.
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    aid: String,
    tid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What stands in a token's first part.
#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// A token that counts from now on.
///
/// # Errors
/// Those of the table; a token that the library does not make.
pub async fn issue(ctx: &Context, settings: &OaIntegration, holder: &Holder) -> Result<String> {
    let now_s = ctx.now_ms().div_euclid(1000);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: holder.user.clone(),
        aid: holder.assistant.clone(),
        tid: holder.tenant.as_str().to_owned(),
        jti: URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<12>()?),
        iat: now_s,
        nbf: now_s,
        exp: now_s + LASTS_S,
    };
    match settings.token_keys.first() {
        Some(key) => signed(&claims, fingerprint(key), key.expose().as_bytes()),
        None => {
            let keys = ctx.keys.to_seal().await?;
            let (id, key) = keys.signing(Purpose::Login, KIND);
            signed(&claims, id.to_owned(), key.as_slice())
        }
    }
}

fn signed(claims: &Claims, id: String, key: &[u8]) -> Result<String> {
    hs256::install();
    let header = Header { kid: Some(id), ..Header::new(Algorithm::HS256) };
    encode(&header, claims, &EncodingKey::from_secret(key))
        .map_err(|why| Error::permanent("platform.token", format!("a token could not be made: {why}")))
}

/// Whose a token is, or why it does not count.
///
/// # Errors
/// Those of the table.
pub async fn read(
    ctx: &Context,
    settings: &OaIntegration,
    token: &str,
) -> Result<std::result::Result<Holder, Refused>> {
    let head = match head(token) {
        Ok(head) => head,
        Err(refused) => return Ok(Err(refused)),
    };
    let now_s = ctx.now_ms().div_euclid(1000);
    let Some(id) = head.kid else { return Ok(Err(Refused::Signature)) };
    if let Some(key) = settings.token_keys.iter().find(|key| fingerprint(key) == id) {
        return Ok(checked(token, key.expose().as_bytes(), now_s));
    }
    let keys = ctx.keys.to_verify(&id).await?;
    Ok(match keys.verifying(&id, Purpose::Login, KIND) {
        Some(key) => checked(token, key.as_slice(), now_s),
        None => Err(Refused::Signature),
    })
}

/// The first part, of what looks like a token that is signed as ours are.
fn head(token: &str) -> std::result::Result<Head, Refused> {
    let mut parts = token.split('.');
    let (Some(first), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Refused::Malformed);
    };
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(Refused::Malformed);
    }
    let head = URL_SAFE_NO_PAD.decode(first.trim_end_matches('=')).map_err(|_| Refused::Malformed)?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| Refused::Malformed)?;
    // What a token says of its own signature is not believed: `none`, another algorithm.
    if head.alg == "HS256" { Ok(head) } else { Err(Refused::Signature) }
}

fn checked(token: &str, key: &[u8], now_s: i64) -> std::result::Result<Holder, Refused> {
    hs256::install();
    let mut wanted = Validation::new(Algorithm::HS256);
    wanted.set_audience(&[AUDIENCE]);
    wanted.set_issuer(&[ISSUER]);
    // By our own clock, below.
    wanted.validate_exp = false;
    let token = decode::<Claims>(token, &DecodingKey::from_secret(key), &wanted).map_err(|why| match why.kind() {
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => Refused::Malformed,
        _ => Refused::Signature,
    })?;
    let Claims { sub, aid, tid, nbf, exp, .. } = token.claims;
    // Two machines' clocks differ a little.
    let skew = tenon_platform::clock::SKEW.as_secs().cast_signed();
    if nbf > now_s + skew || now_s >= exp || exp - nbf > LASTS_S {
        return Err(Refused::Expired);
    }
    Ok(Holder { tenant: TenantId::new(tid), user: sub, assistant: aid })
}

/// What a key is called in the header: it tells keys apart, and nothing of them.
fn fingerprint(key: &Secret) -> String {
    sha256_hex(format!("tenon oa token\n{}", key.expose()).as_bytes()).get(..16).unwrap_or_default().to_owned()
}
