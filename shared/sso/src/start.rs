//! The beginning of a sign-in.

use crate::cookies::{self, BROWSER, SameSite};
use crate::fault::Stop;
use crate::state::{LASTS_MS, State, random};
use crate::{provider, rate, return_to};
use tenon_model::config::Sso;
use tenon_platform::Context;
use tenon_platform::request::{self, Request};

/// Where the browser goes, and what it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The authorise address, or the default login page.
    pub address: String,
    /// The line that binds the sign-in to the browser.
    pub cookie: Option<String>,
}

/// Begins a sign-in in the browser of this request, after which it goes to `wanted`. Where single sign-on is off, the
/// default login page it is.
///
/// # Errors
/// [`Fault::TooOften`](crate::Fault::TooOften) when the request's address has begun too many; those of the table.
pub async fn begin(ctx: &Context, sso: &Sso, request: &Request, wanted: &str) -> Result<Started, Stop> {
    if !sso.enabled {
        return Ok(Started { address: sso.login_page.clone(), cookie: None });
    }
    rate::admit(ctx, sso, request::source_ip(request)).await?;
    // A second tab takes the cookie of the first, whose sign-in goes on to count.
    let browser = match cookies::read(request, BROWSER).filter(|given| is_ours(given)) {
        Some(given) => given.to_owned(),
        None => random(ctx)?,
    };
    let begun = State::begin(ctx, sso, return_to::or_home(Some(wanted)), &browser).await?;
    Ok(Started {
        address: provider::authorise_address(sso, &begun.state, &begun.challenge),
        cookie: Some(cookies::set(BROWSER, &browser, LASTS_MS / 1000, SameSite::Lax)),
    })
}

/// Whether a cookie has the form that we give it.
fn is_ours(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
