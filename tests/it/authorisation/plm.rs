//! Routes behind an app code that name a connection.

use crate::plm::test_app::{CODE, app, post};
use tenon_catalog::Route;

/// One case: one and the same answer to the last byte, and nothing done.
pub async fn case(function: &str, route: &Route, case: &str) {
    assert_eq!(function, "plm", "{function} needs its cases here");
    let app = app().await;
    let what = route.path.rsplit('/').next().unwrap();
    let path = |connection: &str| format!("{connection}/{what}");
    let body = r#"{"ItemCode":"A","TreeCode":"A","Code":"A"}"#;
    let refused = match case {
        "no credentials" => post(&app, &path("b1-main"), "", body).await,
        "wrong signature" => post(&app, &path("b1-main"), "not-the-code", body).await,
        // An app code has no time of its own: it counts until the configuration has another.
        "expired" => post(&app, &path("b1-main"), "the-code-before-the-last-apply", body).await,
        // An app that acts for a tenant calls for none of the operator's connections.
        "other tenant" => post(&app, &path("b1-main"), "the-code-of-a-tenant", body).await,
        "wrong role" => post(&app, &path("b1-main"), "the-code-for-company-b", body).await,
        // What is pushed twice is there once.
        "replayed" => {
            for _ in 0..2 {
                let (status, answer) = post(&app, &path("b1-main"), CODE, body).await;
                assert_eq!(status, 200, "{answer}");
            }
            return;
        }
        other => panic!("no case {other}"),
    };
    let stranger = post(&app, &path("no-such-connection"), CODE, body).await;
    assert_eq!((refused.0, &refused), (401, &stranger), "{} {case}", route.path);
    assert!(app.sandbox.snapshot().requests.is_empty(), "{case}");
}
