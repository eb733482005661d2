//! Routes behind a bearer token.

use super::fixture::{Answer, Fixture, MARKER};
use tenon_catalog::{Role, Route};

pub async fn case(fixture: &Fixture, function: &str, route: &Route, role: Role, scope: &str, case: &str) {
    let path = fixture.path_of(route, &fixture.one);
    let body = fixture.body_of(route, &fixture.one).map(|b| b.to_string());
    let send = async |token: Option<&str>, path: &str| -> Answer {
        let headers: Vec<_> = token.iter().map(|t| ("authorization", format!("Bearer {t}"))).collect();
        fixture.call(function, route, path, &headers, body.as_deref()).await
    };
    let at = format!("{} {}, {case}", route.method, route.path);
    match case {
        "no credentials" => send(None, &path).await.refused(401, &at),
        "wrong signature" => send(Some("tnn_bm90IGEgdG9rZW4gb2Ygb3Vycw"), &path).await.refused(401, &at),
        "expired" => send(Some(&fixture.expired), &path).await.refused(401, &at),
        // A bearer token may be used again; once revoked it may not.
        "replayed" => send(Some(&fixture.revoked), &path).await.refused(401, &at),
        "other tenant" => match role {
            Role::Operator => {
                // An administrator of another tenant is no operator either.
                send(Some(&fixture.two.token), &path).await.refused(403, &at);
            }
            Role::TenantAdmin | Role::Either | Role::Anyone => {
                for path in [path.clone(), format!("{path}?tenantId={}", fixture.one.tenant)] {
                    let answer = send(Some(&fixture.two.token), &path).await;
                    assert!(!answer.body.contains(MARKER), "{at}: {}", answer.body);
                    let data = serde_json::from_str::<serde_json::Value>(&answer.body).unwrap()["data"].clone();
                    if route.path.ends_with("/logs") && answer.status == 200 {
                        // The log of an app outlives it, so an id that is nobody's has an empty one.
                        assert_eq!(data["records"], serde_json::json!([]), "{at}: {data}");
                    } else if route.path.contains("{id}") || path.contains('?') {
                        assert!([403, 404].contains(&answer.status), "{at}: {} {}", answer.status, answer.body);
                    }
                }
            }
        },
        "wrong role" => {
            let wrong = match role {
                Role::Operator => Some(&fixture.one.token),
                Role::TenantAdmin => Some(&fixture.operator),
                Role::Either | Role::Anyone => None,
            };
            if let Some(token) = wrong {
                send(Some(token), &path).await.refused(403, &at);
            }
            let scopeless = match role {
                Role::Operator => &fixture.operator_without[scope],
                Role::TenantAdmin | Role::Either | Role::Anyone => &fixture.one_without[scope],
            };
            send(Some(scopeless), &path).await.refused(403, &at);
        }
        other => panic!("no case {other}"),
    }
}
