//! Stubs of golden events: laid down where a function has none, and then written by hand.

use crate::{Catalog, File};
use std::path::Path;
use tenon_catalog::{Auth, Function, Route, Trigger};

/// A stub for each function without an event.
pub fn missing(root: &Path, catalog: &Catalog<'_>) -> Vec<File> {
    catalog
        .functions()
        .map(|function| (function, format!("events/{}.json", function.name)))
        .filter(|(_, path)| !root.join(path).exists())
        .map(|(function, path)| File::new(path, stub(function)))
        .collect()
}

fn stub(function: &Function) -> String {
    match (function.trigger, function.routes()) {
        (Trigger::Http { .. }, [route, ..]) => http(route),
        (Trigger::Queue(_), _) => queue(function.name),
        _ => SCHEDULE.to_owned(),
    }
}

const SCHEDULE: &str = r#"{
  "version": "0",
  "id": "7bf73129-1428-4cd3-a780-95db273d1602",
  "detail-type": "Scheduled Event",
  "source": "aws.scheduler",
  "account": "123456789012",
  "time": "2026-11-22T02:00:00Z",
  "region": "cn-north-1",
  "resources": [],
  "detail": "{}"
}
"#;

fn http(route: &Route) -> String {
    let names: Vec<&str> = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let parameters: Vec<String> = names.iter().map(|name| format!("\n    \"{name}\": \"example\"")).collect();
    let parameters = match parameters.as_slice() {
        [] => String::new(),
        some => format!("\n  \"pathParameters\": {{{}\n  }},", some.join(",")),
    };
    let path = names.iter().fold(route.path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), "example"));
    let headers: String = headers(route).iter().map(|name| format!("    \"{name}\": \"example\",\n")).collect();
    let body = if route.method == "GET" { "" } else { "\n  \"body\": \"{}\"," };
    let (key, method) = (format!("{} {}", route.method, route.path), route.method);
    format!(
        r#"{{
  "version": "2.0",
  "routeKey": "{key}",
  "rawPath": "{path}",
  "rawQueryString": "",
  "headers": {{
    "content-type": "application/json",
{headers}    "host": "a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn"
  }},
  "requestContext": {{
    "accountId": "123456789012",
    "apiId": "a1b2c3d4e5",
    "domainName": "a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn",
    "domainPrefix": "a1b2c3d4e5",
    "http": {{ "method": "{method}", "path": "{path}", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "example" }},
    "requestId": "JKJaXmPLvHcESHA=",
    "routeKey": "{key}",
    "stage": "$default",
    "time": "22/Nov/2026:02:00:00 +0000",
    "timeEpoch": 1795312800000
  }},{parameters}{body}
  "isBase64Encoded": false
}}
"#
    )
}

/// What a caller of the route shows.
fn headers(route: &Route) -> &'static [&'static str] {
    match route.auth {
        Auth::Open | Auth::DingTalkEnvelope | Auth::WecomEnvelope | Auth::BlacklakeEnvelope => &[],
        Auth::OpenApi { .. } => &["x-app-key", "x-timestamp", "x-signature"],
        Auth::Bearer { .. } => &["authorization"],
        Auth::Aiflow => &["a-signature"],
        Auth::AppCode | Auth::ConnectionApp | Auth::PermittedApp | Auth::Service { .. } => &["x-apig-appcode"],
        Auth::OaToken => &["token"],
        Auth::Session | Auth::Console { .. } => &["cookie"],
    }
}

fn queue(name: &str) -> String {
    format!(
        r#"{{
  "Records": [
    {{
      "messageId": "7d0c1c5e-3b6f-4f6b-9a52-0d8b6a1f4e02",
      "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
      "body": "{{}}",
      "attributes": {{
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1795334400000",
        "SenderId": "AROAEXAMPLE:tenon",
        "ApproximateFirstReceiveTimestamp": "1795334400120"
      }},
      "messageAttributes": {{}},
      "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
      "eventSource": "aws:sqs",
      "eventSourceARN": "arn:aws-cn:sqs:cn-north-1:123456789012:tenon-{name}",
      "awsRegion": "cn-north-1"
    }}
  ]
}}
"#
    )
}
