//! `tenon apply`: what a file changes, adds and removes.

use super::TestApp;
use tenon::commands::{apply, check, runs};
use tenon::environment::Place;
use tenon::output::{ExitKind, Out};
use tenon_model::config::{Config, Flow};

#[tokio::test]
async fn what_the_file_no_longer_has_is_removed_and_a_broken_file_changes_nothing() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();

    let mut broken = config.clone();
    let Flow::Approval(first) = &mut broken.flows[0] else { panic!("the first is no approval flow") };
    first.form.template.clear();
    assert_eq!(output!(apply::apply, test_app.write(&broken), test_app).0, Err(ExitKind::Usage));
    let known = || runs::RunsArgs { flow: Some("quotation".to_owned()), limit: 1 };
    assert_eq!(output!(runs::runs, known(), test_app).0, Ok(()));

    config.flows.retain(|f| f.id().as_str() != "quotation");
    let dry = apply::ApplyArgs { dry_run: true, ..test_app.write(&config) };
    assert_eq!(output!(apply::apply, dry, test_app).1["applied"], false);
    assert_eq!(output!(runs::runs, known(), test_app).0, Ok(()));
    let (_, applied) = output!(apply::apply, test_app.write(&config), test_app);
    assert_eq!(applied["result"]["removed"], serde_json::json!(["flow quotation"]));
    assert_eq!(output!(runs::runs, known(), test_app).0, Err(ExitKind::NotFound));
}

#[tokio::test]
async fn callers_are_stored_as_hashes_and_tenant_apps_keep_their_id() {
    use tenon_model::config::{App, OpenapiApp, Secret};
    use tenon_tenants::apps;
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    config.apps.push(App {
        id: "production".to_owned(),
        app_code: Some(Secret::new("the-code-of-the-production-system")),
        allow_ips: Vec::new(),
        connections: Vec::new(),
        tenant: None,
        services: Vec::new(),
        code_in_query: false,
        rate_per_minute: 600,
    });
    let app = OpenapiApp {
        app_key: "os_demo".to_owned(),
        app_secret: Secret::new("the-secret-of-the-app"),
        tenant: "t-1".to_owned(),
        module: "ORDER_SYNC".to_owned(),
    };
    config.openapi_apps = vec![app.clone()];
    let open = async || tenon::environment::Environment::open(&test_app.place).await.unwrap();
    let stored = async || apps::by_key(&open().await.ctx, "os_demo").await.unwrap().unwrap();
    let secret = async || {
        let ctx = open().await.ctx;
        let app = apps::by_key(&ctx, "os_demo").await.unwrap().unwrap();
        apps::open(&ctx, &app, apps::APP_SECRET, &app.secrets).await.unwrap()
    };

    let (done, applied) = output!(apply::apply, test_app.write(&config), test_app);
    assert_eq!(done, Ok(()), "{applied}");
    let callers: Vec<&str> = config.apps.iter().map(|app| app.id.as_str()).collect();
    assert_eq!((&applied["result"]["apps"], callers.last()), (&serde_json::json!(callers), Some(&"production")));
    assert_eq!(applied["result"]["openapi_apps"], serde_json::json!(["os_demo"]));
    assert_eq!(applied["result"]["warnings"], serde_json::json!([]));
    let first = stored().await;
    assert_eq!((first.tenant.as_str(), first.module.code(), first.enabled), ("t-1", "ORDER_SYNC", true));
    let loaded = open().await.ctx.config.load(&tenon_model::TenantId::operator()).await.unwrap();
    assert!(loaded.caller("the-code-of-the-production-system", "192.0.2.7").is_some());
    assert!(loaded.caller("the-code-of-the-production-systen", "192.0.2.7").is_none());

    // The same again changes nothing; another secret is the only one from then on.
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    assert_eq!(stored().await, first);
    config.openapi_apps[0].app_secret = Secret::new("another-secret-of-the-app");
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    assert_eq!((stored().await.id, secret().await), (first.id, vec![Secret::new("another-secret-of-the-app")]));

    // Another tenant's key is refused, with the whole file.
    config.openapi_apps[0].tenant = "t-2".to_owned();
    config.apps.retain(|app| app.id != "production");
    assert_eq!(output!(apply::apply, test_app.write(&config), test_app).0, Err(ExitKind::Usage));
    let loaded = open().await.ctx.config.load(&tenon_model::TenantId::operator()).await.unwrap();
    assert!(loaded.caller("the-code-of-the-production-system", "192.0.2.7").is_some());
    // A deployed table takes none; nothing is opened to find that out.
    let args = test_app.write(&config);
    let deployed = Place { data: test_app.place.data.clone(), deployed: true };
    let out = Out::to(true, Box::new(std::io::sink()), Box::new(std::io::sink()));
    let failure = apply::apply(&args, &deployed, &out).await.unwrap_err();
    assert!(failure.exit == ExitKind::Usage && failure.message.contains("openapi_apps"), "{failure:?}");

    // A caller the file no longer has is removed; the tenant app stays.
    config.openapi_apps.clear();
    let (_, applied) = output!(apply::apply, test_app.write(&config), test_app);
    assert_eq!(applied["result"]["removed"], serde_json::json!(["app production"]));
    assert_eq!(stored().await.app_key, "os_demo");
}

#[tokio::test]
async fn a_file_without_anything_that_is_stored_needs_a_word_to_remove_it() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let empty = Config::default();
    let dry = apply::ApplyArgs { dry_run: true, ..test_app.write(&empty) };
    let (done, foreseen) = output!(apply::apply, dry, test_app);
    assert_eq!(done, Ok(()));
    let all = foreseen["result"]["removed"].clone();
    let config = test_app.config();
    let applied = config.connections.len() + config.flows.len() + config.apps.len() + config.barcode.len();
    let applied = applied + usize::from(config.notices.is_some());
    assert_eq!(all.as_array().unwrap().len(), applied, "{foreseen}");
    let (done, refused) = output!(apply::apply, test_app.write(&empty), test_app);
    assert_eq!(done, Err(ExitKind::Usage));
    let error = refused["error"].to_string();
    assert!(error.contains("flow quotation") && error.contains("--prune"), "{error}");
    assert_eq!(
        output!(check::check, check::CheckArgs { connection: None }, test_app).0,
        Ok(()),
        "all of it is still there"
    );
    let prune = apply::ApplyArgs { prune: true, ..test_app.write(&empty) };
    assert_eq!(output!(apply::apply, prune, test_app).1["result"]["removed"], all);
}
