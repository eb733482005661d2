//! Routes behind WeCom's envelope.

use crate::wecom::callback::{CHECKED, place, request};
use tenon_catalog::Route;
use tenon_crypto::envelope::Codec;
use tenon_platform::dispatch::Dispatch;

/// One case: the status it must have, and that nothing is queued by it.
pub async fn case(function: &str, route: &Route, case: &str) {
    assert_eq!(function, "callback-wecom", "{function} needs its cases here");
    let place = place(1_733_279_400, CHECKED.corp).await;
    let ours = Codec::new(CHECKED.token, CHECKED.key, CHECKED.corp).unwrap();
    let stranger = Codec::new("StrangersToken", &"x".repeat(43), "wwstranger").unwrap();
    let event = "<xml><Event>sys_approval_change</Event><CreateTime>1</CreateTime><ApprovalInfo><SpNo>1</SpNo>\
        <SpStatus>2</SpStatus><TemplateId>3WK7Goods8IssueScrapTmplQz1</TemplateId></ApprovalInfo></xml>";
    let push = |codec: &Codec, timestamp: i64, connection: &str| {
        let timestamp = timestamp.to_string();
        let sealed = codec.seal(event, &timestamp, "1", [7; 16]);
        let escaped = sealed.encrypt.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let query = format!("msg_signature={}&timestamp={timestamp}&nonce=1&echostr={escaped}", sealed.signature);
        let body = format!("<xml><Encrypt><![CDATA[{}]]></Encrypt></xml>", sealed.encrypt);
        request(route.method, &format!("/callbacks/wecom/{connection}"), &query, &body)
    };
    let now = 1_733_279_400;
    let sent = match case {
        "no credentials" => request(route.method, "/callbacks/wecom/wecom-main", "", "<xml/>"),
        "wrong signature" => push(&stranger, now, "wecom-main"),
        "expired" => push(&ours, now - 3_600, "wecom-main"),
        "other tenant" => push(&ours, now, "wecom-other"),
        // A B1 connection has no callbacks.
        "wrong role" => push(&ours, now, "b1-main"),
        "replayed" => {
            let first = push(&ours, now, "wecom-main");
            assert_eq!(tenon_callbacks::wecom::SERVICE.answer(&place.ctx, first).await.status(), 200);
            place.done_with_all().await;
            let queued = place.queued().await;
            // WeCom redelivers by the same bytes, so a replay is acknowledged; it must do nothing.
            let again = push(&ours, now, "wecom-main");
            assert_eq!(tenon_callbacks::wecom::SERVICE.answer(&place.ctx, again).await.status(), 200);
            assert_eq!(place.queued().await, queued, "{case}");
            return;
        }
        other => panic!("no case {other}"),
    };
    let response = tenon_callbacks::wecom::SERVICE.answer(&place.ctx, sent).await;
    let expected = if case == "no credentials" { 400 } else { 401 };
    assert_eq!(response.status().as_u16(), expected, "{} {case}", route.method);
    assert_eq!(place.queued().await, 0, "{case}");
}
