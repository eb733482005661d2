//! The forms in which requests are answered, each as the document of its API shows it.

mod aiflow;

use crate::error::Error;
use crate::rejection::Rejection;
use crate::reply;
use lambda_http::{Body, Response};
use serde::Serialize;
use tenon_model::reply::{AiflowReply, EnvelopeReply, OaReply, ResultReply};

/// In what form an answer is.
#[derive(Clone, Copy, Debug)]
pub enum Envelope {
    /// `{code, message, data, requestId}`, where the code is the HTTP status: the signed API, the app store,
    /// the operators' routes.
    Standard,
    /// `{code, msg, data}` as OA systems answer each other: 0 for a success and 1 for what the business does not
    /// allow, both with HTTP 200; 401, 403 and 404 with the HTTP status of that number. Who asks too often gets 1 with
    /// HTTP 429, and a failure of ours 1 with HTTP 500.
    Oa,
    /// `{code, msg, data}` of plain services: 0 for a success, otherwise the HTTP status.
    Service,
    /// aiflow's `{status, msg, data}`: 0 for a success, -4002 for what is wrong with a request, -4001 for what is
    /// not supported, -1024 for a failure. Every failed authentication is HTTP 403 with one and the same text.
    Aiflow,
    /// The value itself; errors as `{code, message, requestId}`.
    Plain,
    /// As [`Plain`](Self::Plain), for what a vendor pushes: what cannot be taken in now is 503, so that it is sent
    /// again.
    Pushed,
    /// The value itself, which says what came of a push; every rejection as a failure of the same form, and the
    /// same for whoever is not let in.
    Result,
    /// The value itself, which has a `code` of its own, with HTTP 200 always: a PLM reads the code alone. Whatever is
    /// wrong is a code and a message of the same form; who is not let in gets HTTP 401, and one answer for all reasons.
    Coded,
    /// Pages of a family of their own: what a rejection looks like, or where it leads.
    Page(fn(&Rejection, &str) -> Response<Body>),
}

impl Envelope {
    /// The answer to what was done.
    pub(super) fn done<T: Serialize>(self, data: &T, request_id: &str) -> Response<Body> {
        match self {
            Self::Standard => reply::success(data, request_id),
            Self::Oa | Self::Service => reply::json(200, &OaReply { code: 0, msg: "success", data: Some(data) }),
            Self::Aiflow => reply::json(200, &AiflowReply { status: 0, msg: "success", data: Some(data) }),
            Self::Plain | Self::Pushed | Self::Result | Self::Coded | Self::Page(_) => reply::json(200, data),
        }
    }

    /// The answer to what was not.
    pub(super) fn rejected(self, rejection: &Rejection, request_id: &str) -> Response<Body> {
        let response = match self {
            Self::Standard => standard(rejection, request_id),
            Self::Oa => oa(rejection),
            Self::Service => service(rejection, request_id),
            Self::Aiflow => aiflow::rejected(rejection, request_id),
            Self::Plain => plain(rejection, request_id),
            Self::Pushed => pushed(rejection, request_id),
            Self::Result => result(rejection),
            Self::Coded => coded(rejection),
            Self::Page(page) => page(rejection, request_id),
        };
        match rejection.retry_after_s() {
            Some(seconds) => reply::with_header(response, "retry-after", &seconds.to_string()),
            None => response,
        }
    }
}

fn standard(rejection: &Rejection, request_id: &str) -> Response<Body> {
    let (code, message) = (rejection.status(), rejection.message());
    let hint = match rejection {
        Rejection::Unauthenticated { hint, .. } => *hint,
        _ => None,
    };
    reply::json(code, &EnvelopeReply::<()> { code, message: &message, data: None, hint, request_id })
}

fn oa(rejection: &Rejection) -> Response<Body> {
    let (http, code) = match rejection {
        Rejection::Unauthenticated { .. } => (401, 401),
        Rejection::Forbidden(_) => (403, 403),
        Rejection::NotFound(_) => (404, 404),
        Rejection::TooOften { .. } | Rejection::Upstream { .. } | Rejection::Failed(_) => (rejection.status(), 1),
        Rejection::BadRequest(_)
        | Rejection::BadFields(_)
        | Rejection::NotSupported(_)
        | Rejection::TooLong(_)
        | Rejection::InProgress { .. }
        | Rejection::KeyReused(_) => (200, 1),
    };
    reply::json(http, &OaReply::<()> { code, msg: &rejection.message(), data: None })
}

fn service(rejection: &Rejection, request_id: &str) -> Response<Body> {
    let code = rejection.status();
    let msg = match rejection {
        Rejection::Failed(error) if !error.is_contention() && !request_id.is_empty() => {
            format!("{}（请求编号{request_id}）", rejection.message())
        }
        _ => rejection.message(),
    };
    reply::json(code, &OaReply::<()> { code, msg: &msg, data: None })
}

/// Statuses and stable codes; what went wrong with us is for the log.
fn plain(rejection: &Rejection, request_id: &str) -> Response<Body> {
    let (status, code, message) = describe(rejection);
    reply::error(status, code, &message, request_id)
}

fn describe(rejection: &Rejection) -> (u16, &'static str, String) {
    match rejection {
        Rejection::BadRequest(bad) => (400, "malformed", bad.to_string()),
        Rejection::BadFields(_) => (400, "malformed", rejection.message()),
        Rejection::NotSupported(_) => (400, "not-supported", rejection.message()),
        Rejection::TooLong(limit) => (413, "too-long", format!("the body is longer than {}", size(*limit))),
        Rejection::Unauthenticated { message, .. } => (401, "unauthorized", (*message).to_owned()),
        Rejection::Forbidden(message) => (403, "forbidden", message.clone()),
        Rejection::NotFound(_) => (404, "not-found", "there is no such thing".to_owned()),
        Rejection::InProgress { .. } => (409, "in-progress", "this call is carried out already".to_owned()),
        Rejection::KeyReused(_) => (422, "key-reused", "the Idempotency-Key belongs to another call".to_owned()),
        Rejection::TooOften { .. } => (429, "too-often", "this was asked for too often; try again later".to_owned()),
        Rejection::Upstream { message, .. } => (rejection.status(), "upstream", message.clone()),
        Rejection::Failed(_) => (500, "internal", "the request could not be served; the log says why".to_owned()),
    }
}

fn pushed(rejection: &Rejection, request_id: &str) -> Response<Body> {
    match rejection {
        Rejection::Failed(Error { .. }) => {
            reply::error(503, "unavailable", "the callback cannot be taken in now; send it again", request_id)
        }
        other => plain(other, request_id),
    }
}

/// Without the request's id: two refusals are alike to the last byte.
fn result(rejection: &Rejection) -> Response<Body> {
    let (status, code, message) = match rejection {
        Rejection::Failed(_) => (503, "unavailable", "the result cannot be taken in now; send it again".to_owned()),
        other => describe(other),
    };
    reply::json(status, &ResultReply::failure(code, message))
}

/// Without the request's id, as [`result`].
fn coded(rejection: &Rejection) -> Response<Body> {
    let (http, code) = match rejection {
        Rejection::Unauthenticated { .. } => (401, 401),
        Rejection::Failed(_) => (200, 503),
        other => (200, other.status()),
    };
    let message = match rejection {
        Rejection::Failed(_) => "暂时无法处理，请稍后重新推送".to_owned(),
        other => other.message(),
    };
    reply::json(http, &serde_json::json!({ "code": code, "message": message, "data": [] }))
}

fn size(bytes: usize) -> String {
    match bytes / 1024 {
        kb if kb % 1024 == 0 => format!("{} MB", kb / 1024),
        kb => format!("{kb} KB"),
    }
}
