//! Events of API Gateway become requests, and answers what it takes.

use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use lambda_http::{Body, Request, RequestExt, Response};
use proptest::prelude::*;
use serde_json::{Value, json};
use tenon_platform::http_event::{answer, request, response};
use tenon_platform::reply;
use tenon_platform::request::{header, path_parameter, source_ip};

fn event(path: &str, query: &str, headers: Value) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "" },
            "requestId": "r-1", "routeKey": "$default", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "body": "{}", "isBase64Encoded": false
    })
}

async fn ok(_: Request) -> Response<Body> {
    Response::new(Body::Text("done".to_owned()))
}

fn body(response: &Response<Body>) -> Value {
    serde_json::from_slice(response.body().as_ref()).unwrap()
}

#[test]
fn no_header_takes_part_in_the_url() {
    for (name, value) in [
        ("x-forwarded-proto", "https,http"),
        ("x-forwarded-proto", ""),
        ("x-forwarded-proto", "data:"),
        ("host", "example.com:99999"),
        ("host", "[::1"),
        ("host", "a b"),
        ("host", ""),
        ("host", "evil/openapi/v1/docs?x=#"),
    ] {
        let request = request(event("/healthz", "a=1", json!({ name: value }))).unwrap();
        assert_eq!(request.uri().to_string(), "/healthz?a=1", "{name}: {value}");
        assert_eq!(request.headers()[name], value);
    }
}

#[test]
fn a_path_that_was_decoded_is_escaped_and_nothing_of_it_is_dropped() {
    for (raw, path) in [
        ("/orders/A%2BB", "/orders/A%2BB"),
        ("/orders/a b", "/orders/a%20b"),
        ("/orders/订单?#", "/orders/%E8%AE%A2%E5%8D%95%3F%23"),
        ("/a/../b\\c", "/a/../b%5Cc"),
        ("healthz", "/healthz"),
        ("", "/"),
        ("//evil.example/x", "//evil.example/x"),
    ] {
        let request = request(event(raw, "", json!({}))).unwrap();
        assert_eq!(request.uri().path(), path);
        assert_eq!(request.raw_http_path(), raw);
    }
}

#[test]
fn what_the_gateway_says_of_the_request_is_found_again() {
    let mut event = event("/callbacks/oa/a%2Fb", "nonce=1+2&nonce=%33&k", json!({ "x-one": "1", "X-Two": "二" }));
    event["pathParameters"] = json!({ "connection": "a/b" });
    event["cookies"] = json!(["a=1", "b=2"]);
    event["isBase64Encoded"] = json!(true);
    event["body"] = json!("AP8=");
    let request = request(event).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.body().as_ref(), [0, 255]);
    assert_eq!(request.query_string_parameters_ref().unwrap().all("nonce").unwrap(), ["1 2", "3"]);
    assert_eq!(path_parameter(&request, "connection"), "a/b");
    assert_eq!(source_ip(&request), "203.0.113.9");
    assert_eq!(reply::request_id(&request), "r-1");
    assert_eq!(header(&request, "x-one"), Some("1"));
    assert_eq!(header(&request, "x-two"), None);
    assert_eq!(request.headers()[COOKIE], "a=1; b=2");
}

#[tokio::test]
async fn a_panic_is_a_500_with_a_request_id_in_the_envelope_of_its_route() {
    async fn falls(_: Request) -> Response<Body> {
        panic!("deep inside")
    }
    let signed = answer(event("/openapi/v1/orders/list", "", json!({})), falls).await;
    assert_eq!(signed.status(), 500);
    assert_eq!(
        body(&signed),
        json!({ "code": 500, "message": "服务器内部错误", "data": null, "requestId": "req_r-1" })
    );
    let management = answer(event("/api/system/tenant-app/list", "", json!({})), falls).await;
    assert_eq!(body(&management)["requestId"], "r-1");
    let callback = answer(event("/callbacks/oa/x", "", json!({})), falls).await;
    assert_eq!(callback.status(), 500);
    assert_eq!(body(&callback)["code"], "internal");
    assert_eq!(body(&callback)["requestId"], "r-1");
}

#[tokio::test]
async fn what_cannot_be_a_request_is_refused_and_not_fallen_over() {
    let mut no_base64 = event("/callbacks/oa/x", "", json!({}));
    no_base64["isBase64Encoded"] = json!(true);
    no_base64["body"] = json!("*");
    let refused = answer(no_base64, ok).await;
    assert_eq!((refused.status().as_u16(), body(&refused)["code"].clone()), (400, json!("malformed")));
    let long = answer(event(&format!("/openapi/v1/{}", "订".repeat(20_000)), "", json!({})), ok).await;
    assert_eq!((long.status().as_u16(), body(&long)["code"].clone()), (414, json!(414)));
    assert_eq!(answer(json!({ "Records": [] }), ok).await.status(), 400);
}

#[test]
fn an_answer_keeps_its_status_headers_cookies_and_bytes() {
    let mut answer = Response::new(Body::Binary(vec![0, 255]));
    *answer.status_mut() = http::StatusCode::IM_A_TEAPOT;
    answer.headers_mut().insert("x-one", HeaderValue::from_static("1"));
    answer.headers_mut().append(SET_COOKIE, HeaderValue::from_static("a=1"));
    answer.headers_mut().append(SET_COOKIE, HeaderValue::from_static("b=2"));
    let value = serde_json::to_value(response(answer)).unwrap();
    assert_eq!(value["statusCode"], 418);
    assert_eq!(value["headers"], json!({ "x-one": "1" }));
    assert_eq!(value["cookies"], json!(["a=1", "b=2"]));
    assert_eq!((value["isBase64Encoded"].clone(), value["body"].clone()), (json!(true), json!("AP8=")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_in_an_event_it_is_a_request_or_refused(
        path in "\\PC{0,40}", query in any::<String>(), name in any::<String>(), value in any::<String>(),
        host in any::<String>(), proto in any::<String>(), text in any::<String>(), encoded in any::<bool>(),
    ) {
        let headers = json!({ name: value, "host": host, "x-forwarded-proto": proto });
        let mut event = event(&path, &query, headers);
        event["body"] = json!(text);
        event["isBase64Encoded"] = json!(encoded);
        event["requestContext"]["domainName"] = json!(host);
        event["requestContext"]["stage"] = json!(proto);
        match request(event) {
            Ok(request) => {
                prop_assert!(request.uri().path().starts_with('/'));
                prop_assert!(request.uri().authority().is_none());
            }
            Err(unusable) => prop_assert!(encoded && unusable.status == 400, "{unusable:?}"),
        }
    }
}
