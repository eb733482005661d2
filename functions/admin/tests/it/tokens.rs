//! Tokens over HTTP: shown once, listed without their text, revoked; the routes are the catalog's.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tenon_admin::tokens;
use tenon_catalog::scope;
use tenon_catalog::{Auth, Role as Who};
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::http::NoHttp;
use tenon_platform::{Clock, Context, Entropy};
use tenon_tenants::access::{NewToken, issue};
use tenon_testkit::{HttpEvent, Installation};

async fn fixture() -> (Context, String) {
    let clock = Clock::manual(1_769_824_800_000);
    let ctx = tenon_engine::memory_context(Arc::new(NoHttp), clock, Entropy::seeded(1)).await.unwrap();
    let operator = token(&ctx, Role::Operator, None, &[]).await;
    (ctx, operator)
}

async fn token(ctx: &Context, role: Role, tenant: Option<&str>, scopes: &[&str]) -> String {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    let new = NewToken { name: "n".to_owned(), role, tenant: tenant.map(TenantId::new), scopes, expires_ms: None };
    issue(ctx, new).await.unwrap().0.expose().to_owned()
}

async fn call(ctx: &Context, token: &str, line: &str, body: Value) -> (u16, Value) {
    let (method, path) = line.split_once(' ').unwrap();
    let id = path.strip_prefix("/admin/v1/tokens/").unwrap_or_default();
    let request = HttpEvent::new(method, path).parameter("id", id).bearer(token).json(&body).request();
    let response = tokens::SERVICE.answer(ctx, request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap())
}

#[test]
fn the_routes_are_for_operators_with_their_scope() {
    let routes = tenon_catalog::function("tokens").unwrap().routes();
    assert!(routes.iter().all(|r| r.auth == Auth::Bearer { role: Who::Operator, scope: scope::TOKENS }));
    assert_eq!(tokens::SERVICE.faults(routes), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    let (ctx, operator) = fixture().await;
    let body = json!({ "name": "pages", "role": "operator", "days": 3 });
    let (status, made) = call(&ctx, &operator, "POST /admin/v1/tokens", body).await;
    assert_eq!(status, 200, "{made}");
    let (text, id) = (made["data"]["token"].as_str().unwrap(), made["data"]["id"].as_str().unwrap());
    assert_eq!(made["data"]["expireTime"], "2026-02-03T10:00:00");

    let (status, listed) = call(&ctx, text, "GET /admin/v1/tokens", Value::Null).await;
    assert_eq!((status, listed["data"]["total"].clone()), (200, json!(2)));
    assert!(!listed.to_string().contains(text));

    let (status, revoked) = call(&ctx, &operator, &format!("DELETE /admin/v1/tokens/{id}"), Value::Null).await;
    assert_eq!((status, revoked["data"]["status"].clone()), (200, json!("revoked")));
    assert_eq!(call(&ctx, text, "GET /admin/v1/tokens", Value::Null).await.0, 401);
    assert_eq!(call(&ctx, &operator, &format!("DELETE /admin/v1/tokens/{id}"), Value::Null).await.1, revoked);
    assert_eq!(call(&ctx, &operator, "DELETE /admin/v1/tokens/tok-0", Value::Null).await.0, 404);
}

#[tokio::test]
async fn only_operators_with_the_scope_may_and_bodies_are_checked() {
    let (ctx, operator) = fixture().await;
    let admin = token(&ctx, Role::TenantAdmin, Some("t-1"), &[]).await;
    let no_scope = token(&ctx, Role::Operator, None, &[scope::APP_STORE]).await;
    assert_eq!(call(&ctx, &admin, "GET /admin/v1/tokens", Value::Null).await.0, 403);
    assert_eq!(call(&ctx, &no_scope, "GET /admin/v1/tokens", Value::Null).await.0, 403);
    assert_eq!(call(&ctx, "tnn_", "GET /admin/v1/tokens", Value::Null).await.0, 401);
    for (field, body) in [
        ("tenantId", json!({ "name": "n", "role": "tenant-admin" })),
        ("tenantId", json!({ "name": "n", "role": "tenant-admin", "tenantId": "a b" })),
        ("scopes", json!({ "name": "n", "role": "tenant-admin", "tenantId": "t-1", "scopes": [scope::TOKENS] })),
        ("days", json!({ "name": "n", "role": "operator", "days": 367 })),
        ("role", json!({ "name": "n", "role": "root" })),
        ("admin", json!({ "name": "n", "role": "operator", "admin": true })),
    ] {
        let (status, answer) = call(&ctx, &operator, "POST /admin/v1/tokens", body).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains(field), "{field}: {answer}");
    }
}

/// A call under an idempotency key.
async fn keyed(ctx: &Context, token: &str, key: &str, body: &Value) -> (u16, Value, bool) {
    let event = HttpEvent::new("POST", "/admin/v1/tokens").bearer(token).json(body).header("idempotency-key", key);
    let response = tokens::SERVICE.answer(ctx, event.request()).await;
    let replayed = response.headers().contains_key("idempotency-replayed");
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap(), replayed)
}

/// A token whose process died before it was shown is neither lost nor issued twice: the repetition shows it.
#[tokio::test]
async fn a_token_that_is_issued_by_a_process_that_dies_is_shown_to_the_repetition() {
    let body = json!({ "name": "pages", "role": "operator", "days": 3 });
    for at in [Moment::Before, Moment::After] {
        for n in 0.. {
            let all = Installation::at(1_769_824_800_000).await;
            let operator = token(&all.ctx, Role::Operator, None, &[]).await;
            let (crash, dead) = (Gate::crash_at_write(n, at), Arc::new(AtomicBool::new(false)));
            let killed = Arc::clone(&dead);
            let gate = Gate::new(move |operation, moment| {
                let decision = crash.decide(operation, moment);
                killed.fetch_or(decision == GateDecision::Kill, Ordering::SeqCst);
                decision
            });
            keyed(&all.process(gate, 7), &operator, "k-1", &body).await;
            if !dead.load(Ordering::SeqCst) {
                assert!(n >= 3, "claim, token and answer are three writes: {n}");
                break;
            }
            all.pass(Duration::from_secs(40));
            let (status, again, _) = keyed(&all.process(Gate::open(), 8), &operator, "k-1", &body).await;
            assert_eq!(status, 200, "{n} {at:?}: {again}");
            let listed = call(&all.ctx, &operator, "GET /admin/v1/tokens", Value::Null).await.1;
            assert_eq!(listed["data"]["total"], 2, "{n} {at:?}: the operator's own and one");
            let text = again["data"]["token"].as_str().unwrap();
            assert_eq!(call(&all.ctx, text, "GET /admin/v1/tokens", Value::Null).await.0, 200, "it works");
            let (status, last, replayed) = keyed(&all.process(Gate::open(), 9), &operator, "k-1", &body).await;
            assert_eq!((status, last["data"].clone(), replayed), (200, again["data"].clone(), true));
            // What is kept for the repetition is sealed.
            let records = all.ctx.table.scan(None, 1_000).await.unwrap().records;
            assert!(records.iter().all(|record| !record.data.to_string().contains(text)), "{n} {at:?}");
        }
    }
}
