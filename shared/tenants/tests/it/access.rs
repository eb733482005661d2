//! Tokens: one and the same refusal for every one that does not hold, roles, scopes, and tenants.

use crate::common::{DAY, Fixture, tenant};
use serde_json::{Value, json};
use tenon_catalog::Role as Callers;
use tenon_catalog::scope;
use tenon_crypto::digest::sha256_hex;
use tenon_model::access::Role;
use tenon_platform::Rejection;
use tenon_platform::table::{Expect, Key, Stored, Write};
use tenon_tenants::access::{NewToken, authenticate, enter, issue, list, revoke};

fn wanted(role: Role, of: Option<&str>) -> NewToken {
    NewToken { name: "n".to_owned(), role, tenant: of.map(tenant), scopes: Vec::new(), expires_ms: None }
}

#[tokio::test]
async fn every_token_that_does_not_hold_is_refused_alike() {
    let w = Fixture::new().await;
    let (good, record) = issue(&w.ctx, wanted(Role::Operator, None)).await.unwrap();
    let bearer = format!("Bearer {}", good.expose());
    assert_eq!(authenticate(&w.ctx, Some(&bearer)).await.unwrap().token, record.id);
    assert!(authenticate(&w.ctx, Some(&bearer.replace("Bearer", "bearer"))).await.is_ok());

    let (revoked, second) = issue(&w.ctx, wanted(Role::Operator, None)).await.unwrap();
    revoke(&w.ctx, &second.id).await.unwrap();
    assert_eq!(revoke(&w.ctx, &second.id).await.unwrap().revoked_ms, Some(w.ctx.now_ms()), "again changes nothing");
    let mut short = wanted(Role::Operator, None);
    short.expires_ms = Some(w.ctx.now_ms() + 1_000);
    let (expired, _) = issue(&w.ctx, short).await.unwrap();
    w.clock.advance(std::time::Duration::from_secs(1));

    let unknown = format!("Bearer tnn_{}", "A".repeat(43));
    let of = |secret: &tenon_model::config::Secret| format!("Bearer {}", secret.expose());
    let cases = [
        (None, "no-token"),
        (Some(String::new()), "malformed"),
        (Some(good.expose().to_owned()), "malformed"),
        (Some(bearer.replace("Bearer", "Basic")), "malformed"),
        (Some(format!("{bearer}x")), "malformed"),
        (Some(unknown), "unknown"),
        (Some(of(&revoked)), "revoked"),
        (Some(of(&expired)), "expired"),
    ];
    for (header, reason) in cases {
        let refusal = authenticate(&w.ctx, header.as_deref()).await.unwrap_err();
        assert_eq!(refusal, Rejection::unauthenticated(reason), "{header:?}");
        assert_eq!((refusal.status(), refusal.message().as_str()), (401, "认证失败"));
    }
}

#[tokio::test]
async fn a_token_is_stored_nowhere_and_listed_by_its_id() {
    let w = Fixture::new().await;
    let (token, record) = issue(&w.ctx, wanted(Role::TenantAdmin, Some("t-1"))).await.unwrap();
    let everything = w.everything().await;
    assert!(everything.contains(&record.id));
    assert!(!everything.contains(&token.expose()[4..]));
    assert!(!format!("{token:?}").contains(token.expose()));
    assert_eq!(list(&w.ctx).await.unwrap(), [record]);
}

#[tokio::test]
async fn a_token_cannot_have_more_than_its_role_or_live_longer_than_a_year() {
    let w = Fixture::new().await;
    let now = w.ctx.now_ms();
    let day = i64::try_from(DAY.as_millis()).unwrap();
    let base = || wanted(Role::TenantAdmin, Some("t-1"));
    let scope = |s: &str| vec![s.to_owned()];
    let cases = [
        ("scopes", NewToken { scopes: scope(scope::TOKENS), ..base() }),
        ("scopes", NewToken { scopes: scope("ALL"), ..base() }),
        ("tenantId", wanted(Role::TenantAdmin, None)),
        ("tenantId", wanted(Role::TenantAdmin, Some("default"))),
        ("tenantId", wanted(Role::TenantAdmin, Some("a/b"))),
        ("tenantId", wanted(Role::Operator, Some("t-1"))),
        ("name", NewToken { name: " ".to_owned(), ..base() }),
        ("days", NewToken { expires_ms: Some(now), ..base() }),
        ("days", NewToken { expires_ms: Some(now + 366 * day + 1), ..base() }),
    ];
    for (field, new) in cases {
        match issue(&w.ctx, new.clone()).await {
            Err(Rejection::BadRequest(bad)) => assert_eq!(bad.field, field),
            other => panic!("{new:?}: {other:?}"),
        }
    }
    let (_, record) = issue(&w.ctx, base()).await.unwrap();
    assert_eq!(record.scopes, scope::TENANTS);
    assert_eq!(record.expires_ms, now + 90 * day);
}

#[tokio::test]
async fn roles_scopes_and_tenants_decide_what_a_caller_may() {
    let w = Fixture::new().await;
    let header = async |new: NewToken| format!("Bearer {}", issue(&w.ctx, new).await.unwrap().0.expose());
    let operator = header(wanted(Role::Operator, None)).await;
    let admin = header(wanted(Role::TenantAdmin, Some("t-1"))).await;
    let store_only = NewToken { scopes: vec![scope::APP_STORE.to_owned()], ..wanted(Role::TenantAdmin, Some("t-1")) };
    let store_only = header(store_only).await;

    let try_ = async |who: &str, need, scope: &str, named: Option<&str>| {
        enter(&w.ctx, Some(who), (need, scope), named).await.map(|c| c.tenant.to_string()).map_err(|r| r.status())
    };
    assert_eq!(try_(&admin, Callers::Either, scope::APP_STORE, None).await, Ok("t-1".to_owned()));
    assert_eq!(try_(&admin, Callers::Either, scope::APP_STORE, Some("t-1")).await, Ok("t-1".to_owned()));
    assert_eq!(try_(&admin, Callers::Either, scope::APP_STORE, Some("t-2")).await, Err(404));
    assert_eq!(try_(&admin, Callers::Operator, scope::APP_STORE, None).await, Err(403));
    assert_eq!(try_(&store_only, Callers::Either, scope::TENANT_APP, None).await, Err(403));
    assert_eq!(try_(&operator, Callers::Either, scope::APP_STORE, Some("t-2")).await, Ok("t-2".to_owned()));
    assert_eq!(try_(&operator, Callers::Either, scope::APP_STORE, None).await, Err(400));
    assert_eq!(try_(&operator, Callers::Anyone, scope::APP_STORE, None).await, Ok("default".to_owned()));
    assert_eq!(try_(&admin, Callers::Anyone, scope::APP_STORE, Some("t-2")).await, Err(404));
    assert_eq!(try_(&operator, Callers::Either, scope::APP_STORE, Some("default")).await, Err(400));
    assert_eq!(try_(&operator, Callers::TenantAdmin, scope::APP_STORE, Some("t-1")).await, Err(403));
    assert_eq!(try_(&operator, Callers::Operator, scope::TOKENS, None).await, Ok("default".to_owned()));
}

/// Whoever can write into the table and has not the master key can make no token, and change none.
#[tokio::test]
async fn a_row_that_somebody_wrote_into_the_table_is_no_token() {
    let w = Fixture::new().await;
    let (issued, record) = issue(&w.ctx, wanted(Role::TenantAdmin, Some("t-1"))).await.unwrap();
    let operator = tenant("default");
    let bearer = |text: &str| format!("Bearer {text}");
    let row = |text: &str| Key::new(&operator, "TOKEN", &[&sha256_hex(text.as_bytes())], "-");
    let own = format!("tnn_{}", "B".repeat(43));
    let good: Stored<Value> = w.ctx.table.get(&row(issued.expose())).await.unwrap().unwrap();
    let bare = json!({
        "id": "tok-1", "name": "n", "role": "operator", "scopes": ["ADMIN_TOKENS"],
        "createdMs": 1, "expiresMs": w.ctx.now_ms() + 1_000_000,
    });
    let unproven = json!({ "record": bare.to_string(), "proof": good.data["proof"] });
    for forged in [bare, unproven, good.data.clone()] {
        w.ctx.table.write(Write::put(row(&own), &forged, Expect::Anything).unwrap()).await.unwrap();
        let refusal = authenticate(&w.ctx, Some(&bearer(&own))).await.unwrap_err();
        assert_eq!(refusal, Rejection::unauthenticated("unproven"), "{forged}");
        // Nor can the list be given one, for somebody to revoke and thereby to write.
        let entry = json!({ "hash": sha256_hex(own.as_bytes()), "token": forged });
        let at = Key::new(&operator, "scope::TOKENS", &[], "tok-1");
        w.ctx.table.write(Write::put(at, &entry, Expect::Anything).unwrap()).await.unwrap();
        assert_eq!(list(&w.ctx).await.unwrap(), std::slice::from_ref(&record));
        assert_eq!(revoke(&w.ctx, "tok-1").await.unwrap_err(), Rejection::not_found());
    }
    let mut raised = good.data.clone();
    raised["record"] = Value::from(raised["record"].as_str().unwrap().replace("tenant-admin", "operator"));
    w.ctx.table.write(Write::put(row(issued.expose()), &raised, Expect::Anything).unwrap()).await.unwrap();
    assert!(authenticate(&w.ctx, Some(&bearer(issued.expose()))).await.is_err());
    w.ctx.table.write(Write::put(row(issued.expose()), &good.data, Expect::Anything).unwrap()).await.unwrap();
    assert_eq!(authenticate(&w.ctx, Some(&bearer(issued.expose()))).await.unwrap().token, record.id);
}
