//! DingTalk's two error shapes: HTTP 200 with `errcode` on the old API, a status with `code` on
//! the new one.

use crate::ids::Ids;
use crate::reply::{self, Reply};
use serde_json::json;

/// Whether a path belongs to the API whose errors come with HTTP 200.
pub(crate) fn is_old(path: &str) -> bool {
    !path.starts_with("/v1.0/")
}

/// New shape.
pub(crate) fn new_api(status: u16, code: &str, message: &str, ids: &mut Ids) -> Reply {
    reply::json(status, &json!({"code": code, "message": message, "requestid": ids.uuid()}))
}

/// Old shape.
pub(crate) fn old_api(errcode: i64, errmsg: &str, ids: &mut Ids) -> Reply {
    reply::json(200, &json!({"errcode": errcode, "errmsg": errmsg, "request_id": ids.token()}))
}

/// A missing, wrong or expired token.
pub(crate) fn bad_token(path: &str, ids: &mut Ids) -> Reply {
    if is_old(path) {
        let text = "不合法的access_token";
        reply::json(
            200,
            &json!({"errcode": 88, "sub_code": "40014", "sub_msg": text,
                "errmsg": format!("ding talk error[subcode=40014,submsg={text}]"), "request_id": ids.token()}),
        )
    } else {
        new_api(400, "InvalidAuthentication", "不合法的access_token", ids)
    }
}

/// The app has not the permission that a call of the old API needs.
pub(crate) fn denied(ids: &mut Ids) -> Reply {
    let text = "应用尚未开通所需的权限";
    reply::json(
        200,
        &json!({"errcode": 88, "sub_code": "60011", "sub_msg": text,
            "errmsg": format!("ding talk error[subcode=60011,submsg={text}]"), "request_id": ids.token()}),
    )
}

/// Too many calls a second.
pub(crate) fn qps(path: &str, ids: &mut Ids) -> Reply {
    if is_old(path) {
        old_api(90018, "您的服务器调用钉钉开放平台的所有接口的请求都被暂时禁用了", ids)
    } else {
        new_api(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "应用调用该接口的QPS超过限制", ids)
    }
}

/// The vendor itself is overloaded.
pub(crate) fn busy(path: &str, ids: &mut Ids) -> Reply {
    if is_old(path) {
        old_api(-1, "系统繁忙", ids)
    } else {
        new_api(429, "systemBusy", "系统繁忙，请稍后再试", ids)
    }
}
