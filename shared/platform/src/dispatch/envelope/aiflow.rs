//! What aiflow's interface tells of a call that was not carried out.

use crate::body::BadBody;
use crate::rejection::Rejection;
use crate::reply;
use lambda_http::{Body, Response};
use tenon_model::reply::{AiflowError, AiflowErrorDetail, AiflowReply};

/// Fields that are told of at once.
const MAX_FIELDS: usize = 100;

/// The answer. Whoever is not let in gets one and the same, to the last byte.
pub(super) fn rejected(rejection: &Rejection, request_id: &str) -> Response<Body> {
    let status = match rejection {
        Rejection::Unauthenticated { .. } => {
            return reply::json(403, &AiflowReply::<()> { status: -4002, msg: "签名验证失败", data: None });
        }
        Rejection::NotFound(_) | Rejection::NotSupported(_) => -4001,
        Rejection::BadRequest(_)
        | Rejection::BadFields(_)
        | Rejection::TooLong(_)
        | Rejection::Forbidden(_)
        | Rejection::KeyReused(_) => -4002,
        Rejection::TooOften { .. }
        | Rejection::InProgress { .. }
        | Rejection::Upstream { .. }
        | Rejection::Failed(_) => -1024,
    };
    let whole = BadBody::field("", rejection.message());
    let data = AiflowError {
        error_code: code(rejection),
        error_message: rejection.message(),
        error_details: details(rejection, &whole),
        retry_after: rejection.retry_after_s(),
        request_id: Some(request_id).filter(|id| status == -1024 && !id.is_empty()),
    };
    send(rejection.status(), status, &data)
}

fn send(http: u16, status: i32, data: &AiflowError<'_>) -> Response<Body> {
    let msg = match (status, data.error_code) {
        (-4002, "INVALID_PARAMETER") if data.error_details.len() > 1 => "请求参数错误",
        _ => data.error_message.as_str(),
    };
    reply::json(http, &AiflowReply { status, msg, data: Some(data) })
}

fn code(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::BadRequest(_) | Rejection::BadFields(_) => "INVALID_PARAMETER",
        Rejection::TooLong(_) => "BODY_TOO_LONG",
        Rejection::Unauthenticated { .. } => "UNAUTHENTICATED",
        Rejection::Forbidden(_) => "FORBIDDEN",
        Rejection::NotFound(_) => "NOT_FOUND",
        Rejection::NotSupported(_) => "NOT_SUPPORT",
        Rejection::TooOften { .. } => "TOO_MANY_REQUESTS",
        Rejection::InProgress { .. } => "IN_PROGRESS",
        Rejection::KeyReused(_) => "KEY_REUSED",
        Rejection::Upstream { .. } => "UPSTREAM",
        Rejection::Failed(error) if error.is_contention() => "BUSY",
        Rejection::Failed(_) => "INTERNAL_ERROR",
    }
}

/// What is wrong, field by field; of a body that is too long it is the whole of it.
fn details<'r>(rejection: &'r Rejection, whole: &'r BadBody) -> Vec<AiflowErrorDetail<'r>> {
    let fields: &[BadBody] = match rejection {
        Rejection::BadRequest(bad) => std::slice::from_ref(bad),
        Rejection::BadFields(bad) => bad,
        Rejection::TooLong(_) => std::slice::from_ref(whole),
        _ => return Vec::new(),
    };
    fields.iter().take(MAX_FIELDS).map(|bad| AiflowErrorDetail { field: &bad.field, message: &bad.message }).collect()
}
