//! Refresh tokens: each counts once, a former one ends everything, and the login server has its say.

use crate::common::{Browser, Fixture, pass};
use serde_json::json;
use tenon_directory::Person;
use tenon_platform::keys::{self, Rotation};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_testkit::HttpEvent;

const TOKEN: &str = "/odoo/api/oauth2/token";

async fn signed_in(fixture: &Fixture) -> Browser {
    let mut browser = Browser::default();
    browser.sign_in(fixture, "zhangsan").await;
    browser
}

fn tokens(answer: &crate::common::Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    assert_eq!((&body["status"], &body["data"]["expiresIn"]), (&json!(0), &json!(3600)));
    let text = |name: &str| body["data"][name].as_str().unwrap().to_owned();
    (text("accessToken"), text("refreshToken"))
}

fn refused(answer: &crate::common::Answer) {
    assert_eq!((answer.status, &answer.json()["status"]), (401, &json!(-4002)), "{}", answer.body);
    assert!(answer.json()["data"].get("accessToken").is_none());
}

#[tokio::test]
async fn a_refresh_token_gives_a_session_and_the_next_one() {
    let fixture = Fixture::new().await;
    let browser = signed_in(&fixture).await;
    let mut token = browser.refresh_token();
    for _ in 0..3 {
        pass(&fixture, 3_600);
        let (access, next) = tokens(&fixture.refresh(&token).await);
        let seen = fixture.call(HttpEvent::new("GET", "/aflow/tasks").bearer(&access)).await;
        assert_eq!(crate::common::shown_name(&seen), "P1");
        assert_ne!(next, token);
        token = next;
    }
    assert_eq!(fixture.odoo().reused(), 0, "Odoo's own tokens were each handed in once");
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 4);
}

// Threat: a stolen refresh token is used, by the thief or by the person, a second time.
#[tokio::test]
async fn a_former_refresh_token_ends_the_family_and_its_sessions() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let first = browser.refresh_token();
    let (access, second) = tokens(&fixture.refresh(&first).await);
    refused(&fixture.refresh(&first).await);
    refused(&fixture.refresh(&second).await);
    assert_eq!(browser.seen_as(&fixture).await, None);
    assert_eq!(fixture.call(HttpEvent::new("GET", "/aflow/tasks").bearer(&access)).await.status, 401);
    let mut other = signed_in(&fixture).await;
    assert_eq!(other.seen_as(&fixture).await.as_deref(), Some("P1"), "another sign-in of the person goes on");
}

#[tokio::test]
async fn what_is_no_refresh_token_gets_the_same_answer() {
    let fixture = Fixture::new().await;
    let token = signed_in(&fixture).await.refresh_token();
    let (family, secret) = token.split_once('.').unwrap();
    let other = format!("{}.{secret}", "0".repeat(32));
    for wrong in ["", "x", family, &other, &format!("{family}."), &token.replace('.', "#"), &"y".repeat(5_000)] {
        refused(&fixture.refresh(wrong).await);
    }
    let bad = HttpEvent::new("POST", "/aflow/api/oauth2/refresh").json(&json!({ "refreshToken": 7 }));
    let answer = fixture.call(bad).await;
    assert_eq!(answer.json()["status"], json!(-4002), "{}", answer.body);
    assert_eq!(fixture.refresh(&token).await.status, 200, "the family goes on");
    let unknown_secret = format!("{family}.{}", "A".repeat(43));
    refused(&fixture.refresh(&unknown_secret).await);
}

#[tokio::test]
async fn a_browser_renews_with_its_cookie_and_its_scripts_see_no_token() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let (session, token) = (browser.own["__Host-aflow"].clone(), browser.refresh_token());
    pass(&fixture, 60);
    let renewed = browser.post(&fixture, "/aflow/api/oauth2/refresh").await;
    assert_eq!(renewed.json(), json!({ "status": 0, "msg": "success", "data": { "expiresIn": 3600 } }));
    assert!(browser.own["__Host-aflow"] != session && browser.refresh_token() != token);
    pass(&fixture, 3_590);
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
}

#[tokio::test]
async fn a_sign_in_ends_when_nobody_comes_back() {
    let fixture = Fixture::with(|_| (), |sso| sso["stay"] = json!("2d")).await;
    let token = signed_in(&fixture).await.refresh_token();
    pass(&fixture, 2 * 86_400 - 1);
    let (_, next) = tokens(&fixture.refresh(&token).await);
    pass(&fixture, 2 * 86_400);
    refused(&fixture.refresh(&next).await);
}

#[tokio::test]
async fn who_is_disabled_here_or_at_the_erp_is_not_renewed() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    fixture.add(Person { active: false, ..fixture.person("P1").await }).await;
    assert_eq!(browser.seen_as(&fixture).await, None, "at once");
    refused(&fixture.refresh(&browser.refresh_token()).await);

    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    fixture.odoo().disable("zhangsan").unwrap();
    refused(&fixture.refresh(&browser.refresh_token()).await);
    assert_eq!(browser.seen_as(&fixture).await, None);
}

#[tokio::test]
async fn while_the_login_server_is_away_the_token_goes_on_to_count() {
    let fixture = Fixture::new().await;
    let token = signed_in(&fixture).await.refresh_token();
    for kind in [FaultKind::Html(502), FaultKind::DropBeforeCommit] {
        fixture.sandbox.inject(Fault::new(kind).vendor(Vendor::Odoo).on("POST", TOKEN));
        let answer = fixture.refresh(&token).await;
        assert_eq!((answer.status, &answer.json()["status"]), (500, &json!(-1024)), "{}", answer.body);
    }
    tokens(&fixture.refresh(&token).await);
}

#[tokio::test]
async fn a_server_that_gives_no_refresh_tokens_is_not_asked() {
    let fixture = Fixture::with(|odoo| odoo.refresh_tokens = false, |_| ()).await;
    let token = signed_in(&fixture).await.refresh_token();
    let (_, next) = tokens(&fixture.refresh(&token).await);
    tokens(&fixture.refresh(&next).await);
    assert_eq!(fixture.sandbox.calls(&format!("POST {TOKEN}")), 1);
}

#[tokio::test]
async fn two_refreshes_at_once_are_done_once_and_end_nothing() {
    for refresh_tokens in [true, false] {
        let fixture = Fixture::with(|odoo| odoo.refresh_tokens = refresh_tokens, |_| ()).await;
        let token = signed_in(&fixture).await.refresh_token();
        let (one, other) = tokio::join!(fixture.refresh(&token), fixture.refresh(&token));
        let mut by_status = [one, other];
        by_status.sort_by_key(|answer| answer.status);
        let [good, put_off] = by_status;
        let (_, next) = tokens(&good);
        // Whoever looked before the other was done is put off; who looked after it presented a former token.
        if put_off.status == 401 {
            refused(&fixture.refresh(&next).await);
        } else {
            assert_eq!(put_off.status, 409, "{}", put_off.body);
            tokens(&fixture.refresh(&next).await);
        }
        assert_eq!(fixture.odoo().reused(), 0);
    }
}

#[tokio::test]
async fn sessions_and_sign_ins_outlive_a_rotation_of_the_keys() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let mut late = Browser::default();
    let started = late.look(&fixture, "/aflow/tasks").await;
    let back = late.agree(&fixture, started.location(), "lisi");
    let finders: [keys::Finder; 2] = [keys::sealed_texts, tenon_sso::sealed_texts];
    let rotation = Rotation { finders: &finders, alone: true, page: keys::PAGE };
    let rotated = keys::rotate(&fixture.ctx, rotation, &mut |_| ()).await.unwrap();
    assert_eq!(rotated.unopened, []);
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
    assert_eq!(late.look(&fixture, &back).await.location(), "/aflow/tasks");
    tokens(&fixture.refresh(&browser.refresh_token()).await);
}
