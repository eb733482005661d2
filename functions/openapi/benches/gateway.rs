//! What a signed call costs beside waiting for the table and the queue: reading the event, verifying
//! the signature, writing the answer. It must stay under 150 µs.

use criterion::Criterion;
use lambda_http::Request;
use serde_json::{Value, json};
use std::hint::black_box;
use tenon_crypto::openapi::{RequestV2, sign_v1, sign_v2, verify_v1, verify_v2};
use tenon_crypto::secrets::{MasterKey, Purpose};
use tenon_platform::{body, reply, request};

const SECRET: &str = "s3cr3t-0123456789abcdef";
const KEY: &str = "os_a1b2c3d4e5f6";
const TIMESTAMP: &str = "1707638400000";
const PATH: &str = "/openapi/v1/orders/create";
const SIZES: [usize; 2] = [1024, 16 * 1024];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for bytes in SIZES {
        whole(&mut criterion, bytes);
    }
    criterion.final_summary();
}

/// An order of about so many bytes.
fn order(bytes: usize) -> String {
    let remark = "注".repeat(bytes.saturating_sub(140) / 3);
    json!({ "externalOrderNo": "ERP-001", "styleNo": "FZ2024001", "quantity": 500, "colors": ["红", "蓝"],
            "sizes": ["S", "M", "L"], "remark": remark })
    .to_string()
}

fn event(body: &str) -> String {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": PATH, "rawQueryString": "",
        "headers": { "x-app-key": KEY, "x-timestamp": TIMESTAMP, "x-signature": sign_v1(SECRET, KEY, TIMESTAMP, body.as_bytes()) },
        "requestContext": {
            "accountId": "0", "apiId": "t", "domainName": "tenon", "domainPrefix": "t", "requestId": "r-1",
            "http": { "method": "POST", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "t" },
            "routeKey": "$default", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": false
    })
    .to_string()
}

fn whole(criterion: &mut Criterion, bytes: usize) {
    let body = order(bytes);
    let event = event(&body);
    let master = MasterKey::from_bytes([7; 32]);
    let sealed = master.seal(Purpose::App, "t-1/app-1/app-secret", [7; 12], SECRET.as_bytes());
    let mut group = criterion.benchmark_group(format!("signed call of {} KB", bytes / 1024));
    group.bench_function("event, secret, scheme 1, body, answer", |bencher| {
        bencher.iter(|| {
            let request = lambda_http::request::from_str(black_box(&event)).ok()?;
            let secret = String::from_utf8(master.open(Purpose::App, "t-1/app-1/app-secret", &sealed).ok()?).ok()?;
            let signature = request::header(&request, "x-signature")?;
            let valid = verify_v1(&secret, KEY, TIMESTAMP, request::bytes(&request), signature);
            Some((valid, answered(&request)))
        });
    });
    let v2 = RequestV2 {
        method: "POST",
        path: PATH,
        query: "",
        body: body.as_bytes(),
        timestamp: TIMESTAMP,
        nonce: "nonce-0123456789",
        app_key: KEY,
    };
    let signature = sign_v2(SECRET, &v2);
    group.bench_function("scheme 2 alone", |bencher| bencher.iter(|| verify_v2(SECRET, black_box(&v2), &signature)));
    group.finish();
}

/// The body read, and an answer of its size written.
fn answered(request: &Request) -> u16 {
    let body: Result<Value, _> = body::read(request::bytes(request));
    let response =
        body.map_or_else(|bad| reply::refusal(400, &bad.message, "req_r-1"), |v| reply::success(v, "req_r-1"));
    response.status().as_u16()
}
