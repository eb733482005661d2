//! Signing in, both ways in which servers exchange codes; being led there; staying and leaving.

use crate::common::{Browser, Fixture, OWN, WANTED, parameter, pass, shown_name};
use serde_json::{Value, json};
use tenon_testkit::HttpEvent;

#[tokio::test]
async fn a_person_who_is_not_signed_in_is_led_to_odoo_and_back_to_the_page() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    let started = browser.look(&fixture, WANTED).await;
    assert_eq!(started.status, 302);
    let address = started.location();
    assert!(address.starts_with("https://odoo.example/odoo/api/oauth2/authorize?"), "{address}");
    assert_eq!(parameter(address, "response_type"), "code");
    assert_eq!(parameter(address, "client_id"), "aiflow");
    assert_eq!(parameter(address, "redirect_uri"), "https%3A%2F%2Ftenon.example%2Faflow%2Fapi%2Foauth2%2Fcallback");
    assert_eq!((parameter(address, "state").len(), parameter(address, "code_challenge").len()), (43, 43));
    assert_eq!(parameter(address, "code_challenge_method"), "S256");
    let set = started.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-sso=") && set.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{set}");
    let back = browser.agree(&fixture, address, "zhangsan");
    let done = browser.look(&fixture, &back).await;
    assert_eq!((done.status, done.location()), (302, WANTED), "{}", done.body);
    assert_eq!(done.headers["cache-control"], "no-store");
    for line in done.headers.get_all("set-cookie") {
        let line = line.to_str().unwrap();
        assert!(line.starts_with("__Host-") && line.contains("Secure; HttpOnly") && !line.contains("Domain"), "{line}");
    }
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
    assert_eq!(Browser::default().seen_as(&fixture).await, None);
}

#[tokio::test]
async fn both_ways_of_exchanging_codes_and_of_asking_who_it_is_work() {
    for (variant, method) in [("form", "get"), ("form", "post"), ("json", "get"), ("json", "post")] {
        let fixture = Fixture::with(
            |_| (),
            |sso| {
                sso["variant"] = json!(variant);
                sso["userinfo_method"] = json!(method);
            },
        )
        .await;
        let mut browser = Browser::default();
        let done = browser.sign_in(&fixture, "zhangsan").await;
        assert_eq!((done.status, done.location()), (302, WANTED), "{variant} {method}: {}", done.body);
        let requests = fixture.sandbox.snapshot().requests;
        let word = method.to_uppercase();
        assert_eq!(requests.get(&format!("{word} /odoo/api/oauth2/userinfo")), Some(&1), "{requests:?}");
        let renewed = fixture.refresh(&browser.refresh_token()).await;
        assert_eq!(renewed.status, 200, "{variant}: {}", renewed.body);
    }
}

#[tokio::test]
async fn odoos_community_module_works_too_which_takes_tokens_from_the_address_alone() {
    let fixture = Fixture::with(
        |_| (),
        |sso| {
            sso["redirect_uri"] = json!("https://odoo.example/oauth2/authorize");
            sso["userinfo_token"] = json!("query");
        },
    )
    .await;
    let done = Browser::default().sign_in(&fixture, "zhangsan").await;
    assert_eq!((done.status, done.location()), (302, WANTED), "{}", done.body);
}

#[tokio::test]
async fn a_script_is_told_where_to_sign_in_and_goes_back_to_its_page() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    let call = HttpEvent::new("GET", "/aflow/tasks")
        .header("accept", "application/json")
        .header("sec-fetch-mode", "cors")
        .header("referer", &format!("{OWN}/aflow/tasks?list=cc"));
    let answer = browser.send(&fixture, call).await;
    assert_eq!((answer.status, &answer.json()["status"]), (401, &json!(-4002)), "{}", answer.body);
    assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    let address = answer.json()["data"]["loginUrl"].as_str().unwrap().to_owned();
    let back = browser.agree(&fixture, &address, "lisi");
    assert_eq!(browser.look(&fixture, &back).await.location(), "/aflow/tasks?list=cc");
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P2"));
}

#[tokio::test]
async fn where_single_sign_on_is_off_the_default_login_page_it_is() {
    let page = "https://beta.aiflow.fan/login";
    for sso in [json!({ "enabled": false }), Value::Null] {
        let fixture = Fixture::new().await;
        fixture.apply(sso).await;
        let mut browser = Browser::default();
        let led = browser.look(&fixture, WANTED).await;
        assert_eq!((led.status, led.location()), (302, page));
        assert_eq!(browser.look(&fixture, "/aflow/login").await.location(), page);
        let answer = browser.send(&fixture, HttpEvent::new("GET", "/aflow/tasks")).await;
        assert_eq!((answer.status, &answer.json()["data"]["loginUrl"]), (401, &json!(page)));
        browser.look(&fixture, "/aflow/api/oauth2/callback?code=a&state=b").await.failed("sso.off");
        assert_eq!(fixture.sandbox.total_calls(), 0);
    }
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    fixture.apply(json!({ "enabled": false, "login_page": "https://login.example.com" })).await;
    let led = browser.look(&fixture, "/aflow/tasks").await;
    assert_eq!(led.location(), "https://login.example.com", "a session counts only while sign-on is on");
}

#[tokio::test]
async fn a_session_lasts_an_hour_and_then_odoo_is_asked_again() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    pass(&fixture, 3_599);
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
    pass(&fixture, 1);
    let led = browser.look(&fixture, WANTED).await;
    assert_eq!(led.status, 302);
    let back = browser.agree(&fixture, led.location(), "zhangsan");
    assert_eq!(browser.look(&fixture, &back).await.location(), WANTED);
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
}

#[tokio::test]
async fn signing_out_ends_the_session_for_whoever_has_it() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    let (mut copy, token) = (browser.clone(), browser.refresh_token());
    let out = browser.post(&fixture, "/aflow/logout").await;
    assert_eq!(out.status, 200);
    assert!(out.body.contains("您已退出登录") && out.body.contains("/aflow/login"), "{}", out.body);
    assert!(!browser.own.contains_key("__Host-aflow") && !browser.own.contains_key("__Host-aflow-refresh"));
    assert_eq!(copy.seen_as(&fixture).await, None);
    assert_eq!(fixture.refresh(&token).await.status, 401);
}

#[tokio::test]
async fn the_token_of_a_session_is_a_bearers_too_and_pages_are_english_for_who_reads_it() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    let token = browser.own["__Host-aflow"].clone();
    let by_token = fixture.call(HttpEvent::new("GET", "/aflow/tasks").bearer(&token)).await;
    assert_eq!((by_token.status, shown_name(&by_token).as_str()), (200, "P1"));
    let english = HttpEvent::new("GET", "/aflow/api/oauth2/callback").header("accept-language", "en-GB,zh;q=0.5");
    let failed = fixture.call(english).await;
    failed.failed("sso.state");
    assert!(failed.body.contains("<html lang=\"en\">") && failed.body.contains("Sign in again"), "{}", failed.body);
    let policy = failed.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!failed.body.contains("<script") && !failed.body.contains("style="));
}

#[tokio::test]
async fn what_pages_are_drawn_with_is_kept_for_ever_under_its_hash() {
    let fixture = Fixture::new().await;
    let page = fixture.call(HttpEvent::new("GET", "/aflow/api/oauth2/callback")).await;
    let address = page.body.split("href=\"").find_map(|rest| rest.split('"').next().filter(|a| a.ends_with(".css")));
    let sheet = fixture.call(HttpEvent::new("GET", address.unwrap())).await;
    assert_eq!((sheet.status, sheet.headers["content-type"].to_str().unwrap()), (200, "text/css; charset=utf-8"));
    assert!(sheet.headers["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(fixture.call(HttpEvent::new("GET", "/aflow/assets/old/app.css")).await.status, 404);
}
