//! Routes of the OA integration behind a token.

use crate::people::oa::{SECOND, call, get_token, new_app, token};
use std::time::Duration;
use tenon_catalog::Route;

/// One case: nothing is shown.
pub async fn case(route: &Route, case: &str) {
    let app = new_app().await;
    let what = route.path.rsplit('/').next().unwrap();
    let good = token(&app, "U002").await;
    assert_eq!(call(&app, what, Some(&good), "2").await.0, 200, "{what}");
    let (status, answer) = match case {
        "no credentials" => call(&app, what, None, "2").await,
        "wrong signature" => call(&app, what, Some(&format!("{}AAAA", &good[..good.len() - 4])), "2").await,
        "expired" => {
            app.clock.advance(Duration::from_secs(7200));
            call(&app, what, Some(&good), "2").await
        }
        "wrong role" => call(&app, what, Some(&good), "1").await,
        // The second tenant has no user of that binding, and so no token either.
        "other tenant" => get_token(&app, SECOND, "U002").await,
        // A token may be used until it ends.
        "replayed" => {
            assert_eq!(call(&app, what, Some(&good), "2").await.0, 200, "{what}");
            return;
        }
        other => panic!("no case {other}"),
    };
    let wanted = match case {
        "no credentials" => (404, 404),
        "wrong signature" | "wrong role" => (403, 403),
        "expired" => (401, 401),
        _ => (200, 1),
    };
    assert_eq!((i64::from(status), answer["code"].as_i64().unwrap()), wanted, "{what} {case}: {answer}");
    assert!(answer["data"].is_null(), "{answer}");
}
