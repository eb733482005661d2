//! The end of a sign-in: what the login server sends the browser back with.

use crate::cookies::{self, BROWSER};
use crate::exchange::{Grant, exchange};
use crate::family::{self, Tokens};
use crate::fault::{Fault, Stop};
use crate::state::State;
use crate::{binding, provider, return_to, userinfo};
use tenon_model::config::Sso;
use tenon_platform::Context;
use tenon_platform::request::{self, Request};
use tenon_platform::text::cut;

/// Longest code that is handed in.
const LONGEST_CODE: usize = 4096;
/// Longest word of an error that is kept.
const LONGEST_ERROR: usize = 60;

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct Done {
    /// Where the person wanted to go.
    pub return_to: String,
    /// The tokens.
    pub tokens: Tokens,
}

/// Nobody is, and why.
#[derive(Clone, Debug)]
pub struct SignInFailure {
    /// Why.
    pub stop: Stop,
    /// Where the person wanted to go, as far as it is known.
    pub return_to: String,
}

/// Ends a sign-in: takes it out of the table, exchanges the code, asks who it is, finds the person, begins a family.
///
/// # Errors
/// Why nobody is signed in. The sign-in is used up in any case.
pub async fn finish(ctx: &Context, sso: &Sso, request: &Request) -> Result<Done, SignInFailure> {
    let nowhere = |stop: Stop| SignInFailure { stop, return_to: crate::HOME.to_owned() };
    if !sso.enabled {
        return Err(nowhere(Fault::Off.into()));
    }
    let named = request::query(request, "state").filter(|state| !state.is_empty() && state.len() <= 256);
    let Some(named) = named else { return Err(nowhere(Fault::State.into())) };
    let state = match State::take(ctx, sso, named).await {
        Ok(Some(state)) => state,
        Ok(None) => return Err(nowhere(Fault::State.into())),
        Err(error) => return Err(nowhere(error.into())),
    };
    // Checked again where it is used: the table is not the browser.
    let return_to = return_to::or_home(Some(&state.return_to)).to_owned();
    match tokens(ctx, sso, request, &state, named).await {
        Ok(tokens) => Ok(Done { return_to, tokens }),
        Err(stop) => Err(SignInFailure { stop, return_to }),
    }
}

async fn tokens(ctx: &Context, sso: &Sso, request: &Request, state: &State, named: &str) -> Result<Tokens, Stop> {
    // In this order: what is not of this browser and this server is not looked into.
    let browser = cookies::read(request, BROWSER).unwrap_or_default();
    if !state.is_of_browser(browser) {
        return Err(Fault::OtherBrowser.into());
    }
    if !state.is_of_provider(sso) {
        return Err(Fault::ProviderChanged.into());
    }
    if request::query(request, "iss").is_some_and(|named| !provider::is_issuer(sso, named)) {
        return Err(Fault::Issuer.into());
    }
    if let Some(error) = request::query(request, "error") {
        return Err(Fault::Refused(word(error)).into());
    }
    let code = request::query(request, "code").filter(|code| !code.is_empty() && code.len() <= LONGEST_CODE);
    let code = code.ok_or(Fault::NoCode)?;
    let verifier = state.verifier(ctx, named).await?;
    let granted = exchange(ctx, sso, Grant::Code { code, verifier: &verifier }).await?;
    let info = userinfo::fetch(ctx, sso, &granted).await?;
    let person = binding::person(ctx, sso, &info).await?;
    Ok(family::begin(ctx, sso, &person.id, granted.refresh_token.as_deref()).await?)
}

/// An error's code as OAuth writes one; of anything else only that it was something else.
fn word(error: &str) -> String {
    let plain = error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { cut(error, LONGEST_ERROR) } else { "another error".to_owned() }
}
