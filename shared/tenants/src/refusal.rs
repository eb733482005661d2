//! Why a request of people who manage tenants is not carried out, and what they are told.

use tenon_platform::body::BadBody;
use tenon_platform::{Error, reply};

/// What a caller without a valid token is told, whatever is wrong with it.
pub const UNAUTHENTICATED: &str = "认证失败";
/// What a caller is told of anything that is not theirs to see, existing or not.
pub const NOT_FOUND: &str = "资源不存在";
/// What a caller is told when we failed; the log has the rest.
pub const INTERNAL: &str = "服务器内部错误";

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// 400: the request is wrong, or not possible as things stand; names the field.
    BadRequest(BadBody),
    /// 401: no valid token. The reason is for the log alone.
    Unauthenticated(&'static str),
    /// 403: a valid token that may not do this.
    Forbidden(String),
    /// 404: there is no such thing, or not for this caller.
    NotFound,
    /// 429: too often; with the seconds until it may be asked again.
    TooOften(i64),
    /// 409 when others kept changing the same record, and 500 for all else: the caller gets the request
    /// id, the log gets the error.
    Failed(Error),
}

impl Refusal {
    /// A 400 for one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::BadRequest(BadBody::field(field, message))
    }

    /// The HTTP status and `code` of the reply.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::Unauthenticated(_) => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound => 404,
            Self::TooOften(_) => 429,
            Self::Failed(error) if error.is_contention() => 409,
            Self::Failed(_) => 500,
        }
    }

    /// What the caller is told.
    pub fn message(&self) -> String {
        match self {
            Self::BadRequest(bad) => bad.to_string(),
            Self::Unauthenticated(_) => UNAUTHENTICATED.to_owned(),
            Self::Forbidden(message) => message.clone(),
            Self::NotFound => NOT_FOUND.to_owned(),
            Self::TooOften(_) => "操作过于频繁，请稍后再试".to_owned(),
            Self::Failed(error) if error.is_contention() => reply::BUSY.to_owned(),
            Self::Failed(_) => INTERNAL.to_owned(),
        }
    }

    /// What `Retry-After` says, where it says anything.
    pub fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::TooOften(seconds) => Some(*seconds),
            Self::Failed(error) if error.is_contention() => Some(1),
            _ => None,
        }
    }

    /// Tells the log what the caller is not told.
    pub fn log(&self, request_id: &str) {
        match self {
            Self::Unauthenticated(reason) => tracing::warn!(reason, request.id = request_id, "token refused"),
            Self::Failed(error) if error.is_contention() => {
                tracing::warn!(error.code = error.code, error.message = %error, request.id = request_id, "request gave way to others");
            }
            Self::Failed(error) => {
                tracing::error!(error.code = error.code, error.message = %error, request.id = request_id, "request failed");
            }
            Self::BadRequest(_) | Self::Forbidden(_) | Self::NotFound | Self::TooOften(_) => {}
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<BadBody> for Refusal {
    fn from(bad: BadBody) -> Self {
        Self::BadRequest(bad)
    }
}
