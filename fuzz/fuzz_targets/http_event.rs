//! API Gateway's events: whatever a client put into path, query, headers and body, it is a request or it is
//! refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use tenon_platform::http_event;

type Input<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a str, bool, [&'a str; 3]);

fuzz_target!(|input: Input<'_>| {
    let (path, query, headers, body, encoded, [method, domain, stage]) = input;
    let headers: Map<String, Value> = headers.into_iter().map(|(n, v)| (n.to_owned(), Value::from(v))).collect();
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "pathParameters": { "connection": path },
        "requestContext": {
            "accountId": "0", "apiId": "a", "domainName": domain, "domainPrefix": domain, "requestId": "r",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": domain, "userAgent": "" },
            "routeKey": "$default", "stage": stage, "time": "", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": encoded
    });
    let asked = http_event::asked(&event);
    if let Ok(request) = http_event::request(event) {
        assert!(request.uri().path().starts_with('/'));
        assert!(request.uri().authority().is_none());
    }
    assert_eq!(asked.path, path);
});
