//! The page of connections has what works beside them too, and has it checked.

use crate::fixture::{Fixture, HOME};
use serde_json::json;
use std::sync::Arc;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::audit;
use tenon_platform::outgoing::{Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};

/// A login server whose addresses are all another page's.
struct NoLoginServer;

#[async_trait::async_trait]
impl Outgoing for NoLoginServer {
    async fn check(&self, _: &str) -> Result<(), OutgoingFailure> {
        Ok(())
    }

    async fn call(&self, _: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        let (headers, body) = (http::HeaderMap::new(), bytes::Bytes::new());
        Ok(OutgoingAnswer { status: 404, headers, body, cut: false })
    }
}

async fn site() -> Fixture {
    let mut site = Fixture::empty().await;
    let config: Config = serde_json::from_value(json!({
        "databases": [{ "kind": "sqlite", "id": "board", "path": "/nowhere/board.db" }],
        "oa_integration": { "open": true },
        "sso": { "enabled": true, "redirect_uri": "https://login.example.com/authorize", "client_id": "c",
            "client_secret": "s", "public_url": "https://tenon.example.com", "enterprise_code": "C1" },
        "connections": [{ "kind": "kingdee", "id": "k3", "base_url": "http://k3/k3cloud", "account": "a",
            "username": "u", "password": "p" }],
        "flows": [{ "kind": "data-sync", "id": "board-of-orders", "erp": "k3", "database": "board", "form": "PUR_Order" }],
    }))
    .unwrap();
    site.ctx.config.replace_all(&TenantId::operator(), config, &site.ctx.entropy).await.unwrap();
    site.ctx = site.ctx.clone().with_outgoing(Arc::new(NoLoginServer));
    site
}

#[tokio::test]
async fn login_servers_databases_and_the_oa_integration_are_shown_and_checked_from_the_page_of_connections() {
    let site = site().await;
    let operator = site.visitor(None, &[]).await;
    let connections = format!("{HOME}/connections");
    let page = operator.page(&connections).await;
    for part in ["登录服务器", "OA 集成", "board", "数据库 sqlite"] {
        assert!(page.has(part), "{part}: {}", page.body);
    }
    assert_eq!(page.body.matches("尚未检查").count(), 2 * 4, "{}", page.body);
    assert!(page.has(&format!("{HOME}/flows/board-of-orders")), "{}", page.body);

    for (press, anchor, shown) in [
        ("/databases/board/check", "database:board", "✓ 正常"),
        ("/oa-integration/check", "oa-integration:", "✓ 正常"),
        ("/login-server/check", "login-server:", "✕ "),
    ] {
        let done = operator.send(&operator.page(&connections).await.form(press)).await;
        assert_eq!(done.status, 303, "{press}: {}", done.body);
        assert_eq!(done.location(), format!("{connections}?done=check#{anchor}"));
        let page = operator.page(&connections).await;
        let own = page.body.split(&format!("id=\"{anchor}\"")).nth(1).unwrap().split("</section>").next().unwrap();
        assert!(own.contains(shown) && own.contains("最近检查"), "{press}: {own}");
    }
    // What is wrong is told with what to do about it, in the page's language.
    let page = operator.page(&connections).await;
    assert!(
        page.has("token_url") && page.has("sso.check") && page.has("检查登录服务器时发现有不能用的部分"),
        "{}",
        page.body
    );
    let log = audit::list(&site.ctx, &TenantId::operator(), None, 50).await.unwrap();
    let did: Vec<&str> = log.entries.iter().map(|entry| entry.did.as_str()).collect();
    assert_eq!(did, ["check-login-server", "check-oa-integration", "check-database"]);
}

#[tokio::test]
async fn who_may_only_look_sees_them_and_presses_nothing() {
    let site = site().await;
    let looker = site.visitor(None, &["MENU_TENANT_APP_VIEW"]).await;
    let page = looker.page(&format!("{HOME}/connections")).await;
    assert!(page.has("登录服务器") && page.forms().is_empty(), "{}", page.body);
    let operator = site.visitor(None, &[]).await;
    let forms = operator.page(&format!("{HOME}/connections")).await.forms();
    assert_eq!(forms.len(), 4);
    for form in forms {
        assert_eq!(looker.send(&form).await.status, 403, "{}", form.action);
    }
}
