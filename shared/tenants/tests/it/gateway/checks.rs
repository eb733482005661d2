//! Each check, and their order.

use super::fixture::{Fixture, START, Signed, tenant, word};
use std::time::Duration;
use tenon_model::Module;
use tenon_model::tenant_app::AppSecret;
use tenon_tenants::{apps, gateway};

const NONCE: &str = "nonce-0123456789";
const OTHER: &str = "nonce-9876543210";

/// Every way to be refused, in the order promised.
const REASONS: [&str; 10] =
    ["headers", "unknown-key", "timestamp", "signature", "replay", "disabled", "ip", "module", "quota", "expired"];

/// Makes a call that is wrong in these ways and no other; returns what it was refused for.
async fn refused_for(wrong: &[&str]) -> (&'static str, u16, String) {
    let is = |reason| wrong.contains(&reason);
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = if is("quota") { 1 } else { 100 }).await;
    if is("replay") || is("quota") {
        fixture.v2(&app, NONCE).write(&fixture.ctx).await.unwrap();
    }
    fixture
        .change(&app.id, |app| {
            app.enabled = !is("disabled");
            app.expires_ms = is("expired").then_some(START);
            app.allow_ips = if is("ip") { vec!["10.0.0.0/8".into()] } else { vec!["203.0.113.0/24".into()] };
            app.module = if is("module") { Module::PaymentSync } else { Module::OrderSync };
        })
        .await;
    let mut call = fixture.v2(&app, if is("replay") { NONCE } else { OTHER });
    if is("timestamp") {
        fixture.clock.advance(Duration::from_millis(300_001));
    }
    if is("signature") {
        call.signature = "0".repeat(64);
    }
    if is("unknown-key") {
        call.app_key = "os_nobodys".into();
    }
    if is("headers") {
        call.version = Some("3".into());
    }
    let refused = call.write(&fixture.ctx).await.unwrap_err();
    assert_eq!(refused.app.is_some(), !is("headers") && !is("unknown-key"), "{wrong:?}");
    (refused.reason, refused.rejection.status(), refused.rejection.message())
}

#[tokio::test]
async fn each_defect_has_its_answer() {
    for reason in REASONS {
        let (found, status, message) = refused_for(&[reason]).await;
        assert_eq!(found, reason);
        let expected = match reason {
            "disabled" => (403, "应用已停用"),
            "expired" => (403, "应用已过期"),
            "ip" => (403, "IP地址不在允许范围内"),
            "module" => (403, "应用类型不匹配"),
            "quota" => (429, "超出日调用限制"),
            _ => (401, "签名验证失败"),
        };
        assert_eq!((status, message.as_str()), expected, "{reason}");
    }
}

#[tokio::test]
async fn a_call_wrong_in_two_ways_gets_the_earlier_ones_answer() {
    let rank = |reason: &str| match reason {
        "expired" => 5,
        other => REASONS.iter().position(|r| *r == other).unwrap(),
    };
    for first in REASONS {
        for second in REASONS.into_iter().filter(|second| rank(first) < rank(second)) {
            // A replayed call's timestamp is what it was signed with, so an old one is refused as old.
            let (found, _, _) = refused_for(&[first, second]).await;
            assert_eq!(found, first, "{first} with {second}");
        }
    }
}

#[tokio::test]
async fn headers_must_look_as_promised() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let good = fixture.v2(&app, NONCE);
    type Spoil = fn(&mut Signed);
    let spoils: [(&str, Spoil); 9] = [
        ("seconds", |c| c.timestamp.truncate(10)),
        ("a sign", |c| c.timestamp.replace_range(0..1, "+")),
        ("upper-case hex", |c| c.signature = c.signature.to_uppercase().replace(|x: char| x.is_ascii_digit(), "A")),
        ("two signatures", |c| c.signature = format!("{0},{0}", c.signature)),
        ("no nonce", |c| c.nonce = None),
        ("a short nonce", |c| c.nonce = Some("0123456789abcde".into())),
        ("a long nonce", |c| c.nonce = Some("n".repeat(65))),
        ("a strange nonce", |c| c.nonce = Some("0123456789abcdef\n".into())),
        ("an unknown scheme", |c| c.version = Some("2, 2".into())),
    ];
    for (what, spoil) in spoils {
        let mut call = good.clone();
        spoil(&mut call);
        assert_eq!(word(&call.read(&fixture.ctx).await), "headers", "{what}");
    }
    for missing in 0..3 {
        let mut presented = good.presented();
        *[&mut presented.app_key, &mut presented.timestamp, &mut presented.signature][missing] = None;
        let refused = gateway::admit(&fixture.ctx, &presented, Module::OrderSync, false).await.unwrap_err();
        assert_eq!(refused.reason, "headers");
    }
    for (key, expected) in [("os_a.b-C9", "unknown-key"), ("os_a/b", "headers"), ("os_a b", "headers"), ("", "headers")]
    {
        let mut call = good.clone();
        call.app_key = key.to_owned();
        assert_eq!(word(&call.read(&fixture.ctx).await), expected, "{key:?}");
    }
    for (length, expected) in [(128, "unknown-key"), (129, "headers")] {
        let mut call = good.clone();
        call.app_key = "k".repeat(length);
        assert_eq!(word(&call.read(&fixture.ctx).await), expected, "{length}");
    }
    assert_eq!(word(&good.read(&fixture.ctx).await), "admitted");
}

#[tokio::test]
async fn a_timestamp_may_be_five_minutes_off_and_no_more() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    for (off, expected) in
        [(-300_000, "admitted"), (300_000, "admitted"), (-300_001, "timestamp"), (300_001, "timestamp")]
    {
        let call = Signed::v1(&app.app_key, super::fixture::SECRET, START + off, "{}");
        assert_eq!(word(&call.read(&fixture.ctx).await), expected, "{off}");
    }
}

#[tokio::test]
async fn every_part_of_a_call_is_signed() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let one = Signed { body: r#"{"page":2}"#.into(), ..fixture.v1(&app, r#"{"page":1}"#) };
    assert_eq!(word(&one.read(&fixture.ctx).await), "signature");
    let two = fixture.v2(&app, NONCE);
    for part in ["method", "path", "query", "body", "nonce", "timestamp"] {
        let mut presented = two.presented();
        match part {
            "method" => presented.method = "PUT",
            "path" => presented.path = "/openapi/v1/orders/create",
            "query" => presented.query = "a=1&b=3",
            "body" => presented.body = b"{}",
            "nonce" => presented.nonce = Some(OTHER),
            _ => presented.timestamp = Some("1707638400001"),
        }
        let refused = gateway::admit(&fixture.ctx, &presented, Module::OrderSync, false).await.unwrap_err();
        assert_eq!(refused.reason, "signature", "{part}");
    }
    // The order of query pieces is not the caller's to keep: proxies sort.
    let mut sorted = two.presented();
    sorted.query = "a=1&b=2";
    assert!(gateway::admit(&fixture.ctx, &sorted, Module::OrderSync, false).await.is_ok());
}

#[tokio::test]
async fn every_live_secret_signs_and_a_dead_one_does_not() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let newer = apps::seal(&fixture.ctx, &tenant(), &app.id, apps::APP_SECRET, "newer").await.unwrap();
    fixture
        .change(&app.id, |app| {
            app.secrets[0].until_ms = Some(START + 1_000);
            app.secrets.insert(0, AppSecret { secret: newer, until_ms: None });
        })
        .await;
    let with = |secret: &str| Signed::v1(&app.app_key, secret, START, "{}");
    assert_eq!(word(&with("newer").read(&fixture.ctx).await), "admitted");
    assert_eq!(word(&with(super::fixture::SECRET).read(&fixture.ctx).await), "admitted");
    fixture.clock.advance(Duration::from_millis(1_000));
    assert_eq!(word(&with("newer").read(&fixture.ctx).await), "admitted");
    assert_eq!(word(&with(super::fixture::SECRET).read(&fixture.ctx).await), "signature");
}

#[tokio::test]
async fn an_app_of_scheme_2_takes_no_other() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.scheme_2_only = true).await;
    let refused = fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap_err();
    let rejection = refused.rejection;
    assert_eq!((refused.reason, rejection.status(), rejection.message().as_str()), ("scheme", 401, "签名验证失败"));
    assert_eq!(word(&fixture.v2(&app, NONCE).read(&fixture.ctx).await), "admitted");
}

#[tokio::test]
async fn a_replay_is_noticed_where_it_matters() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let (one, two) = (fixture.v1(&app, "{}"), fixture.v2(&app, NONCE));
    // Published clients that read twice within a millisecond send the same signature.
    assert_eq!(word(&one.read(&fixture.ctx).await), "admitted");
    assert_eq!(word(&one.read(&fixture.ctx).await), "admitted");
    assert_eq!(word(&one.write(&fixture.ctx).await), "admitted");
    assert_eq!(word(&one.write(&fixture.ctx).await), "replay");
    assert_eq!(word(&two.read(&fixture.ctx).await), "admitted");
    assert_eq!(word(&two.read(&fixture.ctx).await), "replay");
    // A nonce is one app's own.
    let other = fixture.app(|_| ()).await;
    assert_eq!(word(&fixture.v2(&other, NONCE).read(&fixture.ctx).await), "admitted");
    // As long as its timestamp passes, it is remembered.
    let late = Signed::v2(&app.app_key, super::fixture::SECRET, START + 300_000, OTHER);
    assert_eq!(word(&late.write(&fixture.ctx).await), "admitted");
    fixture.clock.advance(Duration::from_secs(600));
    fixture.local.sweep_expired().unwrap();
    assert_eq!(word(&late.write(&fixture.ctx).await), "replay");
    fixture.clock.advance(Duration::from_millis(1));
    assert_eq!(word(&late.write(&fixture.ctx).await), "timestamp");
}

#[tokio::test]
async fn signatures_of_other_implementations_verify() {
    // Made with Python's hmac over the bytes of the published Python and JavaScript examples: `json.dumps`
    // escapes Chinese and puts spaces, `JSON.stringify` does neither.
    let vectors = [
        ("", "9630d6581943bc9c8acd6656cc653cddc84dc888455030ac89a54af9f414a3fb"),
        (
            r#"{"styleNo":"FZ2024001","quantity":500}"#,
            "c63ce6c61f128c7e2dc723300b48b457a06d4ba91ea5eea8d7d3fba021b86210",
        ),
        (r#"{"colors":["红","蓝"]}"#, "d6c105c9e96650e5588527bc8d7ebf6cb47099c89336f353db81076f48c14055"),
        (PYTHON_BODY, PYTHON_SIGNATURE),
        (JAVASCRIPT_BODY, JAVASCRIPT_SIGNATURE),
    ];
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.app_key = "os_a1b2c3d4e5f6".into()).await;
    for (body, signature) in vectors {
        let mut call = fixture.v1(&app, body);
        call.signature = signature.into();
        assert_eq!(word(&call.write(&fixture.ctx).await), "admitted", "{body}");
    }
}

const PYTHON_BODY: &str = r#"{"externalOrderNo": "ERP-001", "styleNo": "FZ2024001", "quantity": 500, "colors": ["\u7ea2", "\u84dd"], "sizes": ["S", "M", "L"]}"#;
const PYTHON_SIGNATURE: &str = "8f8773b98501e944bed5a1debaca84f078110093150ca7fd0a5299d0bd298384";
const JAVASCRIPT_BODY: &str =
    r#"{"externalOrderNo":"ERP-001","styleNo":"FZ2024001","quantity":500,"colors":["红","蓝"],"sizes":["S","M","L"]}"#;
const JAVASCRIPT_SIGNATURE: &str = "b19d5eedc445dc829734688c7df9722414b16d427bcacd38065b7f0c3927ff82";
