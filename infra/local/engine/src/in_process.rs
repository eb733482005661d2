//! A DynamoDB endpoint without a socket: the SDK's HTTP requests are answered by the engine in the
//! same process, so that local and deployed runs share one storage code path.

use crate::gate::{Gate, GateDecision, Moment};
use crate::limits::{Limits, Passage};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// The protocol's prefix of an operation's name in `x-amz-target`.
const TARGET: &str = "DynamoDB_20120810.";
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The SDK's way to an embedded engine. Operations run where they are called: one takes well under
/// a millisecond, less than handing it to another thread would gain.
#[derive(Clone)]
pub struct InProcess {
    database: Database,
    gate: Gate,
    limits: Option<Limits>,
}

impl InProcess {
    /// Answers from this database.
    pub fn new(database: Database) -> Self {
        Self { database, gate: Gate::open(), limits: None }
    }

    /// Puts a gate before and after every operation.
    #[must_use]
    pub fn with_gate(mut self, gate: Gate) -> Self {
        self.gate = gate;
        self
    }

    /// Refuses what DynamoDB would refuse.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Answers within limits.
    async fn answer_within(&self, limits: &Limits, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.strip_prefix(TARGET).unwrap_or(target);
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let body = body.ok_or_else(|| broken(format!("{operation} has a body that is no JSON")))?;
        match limits.pass(operation, body).await {
            Passage::Refused(answer) => reply(400, answer.to_string()),
            Passage::Go { body, left } => {
                let (status, answer) = response(run(&self.database, operation, &body.to_string(), Repeats::Never));
                limits.answered(operation, &body, &answer);
                match left {
                    Some((name, left)) if status == 200 => reply(status, with(&answer, name, left)?),
                    _ => reply(status, answer),
                }
            }
        }
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.strip_prefix(TARGET).unwrap_or(target);
        if self.pass(operation, Moment::Before)? == GateDecision::Contend
            && let Some(answer) = contended(operation)
        {
            return answer;
        }
        let body = request.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
        let body = body.ok_or_else(|| broken(format!("{operation} has a body that is streamed or no UTF-8")))?;
        let (status, body) = response(run(&self.database, operation, body, Repeats::Never));
        self.pass(operation, Moment::After)?;
        reply(status, body)
    }

    fn pass(&self, operation: &str, moment: Moment) -> Result<GateDecision, ConnectorError> {
        match self.gate.decide(operation, moment) {
            decision @ (GateDecision::Go | GateDecision::Contend) => Ok(decision),
            GateDecision::Kill => {
                let side = if moment == Moment::Before { "before" } else { "after" };
                Err(ConnectorError::io(format!("the process was killed {side} {operation}").into()))
            }
        }
    }
}

/// An answer with what is left undone.
fn with(answer: &str, name: &str, left: serde_json::Value) -> Result<String, ConnectorError> {
    let mut answer: serde_json::Value = serde_json::from_str(answer).map_err(|e| broken(e.to_string()))?;
    if let Some(fields) = answer.as_object_mut() {
        fields.insert(name.to_owned(), left);
    }
    Ok(answer.to_string())
}

fn reply(status: u16, body: String) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|e| broken(e.to_string()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", CONTENT_TYPE);
    Ok(response)
}

/// What DynamoDB answers to a write that a transaction is in the way of.
fn contended(operation: &str) -> Option<Result<HttpResponse, ConnectorError>> {
    let body = match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#
        }
        "TransactWriteItems" => {
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]","CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}"#
        }
        _ => return None,
    };
    Some(reply(400, body.to_owned()))
}

fn broken(message: String) -> ConnectorError {
    ConnectorError::user(message.into())
}

/// Runs a request that came over HTTP: the value of its header `x-amz-target`, and its body. Returns the
/// status and the body of the answer.
pub(crate) fn over_http(database: &Database, target: &str, body: &[u8]) -> (u16, String) {
    let operation = target.strip_prefix(TARGET).unwrap_or(target);
    response(match std::str::from_utf8(body) {
        Ok(body) => run(database, operation, body, Repeats::MayCome),
        Err(_) => Err(DynoxideError::ValidationException("the body is no UTF-8".to_owned())),
    })
}

fn response(done: Result<String, DynoxideError>) -> (u16, String) {
    done.map_or_else(|error| (error.status_code(), error.to_json()), |body| (200, body))
}

/// Whether a client may send a request again of whose answer it knows nothing.
#[derive(Clone, Copy)]
enum Repeats {
    Never,
    MayCome,
}

/// Runs one operation on its JSON.
fn run(database: &Database, operation: &str, body: &str, repeats: Repeats) -> Result<String, DynoxideError> {
    match operation {
        "GetItem" => over(body, |r| database.get_item(r)),
        "PutItem" => over(body, |r| database.put_item(r)),
        "UpdateItem" => over(body, |r| database.update_item(r)),
        "DeleteItem" => over(body, |r| database.delete_item(r)),
        "Query" => over(body, |r| database.query(r)),
        "Scan" => over(body, |r| database.scan(r)),
        "BatchGetItem" => over(body, |r| database.batch_get_item(r)),
        "BatchWriteItem" => over(body, |r| database.batch_write_item(r)),
        "TransactWriteItems" => over(body, |r| match repeats {
            Repeats::Never => database.transact_write_items(unremembered(r)),
            Repeats::MayCome => database.transact_write_items(r),
        }),
        "TransactGetItems" => over(body, |r| database.transact_get_items(r)),
        "CreateTable" => over(body, |r| database.create_table(r)),
        "DescribeTable" => over(body, |r| database.describe_table(r)),
        "ListTables" => over(body, |r| database.list_tables(r)),
        "UpdateTimeToLive" => over(body, |r| database.update_time_to_live(r)),
        "DescribeTimeToLive" => over(body, |r| database.describe_time_to_live(r)),
        other => Err(DynoxideError::ValidationException(format!(
            "the embedded engine is not wired for the operation {other}"
        ))),
    }
}

/// The SDK gives each transaction a token of its own, for retries, which are off here. The engine would
/// keep each for ten minutes, and look through all of them at every transaction.
fn unremembered(mut request: TransactWriteItemsRequest) -> TransactWriteItemsRequest {
    request.client_request_token = None;
    request
}

fn over<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    act: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_str(body).map_err(|e| unreadable(&e))?;
    let answer = act(request)?;
    serde_json::to_string(&answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}

/// The engine's readers mark their refusals with a word of their own, which is not for users.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let marks =
        ["SERIALIZATION_AS_READ:", "VALIDATION_AS_READ:", "VALIDATION_REQUEST:", "SERIALIZATION:", "VALIDATION:"];
    let message = marks.iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(&text);
    DynoxideError::ValidationException(message.to_owned())
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            // Nothing here waits for a socket, so a task with many operations would keep its thread to
            // the end of them, and those who came meanwhile waiting.
            tokio::task::yield_now().await;
            match &this.limits {
                Some(limits) => this.answer_within(limits, &request).await,
                None => this.answer(&request),
            }
        })
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
