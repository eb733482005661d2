//! Routes anyone may call.

use super::fixture::Fixture;
use tenon_catalog::Route;

/// Routes that are open on purpose.
const OPEN: [&str; 7] = [
    "/api/oa_integration/test",
    "/healthz",
    "/openapi/v1/openapi.json",
    "/openapi/v1/docs",
    "/openapi/v1/docs/operators",
    "/openapi/v1/docs/aiflow",
    "/openapi/v1/docs/errors/{code}",
];

pub async fn holds_nothing(fixture: &Fixture, function: &str, route: &Route) {
    if route.path == "/{file}" {
        // Names that the configuration does not list are nobody's.
        let answer = fixture.call(function, route, "/WW_verify_other.txt", &[], None).await;
        assert_eq!(answer.status, 404, "{}", route.path);
        return;
    }
    if route.method == "OPTIONS" {
        let answer = fixture.call(function, route, route.path, &[], None).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{}", route.path);
        return;
    }
    if route.path.starts_with("/system/") {
        super::console::holds_nothing(fixture, function, route).await;
        return;
    }
    if route.path.starts_with("/aflow/") {
        super::sign_in::holds_nothing(fixture, function, route).await;
        return;
    }
    assert!(OPEN.contains(&route.path), "{} is open; is that meant?", route.path);
    let answer = fixture.call(function, route, &fixture.path_of(route, &fixture.one), &[], None).await;
    assert_eq!(answer.status, 200, "{}", route.path);
    assert!(!answer.body.contains(super::fixture::MARKER), "{}", route.path);
    if route.path == "/healthz" {
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["status", "version"]);
    }
}
