//! Why a request is not carried out, and what its caller is told: one type for every way in. In which form it
//! is told is the envelope's.

use crate::body::BadBody;
use crate::error::Error;
use std::borrow::Cow;

/// What a caller is told of anything that is not theirs to see, existing or not.
pub const NOT_FOUND: &str = "资源不存在";
/// What a caller is told who is not authenticated, unless the way in has words of its own.
pub const UNAUTHENTICATED: &str = "认证失败";
/// What a caller is told when others keep changing the same record.
pub const BUSY: &str = "数据正被其他请求修改，请稍后重试";
/// What a caller is told when we failed; the log has the rest.
pub const INTERNAL: &str = "服务器内部错误";

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// The request is wrong, or not possible as things stand; names the field.
    BadRequest(BadBody),
    /// Several fields are wrong.
    BadFields(Vec<BadBody>),
    /// What is asked for is not to be had here; what the caller is told.
    NotSupported(Cow<'static, str>),
    /// The body has more bytes than this.
    TooLong(usize),
    /// Nobody we know. One answer for whatever is wrong with the credentials.
    Unauthenticated {
        /// What the caller is told.
        message: &'static str,
        /// What is wrong, for the log alone.
        reason: &'static str,
        /// What may help, where the request itself shows it.
        hint: Option<&'static str>,
    },
    /// Somebody we know who may not do this; what the caller is told.
    Forbidden(String),
    /// There is no such thing, or not for this caller; what the caller is told.
    NotFound(Cow<'static, str>),
    /// Too often.
    TooOften {
        /// What the caller is told.
        message: &'static str,
        /// Seconds until it may be asked again.
        after_s: i64,
    },
    /// The same call, by its idempotency key, is being carried out, or was and its answer is not kept.
    InProgress {
        /// What the caller is told.
        message: &'static str,
        /// Seconds until it may be asked again.
        after_s: i64,
    },
    /// The call's idempotency key belongs to another call; what the caller is told.
    KeyReused(&'static str),
    /// An outside system refused, or does not answer; what the caller is told.
    Upstream {
        /// What it said, in words.
        message: String,
        /// Seconds until it may be asked again, where that helps.
        after_s: Option<i64>,
    },
    /// Others kept changing the same record, or we failed: the caller gets the request id, the log the error.
    Failed(Error),
}

impl Rejection {
    /// Something wrong with one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::BadRequest(BadBody::field(field, message))
    }

    /// Nobody we know, for this reason.
    pub fn unauthenticated(reason: &'static str) -> Self {
        Self::Unauthenticated { message: UNAUTHENTICATED, reason, hint: None }
    }

    /// There is no such thing, or not for this caller.
    pub fn not_found() -> Self {
        Self::NotFound(Cow::Borrowed(NOT_FOUND))
    }

    /// The HTTP status, where an envelope has no status of its own for it.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) | Self::BadFields(_) | Self::NotSupported(_) | Self::TooLong(_) => 400,
            Self::Unauthenticated { .. } => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound(_) => 404,
            Self::TooOften { .. } => 429,
            Self::InProgress { .. } => 409,
            Self::KeyReused(_) => 422,
            Self::Upstream { after_s: Some(_), .. } => 503,
            Self::Upstream { .. } => 502,
            Self::Failed(error) if error.is_contention() => 409,
            Self::Failed(_) => 500,
        }
    }

    /// What the caller is told.
    pub fn message(&self) -> String {
        match self {
            Self::BadRequest(bad) => bad.to_string(),
            Self::BadFields(bad) => bad.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"),
            Self::NotSupported(message) => message.clone().into_owned(),
            Self::TooLong(limit) => format!("请求体超过{}KB", limit / 1024),
            Self::Unauthenticated { message, .. }
            | Self::TooOften { message, .. }
            | Self::InProgress { message, .. }
            | Self::KeyReused(message) => (*message).to_owned(),
            Self::Forbidden(message) | Self::Upstream { message, .. } => message.clone(),
            Self::NotFound(message) => message.clone().into_owned(),
            Self::Failed(error) if error.is_contention() => BUSY.to_owned(),
            Self::Failed(_) => INTERNAL.to_owned(),
        }
    }

    /// What `Retry-After` says, where it says anything.
    pub fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::TooOften { after_s, .. } | Self::InProgress { after_s, .. } => Some(*after_s),
            Self::Upstream { after_s, .. } => *after_s,
            Self::Failed(error) if error.is_contention() => Some(1),
            _ => None,
        }
    }

    /// Tells the log what the caller is not told.
    pub fn log(&self, path: &str, request_id: &str) {
        match self {
            Self::Unauthenticated { reason, .. } => {
                tracing::warn!(reason, http.path = path, request.id = request_id, "caller refused");
            }
            Self::Failed(error) if error.is_contention() => {
                tracing::warn!(error.code = error.code, error.message = %error, http.path = path, request.id = request_id, "request gave way to others");
            }
            Self::Failed(error) => {
                tracing::error!(error.code = error.code, error.message = %error, http.path = path, request.id = request_id, "request failed");
            }
            Self::Upstream { message, .. } => {
                tracing::warn!(
                    reason = message,
                    http.path = path,
                    request.id = request_id,
                    "an outside system did not serve a request"
                );
            }
            Self::BadRequest(_)
            | Self::BadFields(_)
            | Self::NotSupported(_)
            | Self::TooLong(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::TooOften { .. }
            | Self::InProgress { .. }
            | Self::KeyReused(_) => {}
        }
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<BadBody> for Rejection {
    fn from(bad: BadBody) -> Self {
        Self::BadRequest(bad)
    }
}
