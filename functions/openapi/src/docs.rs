//! `GET /openapi/v1/openapi.json`, `GET /openapi/v1/docs`, `GET /openapi/v1/docs/errors/{code}`: the API's
//! document, its readable page, and a page for each error code, as `infra/openapi` wrote them.

use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use lambda_http::{Body, Response};
use serde::Deserialize;
use tenon_catalog::areas::openapi::docs as routes;
use tenon_platform::dispatch::{Anyone, Call, Open, Path, Reply, Service, on};
use tenon_platform::{Rejection, reply};

const DOCUMENT: &str = include_str!("../../../docs/openapi/openapi.json");
const PAGE: &str = include_str!("../../../docs/openapi/index.html");
const OPERATORS: &str = include_str!("../../../docs/openapi/operators.html");
const AIFLOW: &str = include_str!("../../../docs/openapi/aiflow.html");
/// Allows the pages' one style sheet by its hash, and nothing else.
const POLICY: &str = include_str!("../../../docs/openapi/csp.txt");

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// The function; needs no world.
pub static SERVICE: Service<Open, ()> = Service::new(Open, || {
    vec![
        on(routes::DOCUMENT, |_, ()| shown(file(JSON, DOCUMENT))),
        on(routes::PAGE, |_, ()| shown(page(PAGE))),
        on(routes::OPERATORS, |_, ()| shown(page(OPERATORS))),
        on(routes::AIFLOW, |_, ()| shown(page(AIFLOW))),
        on(routes::ERROR, error),
    ]
});

async fn shown(page: Response<Body>) -> Result<Reply, Rejection> {
    Ok(Reply(page))
}

#[derive(Deserialize)]
struct OfError {
    code: String,
}

async fn error(_: Call<Anyone, ()>, Path(of): Path<OfError>) -> Result<Reply, Rejection> {
    error_page(&of.code).map(|text| Reply(page(text))).ok_or_else(Rejection::not_found)
}

fn error_page(code: &str) -> Option<&'static str> {
    Some(match code {
        "400" => include_str!("../../../docs/openapi/errors/400.html"),
        "401" => include_str!("../../../docs/openapi/errors/401.html"),
        "403" => include_str!("../../../docs/openapi/errors/403.html"),
        "404" => include_str!("../../../docs/openapi/errors/404.html"),
        "409" => include_str!("../../../docs/openapi/errors/409.html"),
        "422" => include_str!("../../../docs/openapi/errors/422.html"),
        "429" => include_str!("../../../docs/openapi/errors/429.html"),
        "500" => include_str!("../../../docs/openapi/errors/500.html"),
        "502" => include_str!("../../../docs/openapi/errors/502.html"),
        "503" => include_str!("../../../docs/openapi/errors/503.html"),
        _ => return None,
    })
}

fn page(text: &'static str) -> Response<Body> {
    let response = reply::with_header(file(HTML, text), "content-security-policy", POLICY.trim());
    reply::with_header(response, "referrer-policy", "no-referrer")
}

fn file(content_type: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::Text(text.to_owned()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_platform::dispatch::Dispatch;

    fn get(path: &str) -> Response<Body> {
        let request = http::Request::builder().uri(path).body(Body::Empty).unwrap();
        futures::executor::block_on(SERVICE.answer(&(), request))
    }

    fn header<'r>(response: &'r Response<Body>, name: &str) -> &'r str {
        response.headers()[name].to_str().unwrap()
    }

    #[test]
    fn the_document_is_json_that_may_be_cached() {
        let response = get("/openapi/v1/openapi.json");
        assert_eq!(header(&response, "content-type"), JSON);
        assert_eq!(header(&response, "cache-control"), "public, max-age=300");
        let document: serde_json::Value = serde_json::from_slice(response.body().as_ref()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
    }

    #[test]
    fn pages_may_load_nothing_and_every_error_code_has_one() {
        for path in [
            "",
            "/errors/400",
            "/errors/401",
            "/errors/403",
            "/errors/404",
            "/errors/409",
            "/errors/422",
            "/errors/429",
            "/errors/500",
            "/errors/502",
            "/errors/503",
        ] {
            let response = get(&format!("/openapi/v1/docs{path}"));
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(header(&response, "content-type"), HTML);
            let policy = header(&response, "content-security-policy");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            let text = String::from_utf8(response.body().as_ref().to_vec()).unwrap();
            assert!(text.contains("</html>") && !text.contains("<script"), "{path}");
        }
    }

    #[test]
    fn links_hold_with_a_slash_at_the_end_and_operators_routes_are_on_their_own_page() {
        let text = |path: &str| String::from_utf8(get(path).body().as_ref().to_vec()).unwrap();
        let customers = text("/openapi/v1/docs");
        assert_eq!(customers, text("/openapi/v1/docs/"));
        for page in [&customers, &text("/openapi/v1/docs/operators"), &text("/openapi/v1/docs/errors/401")] {
            for target in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let whole = target.starts_with('/') || target.starts_with('#') || target.starts_with("https://");
                assert!(whole, "{target} leads elsewhere below /docs/ than below /docs");
                assert!(!target.starts_with('/') || get(target).status() == 200, "{target}");
            }
        }
        assert!(!customers.contains("/admin/v1/") && !customers.contains("admin/activate-order"));
        let operators = text("/openapi/v1/docs/operators");
        assert!(operators.contains("/admin/v1/events/order-status") && operators.contains("admin/activate-order"));
        assert!(!operators.contains("/openapi/v1/orders/create"));
    }

    #[test]
    fn an_unknown_code_has_none() {
        for path in ["/openapi/v1/docs/errors/418", "/openapi/v1/docs/errors/../400", "/openapi/v1/nothing"] {
            assert_eq!(get(path).status(), 404, "{path}");
        }
    }
}
