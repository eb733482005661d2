//! What a process remembers of the configuration.

use std::pin::pin;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_tests::{TestApp, TestAppOptions, standard_config};

#[tokio::test]
async fn a_read_that_began_before_a_change_is_not_remembered_after_it() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let (ctx, operator) = (&app.ctx, TenantId::operator());
    ctx.config.forget();
    let mut before = pin!(ctx.config.load(&operator));
    assert!(futures::poll!(&mut before).is_pending(), "it reads");
    let mut config = standard_config();
    config["apps"] = serde_json::json!([{ "id": "mes", "app_code": "code-of-the-production-system" }]);
    let config: Config = serde_json::from_value(config).unwrap();
    ctx.config.replace_all(&operator, config, &ctx.entropy).await.unwrap();
    before.await.unwrap();
    let loaded = ctx.config.load(&operator).await.unwrap();
    assert!(loaded.caller("code-of-the-production-system", "10.0.0.1").is_some(), "what was stored is seen at once");
}
