//! The customer's server as it is configured.

use tenon_crypto::digest;
use tenon_model::config::Sso;
use tenon_model::config::sso::origin;

/// What tells this server, with these addresses and for this client, from any other.
pub(crate) fn id(sso: &Sso) -> String {
    digest::sha256_hex(sso.bound_to().as_bytes())
}

/// The authorise address with what is asked there.
pub(crate) fn authorise_address(sso: &Sso, state: &str, challenge: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &sso.client_id)
        .append_pair("redirect_uri", &sso.callback_address())
        .append_pair("response_type", "code")
        .append_pair("scope", &sso.scope)
        .append_pair("state", state)
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let joint = if sso.redirect_uri.contains('?') { '&' } else { '?' };
    format!("{}{joint}{query}", sso.redirect_uri)
}

/// Whether an answer that says whose it is (RFC 9207) is of this server.
pub(crate) fn is_issuer(sso: &Sso, named: &str) -> bool {
    match &sso.issuer {
        Some(issuer) => named == issuer,
        None => origin(named) == origin(&sso.redirect_uri),
    }
}
