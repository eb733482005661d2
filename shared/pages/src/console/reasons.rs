//! What a tenant's developer does about a call that was refused, by the stable word in the call log.

use crate::integrations::remedy_text;
use maud::{Markup, html};
use tenon_model::Language;

/// Of each word what to do, in Chinese and in English. A push's own page tells what to do about it.
const REASONS: [(&str, &str, &str); 18] = [
    (
        "headers",
        "缺少签名请求头或格式不对：请带上X-App-Key、X-Timestamp（13位毫秒）和X-Signature（64位小写十六进制）",
        "a header of the signature is missing or malformed: send X-App-Key, X-Timestamp (13 digits of milliseconds) and X-Signature (64 lower-case hex digits)",
    ),
    (
        "unknown-key",
        "没有该appKey：请核对，或密钥已重置",
        "there is no such appKey: check it; the key may have been replaced",
    ),
    (
        "timestamp",
        "时间戳与系统时间相差超过5分钟：请校准服务器时间，单位须为毫秒",
        "the timestamp is more than 5 minutes off: set the server's clock, and send milliseconds",
    ),
    (
        "scheme",
        "该应用只接受签名方案2：请带上X-Signature-Version: 2和X-Nonce",
        "this app takes signature scheme 2 alone: send X-Signature-Version: 2 and X-Nonce",
    ),
    (
        "signature",
        "签名不符：请核对appSecret，签名原文为appKey + timestamp + 发送的原始请求体，中间没有分隔",
        "the signature does not fit: check the appSecret; appKey, timestamp and the body's bytes as sent are signed with nothing between",
    ),
    (
        "replay",
        "相同的签名已使用过：每次调用请重新取时间戳并签名",
        "the same signature was used before: take a new timestamp and sign each call anew",
    ),
    ("disabled", "应用已停用：请在“我的应用”中启用", "the app is switched off: switch it on under “My apps”"),
    ("expired", "订阅或试用已到期：请在应用商店续费", "the subscription or trial has ended: renew it in the app store"),
    (
        "ip",
        "来源地址不在IP白名单中：请在应用设置中加入",
        "the address is not among those that may call: add it in the app's settings",
    ),
    (
        "module",
        "该应用不能调用此接口：请使用对应模块的应用",
        "the app may not call this interface: use an app of the module it belongs to",
    ),
    (
        "quota",
        "当日调用次数已用完：UTC零点（北京时间8点）自动重置，或联系运营方调高",
        "the day's quota is used up: it begins anew at 00:00 UTC; or have the operator raise it",
    ),
    ("too-fast", "调用过快：请按Retry-After等待后重试", "called too fast: wait as Retry-After says, then call again"),
    (
        "busy",
        "数据正被其他请求修改：请按Retry-After重试",
        "others are changing the same data: call again as Retry-After says",
    ),
    (
        "internal",
        "系统内部错误：请稍后重试；若持续出现，请把请求编号告诉运营方",
        "a failure on our side: call again later; if it persists, tell the operator the request id",
    ),
    ("route", "没有该接口：请核对请求方法和路径", "there is no such interface: check method and path"),
    ("not-found", "没有该数据，或不属于本应用", "there is no such thing, or it is not this app's"),
    ("too-long", "请求体过长：请分批发送", "the body is too long: send it in parts"),
    (
        "request",
        "请求内容不符合要求：请按说明更正指出的字段",
        "the request is not as it should be: correct the field that is named",
    ),
];

/// What to do about a reason; of what was said, where that is a stable code.
pub(super) fn remedy(language: Language, reason: &str, message: &str) -> Option<Markup> {
    if let Some(found) = remedy_text(message, language) {
        return Some(found);
    }
    let known = REASONS.iter().find(|(word, _, _)| *word == reason);
    known.map(|(_, zh, en)| html! { (language.of(*zh, *en)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_of_the_gateway_has_its_remedy_in_the_readers_language() {
        for word in ["headers", "unknown-key", "timestamp", "scheme", "signature", "replay", "disabled", "expired"] {
            assert!(remedy(Language::Zh, word, "").is_some_and(|told| !told.into_string().is_ascii()), "{word}");
        }
        for (word, zh, en) in REASONS {
            assert!(!zh.is_ascii() && en.chars().all(|c| c.is_ascii() || "“”".contains(c)), "{word}");
        }
        let busy = |language| remedy(language, "busy", "tenants.busy").unwrap().into_string();
        assert!(busy(Language::Zh).contains("调用方收到 409"), "{}", busy(Language::Zh));
        assert!(busy(Language::En).contains("the caller got 409"), "{}", busy(Language::En));
        assert!(remedy(Language::Zh, "status-5xx", "").is_none());
    }
}
