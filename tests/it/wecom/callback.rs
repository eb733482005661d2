//! The callback's address, its events and the domain's file: story E5 and the sealed event of E6.

use async_trait::async_trait;
use lambda_http::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use tenon_crypto::envelope::Codec;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::{Clock, Context, Entropy};

/// A company's secrets of its callbacks.
pub struct Company {
    pub token: &'static str,
    pub key: &'static str,
    pub corp: &'static str,
}

/// Those that the address was checked with below.
pub const CHECKED: Company = Company { token: TOKEN, key: KEY, corp: CORP };
const TOKEN: &str = "QDG6eKtenon2024";
const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const CORP: &str = "ww5f0e1d2c3b4a5968";
const CHECK: &str = "msg_signature=8288aeb0c74a3342ce6b134db22fd46a9d2142f9&timestamp=1733279400&nonce=1597212914&echostr=sKqRbbiSUnDhFHOvPjtUMZfKID4G9XZl%2F%2BY5Q3KyI6ZKdQusTlfKQNRHst9AQXAog9AilrMfy0CVmogyoofVZQ%3D%3D";
const EVENT: &str = "msg_signature=44d49f73f5cb91d373899a74c06deb84ca8b50a3&timestamp=1733278801&nonce=1597299001";
const SEALED: &str = include_str!("sealed-event.xml");

/// Nobody is called on these paths.
struct Nobody;

#[async_trait]
impl Http for Nobody {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        panic!("{} was called", call.url)
    }
}

/// A process with one connection and one flow.
pub struct Place {
    pub ctx: Context,
    local: Local,
}

pub async fn place(now_s: i64, corp: &str) -> Place {
    let clock = Clock::manual(now_s * 1000);
    let local = Local::memory(clock).await.unwrap();
    let ctx = local.context(Arc::new(Nobody), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
    let config: Config = serde_json::from_value(json!({
        "connections": [
            { "kind": "wecom", "id": "wecom-main", "corp_id": corp, "secret": "s", "token": TOKEN, "aes_key": KEY,
              "domain_files": { "WW_verify_YpAqDE4xoAPsmGSK.txt": "YpAqDE4xoAPsmGSK" } },
            { "kind": "b1", "id": "b1-main", "base_url": "http://b1", "company_db": "A", "username": "u", "password": "p" }
        ],
        "flows": [{ "id": "issue-scrap", "kind": "approval", "erp": "b1-main", "oa": "wecom-main", "source": {},
            "form": { "template": "3WK7Goods8IssueScrapTmplQz1", "key": "草稿单号",
                      "fields": [{ "from": "Comments", "to": "备注" }] } }]
    }))
    .unwrap();
    ctx.config.replace(&TenantId::operator(), config.connections, config.flows, &ctx.entropy).await.unwrap();
    Place { ctx, local }
}

/// As API Gateway hands it over.
pub fn request(method: &str, path: &str, query: &str, body: &str) -> Request {
    let name = path.rsplit('/').next().unwrap();
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "content-type": "text/xml" }, "pathParameters": { "connection": name, "file": name },
        "requestContext": {
            "accountId": "0", "apiId": "t", "domainName": "tenon", "domainPrefix": "t", "requestId": "r-1",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t" },
            "routeKey": "$default", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": false
    });
    lambda_http::request::from_str(&event.to_string()).unwrap()
}

impl Place {
    /// As if the work of every event had been done.
    pub async fn done_with_all(&self) {
        let name = tenon_platform::events::event_name("sys_approval_change||1|1|2||");
        let connection = tenon_model::ConnectionId::new("wecom-main");
        tenon_platform::events::mark_done(&self.ctx, &TenantId::operator(), &connection, &name).await.unwrap();
    }

    async fn send(&self, method: &str, query: &str, body: &str) -> Response<lambda_http::Body> {
        let request = request(method, "/callbacks/wecom/wecom-main", query, body);
        tenon_callbacks::wecom::SERVICE.answer(&self.ctx, request).await
    }

    /// Messages that wait to be written back.
    pub async fn queued(&self) -> usize {
        self.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total()
    }
}

fn text(response: &Response<lambda_http::Body>) -> &str {
    std::str::from_utf8(response.body().as_ref()).unwrap()
}

// R-C4, R-C5
#[tokio::test]
async fn the_address_is_confirmed_with_the_decrypted_text_alone_and_takes_events_at_once() {
    // Within five minutes of both.
    let place = place(1_733_279_101, CORP).await;
    let confirmed = place.send("GET", CHECK, "").await;
    assert_eq!((confirmed.status().as_u16(), text(&confirmed)), (200, "4921608873345210057"));
    assert!(confirmed.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    // R-C8: no vendor is called, and nothing is answered.
    let taken = place.send("POST", EVENT, SEALED).await;
    assert_eq!((taken.status().as_u16(), text(&taken)), (200, ""));
    assert_eq!(place.queued().await, 1);
    let again = place.send("GET", CHECK, "").await;
    assert_eq!(again.status(), 200);
}

// R-C6
#[tokio::test]
async fn every_failure_is_the_same_answer() {
    let good = place(1_733_279_400, CORP).await;
    let mut answers: Vec<(u16, String)> = Vec::new();
    let mut note = |response: Response<lambda_http::Body>| {
        let body: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
        answers.push((response.status().as_u16(), body["message"].to_string()));
    };
    note(good.send("GET", &CHECK.replace("8288a", "8288b"), "").await);
    note(good.send("GET", &CHECK.replace("timestamp=1733279400", "timestamp=17332794001"), "").await);
    note(place(1_733_279_400, "ww0000000000000000").await.send("GET", CHECK, "").await);
    note(place(1_733_283_000, CORP).await.send("GET", CHECK, "").await);
    note(good.send("POST", &EVENT.replace("44d49", "44d40"), SEALED).await);
    note(place(1_733_283_000, CORP).await.send("POST", EVENT, SEALED).await);
    assert!(answers.iter().all(|answer| answer.0 == 401 && *answer == answers[0]), "{answers:?}");
    let repeated = good.send("GET", &format!("{CHECK}&nonce=1597212914"), "").await;
    assert_eq!(repeated.status(), 400);
    assert_eq!(good.send("POST", EVENT, "no document").await.status(), 400);
    assert_eq!(good.queued().await, 0);
}

// R-C11, R-C12
#[tokio::test]
async fn foreign_templates_and_events_are_taken_and_dropped() {
    let place = place(1_733_279_400, CORP).await;
    let codec = Codec::new(TOKEN, KEY, CORP).unwrap();
    let event = |template: &str, kind: &str| {
        format!(
            "<xml><Event>{kind}</Event><CreateTime>1</CreateTime><ApprovalInfo><SpNo>1</SpNo><SpStatus>2</SpStatus><TemplateId>{template}</TemplateId></ApprovalInfo></xml>"
        )
    };
    for plain in [
        event("Other", "sys_approval_change"),
        event("3WK7Goods8IssueScrapTmplQz1", "change_contact"),
        event("3WK7Goods8IssueScrapTmplQz1", "sys_approval_change").replace("<SpStatus>2", "<SpStatus>1"),
    ] {
        let sealed = codec.seal(&plain, "1733279400", "7", [9; 16]);
        let query = format!("msg_signature={}&timestamp=1733279400&nonce=7", sealed.signature);
        let body = json!({ "tousername": CORP, "encrypt": sealed.encrypt, "agentid": 1 }).to_string();
        assert_eq!(place.send("POST", &query, &body).await.status(), 200, "{plain}");
        assert_eq!(place.queued().await, 0, "{plain}");
    }
}

// R-C7
#[tokio::test]
async fn the_domains_file_is_answered_by_its_name_and_no_other() {
    let place = place(1_733_279_400, CORP).await;
    let get =
        async |path: &str| tenon_callbacks::domain_file::SERVICE.answer(&place.ctx, request("GET", path, "", "")).await;
    let file = get("/WW_verify_YpAqDE4xoAPsmGSK.txt").await;
    assert_eq!((file.status().as_u16(), text(&file)), (200, "YpAqDE4xoAPsmGSK"));
    assert!(file.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    for other in ["/WW_verify_other.txt", "/WW_verify_ypaqde4xoapsmgsk.txt", "/favicon.ico"] {
        assert_eq!(get(other).await.status(), 404, "{other}");
    }
}

// R-C8: what WeCom sealed is WeCom's, whether or not it is understood
#[tokio::test]
async fn what_was_sealed_and_is_no_event_is_kept_for_a_person_and_not_asked_for_again() {
    let place = place(1_733_279_400, CORP).await;
    let codec = Codec::new(TOKEN, KEY, CORP).unwrap();
    for plain in ["not a document", "<xml><Event>sys_approval_change</Event>", "<!DOCTYPE x [<!ENTITY a \"b\">]><xml/>"]
    {
        let sealed = codec.seal(plain, "1733279400", "7", [9; 16]);
        let query = format!("msg_signature={}&timestamp=1733279400&nonce=7", sealed.signature);
        let body = format!("<xml><Encrypt><![CDATA[{}]]></Encrypt></xml>", sealed.encrypt);
        for _ in 0..2 {
            let answer = place.send("POST", &query, &body).await;
            assert_eq!((answer.status().as_u16(), text(&answer)), (200, ""), "{plain}");
        }
    }
    let kept =
        tenon_platform::kept::of_kind(&place.ctx, &TenantId::operator(), tenon_platform::kept::Kind::Entry).await;
    let kept = kept.unwrap();
    assert_eq!(kept.len(), 3, "each once");
    assert!(kept.iter().all(|k| k.source == "wecom-main" && !k.why.is_empty()));
    assert_eq!(place.queued().await, 0);
}
