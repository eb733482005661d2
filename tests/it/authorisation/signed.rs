//! Routes of the signed API.

use super::fixture::{Answer, App, Fixture, MARKER};
use tenon_catalog::Route;
use tenon_crypto::openapi;

pub async fn case(fixture: &Fixture, function: &str, route: &Route, module: &str, write: bool, case: &str) {
    let path = fixture.path_of(route, &fixture.one);
    let body = fixture.body_of(route, &fixture.one).map(|b| b.to_string()).unwrap_or_default();
    let (own, other) = (&fixture.one.apps[module], &fixture.two.apps[module]);
    let now = fixture.clock.now_ms();
    let send = async |app: &App, secret: &str, timestamp: i64| -> Answer {
        let signature = openapi::sign_v1(secret, &app.key, &timestamp.to_string(), body.as_bytes());
        let headers =
            [("x-app-key", app.key.clone()), ("x-timestamp", timestamp.to_string()), ("x-signature", signature)];
        fixture.call(function, route, &path, &headers, Some(&body)).await
    };
    let at = format!("{} {}, {case}", route.method, route.path);
    match case {
        "no credentials" => {
            let answer = fixture.call(function, route, &path, &[], Some(&body)).await;
            answer.refused(401, &at);
        }
        "wrong signature" => send(own, "a secret of somebody else's", now).await.refused(401, &at),
        "expired" => send(own, &own.secret, now - 301_000).await.refused(401, &at),
        "replayed" => {
            // The first may be carried out or found wanting; the second is refused before that, unless
            // it only reads.
            fixture.clock.advance(std::time::Duration::from_millis(1));
            let now = fixture.clock.now_ms();
            let first = send(own, &own.secret, now).await;
            assert!([200, 400, 404].contains(&first.status), "{at}: {}", first.body);
            let second = send(own, &own.secret, now).await;
            if write {
                second.refused(401, &at);
            } else {
                assert_eq!(second.status, first.status, "{at}: {}", second.body);
            }
        }
        "other tenant" => {
            let answer = send(other, &other.secret, now).await;
            assert!(!answer.body.contains(MARKER), "{at}: {}", answer.body);
            if route.path.contains('{') || route.path.ends_with("/confirm") {
                answer.refused(404, &at);
            }
        }
        "wrong role" => {
            let wrong = fixture.one.apps.iter().find(|(of, _)| of.as_str() != module).unwrap().1;
            send(wrong, &wrong.secret, now).await.refused(403, &at);
        }
        other => panic!("no case {other}"),
    }
}
