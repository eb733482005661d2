//! Routes by which people sign in: open to everybody, and nobody comes in by them who shows nothing.

use super::fixture::{Fixture, MARKER};
use tenon_catalog::Route;

/// What each answers somebody who has nothing.
pub async fn holds_nothing(fixture: &Fixture, function: &str, route: &Route) {
    let browser = [("accept", "text/html".to_owned())];
    let answer = fixture.call(function, route, route.path, &browser, None).await;
    let wanted = match route.path {
        // Nothing is said of single sign-on here: to the default login page.
        "/aflow/login" => 302,
        "/aflow/api/oauth2/callback" | "/aflow/assets/{hash}/{file}" => 404,
        "/aflow/api/oauth2/refresh" => 401,
        "/aflow/logout" => 403,
        path => panic!("{path} is open; is that meant?"),
    };
    assert_eq!(answer.status, wanted, "{}: {}", route.path, answer.body);
    assert!(!answer.body.contains(MARKER), "{}", route.path);
    if route.path == "/aflow/api/oauth2/refresh" {
        let mut answers = Vec::new();
        for token in ["", "made-up", &format!("{}.{}", "0".repeat(32), "A".repeat(43))] {
            let body = serde_json::json!({ "refreshToken": token }).to_string();
            let answer = fixture.call(function, route, route.path, &[], Some(&body)).await;
            assert_eq!(answer.status, 401, "{token}");
            assert!(!answer.body.contains("accessToken"), "{}", answer.body);
            answers.push(answer.body);
        }
        assert!(answers.iter().skip(1).all(|body| *body == answers[1]), "{answers:?}");
    }
}

/// Routes for people who are signed in: each way of not being it has the same answer but for where to sign in.
pub async fn case(fixture: &Fixture, function: &str, route: &Route, case: &str) {
    let cookie = |token: &str| [("cookie", format!("__Host-aflow={token}")), ("accept", "application/json".to_owned())];
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJQMSIsImF1ZCI6ImFmbG93IiwiaXNzIjoidGVub24iLCJleHAiOjQwMDAwMDAwMDB9.";
    let token = match case {
        "no credentials" => String::new(),
        "wrong signature" => format!("{unsigned}AAAA"),
        "expired" | "replayed" => unsigned.to_owned(),
        // Sessions, signatures and their ends are tried where people sign in; here, that nothing else comes in.
        "other tenant" => fixture.one.token.clone(),
        "wrong role" => fixture.operator.clone(),
        other => panic!("no case {other}"),
    };
    let by_cookie = fixture.call(function, route, route.path, &cookie(&token), None).await;
    let bearer = [("authorization", format!("Bearer {token}"))];
    let by_token = fixture.call(function, route, route.path, &bearer, None).await;
    for answer in [by_cookie, by_token] {
        assert_eq!(answer.status, 401, "{} {case}: {}", route.path, answer.body);
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (&body["status"], &body["msg"]),
            (&serde_json::json!(-4002), &serde_json::json!("未登录或登录已失效"))
        );
        assert!(!answer.body.contains(MARKER), "{}", answer.body);
    }
}
