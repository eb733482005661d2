use crate::support::Client;
use serde_json::json;
use tenon_sandbox::{B1Options, SandboxOptions};

#[test]
fn login_sets_two_cookies_and_says_minutes() {
    let client = Client::with(SandboxOptions::default());
    let answer = client.login();
    assert_eq!(answer.status, 200);
    let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    let id = answer.json()["SessionId"].as_str().unwrap().to_owned();
    assert!(lines[0].starts_with(&format!("B1SESSION={id};HttpOnly")), "{lines:?}");
    assert!(lines[1].starts_with("ROUTEID=.node1; path=/b1s"), "{lines:?}");
    assert_eq!(answer.json()["SessionTimeout"], 30);
}

#[test]
fn without_a_session_every_call_is_301() {
    let client = Client::with(SandboxOptions::default());
    let answer = client.get("/b1s/v1/Drafts");
    assert_eq!((answer.status, answer.code()), (401, 301));
    assert_eq!(answer.json()["error"]["message"]["lang"], "en-us");
    let answer = client.get("/b1s/v2/Drafts");
    assert_eq!(answer.json()["error"]["code"], "301");
    assert!(answer.json()["error"]["message"].is_string());
}

#[test]
fn the_time_out_is_idle_time() {
    let client = Client::ready(SandboxOptions::default());
    for _ in 0..3 {
        client.wait(29 * 60_000);
        assert_eq!(client.get("/b1s/v1/Drafts").status, 200);
    }
    client.wait(30 * 60_000);
    assert_eq!(client.get("/b1s/v1/Drafts").code(), 301);
    assert_eq!(client.login().status, 200);
    assert_eq!(client.get("/b1s/v1/Drafts").status, 200);
}

#[test]
fn refused_logins_say_why_and_are_counted() {
    let client = Client::with(SandboxOptions::default());
    let wrong = client.login_as("SBODEMOCN", "manager", "no");
    assert_eq!((wrong.status, wrong.code()), (401, -304));
    let company = client.login_as("OTHER", "manager", "sandbox-b1");
    assert_eq!((company.status, company.code()), (401, -5027));
    let counted = client.sandbox.snapshot().b1;
    assert_eq!((counted.logins, counted.failed_logins), (0, 2));
    client.sandbox.configure(|o| o.b1.login_error_code = 100_000_027);
    assert_eq!(client.login_as("SBODEMOCN", "manager", "no").code(), 100_000_027);
}

#[test]
fn sessions_are_capped_and_logout_frees_one() {
    let client = Client::with(B1Options { max_sessions: 1, ..B1Options::default() });
    assert_eq!(client.login().status, 200);
    let cookie = client.cookie.borrow().clone();
    assert_eq!(client.login().status, 503);
    *client.cookie.borrow_mut() = cookie;
    assert_eq!(client.post("/b1s/v1/Logout", json!({})).status, 204);
    assert_eq!(client.login().status, 200);
}

#[test]
fn ping_and_a_leading_segment_are_served() {
    let client = Client::ready(SandboxOptions::default());
    assert_eq!(client.get("/ping/").json()["message"], "pong");
    assert_eq!(client.get("/id/b1s/v1/Drafts").status, 200);
}

#[test]
fn a_body_over_the_proxy_limit_is_an_html_413() {
    let client = Client::ready(SandboxOptions::default());
    let answer = client.send("POST", "/b1s/v1/Items", &[], &vec![b' '; 52_428_801]);
    assert_eq!(answer.status, 413);
    assert!(answer.text.starts_with("<html>"), "{}", answer.text);
}
