//! What is wrong with `[sso]`, for `tenon check`: each address is called once, with nothing that anybody could use.

use http::Method;
use serde::{Deserialize, Serialize};
use tenon_model::config::sso::origin;
use tenon_model::config::{Sso, TokenVariant};
use tenon_platform::Context;
use tenon_platform::outgoing::{OutgoingAnswer, OutgoingCall, OutgoingFailure};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What was tried, and what answered.
    pub tried: Vec<String>,
    /// What has to be mended.
    pub problems: Vec<String>,
    /// What may be meant so.
    pub warnings: Vec<String>,
}

/// Addresses that are called, one after another.
pub const ADDRESSES: u32 = 3;

/// Looks at the settings and calls the server. No sign-in is begun and no secret is sent.
pub async fn look(ctx: &Context, sso: &Sso) -> Findings {
    let mut found = Findings::default();
    if !sso.enabled {
        found.tried.push(format!("off; people are led to {}", sso.login_page));
        return found;
    }
    for (key, address) in [("redirect_uri", &sso.redirect_uri), ("public_url", &sso.public_url)] {
        if !address.starts_with("https://") {
            let message = format!(
                "{key} is {address}, which is not https: browsers send codes over it readable; use https, with a \
                 certificate that browsers trust"
            );
            match is_loopback(address) {
                true => found.warnings.push(message),
                false => found.problems.push(message),
            }
        }
    }
    authorise(ctx, sso, &mut found).await;
    token(ctx, sso, &mut found).await;
    userinfo(ctx, sso, &mut found).await;
    found
}

/// Without a client id a good server shows an error and leads nowhere.
async fn authorise(ctx: &Context, sso: &Sso, found: &mut Findings) {
    let Some(answer) = called(ctx, sso, "redirect_uri", &sso.redirect_uri, Method::GET, found).await else { return };
    let leads_to = answer.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    if leads_to.is_some_and(|leads_to| leads_to.starts_with("http") && origin(leads_to) != origin(&sso.redirect_uri)) {
        found.warnings.push("redirect_uri leads to another host; is it the authorise address?".to_owned());
    }
    if answer.status == 404 {
        found.problems.push(format!(
            "redirect_uri: {} answers 404; give the address of the authorise page, such as …/oauth2/authorize",
            sso.redirect_uri
        ));
    }
}

/// A request that can be none must be refused in JSON.
async fn token(ctx: &Context, sso: &Sso, found: &mut Findings) {
    let address = sso.token_address();
    let Some(answer) = called(ctx, sso, "token_url", &address, Method::POST, found).await else { return };
    match answer.status {
        404 | 405 => found.problems.push(format!(
            "token_url: {address} answers {}; name the address where codes are exchanged in token_url",
            answer.status
        )),
        200..=299 => found.warnings.push(format!(
            "token_url: {address} answers {} to a request without a code; is it the token address?",
            answer.status
        )),
        _ if serde_json::from_slice::<serde_json::Value>(&answer.body).is_err() => {
            let variant = match sso.variant {
                TokenVariant::Form => "json",
                TokenVariant::Json => "form",
            };
            found.warnings.push(format!(
                "token_url: {address} refuses an empty request, as it should, but not in JSON; if sign-ins fail with \
                 sso.exchange, try variant = \"{variant}\""
            ));
        }
        _ => {}
    }
}

/// Without a token it must say 401.
async fn userinfo(ctx: &Context, sso: &Sso, found: &mut Findings) {
    let method = match sso.userinfo_method {
        tenon_model::config::UserinfoMethod::Get => Method::GET,
        tenon_model::config::UserinfoMethod::Post => Method::POST,
    };
    let (address, word) = (sso.userinfo_address(), method.to_string());
    let Some(answer) = called(ctx, sso, "userinfo_url", &address, method, found).await else { return };
    match answer.status {
        404 => found.problems.push(format!("userinfo_url: {address} answers 404; name the right address")),
        405 => found.problems.push(format!(
            "userinfo_url: {address} does not take {word}; set userinfo_method to the other of get and post"
        )),
        200..=299 => found.problems.push(format!("userinfo_url: {address} tells users without a token")),
        _ => {}
    }
}

async fn called(
    ctx: &Context,
    sso: &Sso,
    key: &str,
    address: &str,
    method: Method,
    found: &mut Findings,
) -> Option<OutgoingAnswer> {
    let mut call = OutgoingCall::new(address, Vec::new());
    call.method = method.clone();
    call.timeout = sso.timeout;
    match ctx.outgoing.call(call).await {
        Ok(answer) if answer.status >= 500 => {
            found.problems.push(format!("{key}: {address} answers {}; look at the server's log", answer.status));
            None
        }
        Ok(answer) => {
            found.tried.push(format!("{method} {address}: {}", answer.status));
            Some(answer)
        }
        Err(OutgoingFailure::Refused(why)) => {
            found.problems.push(format!(
                "{key}: {address} may not be called: {why}; a server inside your network is allowed with \
                 TENON_OUTGOING_ALLOW_NETWORKS, plain http with TENON_OUTGOING_ALLOW_HTTP"
            ));
            None
        }
        Err(failure) => {
            found.problems.push(format!("{key}: {address} cannot be reached ({}): {failure}", failure.class()));
            None
        }
    }
}

/// Whether an address is one of this machine.
pub fn is_loopback(address: &str) -> bool {
    let host = origin(address).trim_start_matches("http://");
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| host == *own || host.starts_with(&format!("{own}:")))
}
