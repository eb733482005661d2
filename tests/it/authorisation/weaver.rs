//! Routes behind the app code of a connection.

use crate::weaver::test_app::{CODE, app};
use tenon_catalog::Route;
use tenon_tests::TestApp;

/// One case: one and the same answer to the last byte, and nothing done.
pub async fn case(function: &str, route: &Route, case: &str) {
    assert_eq!(function, "callback-weaver", "{function} needs its cases here");
    let app = app().await;
    let post = async |app: &TestApp, connection: &str, code: Option<&str>| {
        let path = route.path.replace("{connection}", connection).replace("{flow}", "pr");
        let headers: Vec<_> = code.iter().map(|code| ("x-apig-appcode", (*code).to_owned())).collect();
        app.post_with(&format!("http://tenon{path}"), &headers, r#"{"requestid":"1","status":"1"}"#).await
    };
    let (refused, _) = match case {
        "no credentials" => (post(&app, "weaver-main", None).await, ()),
        "wrong signature" => (post(&app, "weaver-main", Some("not-the-code")).await, ()),
        // An app code has no time of its own: it counts until the configuration has another.
        "expired" => (post(&app, "weaver-main", Some("the-code-before-the-last-apply")).await, ()),
        "other tenant" => (post(&app, "weaver-main", Some("the-code-of-barcode")).await, ()),
        // A B1 connection has no callbacks.
        "wrong role" => (post(&app, "b1-main", Some(CODE)).await, ()),
        // The same push is answered the same.
        "replayed" => {
            let (first, second) =
                (post(&app, "weaver-main", Some(CODE)).await, post(&app, "weaver-main", Some(CODE)).await);
            // The flow in the path is no document flow.
            assert_eq!(first.0, if route.path.contains("{flow}") { 404 } else { 200 }, "{first:?}");
            assert_eq!(first, second);
            return;
        }
        other => panic!("no case {other}"),
    };
    let stranger = post(&app, "no-such-connection", Some("nothing")).await;
    assert_eq!((refused.0, &refused), (401, &stranger), "{} {case}", route.path);
    assert!(app.sandbox.snapshot().requests.is_empty(), "{case}");
}
