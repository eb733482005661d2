//! A code, or a refresh token, for the server's tokens.

use crate::answer::{self, MAX_ANSWER_BYTES, members};
use crate::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};
use tenon_model::config::{Sso, TokenVariant};
use tenon_platform::Context;
use tenon_platform::outgoing::OutgoingCall;

/// Longest token that is taken.
const LONGEST_TOKEN: usize = 16 * 1024;

/// What is handed in.
#[derive(Clone, Copy)]
pub(crate) enum Grant<'g> {
    /// The code of a sign-in.
    Code { code: &'g str, verifier: &'g str },
    /// The server's own refresh token.
    Refresh(&'g str),
}

/// What the server gave.
pub(crate) struct Granted {
    /// Opens the user's data.
    pub access_token: String,
    /// Gets another.
    pub refresh_token: Option<String>,
    /// Ids of the user that the answer names.
    pub subjects: Vec<String>,
}

/// Exchanges it.
pub(crate) async fn exchange(ctx: &Context, sso: &Sso, grant: Grant<'_>) -> Result<Granted, Fault> {
    let mut call = match sso.variant {
        TokenVariant::Form => form(sso, grant),
        TokenVariant::Json => OutgoingCall::new(sso.token_address(), json_body(sso, grant)),
    };
    let content = match sso.variant {
        TokenVariant::Form => HeaderValue::from_static("application/x-www-form-urlencoded"),
        TokenVariant::Json => HeaderValue::from_static("application/json"),
    };
    call.headers.insert(CONTENT_TYPE, content);
    call.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    call.timeout = sso.timeout;
    call.max_answer = MAX_ANSWER_BYTES;
    let members = members(ctx.outgoing.call(call).await)?;
    granted(sso, &members)
}

fn form(sso: &Sso, grant: Grant<'_>) -> OutgoingCall {
    let mut form = form_urlencoded::Serializer::new(String::new());
    match grant {
        Grant::Code { code, verifier } => form
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &sso.callback_address())
            .append_pair("code_verifier", verifier),
        Grant::Refresh(token) => form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token),
    };
    let mut call = OutgoingCall::new(sso.token_address(), form.finish());
    let pair = STANDARD.encode(format!("{}:{}", sso.client_id, sso.client_secret.expose()));
    if let Some(value) = secret_header(&format!("Basic {pair}")) {
        call.headers.insert(AUTHORIZATION, value);
    }
    call
}

fn json_body(sso: &Sso, grant: Grant<'_>) -> String {
    let mut body = json!({ "clientId": sso.client_id, "clientSecret": sso.client_secret.expose() });
    let more = match grant {
        Grant::Code { code, verifier } => json!({
            "grantType": "authorization_code", "code": code, "redirectUri": sso.callback_address(), "codeVerifier": verifier
        }),
        Grant::Refresh(token) => json!({ "grantType": "refresh_token", "refreshToken": token }),
    };
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body.to_string()
}

/// A header's value that logs do not show; none where it cannot be sent.
pub(crate) fn secret_header(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(crate) fn granted(sso: &Sso, members: &Map<String, Value>) -> Result<Granted, Fault> {
    let token = |names: &[&str]| {
        let text = answer::text(members, names)?;
        Some(text).filter(|text| text.len() <= LONGEST_TOKEN && text.bytes().all(|b| b.is_ascii_graphic()))
    };
    if answer::text(members, &["token_type", "tokenType"]).is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(Fault::Answer("the token is of another kind than Bearer".to_owned()));
    }
    let access_token = token(&["access_token", "accessToken"]);
    let access_token = access_token.ok_or_else(|| Fault::Answer("no access token".to_owned()))?;
    let mut subjects: Vec<String> = answer::text(members, &["userId", "user_id"]).into_iter().collect();
    if let Some(id_token) = token(&["id_token", "idToken"]) {
        subjects.extend(subject(sso, &id_token)?);
    }
    Ok(Granted { access_token, refresh_token: token(&["refresh_token", "refreshToken"]), subjects })
}

/// Who an ID token is about. It came from the server itself, over the connection its secret was sent on, so that
/// the connection proves what its signature would.
fn subject(sso: &Sso, id_token: &str) -> Result<Option<String>, Fault> {
    let unreadable = || Fault::Answer("the ID token cannot be read".to_owned());
    let payload = id_token.split('.').nth(1).ok_or_else(unreadable)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| unreadable())?;
    let Ok(Value::Object(claims)) = serde_json::from_slice(&payload) else { return Err(unreadable()) };
    let is_for_us = match claims.get("aud") {
        None => true,
        Some(Value::Array(all)) => all.iter().any(|one| one == sso.client_id.as_str()),
        Some(one) => one == sso.client_id.as_str(),
    };
    if !is_for_us {
        return Err(Fault::Answer("the ID token is for another client".to_owned()));
    }
    Ok(answer::text(&claims, &["sub"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Granted, Fault> {
        let sso = Sso { client_id: "aiflow".to_owned(), ..Sso::default() };
        granted(&sso, body.as_object().unwrap())
    }

    fn id_token(claims: &Value) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_token_that_could_not_be_sent_is_none() {
        for token in ["", "a b", "a\r\nx: y", "中"] {
            assert!(matches!(read(&json!({ "access_token": token })), Err(Fault::Answer(_))), "{token:?}");
        }
        assert!(matches!(read(&json!({ "access_token": "a", "token_type": "mac" })), Err(Fault::Answer(_))));
        assert_eq!(read(&json!({ "access_token": "a", "token_type": "bearer" })).unwrap().access_token, "a");
    }

    #[test]
    fn an_id_token_says_whom_it_is_about_and_is_for_us_alone() {
        let ours = id_token(&json!({ "sub": "u1", "aud": ["x", "aiflow"] }));
        assert_eq!(read(&json!({ "access_token": "a", "id_token": ours })).unwrap().subjects, ["u1"]);
        for others in [id_token(&json!({ "sub": "u1", "aud": "x" })), "x".to_owned(), "a.!.b".to_owned()] {
            assert!(matches!(read(&json!({ "access_token": "a", "id_token": others })), Err(Fault::Answer(_))));
        }
    }
}
