//! What all pages have in common.

use crate::asset;
use crate::texts::Text;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
};
use lambda_http::{Body, Response};
use maud::{DOCTYPE, Markup, html};
use tenon_model::Language;

/// Nothing but our own style sheet and forms; no script.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// What stands at the top.
pub struct Top<'t> {
    /// Who is signed in.
    pub name: Option<&'t str>,
    /// This page in the other language.
    pub other_language: Option<&'t str>,
}

/// A whole page.
pub fn document(language: Language, title: &str, top: &Top<'_>, content: &Markup) -> String {
    let tag = language.of("zh-CN", "en");
    let page = html! {
        (DOCTYPE)
        html lang=(tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (Text::TaskCentre.of(language)) }
                link rel="stylesheet" href=(asset::style());
            }
            body {
                a.skip href="#content" { (Text::Skip.of(language)) }
                header {
                    a.brand href="/aflow/tasks" { (Text::TaskCentre.of(language)) }
                    div.who {
                        @if let Some(address) = top.other_language {
                            a href=(address) lang=(language.of("en", "zh-CN")) { (Text::OtherLanguage.of(language)) }
                        }
                        @if let Some(name) = top.name {
                            span.name { (name) }
                            form method="post" action="/aflow/logout" {
                                button.plain { (Text::SignOut.of(language)) }
                            }
                        }
                    }
                }
                main #content tabindex="-1" { (content) }
            }
        }
    };
    page.into_string()
}

/// A page as it is sent: kept by nobody, shown in no frame, with nothing of others in it.
pub fn html(status: u16, page: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(page));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-language, cookie, user-agent"));
    json_for_pages(response)
}

/// What every answer to a browser has, JSON too.
pub fn json_for_pages(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}
