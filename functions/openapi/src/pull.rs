//! `POST /openapi/v1/pull/pattern-order`: asks the customer's own system for patterns and orders, or
//! takes an order in as `orders/create` does.

use crate::entry::{self, BODY_LIMIT, Call, Operation, Refusal};
use crate::orders;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_model::Module;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::Context;
use tenon_platform::body::BadBody;
use tenon_platform::outgoing::{OutgoingAnswer, OutgoingCall};
use tenon_platform::request;

/// Longest answer of a customer's system that is handed on, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// How long a customer's system may take.
const TIMEOUT: Duration = Duration::from_secs(15);
const ACTIONS: &str = "list_patterns, list_orders, get_pattern, get_order, import_order";

/// The routes.
pub const OPERATIONS: &[Operation] = &[Operation {
    method: "POST",
    path: "/openapi/v1/pull/pattern-order",
    module: Module::OrderSync,
    write: true,
    act: pull,
}];

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    entry::serve(ctx, request, OPERATIONS)
}

/// What a pull asks for. The fields of an order to import stand beside the action.
#[derive(Deserialize)]
struct Pull {
    #[serde(default)]
    action: String,
    #[serde(default)]
    params: Option<Map<String, Value>>,
}

fn pull(call: Call<'_>) -> BoxFuture<'_, Result<Value, Refusal>> {
    async move {
        let wanted: Pull = request::json(call.request, BODY_LIMIT)?;
        match wanted.action.as_str() {
            "list_patterns" | "list_orders" | "get_pattern" | "get_order" => {
                forward(&call, &wanted.action, wanted.params.unwrap_or_default()).await
            }
            "import_order" => {
                let mut fields: Map<String, Value> = request::json(call.request, BODY_LIMIT)?;
                fields.remove("action");
                orders::import(&call, fields).await
            }
            "" => Err(BadBody::field("action", format!("缺少必填字段，可选值：{ACTIONS}")).into()),
            _ => Err(BadBody::field("action", format!("不支持的操作，可选值：{ACTIONS}")).into()),
        }
    }
    .boxed()
}

/// Asks the customer's system. That it fails is an answer too: the call itself succeeded.
async fn forward(call: &Call<'_>, action: &str, params: Map<String, Value>) -> Result<Value, Refusal> {
    let Some(source) = call.app.external_api_url.as_deref().filter(|url| !url.is_empty()) else {
        return Err(BadBody::field("", "未配置客户API地址").into());
    };
    let outgoing = outgoing(call.app, source, action, &Value::Object(params));
    let said = match call.ctx.outgoing.call(outgoing).await {
        Ok(answer) => hand_on(&answer),
        Err(failure) => {
            tracing::warn!(app = %call.app.id, request.id = call.request_id, failure = failure.class(), "customer's system gave no answer");
            json!({ "success": false, "error": format!("{}: {}", failure.class(), failure.message()) })
        }
    };
    let mut reply = json!({ "action": action, "source": source });
    if let (Value::Object(reply), Value::Object(said)) = (&mut reply, said) {
        reply.extend(said);
    }
    Ok(reply)
}

fn outgoing(app: &TenantApp, source: &str, action: &str, params: &Value) -> OutgoingCall {
    let mut call = OutgoingCall::new(under(source, action), params.to_string());
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
fn hand_on(answer: &OutgoingAnswer) -> Value {
    let status = answer.status;
    let failed = |error: String| json!({ "httpStatus": status, "success": false, "error": error });
    if answer.cut {
        return failed(format!("the answer is longer than {} KB or broke off", ANSWER_LIMIT / 1024));
    }
    match serde_json::from_slice::<Value>(&answer.body) {
        Err(error) => failed(format!("the answer is not JSON: {error}")),
        Ok(data) if (200..300).contains(&status) => json!({ "httpStatus": status, "success": true, "data": data }),
        Ok(data) => {
            json!({ "httpStatus": status, "success": false, "error": format!("HTTP {status}"), "data": data })
        }
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
            hand_on(&OutgoingAnswer { status, headers: http::HeaderMap::new(), body: body.into(), cut })
        };
        assert_eq!(answer(200, "[1]", false), json!({"httpStatus": 200, "success": true, "data": [1]}));
        assert_eq!(answer(200, "[1]", true)["success"], false);
        assert_eq!(answer(200, "<html>", false)["success"], false);
        assert_eq!(answer(503, "{}", false)["error"], "HTTP 503");
    }
}
