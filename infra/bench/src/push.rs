//! Genuine DingTalk pushes: what the vendor sends, sealed as the vendor seals it, each one another
//! event.

use crate::Result;
use serde_json::{Value, json};
use tenon_crypto::envelope::Codec;
use tenon_sandbox::DingTalkOptions;

/// The connection of the sandbox's configuration.
pub const CONNECTION: &str = "ding-sandbox";

/// Seals and opens with the sandbox's token and key.
pub fn codec() -> Result<Codec> {
    let options = DingTalkOptions::default();
    Codec::new(&options.token, &options.aes_key, &options.owner).map_err(|e| format!("sandbox key: {e}").into())
}

/// One push.
pub struct Push {
    /// The signed query, without the question mark.
    pub query: String,
    /// `{"encrypt":"…"}`.
    pub body: String,
}

/// The end of an approval instance of the purchase request's form, about 1 KB; `number` makes it
/// another instance and event.
pub fn instance_finished(number: u64, now_ms: i64) -> Value {
    event(number, now_ms, "bpms_instance_change")
}

/// An approver's step, which DingTalk pushes too and which nothing has to be done for.
pub fn task_finished(number: u64, now_ms: i64) -> Value {
    event(number, now_ms, "bpms_task_change")
}

fn event(number: u64, now_ms: i64, kind: &str) -> Value {
    json!({
        "EventType": kind,
        "eventId": format!("{number:032x}"),
        "processInstanceId": format!("bench-{number:026}"),
        "processCode": tenon::commands::sandbox_config::PURCHASE_REQUEST,
        "CorpId": DingTalkOptions::default().corp_id,
        "BizId": format!("biz-{number:026}"),
        "businessId": format!("2026112208{number:012}"),
        "title": "张涛提交的采购申请",
        "staffId": "manager01",
        "type": "finish",
        "result": "agree",
        "remark": "同意，请按合同价采购，到货后通知仓库与质检。".repeat(9),
        "url": format!("https://aflow.dingtalk.com/dingtalk/mobile/homepage.htm?procInstId=bench-{number}"),
        "createTime": now_ms - 60_000,
        "finishTime": now_ms,
        "EventTime": now_ms,
    })
}

/// Seals an event as DingTalk does.
pub fn seal(codec: &Codec, number: u64, now_ms: i64, event: &Value) -> Push {
    let (timestamp, nonce) = (now_ms.to_string(), format!("n{number:07}"));
    let random = (u128::from(number) << 64 | 0x5eed).to_be_bytes();
    let sealed = codec.seal(&event.to_string(), &timestamp, &nonce, random);
    let signature = sealed.signature;
    Push {
        query: format!("signature={signature}&msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"),
        body: json!({ "encrypt": sealed.encrypt }).to_string(),
    }
}

/// Whether a reply is what DingTalk takes for delivered: the sealed word `success`.
pub fn is_success(codec: &Codec, reply: &[u8]) -> bool {
    let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
    let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default();
    let opened = codec.open(text("msg_signature"), text("timeStamp"), text("nonce"), text("encrypt"));
    opened.is_ok_and(|word| word == "success")
}

/// The API Gateway event of a push.
pub fn gateway_event(push: &Push) -> Value {
    let path = format!("/callbacks/dingtalk/{CONNECTION}");
    http_event("POST", "/callbacks/dingtalk/{connection}", &path, &push.query, &push.body)
}

/// An API Gateway v2 event.
pub fn http_event(method: &str, route: &str, path: &str, query: &str, body: &str) -> Value {
    let route_key = format!("{method} {route}");
    json!({
        "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": query,
        "headers": { "content-type": "application/json", "user-agent": "okhttp/3.12.1" },
        "pathParameters": { "connection": CONNECTION },
        "requestContext": {
            "accountId": "000000000000", "apiId": "bench", "domainName": "localhost", "domainPrefix": "localhost",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                      "userAgent": "okhttp/3.12.1" },
            "requestId": "bench", "routeKey": route_key, "stage": "$default", "time": "", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_about_a_kilobyte_and_opens() {
        let (codec, event) = (codec().unwrap(), instance_finished(7, 1_795_305_600_000));
        let size = event.to_string().len();
        assert!((900..1300).contains(&size), "{size}");
        let push = seal(&codec, 7, 1_795_305_600_000, &event);
        assert_ne!(push.query, seal(&codec, 8, 1_795_305_600_000, &event).query);
        assert!(!is_success(&codec, push.body.as_bytes()));
    }
}
