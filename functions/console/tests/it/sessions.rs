//! Who is signed in, for how long, and whose forms are taken.

use crate::browser::{Browser, Fixture, SignIn};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::table::{Key, Range};
use tenon_tenants::access::{self, session};

const MINUTE: Duration = Duration::from_secs(60);
const STORE: &str = "/system/app-store";

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_eight_hours() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.signed_in(Some("t-1")).await;
    for _ in 0..3 {
        fixture.pass(MINUTE * 29);
        browser.page(STORE).await;
    }
    // What a page asks for by itself keeps nobody signed in.
    for _ in 0..30 {
        fixture.pass(MINUTE);
        browser.headers.insert("hx-request", "true".to_owned());
        browser.get(STORE).await;
        browser.headers.remove("hx-request");
    }
    let led = browser.get(STORE).await;
    assert_eq!((led.status, led.location()), (303, "/system/login?return=%2Fsystem%2Fapp-store"));
    assert_eq!(browser.session(), "", "the cookie is taken away");

    let mut browser = fixture.signed_in(Some("t-1")).await;
    for _ in 0..19 {
        fixture.pass(MINUTE * 25);
        browser.page(STORE).await;
    }
    fixture.pass(MINUTE * 6);
    assert_eq!(browser.get(STORE).await.status, 303, "eight hours are over, however it is used");
}

#[tokio::test]
async fn who_was_signed_in_sees_a_page_when_a_form_comes_too_late_and_comes_back_afterwards() {
    let fixture = Fixture::new().await;
    let (token, _) = fixture.token(Some("t-1"), &[]).await;
    let mut browser = Browser::of(&fixture);
    browser.sign_in(&token).await;
    let form = browser.page("/system/app-store/ORDER_SYNC").await.form("/system/app-store/ORDER_SYNC/trial");
    fixture.pass(MINUTE * 31);
    let answer = browser.send(&form).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert!(answer.has("登录已失效") && answer.has("/system/login"), "{}", answer.body);
    let led = browser.get("/system/tenant-management?tab=logs&path=%2Fopenapi").await;
    let login = browser.page(led.location()).await;
    let back = browser.send(&login.form("/system/login").with("token", &token)).await;
    assert_eq!(back.location(), "/system/tenant-management?tab=logs&path=%2Fopenapi");
}

#[tokio::test]
async fn a_revoked_token_ends_its_sessions_at_once_and_signing_out_ends_one() {
    let fixture = Fixture::new().await;
    let (token, id) = fixture.token(Some("t-1"), &[]).await;
    let (mut one, mut other) = (Browser::of(&fixture), Browser::of(&fixture));
    one.sign_in(&token).await;
    other.sign_in(&token).await;
    assert_ne!(one.session(), other.session());
    let stolen = one.session();
    let out = one.page(STORE).await.form("/system/logout");
    let page = one.through(&out).await;
    assert!(page.has("您已退出登录") && one.session().is_empty());
    one.cookies.insert("__Host-tenon".to_owned(), stolen);
    assert_eq!(one.get(STORE).await.status, 303, "a cookie that was stolen before is dead");
    other.page(STORE).await;
    access::revoke(&fixture.ctx, &id).await.unwrap();
    assert_eq!(other.get(STORE).await.status, 303);
}

#[tokio::test]
async fn the_table_has_no_sessions_id_and_signing_in_makes_a_new_one() {
    let fixture = Fixture::new().await;
    let (token, _) = fixture.token(None, &[]).await;
    let mut browser = Browser::of(&fixture);
    browser.cookies.insert("__Host-tenon".to_owned(), "A".repeat(43));
    browser.sign_in(&token).await;
    let id = browser.session();
    assert!(id != "A".repeat(43) && id.len() == 43);
    browser.sign_in(&token).await;
    assert_ne!(browser.session(), id);
    browser.cookies.insert("__Host-tenon".to_owned(), id.clone());
    assert_eq!(browser.get(STORE).await.status, 303, "the one before ended with it");
    let hash = tenon_crypto::digest::sha256_hex(browser.session().as_bytes());
    assert!(hash != id);
    let partition = Key::partition_of(&TenantId::operator(), "CONSOLE-SESSION", &[&hash]);
    let none: Vec<tenon_platform::table::Stored<serde_json::Value>> =
        fixture.ctx.table.query_all(&partition, Range::default()).await.unwrap();
    assert!(none.iter().all(|stored| !stored.data.to_string().contains(&id)));
}

#[tokio::test]
async fn a_link_signs_in_once_within_a_minute_and_not_by_being_looked_at() {
    let fixture = Fixture::new().await;
    let (token, _) = fixture.token(Some("t-1"), &[]).await;
    let link = |code: &str| format!("/system/login?code={code}");
    let code = session::link(&fixture.ctx, &token).await.unwrap().expose().to_owned();
    let mut browser = Browser::of(&fixture);
    // A programme that looks at links does not use it up.
    browser.page(&link(&code)).await;
    let page = browser.page(&link(&code)).await;
    assert!(page.has("t-1") && !page.links().iter().any(|own| own.contains(&code)), "{}", page.body);
    let form = page.form("/system/login");
    assert_eq!(browser.send(&form).await.location(), STORE);
    browser.page(STORE).await;
    let again = Browser::of(&fixture).send(&form).await;
    assert_eq!(again.status, 401, "{}", again.body);
    let late = session::link(&fixture.ctx, &token).await.unwrap().expose().to_owned();
    fixture.pass(MINUTE);
    assert_eq!(browser.get(&link(&late)).await.status, 401);
}

#[tokio::test]
async fn nobody_is_told_which_tokens_there_are() {
    let fixture = Fixture::new().await;
    let (revoked, id) = fixture.token(None, &[]).await;
    access::revoke(&fixture.ctx, &id).await.unwrap();
    let mut answers = Vec::new();
    for token in ["", "tnn_", &revoked, &format!("tnn_{}", "A".repeat(43)), "<script>"] {
        let mut browser = Browser::of(&fixture);
        let page = browser.sign_in(token).await;
        assert_eq!((page.status, browser.session().as_str()), (401, ""), "{token}");
        answers.push(page.body);
    }
    assert!(answers.iter().all(|body| *body == answers[0]));
}

#[tokio::test]
async fn a_form_of_another_site_or_another_session_changes_nothing() {
    let fixture = Fixture::new().await;
    let mut victim = fixture.signed_in(Some("t-1")).await;
    let mut thief = fixture.signed_in(Some("t-2")).await;
    let trial = "/system/app-store/ORDER_SYNC/trial";
    let own = victim.page("/system/app-store/ORDER_SYNC").await.form(trial);
    let foreign = thief.page("/system/app-store/ORDER_SYNC").await.form(trial);
    // A page of another site has the victim's cookie sent along, and none of the victim's forms; one on another port of
    // the same host likewise.
    for origin in ["cross-site", "same-site", "none"] {
        victim.headers.insert("sec-fetch-site", origin.to_owned());
        assert_eq!(victim.send(&own).await.status, 403, "{origin}");
        assert_eq!(victim.request("POST", "/system/logout", "").await.status, 403, "{origin}");
        assert_eq!(victim.request("POST", "/system/login", "token=x").await.status, 403, "signing somebody else in");
    }
    victim.headers.insert("sec-fetch-site", "same-origin".to_owned());
    for form in [foreign, own.clone().with("_csrf", ""), own.clone().with("_csrf", &"A".repeat(43))] {
        let refused = victim.send(&form).await;
        assert!(refused.status == 403 && refused.has("只能从本系统的页面提交"), "{}", refused.body);
    }
    // An old browser names its origin alone.
    victim.headers.remove("sec-fetch-site");
    assert_eq!(victim.send(&own).await.status, 403);
    victim.headers.insert("origin", "https://tenon.example.com:8443".to_owned());
    assert_eq!(victim.send(&own).await.status, 403);
    victim.headers.insert("origin", "https://tenon.example.com".to_owned());
    let taken = victim.send(&own).await;
    assert!(taken.status == 200 && taken.has("appSecret"), "{}", taken.body);
}

#[tokio::test]
async fn every_answer_is_kept_by_nobody_and_shown_in_no_frame() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.signed_in(Some("t-1")).await;
    for (target, status) in [(STORE, 200), ("/system/app-store/NONE", 404), ("/system/login", 200)] {
        let page = browser.get(target).await;
        assert_eq!(page.status, status, "{target}");
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        assert_eq!((header("cache-control").as_str(), header("referrer-policy").as_str()), ("no-store", "no-referrer"));
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    browser.headers.insert("accept-encoding", "gzip, br".to_owned());
    let packed = browser.get(STORE).await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
}
