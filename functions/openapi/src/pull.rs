//! `POST /openapi/v1/pull/pattern-order`: asks the customer's own system for patterns and orders, or
//! takes an order in as `orders/create` does.

use crate::{BODY_LIMIT, Call, orders};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::time::Duration;
use tenon_catalog::areas::openapi::pull as routes;
use tenon_model::json::without_mark;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::body::{self, BadBody};
use tenon_platform::dispatch::{Body, RawBody, Service, on};
use tenon_platform::outgoing::{OutgoingAnswer, OutgoingCall};
use tenon_platform::{Error, Rejection};
use tenon_tenants::entry::Signed;

/// Longest answer of a customer's system that is handed on, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// How long a customer's system may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Of the function's time, what is kept for the answer.
const TO_ANSWER: Duration = Duration::from_secs(3);
/// A customer's system that would have less is not asked.
const LEAST: Duration = Duration::from_secs(1);
const ACTIONS: &str = "list_patterns, list_orders, get_pattern, get_order, import_order";

/// The function.
pub static SERVICE: Service<Signed> =
    Service::new(Signed, || vec![on(routes::PATTERN_ORDER, pull)]).with_body_limit(BODY_LIMIT);

/// `data` of an answer, as JSON: what a customer's system said is handed on to the letter.
type Data = Box<RawValue>;

/// What a pull asks for. The fields of an order to import stand beside the action.
#[derive(Deserialize)]
struct Pull {
    #[serde(default)]
    action: String,
    #[serde(default)]
    params: Option<Map<String, Value>>,
}

/// The parameters to the letter: an id of any length is the customer's own.
#[derive(Default, Deserialize)]
struct Parameters<'a> {
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// What is answered to a question to the customer's system.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PullAnswer<'a> {
    action: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

async fn pull(
    call: Call,
    (Body(mut fields), RawBody(bytes)): (Body<Map<String, Value>>, RawBody),
) -> Result<Data, Rejection> {
    let wanted: Pull = body::from_value(&Value::Object(fields.clone()))?;
    match wanted.action.as_str() {
        "list_patterns" | "list_orders" | "get_pattern" | "get_order" => {
            let parameters: Parameters<'_> = serde_json::from_slice(without_mark(&bytes)).unwrap_or_default();
            let params = parameters.params.filter(|_| wanted.params.is_some()).map_or("{}", RawValue::get);
            forward(&call, &wanted.action, params).await
        }
        "import_order" => {
            fields.remove("action");
            let order = body::from_value(&Value::Object(fields))?;
            answer(&orders::create(call, Body(order)).await?)
        }
        "" => Err(BadBody::field("action", format!("缺少必填字段，可选值：{ACTIONS}")).into()),
        _ => Err(BadBody::field("action", format!("不支持的操作，可选值：{ACTIONS}")).into()),
    }
}

fn answer<T: Serialize>(data: &T) -> Result<Data, Rejection> {
    to_raw_value(data).map_err(|e| Error::permanent("platform.message", e.to_string()).into())
}

/// Asks the customer's system. That it fails is an answer too: the call itself succeeded.
async fn forward(call: &Call, action: &str, params: &str) -> Result<Data, Rejection> {
    let Some(source) = call.by.external_api_url.as_deref().filter(|url| !url.is_empty()) else {
        return Err(BadBody::field("", "未配置客户API地址").into());
    };
    let mut outgoing = outgoing(&call.by, source, action, params);
    // What is left of the function's time is the most it may have, and nothing that cannot end is begun.
    let left = call.ctx.time_left().map_or(TIMEOUT, |left| left.saturating_sub(TO_ANSWER));
    outgoing.timeout = TIMEOUT.min(left);
    if left < LEAST {
        let error = Some("timeout: 系统剩余时间不足，未发起请求，请重试".to_owned());
        return answer(&PullAnswer { action, source, http_status: None, success: false, error, data: None });
    }
    match call.ctx.outgoing.call(outgoing).await {
        Ok(pulled) => answer(&pull_answer(action, source, &pulled)),
        Err(failure) => {
            tracing::warn!(app = %call.by.id, request.id = call.request_id, failure = failure.class(), "customer's system gave no answer");
            let error = Some(format!("{}: {}", failure.class(), failure.chinese()));
            answer(&PullAnswer { action, source, http_status: None, success: false, error, data: None })
        }
    }
}

fn outgoing(app: &TenantApp, source: &str, action: &str, params: &str) -> OutgoingCall {
    let mut call = OutgoingCall::new(under(source, action), params.to_owned());
    call.timeout = TIMEOUT;
    call.max_answer = ANSWER_LIMIT;
    call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    call.headers.insert("x-source", HeaderValue::from_static("fashion-supplychain"));
    if let Ok(key) = HeaderValue::from_str(&app.app_key) {
        call.headers.insert("x-app-key", key);
    }
    call
}

/// The action as the last segment of the path; a query of the configured address stays behind it.
fn under(source: &str, action: &str) -> String {
    let (base, query) = source.split_once('?').map_or((source, None), |(base, query)| (base, Some(query)));
    let url = format!("{}/{action}", base.trim_end_matches('/'));
    query.map_or(url.clone(), |query| format!("{url}?{query}"))
}

/// What the customer's system said, in the document's words.
fn pull_answer<'a>(action: &'a str, source: &'a str, answer: &'a OutgoingAnswer) -> PullAnswer<'a> {
    let status = answer.status;
    let pulled = |success, error, data| PullAnswer { action, source, http_status: Some(status), success, error, data };
    if answer.cut {
        let error = format!("客户系统的应答超过{}KB，或中途断开", ANSWER_LIMIT / 1024);
        return pulled(false, Some(error), None);
    }
    match serde_json::from_slice::<&RawValue>(without_mark(&answer.body)) {
        Err(error) => pulled(
            false,
            Some(format!("客户系统的应答不是有效的JSON（第{}行第{}列）", error.line(), error.column())),
            None,
        ),
        Ok(data) if (200..300).contains(&status) => pulled(true, None, Some(data)),
        Ok(data) => pulled(false, Some(format!("HTTP {status}")), Some(data)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_action_is_the_last_segment() {
        assert_eq!(under("https://c.example/api", "get_order"), "https://c.example/api/get_order");
        assert_eq!(under("https://c.example/api/", "get_order"), "https://c.example/api/get_order");
        assert_eq!(under("https://c.example/api?k=1", "get_order"), "https://c.example/api/get_order?k=1");
    }

    #[test]
    fn half_an_answer_is_none() {
        let answer = |status, body: &'static str, cut| {
            let pulled = OutgoingAnswer { status, headers: http::HeaderMap::new(), body: body.into(), cut };
            serde_json::to_value(pull_answer("a", "s", &pulled)).unwrap()
        };
        let whole = serde_json::json!({"action": "a", "source": "s", "httpStatus": 200, "success": true, "data": [1]});
        assert_eq!(answer(200, "[1]", false), whole);
        assert_eq!(answer(200, "\u{feff}[1]", false), whole);
        assert_eq!(answer(200, "[1]", true)["success"], false);
        assert_eq!(answer(200, "<html>", false)["success"], false);
        assert_eq!(answer(503, "{}", false)["error"], "HTTP 503");
    }
}
