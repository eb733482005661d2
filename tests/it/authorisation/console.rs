//! Pages of the console, and the routes by which one signs in to them.

use super::fixture::{Answer, Fixture, MARKER};
use tenon_catalog::{Role, Route};

/// What each open route answers somebody who has nothing.
pub async fn holds_nothing(fixture: &Fixture, function: &str, route: &Route) {
    let answer = fixture.call(function, route, route.path, &[("accept", "text/html".to_owned())], None).await;
    let wanted = match (route.method, route.path) {
        ("GET", "/system/login") => 200,
        // Neither was sent from a page of ours.
        ("POST", "/system/login" | "/system/logout") => 403,
        ("GET", "/system/assets/{hash}/{file}") => 404,
        (method, path) => panic!("{method} {path} is open; is that meant?"),
    };
    assert_eq!(answer.status, wanted, "{}: {}", route.path, answer.body);
    assert!(!answer.body.contains(MARKER), "{}", route.path);
}

/// A session lets its own holder in, to what the token may do; what changes something is taken from a page of ours alone.
pub async fn case(fixture: &Fixture, function: &str, route: &Route, role: Role, scope: &str, case: &str) {
    let path = fixture.path_of(route, &fixture.one);
    let at = format!("{} {}, {case}", route.method, route.path);
    let from = async |session: Option<&str>, path: &str, site: &str| -> Answer {
        let mut headers = vec![("sec-fetch-site", site.to_owned())];
        headers.extend(session.map(|id| ("cookie", format!("__Host-tenon={id}"))));
        fixture.call(function, route, path, &headers, Some("")).await
    };
    let send = async |session: Option<&str>, path: &str| from(session, path, "same-origin").await;
    let reads = route.method == "GET";
    // Who looks is led to where one signs in; who sends a form is told.
    let out = |answer: &Answer| {
        assert_eq!(answer.status, if reads { 303 } else { 401 }, "{at}: {}", answer.body);
        assert!(!answer.body.contains(MARKER), "{at}: {}", answer.body);
    };
    match case {
        "no credentials" => {
            out(&send(None, &path).await);
            if !reads {
                let own = fixture.session(&fixture.one.token).await;
                for site in ["cross-site", "same-site", "none"] {
                    assert_eq!(from(Some(&own), &path, site).await.status, 403, "{at} {site}");
                }
            }
        }
        "wrong signature" => out(&send(Some(&"A".repeat(43)), &path).await),
        // A token is no session's id, nor is what the table has of one.
        "expired" => {
            let own = fixture.session(&fixture.one.token).await;
            out(&send(Some(&tenon_crypto::digest::sha256_hex(own.as_bytes())), &path).await);
            out(&send(Some(&fixture.one.token), &path).await);
        }
        // A session's token was revoked.
        "replayed" => out(&send(Some(&fixture.session_of_revoked().await), &path).await),
        "other tenant" => {
            let two = fixture.session(&fixture.two.token).await;
            for path in [path.clone(), format!("{path}?tenantId={}", fixture.one.tenant)] {
                let answer = send(Some(&two), &path).await;
                assert!(!answer.body.contains(MARKER), "{at}: {}", answer.body);
                if path.contains('?') {
                    assert!([403, 404].contains(&answer.status), "{at}: {} {}", answer.status, answer.body);
                }
            }
        }
        "wrong role" => {
            let wrong = match role {
                Role::Operator => Some(&fixture.one.token),
                Role::TenantAdmin => Some(&fixture.operator),
                Role::Either | Role::Anyone => None,
            };
            let scopeless = match role {
                Role::Operator => &fixture.operator_without[scope],
                Role::TenantAdmin | Role::Either | Role::Anyone => &fixture.one_without[scope],
            };
            for token in wrong.into_iter().chain([scopeless]) {
                let answer = send(Some(&fixture.session(token).await), &path).await;
                assert_eq!(answer.status, 403, "{at}: {}", answer.body);
                assert!(answer.body.contains("权限不足") && !answer.body.contains(MARKER), "{at}: {}", answer.body);
            }
            // A form without what only this session's pages carry.
            if !reads {
                let right = if role == Role::Operator { &fixture.operator } else { &fixture.one.token };
                let answer = send(Some(&fixture.session(right).await), &path).await;
                assert_eq!(answer.status, 403, "{at}: {}", answer.body);
                assert!(answer.body.contains("只能从本系统的页面提交"), "{at}: {}", answer.body);
            }
        }
        other => panic!("no case {other}"),
    }
}
