//! The management of tenant apps.

use crate::common::{DAY, Fixture, tenant};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::access::Role;
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::Clock;
use tenon_platform::Rejection;
use tenon_tenants::manage::{self, AppBody, LIMIT};
use tenon_tenants::store::{Term, start_trial};
use tenon_tenants::{apps, call_log};

const MODULE: Module = Module::QualityFeedback;

fn body(value: Value) -> AppBody {
    serde_json::from_value(value).unwrap()
}

fn field(refusal: Rejection) -> String {
    match refusal {
        Rejection::BadRequest(bad) => bad.field,
        other => panic!("{other:?}"),
    }
}

async fn subscribed() -> (Fixture, TenantId, TenantApp) {
    subscribed_in(Fixture::new().await).await
}

async fn subscribed_in(w: Fixture) -> (Fixture, TenantId, TenantApp) {
    let t = tenant("t-1");
    let bought = w.buy(&t, MODULE, Term::Monthly).await;
    let app = apps::by_key(&w.ctx, &bought.credentials.unwrap().app_key).await.unwrap().unwrap();
    (w, t, app)
}

#[tokio::test]
async fn a_subscription_allows_several_apps_up_to_the_limit() {
    let (w, t, first) = subscribed().await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let make = async |kind: &str| {
        manage::create(&w.ctx, &t, &body(json!({ "appType": kind, "appName": "二号" })), &admin).await
    };
    let (second, shown) = make("QUALITY_FEEDBACK").await.unwrap();
    assert_ne!(second.app_key, first.app_key);
    assert_eq!((second.name.as_str(), second.daily_quota, second.expires_ms), ("二号", 10_000, first.expires_ms));
    assert_eq!(shown.callback_secret, None);
    assert_eq!(field(make("ORDER_SYNC").await.unwrap_err()), "appType");

    for _ in 2..LIMIT {
        make("2").await.unwrap();
    }
    assert_eq!(field(make("2").await.unwrap_err()), "appType");
    // A renewal reaches all of them.
    let end = w.buy(&t, MODULE, Term::Yearly).await.subscription.unwrap().ends_ms;
    let held = apps::list(&w.ctx, &t).await.unwrap();
    assert_eq!(held.len(), LIMIT);
    assert!(held.iter().all(|app| app.data.expires_ms == Some(end)));

    w.clock.advance(800 * DAY);
    assert_eq!(field(make("2").await.unwrap_err()), "appType");
}

#[tokio::test]
async fn a_trial_has_one_app_and_its_successor_is_a_trials_too() {
    let (w, t) = (Fixture::new().await, tenant("t-1"));
    start_trial(&w.ctx, &t, MODULE).await.unwrap();
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let second = manage::create(&w.ctx, &t, &body(json!({ "appType": 2 })), &admin).await;
    assert_eq!(field(second.unwrap_err()), "appType");
    let first = tenon_tenants::apps::list(&w.ctx, &t).await.unwrap().remove(0);
    manage::delete(&w.ctx, &t, &first.data.id).await.unwrap();
    let (app, _) = manage::create(&w.ctx, &t, &body(json!({ "appType": 2 })), &admin).await.unwrap();
    assert!(app.trial);
    assert_eq!(app.daily_quota, 100);
}

#[tokio::test]
async fn settings_are_checked_one_by_one() {
    let (w, t, app) = subscribed().await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let edit = async |value: Value| manage::edit(&w.ctx, &t, &app.id, &body(value), &admin).await;
    for (named, value) in [
        ("callbackUrl", json!({ "callbackUrl": "https://internal.example/hook" })),
        ("callbackUrl", json!({ "callbackUrl": "http://erp.example/hook" })),
        ("externalApiUrl", json!({ "externalApiUrl": "ftp://erp.example" })),
        ("callbackUrl", json!({ "callbackEvents": ["QUALITY_RESULT"] })),
        ("callbackSecret", json!({ "callbackUrl": "https://erp.example", "callbackSecret": "short" })),
        ("callbackEvents", json!({ "callbackUrl": "https://erp.example", "callbackEvents": ["ORDER_STATUS"] })),
        ("ratePerSecond", json!({ "callbackUrl": "https://erp.example", "ratePerSecond": 0 })),
        ("allowIps[1]", json!({ "allowIps": ["203.0.113.9", "10.0.0.1/8"] })),
        ("allowIps[0]", json!({ "allowIps": ["erp.example"] })),
        ("appName", json!({ "appName": "" })),
        ("appType", json!({ "appType": "ORDER_SYNC" })),
    ] {
        assert_eq!(field(edit(value.clone()).await.unwrap_err()), named, "{value}");
    }
    assert_eq!(manage::one(&w.ctx, &t, &app.id).await.unwrap().data, app, "a refused change changes nothing");
    assert!(serde_json::from_value::<AppBody>(json!({ "secret": "x" })).is_err());

    let settings = json!({
        "appName": "ERP", "callbackUrl": "https://erp.example/hook", "callbackEvents": ["QUALITY_RESULT"],
        "retryPreset": "QUICK", "ratePerSecond": 5, "externalApiUrl": "https://erp.example/api",
        "allowIps": ["203.0.113.9", "2001:db8::/32"], "scheme2Only": true
    });
    let edited = edit(settings).await.unwrap();
    let secret = edited.callback_secret.unwrap();
    assert!(secret.expose().starts_with("whsec_"));
    let callback = edited.app.callback.clone().unwrap();
    assert_eq!((callback.rate_per_second, callback.url.as_str()), (Some(5), "https://erp.example/hook"));
    assert!(edited.app.scheme_2_only);
    assert_eq!(apps::by_key(&w.ctx, &app.app_key).await.unwrap().unwrap(), edited.app, "the gateway sees it");
    assert!(!w.everything().await.contains(secret.expose()));
    assert_eq!(apps::open(&w.ctx, &edited.app, apps::CALLBACK_SECRET, &callback.secrets).await.unwrap(), [secret]);

    // Sent back as shown: nothing changes. Null and empty texts take settings away.
    let same = edit(json!({ "callbackUrl": "https://erp.example/hook", "callbackSecret": "****" })).await.unwrap();
    assert_eq!(same.app.callback.as_ref(), Some(&callback));
    let bare = json!({ "callbackEvents": null, "ratePerSecond": null, "externalApiUrl": "", "allowIps": [] });
    let bare = edit(bare).await.unwrap().app;
    assert_eq!((bare.external_api_url, bare.allow_ips), (None, vec![]));
    assert_eq!(bare.callback.unwrap().events, None);
}

#[tokio::test]
async fn another_address_is_another_generation_even_after_none() {
    let (w, t, app) = subscribed().await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let generation = async |url: Value| {
        let edited = manage::edit(&w.ctx, &t, &app.id, &body(json!({ "callbackUrl": url })), &admin).await.unwrap();
        w.clock.advance(Duration::from_secs(5));
        edited.app.callback.map(|c| c.generation)
    };
    let first = generation(json!("https://a.example")).await.unwrap();
    assert_eq!(generation(json!("https://a.example")).await, Some(first));
    assert_eq!(generation(json!("https://b.example")).await, Some(first + 1));
    assert_eq!(generation(json!("")).await, None);
    assert!(generation(json!("https://a.example")).await.unwrap() > first + 1);
}

#[tokio::test]
async fn a_customers_own_secret_is_taken_and_not_shown() {
    let (w, t, app) = subscribed().await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let wanted = body(json!({ "callbackUrl": "https://erp.example", "callbackSecret": "my-own-secret-16" }));
    let edited = manage::edit(&w.ctx, &t, &app.id, &wanted, &admin).await.unwrap();
    assert_eq!(edited.callback_secret, None);
    let stored = edited.app.callback.as_ref().unwrap();
    let opened = apps::open(&w.ctx, &edited.app, apps::CALLBACK_SECRET, &stored.secrets).await.unwrap();
    assert_eq!(opened[0].expose(), "my-own-secret-16");
    assert!(!w.everything().await.contains("my-own-secret-16"));
}

#[tokio::test]
async fn a_secret_that_pushes_cannot_be_signed_with_is_refused_where_it_is_entered() {
    let (w, t, app) = subscribed().await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let edit = async |secret: &str| {
        let wanted = body(json!({ "callbackUrl": "https://erp.example", "callbackSecret": secret }));
        manage::edit(&w.ctx, &t, &app.id, &wanted, &admin).await
    };
    for (secret, words) in [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-", "Base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_", "Base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "Base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ", "Base64"),
        ("whsec_not base64 at all", "Base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ", "首尾"),
        (" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "首尾"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "首尾"),
        ("my-own-secret-16\u{3000}", "首尾"),
        ("\u{feff}my-own-secret-16", "首尾"),
        ("my-own\tsecret-16", "控制字符"),
        ("whsec_", "16至128"),
    ] {
        match edit(secret).await.unwrap_err() {
            Rejection::BadRequest(bad) => {
                assert_eq!(bad.field, "callbackSecret", "{secret:?}");
                assert!(bad.message.contains(words), "{secret:?}: {}", bad.message);
            }
            other => panic!("{secret:?}: {other:?}"),
        }
    }
    for secret in
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", "with blanks in it"]
    {
        edit(secret).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_apps_that_are_made_at_once_wait_for_each_other() {
    // By the machine's clock: whoever waits must let the others go first.
    let (w, t, _) = subscribed_in(Fixture::by(Clock::system()).await).await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let make = |_| {
        let (ctx, t, admin) = (w.ctx.clone(), t.clone(), admin.clone());
        tokio::spawn(
            async move { manage::create(&ctx, &t, &body(json!({ "appType": "QUALITY_FEEDBACK" })), &admin).await },
        )
    };
    let all: Vec<_> = (0..40).map(make).collect();
    let (mut made, mut refused) = (0, 0);
    for one in all {
        match one.await.unwrap() {
            Ok(_) => made += 1,
            Err(Rejection::BadRequest(bad)) if bad.field == "appType" => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((made, refused), (LIMIT - 1, 41 - LIMIT));
    assert_eq!(apps::list(&w.ctx, &t).await.unwrap().len(), LIMIT);
}

#[tokio::test]
async fn only_an_operator_sets_the_quota() {
    let (w, t, app) = subscribed().await;
    let admin = w.principal(Role::TenantAdmin, Some("t-1")).await;
    let operator = w.principal(Role::Operator, None).await;
    let wanted = body(json!({ "dailyQuota": 50 }));
    match manage::edit(&w.ctx, &t, &app.id, &wanted, &admin).await {
        Err(Rejection::Forbidden(message)) => assert!(message.contains("dailyQuota")),
        other => panic!("{other:?}"),
    }
    assert_eq!(manage::edit(&w.ctx, &t, &app.id, &wanted, &operator).await.unwrap().app.daily_quota, 50);
}

#[tokio::test]
async fn a_reset_kills_the_old_secret_at_once_or_after_the_overlap() {
    let (w, t, app) = subscribed().await;
    let live = async || {
        let app = apps::by_key(&w.ctx, &app.app_key).await.unwrap().unwrap();
        apps::open(&w.ctx, &app, apps::APP_SECRET, &app.secrets).await.unwrap()
    };
    let first = live().await.remove(0);
    let second = manage::reset_secret(&w.ctx, &t, &app.id, 0).await.unwrap().0.app_secret;
    assert_eq!(live().await, std::slice::from_ref(&second));
    let (third, rotation) = manage::reset_secret(&w.ctx, &t, &app.id, 24).await.unwrap();
    let third = third.app_secret;
    assert_eq!((rotation.until_ms, rotation.ended), (vec![w.ctx.now_ms() + 86_400_000], 0));
    assert_eq!(live().await, [third.clone(), second.clone()]);
    w.clock.advance(DAY);
    assert_eq!(live().await, [third]);
    assert_ne!(first, second);
    assert_eq!(field(manage::reset_secret(&w.ctx, &t, &app.id, 169).await.unwrap_err()), "overlapHours");
    assert_eq!(field(manage::reset_callback_secret(&w.ctx, &t, &app.id, 0).await.unwrap_err()), "callbackUrl");
}

#[tokio::test]
async fn a_tenant_reaches_no_app_of_another() {
    let (w, _, app) = subscribed().await;
    let other = tenant("t-2");
    let admin = w.principal(Role::TenantAdmin, Some("t-2")).await;
    assert_eq!(manage::one(&w.ctx, &other, &app.id).await.unwrap_err(), Rejection::not_found());
    let rename = body(json!({ "appName": "x" }));
    assert_eq!(manage::edit(&w.ctx, &other, &app.id, &rename, &admin).await.unwrap_err(), Rejection::not_found());
    assert_eq!(manage::switch(&w.ctx, &other, &app.id, None).await.unwrap_err(), Rejection::not_found());
    assert_eq!(manage::reset_secret(&w.ctx, &other, &app.id, 0).await.unwrap_err(), Rejection::not_found());
    assert_eq!(manage::delete(&w.ctx, &other, &app.id).await.unwrap_err(), Rejection::not_found());
    assert_eq!(apps::by_key(&w.ctx, &app.app_key).await.unwrap(), Some(app));
}

#[tokio::test]
async fn an_app_is_switched_and_deleted_at_the_gateway_too() {
    let (w, t, app) = subscribed().await;
    let at_gateway = async || apps::by_key(&w.ctx, &app.app_key).await.unwrap().map(|app| app.enabled);
    manage::switch(&w.ctx, &t, &app.id, None).await.unwrap();
    assert_eq!(at_gateway().await, Some(false));
    manage::switch(&w.ctx, &t, &app.id, None).await.unwrap();
    manage::switch(&w.ctx, &t, &app.id, Some(true)).await.unwrap();
    assert_eq!(at_gateway().await, Some(true));
    manage::delete(&w.ctx, &t, &app.id).await.unwrap();
    assert_eq!(at_gateway().await, None);
    assert_eq!(manage::delete(&w.ctx, &t, &app.id).await.unwrap_err(), Rejection::not_found());
}

fn call(w: &Fixture, id: &str, app: &AppId, result: CallResult) -> CallRecord {
    CallRecord {
        id: id.to_owned(),
        app_id: app.clone(),
        module: MODULE,
        direction: Direction::Inbound,
        method: "GET".to_owned(),
        path: "/openapi/v1/quality/PO1".to_owned(),
        http_status: if result == CallResult::Success { 200 } else { 404 },
        result,
        reason: None,
        error: None,
        at_ms: w.ctx.now_ms(),
        duration_ms: 3,
        request_id: String::new(),
        client_ip: String::new(),
        request_body: String::new(),
        response_body: String::new(),
        delivery_id: None,
        attempt: None,
        unsigned: None,
    }
}

#[tokio::test]
async fn the_overview_says_what_is_connected_and_why_not() {
    let (w, t, app) = subscribed().await;
    let of = async || {
        let all = manage::overview(&w.ctx, &t).await.unwrap();
        assert_eq!(all.len(), 4);
        assert!(!all[0].connected && all[0].reason.contains("未开通"));
        all.into_iter().find(|m| m.module == MODULE).unwrap()
    };
    assert!(of().await.reason.contains("没有调用"));

    call_log::enter(&w.ctx, &t, vec![call(&w, "c-1", &app.id, CallResult::Failed)]).await.unwrap();
    let failed = of().await;
    assert!(!failed.connected && failed.reason.contains("全部失败"));
    assert_eq!(failed.last_errors[0].id, "c-1");

    call_log::enter(&w.ctx, &t, vec![call(&w, "c-2", &app.id, CallResult::Success)]).await.unwrap();
    let well = of().await;
    assert!(well.connected);
    assert_eq!((well.calls_today, well.success_rate, well.last_call_ms), (2, Some(0.5), Some(w.ctx.now_ms())));

    manage::switch(&w.ctx, &t, &app.id, Some(false)).await.unwrap();
    assert!(of().await.reason.contains("停用"));
    w.clock.advance(60 * DAY);
    assert!(of().await.reason.contains("到期"));
}
