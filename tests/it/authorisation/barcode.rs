//! Routes behind an app code that may use the connection in the path.

use crate::barcode::test_app::{CODE, SECOND, app, call};
use tenon_catalog::Route;

/// One case: one and the same answer to the last byte, and nothing done.
pub async fn case(route: &Route, case: &str) {
    let app = app().await;
    let body = (route.method == "POST").then_some(r#"{"sql":"select 1 from DUMMY"}"#);
    let send = async |connection: &str, code: Option<&str>| {
        let path = route.path.replace("{connection}", connection);
        let headers: Vec<(&str, &str)> = code.into_iter().map(|code| ("x-apig-appcode", code)).collect();
        let answer = call(&app, route.method, &path, &headers, body).await;
        (answer.status, answer.body)
    };
    let refused = match case {
        "no credentials" => send("b1-main", None).await,
        "wrong signature" => send("b1-main", Some("not-the-code")).await,
        // An app code has no time of its own: it counts until the configuration has another.
        "expired" => send("b1-main", Some("the-code-before-the-last-apply")).await,
        "other tenant" => send("b1-main", Some(SECOND)).await,
        // A DI API has no barcode application.
        "wrong role" => send("di-main", Some(CODE)).await,
        "replayed" => {
            let (first, second) = (send("b1-main", Some(CODE)).await, send("b1-main", Some(CODE)).await);
            assert_eq!((first.0, second.0), (200, 200), "{first:?}");
            assert_eq!(first.1["success"], second.1["success"]);
            return;
        }
        other => panic!("no case {other}"),
    };
    let stranger = send("no-such-connection", Some("nothing")).await;
    assert_eq!((refused.0, &refused), (401, &stranger), "{} {case}", route.path);
    assert!(app.sandbox.snapshot().requests.is_empty(), "{case}");
}
