//! Plain services: an app code, or an address, that may call them.

use super::fixture::{Answer, Fixture, MARKER};
use tenon_catalog::Route;

/// The one answer to whoever is not let in.
const REFUSED: &str = r#"{"code":401,"msg":"认证失败","data":null}"#;

pub async fn case(fixture: &Fixture, function: &str, route: &Route, case: &str) {
    let path = fixture.path_of(route, &fixture.one);
    let body = fixture.body_of(route, &fixture.one).map(|body| body.to_string());
    let send = async |code: Option<&str>, path: &str| -> Answer {
        let headers: Vec<_> = code.iter().map(|code| ("x-apig-appcode", (*code).to_owned())).collect();
        fixture.call(function, route, path, &headers, body.as_deref()).await
    };
    let refused = match case {
        "no credentials" => send(None, &path).await,
        "wrong signature" => send(Some("not-the-code"), &path).await,
        // An app code has no time of its own: it counts until the configuration has another.
        "expired" => send(Some("the-code-before-the-last-apply"), &path).await,
        // Known, and for other things; or from an address of others; or where nobody may show a code.
        "wrong role" => {
            for code in [fixture.app_code, fixture.from_elsewhere] {
                assert_eq!(send(Some(code), &path).await.body, REFUSED, "{} {code}", route.path);
            }
            send(None, &format!("{path}?appCode={}", fixture.served)).await
        }
        "other tenant" => {
            let answer = send(Some(fixture.served_second), &path).await;
            assert!(!answer.body.contains(MARKER), "{}: {}", route.path, answer.body);
            return;
        }
        // Calls are plain: one that is made again is made again, by whoever may make it.
        "replayed" => {
            let (first, second) = (send(Some(fixture.served), &path).await, send(Some(fixture.served), &path).await);
            assert_eq!(first.status, second.status, "{}", route.path);
            assert!(![401, 403].contains(&first.status), "{}: {}", route.path, first.body);
            return;
        }
        other => panic!("no case {other}"),
    };
    assert_eq!((refused.status, refused.body.as_str()), (401, REFUSED), "{} {case}", route.path);
}
