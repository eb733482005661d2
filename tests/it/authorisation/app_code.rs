//! Routes behind an app code.

use super::fixture::{Answer, Fixture};
use tenon_catalog::Route;

pub async fn case(fixture: &Fixture, function: &str, route: &Route, case: &str) {
    let path = fixture.path_of(route, &fixture.one);
    let body = fixture.body_of(route, &fixture.one).map(|b| b.to_string());
    let send = async |code: Option<&str>| -> Answer {
        let headers: Vec<_> = code.iter().map(|c| ("x-apig-appcode", (*c).to_owned())).collect();
        fixture.call(function, route, &path, &headers, body.as_deref()).await
    };
    let at = format!("{} {}, {case}", route.method, route.path);
    match case {
        "no credentials" => send(None).await.refused(401, &at),
        "wrong signature" => send(Some("not-the-code")).await.refused(401, &at),
        // An app code has no time of its own: it counts until the configuration has another.
        "expired" => send(Some("the-code-before-the-last-apply")).await.refused(401, &at),
        // The same event again is the same event.
        "replayed" => {
            let first = send(Some(fixture.app_code)).await;
            assert_eq!(first.status, 200, "{at}: {}", first.body);
            let second = send(Some(fixture.app_code)).await;
            assert_eq!(second.status, 200, "{at}: {}", second.body);
        }
        "other tenant" => {
            let answer = send(Some(fixture.bound_to_two)).await;
            if route.path.ends_with("/bulk") && answer.status == 200 {
                let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(body["data"]["successCount"], 0, "{at}: {body}");
            } else {
                answer.refused(403, &at);
            }
        }
        "wrong role" => send(Some(fixture.from_elsewhere)).await.refused(401, &at),
        other => panic!("no case {other}"),
    }
}
