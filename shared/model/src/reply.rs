//! Reply envelopes of our own HTTP paths that no document prescribes.

use serde::Serialize;

/// The answer to a request that cannot be served, where no document prescribes another shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorReply<'a> {
    /// Stable code, see `docs/ERRORS.md`.
    pub code: &'a str,
    /// What is wrong and what to do.
    pub message: &'a str,
    /// Finds the request in the logs.
    pub request_id: &'a str,
}

/// The answer of the OpenAPI, the app store and tenant-app management, as their document shows it. The
/// HTTP status is `code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvelopeReply<'a, T> {
    /// 200, 400, 401, 403, 404, 409, 429 or 500.
    pub code: u16,
    /// `success`, or what is wrong.
    pub message: &'a str,
    /// The answer; null with an error.
    pub data: Option<T>,
    /// What may help, where the request itself shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'a str>,
    /// Finds the request in the logs.
    pub request_id: &'a str,
}

/// The answer of an OA's interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OaReply<'a, T> {
    /// 0 for a success.
    pub code: u16,
    /// `success`, or what is wrong.
    pub msg: &'a str,
    /// The answer; null with an error.
    pub data: Option<T>,
}

/// The answer to an OA that waits for what came of its push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultReply {
    /// `Y` or `N`.
    pub success: &'static str,
    /// What came of it; of a failure the ERP's own words.
    pub message: String,
    /// Key of the document that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Stable code of a failure, see `docs/ERRORS.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl ResultReply {
    /// It is done.
    pub fn success(message: impl Into<String>) -> Self {
        Self { success: "Y", message: message.into(), key: None, code: None }
    }

    /// It is not.
    pub fn failure(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { success: "N", message: message.into(), key: None, code: Some(code.into()) }
    }
}

/// The answer of aiflow's interface, and of ours to aiflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AiflowReply<'a, T> {
    /// 0 for a success.
    pub status: i32,
    /// `success`, or what is wrong.
    pub msg: &'a str,
    /// The answer; absent with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
}

/// What aiflow's interface tells of a call that was not carried out: the `data` of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AiflowError<'a> {
    /// Stable code.
    pub error_code: &'a str,
    /// What is wrong, in Chinese.
    pub error_message: String,
    /// Each field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub error_details: Vec<AiflowErrorDetail<'a>>,
    /// Seconds until it may be sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<i64>,
    /// Finds the call in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AiflowErrorDetail<'a> {
    /// Its path: `departments[0].deptId`; empty for the body as a whole.
    pub field: &'a str,
    /// What is wrong with it.
    pub message: &'a str,
}
