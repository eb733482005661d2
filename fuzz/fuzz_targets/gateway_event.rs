//! API Gateway's event: path, query, headers and body of whoever calls.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tenon_platform::router::Router;
use tenon_platform::{body, http_event, request};

fn read(event: Value) {
    let _ = http_event::request_info(&event);
    if let Ok(request) = http_event::request(event) {
        let _ = request::path_as_given(&request);
        let _ = request::path_is_decoded(&request);
        let mut router = Router::default();
        router.insert("POST", "/orders/{orderNo}", 1).unwrap();
        router.insert("POST", "/orders/list", 2).unwrap();
        let _ = router.find(request.method().as_str(), request::raw_path(&request)).and_then(|found| found.decoded());
        let _ = request::source_ip(&request);
        let _ = request::header(&request, "authorization");
        let _ = body::read::<Value>(request::bytes(&request));
    }
}

fuzz_target!(|input: (&str, &str, &str, &str, &str, bool)| {
    let (whole, path, query, header, body, coded) = input;
    if let Ok(event) = serde_json::from_str(whole) {
        read(event);
    }
    read(json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "host": header, "authorization": header, "x-forwarded-proto": header },
        "cookies": [header], "pathParameters": { "orderNo": path },
        "requestContext": {
            "accountId": "0", "apiId": "t", "domainName": "tenon", "domainPrefix": "t", "requestId": "r-1",
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": header, "userAgent": header },
            "routeKey": "$default", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": coded
    }));
});
