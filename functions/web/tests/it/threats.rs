//! Each way of attacking a sign-in that is known, and each way in which the other server goes wrong.

use crate::common::{Browser, Fixture, OWN, WANTED, parameter, pass};
use serde_json::json;
use std::time::Duration;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_testkit::HttpEvent;

const TOKEN: &str = "/odoo/api/oauth2/token";
const USERINFO: &str = "/odoo/api/oauth2/userinfo";

/// A browser that is on its way back.
async fn on_the_way(fixture: &Fixture) -> (Browser, String) {
    let mut browser = Browser::default();
    let started = browser.look(fixture, WANTED).await;
    let back = browser.agree(fixture, started.location(), "zhangsan");
    (browser, back)
}

fn fault(method: &str, path: &str, kind: FaultKind) -> Fault {
    Fault::new(kind).vendor(Vendor::Odoo).on(method, path)
}

// Threat: state missing.
#[tokio::test]
async fn an_answer_without_a_state_is_refused() {
    let fixture = Fixture::new().await;
    let (mut browser, back) = on_the_way(&fixture).await;
    let code = parameter(&back, "code");
    for without in [format!("?code={code}"), format!("?code={code}&state="), String::new()] {
        browser.look(&fixture, &format!("/aflow/api/oauth2/callback{without}")).await.failed("sso.state");
    }
    let twice = format!("{back}&state={}", parameter(&back, "state"));
    browser.look(&fixture, &twice).await.failed("sso.state");
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 0, "no code was exchanged");
    assert_eq!(browser.look(&fixture, &back).await.location(), WANTED, "the sign-in itself goes on");
}

// Threat: state foreign.
#[tokio::test]
async fn a_state_that_nobody_gave_out_is_refused() {
    let fixture = Fixture::new().await;
    let (mut browser, back) = on_the_way(&fixture).await;
    let made_up = back.replace(&parameter(&back, "state"), &"A".repeat(43));
    browser.look(&fixture, &made_up).await.failed("sso.state");
    browser.look(&fixture, &back.replace(&parameter(&back, "state"), &"x".repeat(5_000))).await.failed("sso.state");
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 0);
}

// Threat: state old.
#[tokio::test]
async fn a_state_counts_for_five_minutes() {
    let fixture = Fixture::with(|odoo| odoo.code_life = Duration::from_secs(3_600), |_| ()).await;
    let (mut browser, back) = on_the_way(&fixture).await;
    pass(&fixture, 299);
    assert_eq!(browser.look(&fixture, &back).await.location(), WANTED);
    let (mut browser, back) = on_the_way(&fixture).await;
    pass(&fixture, 300);
    browser.look(&fixture, &back).await.failed("sso.state");
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 1);
}

// Threat: state twice; also after an error.
#[tokio::test]
async fn a_state_counts_once_whatever_came_of_it() {
    let fixture = Fixture::new().await;
    let (mut browser, back) = on_the_way(&fixture).await;
    assert_eq!(browser.look(&fixture, &back).await.status, 302);
    browser.look(&fixture, &back).await.failed("sso.state");
    let (mut browser, back) = on_the_way(&fixture).await;
    fixture.sandbox.inject(fault("POST", TOKEN, FaultKind::Html(502)));
    browser.look(&fixture, &back).await.failed("sso.unreachable");
    browser.look(&fixture, &back).await.failed("sso.state");
    let (mut browser, back) = on_the_way(&fixture).await;
    let state = parameter(&back, "state");
    browser
        .look(&fixture, &format!("/aflow/api/oauth2/callback?error=server_error&state={state}"))
        .await
        .failed("sso.refused");
    browser.look(&fixture, &back).await.failed("sso.state");
}

// Threat: other browser (login CSRF: an attacker's answer is put into somebody else's browser).
#[tokio::test]
async fn an_answer_counts_in_the_browser_that_asked_alone() {
    let fixture = Fixture::new().await;
    for mut victim in [Browser::default(), on_the_way(&fixture).await.0] {
        let (_, back) = on_the_way(&fixture).await;
        victim.look(&fixture, &back).await.failed("sso.other-browser");
        assert_eq!(victim.seen_as(&fixture).await, None);
        victim.look(&fixture, &back).await.failed("sso.state");
    }
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 0, "the attacker's code was not exchanged");
}

// Threat: code replay.
#[tokio::test]
async fn a_code_is_exchanged_once_even_with_a_state_of_ones_own() {
    let fixture = Fixture::new().await;
    let (mut browser, back) = on_the_way(&fixture).await;
    assert_eq!(browser.look(&fixture, &back).await.status, 302);
    let mut thief = Browser::default();
    let started = thief.look(&fixture, WANTED).await;
    let state = parameter(started.location(), "state");
    let replayed = format!("/aflow/api/oauth2/callback?code={}&state={state}", parameter(&back, "code"));
    thief.look(&fixture, &replayed).await.failed("sso.exchange");
    assert_eq!(thief.seen_as(&fixture).await, None);
}

// Threat: a stolen code that was not used yet: without the verifier it is worth nothing.
#[tokio::test]
async fn a_stolen_code_is_nothing_without_the_verifier_of_its_sign_in() {
    let fixture = Fixture::new().await;
    let (_, back) = on_the_way(&fixture).await;
    let mut thief = Browser::default();
    let started = thief.look(&fixture, WANTED).await;
    let stolen = format!(
        "/aflow/api/oauth2/callback?code={}&state={}",
        parameter(&back, "code"),
        parameter(started.location(), "state")
    );
    thief.look(&fixture, &stolen).await.failed("sso.exchange");
}

// Threat: two tabs.
#[tokio::test]
async fn two_tabs_sign_in_side_by_side_each_back_to_its_own_page() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    let first = browser.look(&fixture, "/aflow/tasks?list=todo").await.location().to_owned();
    let second = browser.look(&fixture, "/aflow/tasks?list=cc").await.location().to_owned();
    assert_ne!(parameter(&first, "state"), parameter(&second, "state"));
    assert_ne!(parameter(&first, "code_challenge"), parameter(&second, "code_challenge"));
    let (to_first, to_second) =
        (browser.agree(&fixture, &first, "zhangsan"), browser.agree(&fixture, &second, "zhangsan"));
    assert_eq!(browser.look(&fixture, &to_second).await.location(), "/aflow/tasks?list=cc");
    assert_eq!(browser.look(&fixture, &to_first).await.location(), "/aflow/tasks?list=todo");
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
}

// Threats: return `//evil`, `https:evil`, `/\evil`.
#[tokio::test]
async fn nobody_is_led_to_another_site_after_signing_in() {
    let fixture = Fixture::new().await;
    for evil in [
        "%2F%2Fevil.example",
        "https:evil.example",
        "https:%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%5C%5Cevil.example",
        "%2F%09%2Fevil.example",
        "javascript:alert(1)",
        "%2Faflow%2Flogin",
        "%2Fa%0D%0ASet-Cookie:x=y",
    ] {
        let mut browser = Browser::default();
        let started = browser.look(&fixture, &format!("/aflow/login?return={evil}")).await;
        assert!(started.location().starts_with("https://odoo.example/"), "{evil}: {}", started.location());
        let back = browser.agree(&fixture, started.location(), "zhangsan");
        assert_eq!(browser.look(&fixture, &back).await.location(), "/aflow/tasks", "{evil}");
    }
    let mut browser = Browser::default();
    let started = browser.look(&fixture, "/aflow/login?return=%2Faflow%2Ftasks%3Flist%3Dcc").await;
    let back = browser.agree(&fixture, started.location(), "zhangsan");
    assert_eq!(browser.look(&fixture, &back).await.location(), "/aflow/tasks?list=cc");
}

// Threat: mixed-up connection (the answer of one server is taken for another's).
#[tokio::test]
async fn an_answer_counts_for_the_server_and_the_settings_it_was_asked_with() {
    let fixture = Fixture::new().await;
    for (key, value) in [
        ("client_id", json!("another")),
        ("token_url", json!("https://evil.example/token")),
        ("redirect_uri", json!("https://other.example/odoo/api/oauth2/authorize")),
    ] {
        let (mut browser, back) = on_the_way(&fixture).await;
        let mut changed = crate::common::settings();
        changed[key] = value;
        fixture.apply(changed).await;
        browser.look(&fixture, &back).await.failed("sso.provider-changed");
        fixture.apply(crate::common::settings()).await;
    }
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 0);
    for (iss, fine) in [("https%3A%2F%2Fevil.example", false), ("https%3A%2F%2Fodoo.example", true), ("", false)] {
        let (mut browser, back) = on_the_way(&fixture).await;
        let answer = browser.look(&fixture, &format!("{back}&iss={iss}")).await;
        match fine {
            true => assert_eq!(answer.location(), WANTED),
            false => answer.failed("sso.issuer"),
        }
    }
    let named = Fixture::with(
        |odoo| odoo.issuer = Some("https://id.example".to_owned()),
        |sso| sso["issuer"] = json!("https://id.example"),
    )
    .await;
    assert_eq!(Browser::default().sign_in(&named, "zhangsan").await.location(), WANTED);
}

// Threat: slow token endpoint.
#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_not_waited_for() {
    let fixture = Fixture::with(|_| (), |sso| sso["timeout"] = json!("2s")).await;
    for (method, path) in [("POST", TOKEN), ("GET", USERINFO)] {
        let (mut browser, back) = on_the_way(&fixture).await;
        fixture.sandbox.inject(fault(method, path, FaultKind::Latency(Duration::from_secs(60))));
        let before = fixture.clock.now_ms();
        let failed = browser.look(&fixture, &back).await;
        failed.failed("sso.unreachable");
        assert_eq!(failed.status, 503);
        assert!(fixture.clock.now_ms() - before <= 2_500, "{path}");
        assert!(failed.body.contains("/aflow/login?return=%2Faflow%2Ftasks%3Flist%3Ddone"), "{}", failed.body);
    }
}

// Threats: 200 with error body, HTML answer, oversize answer.
#[tokio::test]
async fn an_answer_that_is_none_signs_nobody_in() {
    let fixture = Fixture::new().await;
    let huge = format!("{{\"access_token\":\"a\",\"filler\":\"{}\"}}", "x".repeat(80_000));
    let answering = |status, body: &str| FaultKind::Status(status, body.to_owned());
    for (method, path, kind, code) in [
        ("POST", TOKEN, answering(200, r#"{"error":"invalid_grant","error_description":"<b>x</b>"}"#), "sso.exchange"),
        ("POST", TOKEN, answering(200, r#"{"status":-4002,"msg":"x"}"#), "sso.exchange"),
        ("POST", TOKEN, answering(401, r#"{"error":"invalid_client_id"}"#), "sso.client"),
        ("POST", TOKEN, FaultKind::Html(200), "sso.answer"),
        ("POST", TOKEN, answering(200, &huge), "sso.answer"),
        ("POST", TOKEN, answering(200, "{}"), "sso.answer"),
        ("POST", TOKEN, answering(200, r#"{"access_token":"a","token_type":"mac"}"#), "sso.answer"),
        ("POST", TOKEN, answering(302, ""), "sso.answer"),
        ("POST", TOKEN, FaultKind::DropAfterCommit, "sso.unreachable"),
        ("GET", USERINFO, FaultKind::Html(200), "sso.answer"),
        ("GET", USERINFO, answering(200, &huge), "sso.answer"),
        ("GET", USERINFO, answering(200, r#"{"error":"invalid_token"}"#), "sso.exchange"),
        ("GET", USERINFO, answering(401, "no"), "sso.exchange"),
        ("GET", USERINFO, answering(200, r#"{"phone":"13800000001","deptId":"D"}"#), "sso.userinfo"),
        ("GET", USERINFO, answering(200, r#"{"userId":"E1","deptId":"D"}"#), "sso.userinfo"),
        ("GET", USERINFO, answering(200, r#"{"userId":"E1","phone":"13800000001"}"#), "sso.userinfo"),
    ] {
        let (mut browser, back) = on_the_way(&fixture).await;
        fixture.sandbox.inject(fault(method, path, kind.clone()));
        let failed = browser.look(&fixture, &back).await;
        failed.failed(code);
        assert!(!failed.body.contains("<b>"), "{kind:?}");
        assert_eq!(browser.seen_as(&fixture).await, None, "{kind:?}");
    }
}

// Threat: userinfo of another user than the token.
#[tokio::test]
async fn a_token_and_a_user_that_do_not_belong_together_are_refused() {
    let fixture = Fixture::new().await;
    let (mut browser, back) = on_the_way(&fixture).await;
    let token = r#"{"access_token":"a","token_type":"Bearer","userId":"E1001"}"#;
    fixture.sandbox.inject(fault("POST", TOKEN, FaultKind::Status(200, token.to_owned())));
    let user = r#"{"userId":"E1002","phone":"13800000002","deptId":"D10"}"#;
    fixture.sandbox.inject(fault("GET", USERINFO, FaultKind::Status(200, user.to_owned())));
    browser.look(&fixture, &back).await.failed("sso.other-user");
    assert_eq!(browser.seen_as(&fixture).await, None);
}

// An error of the server is shown here with a code of ours, whatever else it says.
#[tokio::test]
async fn an_error_leads_nowhere_and_what_it_says_is_not_repeated() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    let started = browser.look(&fixture, WANTED).await;
    let back = browser.answer(&fixture, started.location(), "zhangsan", "deny");
    assert_eq!(parameter(&back, "error"), "access_denied");
    let failed = browser.look(&fixture, &back).await;
    failed.failed("sso.refused");
    assert_eq!(failed.status, 403);
    let (mut browser, back) = on_the_way(&fixture).await;
    let evil = format!(
        "/aflow/api/oauth2/callback?error=%3Cscript%3E&error_description=Call%20555-EVIL&error_uri=https://evil.example&state={}",
        parameter(&back, "state")
    );
    let failed = browser.look(&fixture, &evil).await;
    failed.failed("sso.refused");
    for text in ["<script", "555-EVIL", "evil.example"] {
        assert!(!failed.body.contains(text), "{}", failed.body);
    }
}

// Threat: a page of another site signs somebody out, or renews with their cookie.
#[tokio::test]
async fn a_page_of_another_site_changes_nothing_here() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    for from in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", OWN)],
        vec![("origin", "https://evil.example")],
        vec![],
    ] {
        let from_there = |target| from.iter().fold(HttpEvent::new("POST", target), |event, (n, v)| event.header(n, v));
        assert_eq!(browser.clone().send(&fixture, from_there("/aflow/logout")).await.status, 403, "{from:?}");
        assert_eq!(
            browser.clone().send(&fixture, from_there("/aflow/api/oauth2/refresh")).await.status,
            401,
            "{from:?}"
        );
    }
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
}

// Threat: a token that is made up, changed, or signed otherwise.
#[tokio::test]
async fn a_session_that_is_not_of_our_making_is_none() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    let good = browser.own["__Host-aflow"].clone();
    let parts: Vec<&str> = good.split('.').collect();
    let mut claims: serde_json::Value = serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    claims["sub"] = json!("P2");
    let others = BASE64.encode(claims.to_string());
    let mut header: serde_json::Value = serde_json::from_slice(&BASE64.decode(parts[0]).unwrap()).unwrap();
    header["alg"] = json!("none");
    let unsigned = BASE64.encode(header.to_string());
    for token in [
        format!("{}.{others}.{}", parts[0], parts[2]),
        format!("{unsigned}.{others}."),
        format!("{unsigned}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        "a.b.c".to_owned(),
        String::new(),
        "x".repeat(10_000),
    ] {
        browser.own.insert("__Host-aflow".to_owned(), token.clone());
        assert_eq!(browser.seen_as(&fixture).await, None, "{token}");
    }
    browser.own.insert("__Host-aflow".to_owned(), good);
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
}

// Threat: somebody begins sign-ins without end, each a record.
#[tokio::test]
async fn an_address_begins_so_many_sign_ins_a_minute_and_is_told_when_to_come_again() {
    let fixture = Fixture::with(|_| (), |sso| sso["starts_per_minute"] = json!(3)).await;
    let page = |address: &str| {
        let event = HttpEvent::new("GET", WANTED).header("accept", "text/html").header("sec-fetch-mode", "navigate");
        event.from_ip(address)
    };
    for _ in 0..3 {
        assert!(fixture.call(page("192.0.2.9")).await.location().starts_with("https://odoo.example/"));
    }
    let led = fixture.call(page("192.0.2.9")).await;
    assert_eq!(led.status, 302);
    assert!(led.location().starts_with("/aflow/login?return=%2Faflow%2Ftasks"), "{}", led.location());
    let reply = fixture.call(HttpEvent::new("GET", led.location()).from_ip("192.0.2.9")).await;
    reply.failed("sso.too-often");
    assert_eq!(reply.status, 429);
    let after: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    let script = HttpEvent::new("GET", "/aflow/api/task/list").header("accept", "application/json");
    let script = fixture.call(script.from_ip("192.0.2.9")).await;
    assert_eq!((script.status, &script.json()["status"]), (429, &json!(-1024)), "{}", script.body);
    assert!(script.headers.contains_key("retry-after"));
    // Others are not held up, and neither is this one when its minute is over.
    assert!(fixture.call(page("198.51.100.9")).await.location().starts_with("https://odoo.example/"));
    pass(&fixture, after);
    assert!(fixture.call(page("192.0.2.9")).await.location().starts_with("https://odoo.example/"));
}
