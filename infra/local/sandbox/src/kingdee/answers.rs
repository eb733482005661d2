//! How answers look that are no rows.

use super::{Kingdee, KingdeeErrors, KingdeeLost};
use crate::reply::{self, Reply};
use serde_json::{Value, json};

impl Kingdee {
    /// An error, where this site has it.
    pub(super) fn failed(&self, msg_code: i64, field: &str, message: &str) -> Reply {
        let field = if field.is_empty() { Value::Null } else { Value::from(field) };
        let status = json!({ "Result": { "ResponseStatus": {
            "ErrorCode": 500, "IsSuccess": false, "MsgCode": msg_code,
            "Errors": [{ "FieldName": field, "Message": message, "DIndex": 0 }],
            "SuccessEntitys": [], "SuccessMessages": [] } } });
        let body = match self.options.errors {
            KingdeeErrors::Rows => json!([[status]]),
            KingdeeErrors::List => json!([status]),
            KingdeeErrors::Bare => status,
        };
        reply::json(200, &body)
    }

    /// The session is lost, or was never there.
    pub(super) fn lost(&self) -> Reply {
        match self.options.lost {
            KingdeeLost::MsgCode => self.failed(1, "", "会话信息已丢失，请重新登录"),
            KingdeeLost::Status => reply::with_body(401, "text/html", "<html>401</html>"),
            KingdeeLost::Text => text("response_error: ctx == null"),
        }
    }
}

/// A text in the place of JSON.
pub(super) fn text(content: &str) -> Reply {
    reply::with_body(200, "text/plain", content.to_owned())
}

/// What a form of its own pages would show.
pub(super) fn show_error(title: &str, info: &str) -> Reply {
    let body = json!({ "actionname": "ShowErrMsg", "params": [{ "errorTitle": title, "errorInfo": info }] });
    reply::with_body(200, "text/plain", body.to_string())
}
