//! Asking the customer's own system.

use super::fixture::{Fixture, answer};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tenon_openapi::pull;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PATH: &str = "/openapi/v1/pull/pattern-order";

/// A customer's system that says one thing, and remembers what it was asked.
async fn customer(response: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut chunk = [0u8; 4096];
            // The bodies asked here end with a brace and fit one packet.
            while !bytes.ends_with(b"}") {
                match stream.read(&mut chunk).await {
                    Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
                    _ => break,
                }
            }
            log.lock().unwrap().push(String::from_utf8(bytes).unwrap());
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (url, requests)
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

async fn pulled(url: Option<&str>, body: &Value) -> Value {
    let mut fixture = Fixture::new(|app| app.external_api_url = url.map(str::to_owned)).await;
    fixture.ctx = fixture.ctx.clone().with_outgoing(Arc::new(GuardedClient::new(Allowances::loopback())));
    let sent = fixture.signed("POST", PATH, &body.to_string());
    answer(pull::SERVICE.answer(&fixture.ctx, sent.request()).await).json()
}

#[tokio::test]
async fn a_query_is_forwarded_as_the_document_says() {
    let (url, requests) = customer(http("200 OK", r#"[{"patternId":"P001"}]"#)).await;
    let body = json!({ "action": "list_patterns", "params": { "status": "ready", "page": 1 } });
    let found = pulled(Some(&url), &body).await;
    assert_eq!(found["code"], 200);
    assert_eq!(
        found["data"],
        json!({ "action": "list_patterns", "source": url, "httpStatus": 200, "success": true,
                "data": [{ "patternId": "P001" }] })
    );
    let requests = requests.lock().unwrap()[0].to_lowercase();
    assert!(requests.starts_with("post /api/list_patterns http/1.1\r\n"), "{requests}");
    for header in ["content-type: application/json", "x-source: fashion-supplychain", "x-app-key: os_a1b2c3d4e5f6"] {
        assert!(requests.contains(&format!("\r\n{header}\r\n")), "{header} is not in {requests}");
    }
    let sent: Value = serde_json::from_str(requests.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(sent, json!({ "status": "ready", "page": 1 }));
}

#[tokio::test]
async fn what_both_sides_say_is_handed_on_to_the_letter() {
    let response = r#"{"orderId":12345678901234567890123,"price":1.10,"rate":1E-7,"b":"","a":{"$number":"1"}}"#;
    let (url, requests) = customer(http("200 OK", response)).await;
    let mut fixture = Fixture::new(|app| app.external_api_url = Some(url)).await;
    fixture.ctx = fixture.ctx.clone().with_outgoing(Arc::new(GuardedClient::new(Allowances::loopback())));
    let params = r#"{"id":98765432109876543210987,"limit":10.0,"empty":""}"#;
    let sent = fixture.signed("POST", PATH, &format!("{{\"action\":\"get_order\",\"params\":{params}}}"));
    let found = answer(pull::SERVICE.answer(&fixture.ctx, sent.request()).await);
    assert!(found.text.contains(&format!("\"data\":{response}")), "{}", found.text);
    assert!(requests.lock().unwrap()[0].ends_with(params));
}

#[tokio::test]
async fn without_params_an_empty_object_is_sent() {
    let (url, requests) = customer(http("200 OK", "{}")).await;
    assert_eq!(pulled(Some(&url), &json!({ "action": "get_order" })).await["data"]["success"], true);
    assert!(requests.lock().unwrap()[0].ends_with("\r\n\r\n{}"));
}

#[tokio::test]
async fn a_customers_system_that_fails_is_an_answer() {
    let long = format!("\"{}\"", "x".repeat(1024 * 1024));
    for (response, status) in [
        (http("503 Service Unavailable", r#"{"error":"down"}"#), 503),
        (http("302 Found", ""), 302),
        (http("200 OK", "<html>"), 200),
        (http("200 OK", &long), 200),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":".to_owned(), 200),
    ] {
        let (url, _) = customer(response.clone()).await;
        let found = pulled(Some(&url), &json!({ "action": "list_orders" })).await;
        let head: String = response.chars().take(60).collect();
        assert_eq!((&found["code"], &found["data"]["success"]), (&json!(200), &json!(false)), "{head}");
        assert_eq!(found["data"]["httpStatus"], status, "{head}");
        assert!(!found["data"]["error"].as_str().unwrap().is_empty());
        assert_eq!(found["data"]["source"], url);
    }
}

#[tokio::test]
async fn a_customers_system_is_not_asked_when_the_functions_time_does_not_last() {
    let (url, requests) = customer(http("200 OK", "{}")).await;
    let mut fixture = Fixture::new(|app| app.external_api_url = Some(url)).await;
    let guarded = Arc::new(GuardedClient::new(Allowances::loopback()));
    fixture.ctx = fixture.ctx.clone().with_outgoing(guarded).within(std::time::Duration::from_millis(3_500));
    let sent = fixture.signed("POST", PATH, r#"{"action":"list_orders"}"#);
    let found = answer(pull::SERVICE.answer(&fixture.ctx, sent.request()).await);
    let reply: Value = serde_json::from_str(&found.text).unwrap();
    assert_eq!((&reply["code"], &reply["data"]["success"]), (&json!(200), &json!(false)), "{reply}");
    assert!(reply["data"]["error"].as_str().unwrap().starts_with("timeout: "), "{reply}");
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_customers_system_that_is_not_there_is_an_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    drop(listener);
    for url in [url.as_str(), "https://169.254.169.254/latest"] {
        let found = pulled(Some(url), &json!({ "action": "list_orders" })).await;
        assert_eq!((&found["code"], &found["data"]["success"]), (&json!(200), &json!(false)), "{url}");
        assert!(found["data"].get("httpStatus").is_none());
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let refused = pulled(None, &json!({ "action": "list_orders" })).await;
    assert_eq!((&refused["code"], &refused["message"]), (&json!(400), &json!("未配置客户API地址")));
    for body in [json!({ "action": "drop_orders" }), json!({}), json!({ "action": 7 })] {
        let refused = pulled(Some("https://c.example"), &body).await;
        assert_eq!(refused["code"], 400, "{body}");
        assert!(refused["message"].as_str().unwrap().starts_with("action: "), "{refused}");
    }
    let refused = pulled(Some("https://c.example"), &json!({ "action": "get_order", "params": [] })).await;
    assert!(refused["message"].as_str().unwrap().starts_with("params: "), "{refused}");
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused_by_its_name_and_nothing_is_imported() {
    for (body, field) in [
        (r#"{"action":"import_order","styleNo":"S","quantity":1,"quantity":2}"#, "quantity"),
        (r#"{"action":"import_order","styleNo":"S","styleNo":"S","quantity":1}"#, "styleNo"),
        (r#"{"action":"list_orders","action":"import_order","styleNo":"S","quantity":1}"#, "action"),
        (r#"{"action":"import_order","styleNo":"S","quantity":1,"style\u004eo":"T"}"#, "styleNo"),
        (r#"{"action":"get_order","params":{"id":1,"id":2}}"#, "params.id"),
    ] {
        let fixture = Fixture::new(|_| {}).await;
        let sent = fixture.signed("POST", PATH, body);
        let refused = answer(pull::SERVICE.answer(&fixture.ctx, sent.request()).await).json();
        assert_eq!(
            (&refused["code"], &refused["message"]),
            (&json!(400), &json!(format!("{field}: 字段重复"))),
            "{body}"
        );
        // Nothing was taken in: the same order, said once, is the first of its number.
        let once = r#"{"action":"import_order","styleNo":"S","quantity":1}"#;
        let taken =
            answer(pull::SERVICE.answer(&fixture.ctx, fixture.signed("POST", PATH, once).request()).await).json();
        assert!(taken["data"]["orderNo"].as_str().is_some_and(|number| number.ends_with("001")), "{taken}");
    }
}

#[tokio::test]
async fn an_order_is_imported_as_it_would_be_created() {
    let order = json!({ "action": "import_order", "externalOrderNo": "PAPER-2026-001", "styleNo": "FZ2024001",
                        "styleName": "春季衬衫", "quantity": 500, "colors": ["红", "蓝"], "sizes": ["S", "M", "L"],
                        "factoryId": 1, "remark": "从纸样系统导入" });
    let found = pulled(None, &order).await;
    assert_eq!((&found["code"], &found["data"]["status"]), (&json!(200), &json!("created")), "{found}");
    assert!(found["data"]["orderNo"].as_str().unwrap().starts_with("PO20240211"), "{found}");
    assert_eq!(found["data"]["externalOrderNo"], "PAPER-2026-001");
    let refused = pulled(None, &json!({ "action": "import_order", "styleNo": "FZ2024001", "quantity": 0 })).await;
    assert_eq!(refused["code"], 400);
    assert!(refused["message"].as_str().unwrap().starts_with("quantity: "), "{refused}");
    let refused = pulled(None, &json!({ "action": "import_order", "styleNo": "FZ2024001", "quantitty": 1 })).await;
    assert!(refused["message"].as_str().unwrap().starts_with("quantitty: "), "{refused}");
}
