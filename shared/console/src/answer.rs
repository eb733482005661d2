//! How pages are answered.

use crate::frame;
use crate::visitor::Visitor;
use crate::{LOGIN, SESSION};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, VARY,
};
use http::{Method, StatusCode};
use lambda_http::{Body, Response};
use std::io::Write;
use tenon_pages::console::{Frame, notice};
use tenon_pages::visitor::{LANGUAGE_COOKIE, language_named};
use tenon_platform::cookies::{self, SameSite};
use tenon_platform::dispatch::{Ended, Envelope, Reply};
use tenon_platform::request::{self, Request};
use tenon_platform::{Context, Rejection};

/// Our own scripts, styles and requests; nothing inline, nothing of others, in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// How long a chosen language is kept, in seconds.
const KEPT_S: i64 = 365 * 86_400;
/// What is not worth compressing, in bytes.
const SMALL: usize = 1024;

/// The form of the console's answers. What is refused gets its page when its visitor is known.
pub const ENVELOPE: Envelope = Envelope::Page(|rejection, _| html(rejection.status(), String::new()));

/// What is known of a request when it is answered.
#[derive(Debug, Default)]
pub struct Seen {
    pub(crate) visitor: Option<Visitor>,
}

fn html(status: u16, page: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(page));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A page as an act answers it.
pub fn page(status: u16, page: String) -> Reply {
    Reply(html(status, page))
}

/// Leads on after something was done, so that loading again does it no second time.
pub fn see_other(address: &str) -> Reply {
    Reply(redirect(address))
}

fn redirect(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, address);
    }
    response
}

/// What every answer of the console has, whoever gets it.
pub fn guarded(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding, accept-language, cookie"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// Whether a browser takes what is compressed.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(http::header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').map(str::trim).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Answers a request: the page of what was refused, the language that was chosen, the headers all have.
pub(crate) fn finish(ctx: &Context, ended: Ended<'_, Seen>) {
    let Ended { request, request_id, rejection, note, response } = ended;
    if let Some(rejection) = rejection {
        *response = refused(ctx, request, request_id, (rejection, &note));
    }
    complete(request, response);
}

/// What an answer to this request has beside its content: headers, the chosen language, compression.
pub fn complete(request: &Request, response: &mut Response<Body>) {
    guarded(response);
    if let Some(language) = request::query(request, "lang").and_then(language_named) {
        add_cookie(response, &cookies::set(LANGUAGE_COOKIE, language.word(), KEPT_S, SameSite::Lax));
    }
    // What is told once stands in answers to forms: those are not compressed, with whatever else was sent.
    if request.method() == Method::GET && takes_gzip(request.headers()) {
        compress(response);
    }
}

/// Adds a line that sets a cookie.
pub fn add_cookie(response: &mut Response<Body>, line: &str) {
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(SET_COOKIE, line);
    }
}

fn compress(response: &mut Response<Body>) {
    let Body::Text(page) = response.body() else { return };
    if page.len() < SMALL {
        return;
    }
    let mut packed = GzEncoder::new(Vec::with_capacity(page.len() / 3), Compression::new(5));
    let Ok(packed) = packed.write_all(page.as_bytes()).and_then(|()| packed.finish()) else { return };
    *response.body_mut() = Body::Binary(packed);
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
}

fn refused(
    ctx: &Context,
    request: &Request,
    request_id: &str,
    (rejection, seen): (&Rejection, &Seen),
) -> Response<Body> {
    let visitor = seen.visitor.as_ref();
    let login = login_for(request);
    if matches!(rejection, Rejection::Unauthenticated { .. }) {
        let mut response = not_signed_in(request, request_id, &login);
        add_cookie(&mut response, &cookies::clear(SESSION));
        return response;
    }
    let framed = visitor.map(|by| frame::of(ctx, by, request));
    let frame = framed.and_then(Result::ok).unwrap_or_else(|| frame::anonymous(request));
    let refused_page = notice::Refused {
        status: rejection.status(),
        message: &rejection.message(),
        request_id,
        back: &back(&frame, visitor),
        sign_in: visitor.is_none().then_some(&login),
    };
    let mut response = html(rejection.status(), notice::refused(&frame, &refused_page));
    if let Some(after_s) = rejection.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, after_s.into());
    }
    response
}

/// The page of what was refused to somebody nobody knows.
pub fn refusal(request: &Request, request_id: &str, rejection: &Rejection) -> Response<Body> {
    let frame = frame::anonymous(request);
    let message = rejection.message();
    let refused_page =
        notice::Refused { status: rejection.status(), message: &message, request_id, back: LOGIN, sign_in: None };
    let mut response = html(rejection.status(), notice::refused(&frame, &refused_page));
    complete(request, &mut response);
    response
}

fn back(frame: &Frame, visitor: Option<&Visitor>) -> String {
    frame.at(visitor.map_or(LOGIN, |by| Visitor::home(&by.principal)), &[])
}

/// Whoever opens a page is led to the login page; whoever sends a form is told, since it cannot be sent again from there;
/// and what a script asks for leads its page there.
fn not_signed_in(request: &Request, request_id: &str, login: &str) -> Response<Body> {
    if request.headers().contains_key("hx-request") {
        let mut response = html(401, String::new());
        if let Ok(address) = HeaderValue::from_str(login) {
            response.headers_mut().insert(HeaderName::from_static("hx-redirect"), address);
        }
        return response;
    }
    if request.method() == Method::GET {
        return redirect(login);
    }
    let frame = frame::anonymous(request);
    let refused_page = notice::Refused { status: 401, message: "", request_id, back: LOGIN, sign_in: Some(login) };
    html(401, notice::refused(&frame, &refused_page))
}

/// Where one signs in to come back here; after a form, to the page that it was on.
fn login_for(request: &Request) -> String {
    let wanted = match request.method() == Method::GET {
        true => request.uri().path_and_query().map_or("", |path| path.as_str()),
        false => "",
    };
    match crate::return_to(wanted) {
        Some(wanted) => format!("{LOGIN}?return={}", tenon_pages::encoded(wanted)),
        None => LOGIN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_compressed_for_those_who_take_it() {
        let takes = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("accept-encoding", value.parse().unwrap());
            takes_gzip(&headers)
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1.0, gzip;q=0.8"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes("x-gzip") && !takes(""));
        let mut response = html(200, "<p>x</p>".repeat(1_000));
        compress(&mut response);
        assert!(response.body().len() < 200 && response.headers()["content-encoding"] == "gzip");
    }
}
