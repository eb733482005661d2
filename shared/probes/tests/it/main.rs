//! What works beside the connections, checked and kept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon_model::config::Config;
use tenon_model::{DatabaseId, TenantId};
use tenon_operations::beside::{self, Beside};
use tenon_operations::{At, check};
use tenon_platform::audit::{self, Actor, Via};
use tenon_platform::outgoing::{Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::{Context, Rejection};
use tenon_probes::{database, login_server, oa_integration};
use tenon_testkit::{Installation, databases};

const NOW_MS: i64 = 1_795_312_800_000;
const LOGIN: &str = "https://login.example.com/oauth2/authorize";

/// A login server that answers its three addresses as it should, or its token address not at all.
#[derive(Default)]
struct LoginServer {
    has_no_token: bool,
    calls: Mutex<Vec<(String, Duration)>>,
}

#[async_trait::async_trait]
impl Outgoing for LoginServer {
    async fn check(&self, _: &str) -> Result<(), OutgoingFailure> {
        Ok(())
    }

    async fn call(&self, call: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        self.calls.lock().unwrap().push((call.url.clone(), call.timeout));
        let (status, body) = match call.url.rsplit('/').next().unwrap() {
            "token" if self.has_no_token => (404, ""),
            "token" => (400, "{\"error\":\"invalid_request\"}"),
            "userinfo" => (401, ""),
            _ => (400, "no client"),
        };
        let body = body.as_bytes().to_vec().into();
        Ok(OutgoingAnswer { status, headers: lambda_http::http::HeaderMap::new(), body, cut: false })
    }
}

fn sso() -> Value {
    json!({ "enabled": true, "redirect_uri": LOGIN, "client_id": "tenon", "client_secret": "s", "enterprise_code": "C1",
        "public_url": "https://tenon.example.com", "token_url": "https://login.example.com/oauth2/token",
        "userinfo_url": "https://login.example.com/oauth2/userinfo" })
}

struct Site {
    ctx: Context,
    tenant: TenantId,
    by: Actor,
}

impl Site {
    async fn of(config: Value) -> Self {
        let installation = Installation::at(NOW_MS).await;
        let config: Config = serde_json::from_value(config).unwrap();
        let (ctx, tenant) = (installation.ctx.clone(), TenantId::operator());
        ctx.config.replace_all(&tenant, config, &ctx.entropy).await.unwrap();
        Self { ctx, tenant, by: Actor::new("console (tok-1)", Via::Api) }
    }

    fn at(&self) -> At<'_> {
        At { ctx: &self.ctx, tenant: &self.tenant, by: &self.by }
    }

    async fn noted(&self) -> Vec<(String, String)> {
        let log = audit::list(&self.ctx, &self.tenant, None, 50).await.unwrap();
        log.entries.into_iter().map(|entry| (entry.did, entry.of)).collect()
    }
}

fn is_missing<T>(checked: Result<T, Rejection>) -> bool {
    matches!(checked, Err(Rejection::NotFound(_)))
}

#[tokio::test]
async fn a_login_server_is_called_and_what_came_of_it_is_kept() {
    let mut site = Site::of(json!({ "sso": sso() })).await;
    let server = Arc::new(LoginServer::default());
    site.ctx = site.ctx.clone().with_outgoing(server.clone());
    let (check, found) = login_server::check(&site.at()).await.unwrap();
    assert!(check.ok && found.problems.is_empty() && found.warnings.is_empty(), "{found:?}");
    assert_eq!(found.tried.len(), 3);
    assert_eq!(check.by, "console (tok-1)");
    let kept = beside::list(&site.ctx, &site.tenant).await.unwrap().login_server.unwrap();
    assert_eq!(kept.last_check, Some(check));
    assert_eq!(site.noted().await, [("check-login-server".to_owned(), "sso".to_owned())]);

    site.ctx = site.ctx.clone().with_outgoing(Arc::new(LoginServer { has_no_token: true, ..LoginServer::default() }));
    let (check, found) = login_server::check(&site.at()).await.unwrap();
    assert!(found.problems[0].contains("token_url") && found.problems.len() == 1, "{found:?}");
    assert_eq!((check.ok, check.code.as_deref()), (false, Some("sso.check")));
    assert_eq!(check.error.as_deref(), Some(&*found.problems[0]));
    assert!(beside::list(&site.ctx, &site.tenant).await.unwrap().login_server.unwrap().last_check == Some(check));
}

#[tokio::test]
async fn a_slow_login_server_does_not_outlast_the_call_that_asks() {
    let mut site = Site::of(json!({ "sso": sso() })).await;
    let server = Arc::new(LoginServer::default());
    site.ctx = site.ctx.clone().with_outgoing(server.clone()).within_cut(Duration::from_secs(25));
    login_server::check(&site.at()).await.unwrap();
    let calls = server.calls.lock().unwrap();
    let together: Duration = calls.iter().map(|(_, timeout)| *timeout).sum();
    assert!(calls.len() == 3 && together <= Duration::from_secs(21), "{calls:?}");
}

#[tokio::test]
async fn databases_are_asked_and_one_that_does_not_answer_says_so() {
    let database = databases::sqlite();
    let there = database.folder().join("there.db");
    std::fs::write(&there, b"").unwrap();
    let broken = database.folder().join("broken.db");
    std::fs::write(&broken, b"this is no database, whatever it is called").unwrap();
    let site = Site::of(json!({ "databases": [
        { "kind": "sqlite", "id": "there", "path": there }, { "kind": "sqlite", "id": "broken", "path": broken },
        { "kind": "sqlite", "id": "to-be", "path": database.folder().join("to-be.db") } ] }))
    .await;
    let plan = check::plan(site.ctx.config.load(&site.tenant).await.unwrap().as_ref());
    assert_eq!(plan.databases, ["broken", "there", "to-be"].map(DatabaseId::new));
    assert!(!plan.login_server && !plan.oa_integration);
    for (id, works) in [("there", true), ("broken", false), ("to-be", true)] {
        let id = DatabaseId::new(id);
        let (check, found) = database::check(&site.at(), &id).await.unwrap();
        assert_eq!((check.ok, found.ok, found.kind.as_deref()), (works, works, Some("sqlite")), "{found:?}");
        assert_eq!(check.code.is_some(), !works);
        let all = beside::list(&site.ctx, &site.tenant).await.unwrap().databases;
        assert_eq!(all.iter().find(|own| own.id == id).unwrap().state.last_check, Some(check));
    }
    assert_eq!(site.noted().await.len(), 3);
    assert_eq!(beside::list(&site.ctx, &site.tenant).await.unwrap().databases.len(), 3);
}

#[tokio::test]
async fn queries_of_the_oa_integration_are_tried() {
    let database = databases::sqlite();
    let file = database.folder().join("oa.db");
    std::fs::write(&file, b"").unwrap();
    let app = json!({ "id": "assistant", "app_code": "a-code-of-some-length", "services": ["oa-integration"] });
    let site = Site::of(json!({ "apps": [app], "databases": [{ "kind": "sqlite", "id": "oa", "path": file }],
        "oa_integration": { "source": "database", "database": "oa" } }))
    .await;
    let (check, found) = oa_integration::check(&site.at()).await.unwrap();
    assert_eq!((check.ok, check.code.as_deref()), (false, Some("oa-integration.check")), "{found:?}");
    assert!(found.problems.iter().all(|problem| problem.starts_with("database oa, query ")), "{found:?}");
    assert_eq!(found.apps, ["assistant"]);
    let kept = beside::list(&site.ctx, &site.tenant).await.unwrap().oa_integration.unwrap();
    assert_eq!(kept.last_check, Some(check));
}

#[tokio::test]
async fn what_is_not_configured_and_what_is_another_tenants_is_not_there_and_leaves_nothing() {
    let mut site =
        Site::of(json!({ "sso": sso(), "databases": [{ "kind": "sqlite", "id": "sso", "path": "/x.db" }] })).await;
    assert!(is_missing(database::check(&site.at(), &DatabaseId::new("other")).await));
    assert!(is_missing(oa_integration::check(&site.at()).await));
    // One is not taken for another that is called alike.
    database::check(&site.at(), &DatabaseId::new("sso")).await.unwrap();
    let all = beside::list(&site.ctx, &site.tenant).await.unwrap();
    assert!(all.login_server.unwrap().last_check.is_none() && all.databases[0].state.last_check.is_some());
    site.tenant = TenantId::new("t-1");
    assert!(is_missing(login_server::check(&site.at()).await));
    assert!(is_missing(database::check(&site.at(), &DatabaseId::new("sso")).await));
    assert_eq!(beside::list(&site.ctx, &site.tenant).await.unwrap(), beside::BesideStates::default());
    assert_eq!(site.noted().await, []);
    assert!(is_missing(Beside::LoginServer.of(&site.ctx, &site.tenant).await));
}
