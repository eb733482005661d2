//! The sandbox's ERP, as it calls aiflow's interface.

use super::stage::Stage;
use crate::commands::sandbox_people;
use crate::output::Failure;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Method};
use serde_json::{Value, json};
use tenon_crypto::aiflow;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;

/// Pushes a body, signed; the answer's data.
pub async fn pushed(stage: &Stage<'_>, path: &str, body: &Value) -> Result<Value, Failure> {
    let (app, text) = (sandbox_people::erp(&stage.url), body.to_string());
    let secret = app.app_secret.expose();
    let signature = aiflow::sign(&app.enterprise_code, &app.app_id, secret, stage.now(), text.as_bytes());
    let mut call = Call::new(Method::POST, format!("{}{path}", stage.url));
    call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let signature = HeaderValue::from_str(&signature).map_err(|e| Failure::outside(e.to_string()))?;
    call.headers.insert(HeaderName::from_static("a-signature"), signature);
    call.body = text.into();
    let answer =
        HttpClient::new().call(call).await.map_err(|failure| Failure::outside(failure.message().to_owned()))?;
    let mut answered: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    stage.insist(&format!("{path} was answered {answered}"), answered.get("status") == Some(&json!(0)))?;
    Ok(answered.get_mut("data").map(Value::take).unwrap_or_default())
}

/// A flow of the ERP's with pages of its own.
pub fn flow(code: &str, title: &str) -> Value {
    let pages = |kind: &str| json!({ "h5Url": format!("https://erp.example.com/h5/{kind}"), "webUrl": format!("https://erp.example.com/{kind}") });
    json!({
        "flowCode": code, "title": title, "businessKey": code, "categoryId": "purchasing", "managerUserCode": "E1001",
        "operationUserCode": "E1001", "configUserCode": "E1001", "createBy": "E1001",
        "initiateUrl": pages("new"), "detailUrl": pages("order")
    })
}
