//! Single sign-on at the customer's OAuth 2.0 server: the authorisation code flow with PKCE, our own session, and the
//! refresh tokens it is renewed with.
//!
//! A sign-in under way is one record that is found by the hash of its `state`, counts for five minutes, once, and in
//! the browser that began it. What comes of it is a session: a JSON Web Token of an hour in a `__Host-` cookie, and a
//! family of refresh tokens of which the newest alone counts; whoever presents a former one ends the family.

mod answer;
mod binding;
pub mod callback;
pub mod check;
pub mod cookies;
mod exchange;
pub mod family;
mod fault;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod hs256;
pub mod origin;
mod provider;
mod rate;
pub mod return_to;
pub mod session;
mod signed_in;
pub mod start;
mod state;
mod userinfo;

pub use fault::{Fault, Stop};
pub use session::Session;
pub use signed_in::{SignedIn, Visitor, add_cookie, login_address, redirect, session_of};

use std::sync::Arc;
use tenon_model::TenantId;
use tenon_model::config::Sso;
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Raw, RecordKind};
use tenon_platform::{Context, Result};

/// Where people begin when nothing else was asked for.
pub const HOME: &str = "/aflow/tasks";
/// Where a sign-in begins.
pub const LOGIN: &str = "/aflow/login";

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    vec![state::KIND, family::KIND]
}

/// The sealed texts of this crate's records, for the rotation of keys.
pub fn sealed_texts(record: &Raw) -> Vec<SealedText> {
    let (_, collection, parts) = record.key.named();
    let id = parts.first().map(String::as_str).unwrap_or_default();
    match collection {
        "SSO-STATE" => state::sealed_text(id, &record.data).into_iter().collect(),
        "SSO-FAMILY" => family::sealed_text(id, &record.data).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// How people sign in, as it is configured; with nothing said it is off.
///
/// # Errors
/// When what is stored cannot be used.
pub async fn settings(ctx: &Context) -> Result<Arc<Sso>> {
    let loaded = ctx.config.load(&TenantId::operator()).await?;
    Ok(loaded.sso()?.unwrap_or_default())
}

/// Whose people sign in.
pub fn tenant(sso: &Sso) -> TenantId {
    sso.tenant.clone().map_or_else(TenantId::operator, TenantId::new)
}
