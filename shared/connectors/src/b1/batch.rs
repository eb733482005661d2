//! `$batch`: several calls in one, changes of one changeset all or none.

use super::error;
use super::query::with_pairs;
use super::{B1, Entity, Query, Request, WriteOptions};
use crate::base::Effect;
use http::{HeaderMap, Method, header};
use serde_json::Value;
use std::fmt::Write;
use tenon_model::json::number;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Answer;

/// Calls made together, in order. B1 stops at the first that fails.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    steps: Vec<Step>,
}

impl Step {
    /// Approval requests have a time-out of their own.
    fn is_of_approvals(&self) -> bool {
        let is = |part: &Part| part.path.starts_with("ApprovalRequests");
        match self {
            Self::Read(part) => is(part),
            Self::Changes(parts) => parts.iter().any(is),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Read(Part),
    Changes(Vec<Part>),
}

#[derive(Clone, Debug)]
struct Part {
    method: Method,
    path: String,
    shown: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

/// One change of a changeset.
#[derive(Clone, Debug)]
pub struct Change(Part);

impl Change {
    /// POST.
    pub fn create(set: &str, body: Value) -> Self {
        let entity = Entity::new(set);
        Self(Part::new(Method::POST, entity.path(), &entity.to_string(), Some(body)))
    }

    /// PATCH. `return_no_content` has no meaning here.
    pub fn patch(entity: &Entity, body: Value, options: &WriteOptions) -> Self {
        let mut part = Part::new(Method::PATCH, entity.path(), &entity.to_string(), Some(body));
        if options.replace_collections {
            part.headers.push(("B1S-ReplaceCollectionsOnPatch", "true".to_owned()));
        }
        if let Some(etag) = &options.if_match {
            part.headers.push(("If-Match", etag.clone()));
        }
        Self(part)
    }

    /// DELETE.
    pub fn delete(entity: &Entity) -> Self {
        Self(Part::new(Method::DELETE, entity.path(), &entity.to_string(), None))
    }
}

impl Batch {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A read. Reads stand outside changesets.
    #[must_use]
    pub fn read(mut self, entity: &Entity, query: &Query) -> Self {
        let path = with_pairs(entity.path(), &query.pairs());
        self.steps.push(Step::Read(Part::new(Method::GET, &path, &entity.to_string(), None)));
        self
    }

    /// Changes that happen all or not at all.
    #[must_use]
    pub fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.steps.push(Step::Changes(changes.into_iter().map(|c| c.0).collect()));
        self
    }

    fn effect(&self) -> Effect {
        if self.steps.iter().any(|s| matches!(s, Step::Changes(_))) { Effect::Change } else { Effect::Read }
    }

    fn body(&self, boundary: &str, root: &str) -> String {
        let mut out = String::new();
        for (place, step) in self.steps.iter().enumerate() {
            match step {
                Step::Read(part) => part.write(&mut out, boundary, root, None),
                Step::Changes(parts) => {
                    let inner = format!("changeset_{place}_{boundary}");
                    // Writing to a String cannot fail.
                    let _ = write!(out, "--{boundary}\r\nContent-Type: multipart/mixed;boundary={inner}\r\n\r\n");
                    for (id, part) in parts.iter().enumerate() {
                        part.write(&mut out, &inner, root, Some(id + 1));
                    }
                    let _ = write!(out, "--{inner}--\r\n\r\n");
                }
            }
        }
        let _ = write!(out, "--{boundary}--\r\n");
        out
    }
}

impl Part {
    fn new(method: Method, path: &str, shown: &str, body: Option<Value>) -> Self {
        Self { method, path: path.to_owned(), shown: shown.to_owned(), headers: Vec::new(), body }
    }

    fn write(&self, out: &mut String, boundary: &str, root: &str, id: Option<usize>) {
        let _ = write!(out, "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
        if let Some(id) = id {
            let _ = write!(out, "Content-ID: {id}\r\n");
        }
        let _ = write!(out, "\r\n{} {root}/{} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        match &self.body {
            Some(body) => {
                let body = number::write(body);
                let _ = write!(out, "Content-Type: application/json\r\n\r\n{body}\r\n");
            }
            None => out.push_str("\r\n\r\n"),
        }
    }

    fn operation(&self) -> String {
        format!("b1 {} {}", self.method, self.shown)
    }
}

/// The answer to one call of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchAnswer {
    /// Which step, from 0: a read, or a changeset.
    pub step: usize,
    /// Which change of the changeset, from 0. A changeset that fails has one answer and no change.
    pub change: Option<usize>,
    /// HTTP status.
    pub status: u16,
    /// The entity's ETag, where the part has one.
    pub etag: Option<String>,
    /// The entity, `null` for none; or what was refused.
    pub result: Result<Value>,
}

impl B1<'_> {
    /// Makes the calls of a batch. Steps after one that failed were not executed and have no answer.
    ///
    /// # Errors
    /// Of the batch as a whole; `b1.unknown-outcome` when a batch with changes was not answered
    /// readably.
    pub async fn batch(&self, batch: &Batch) -> Result<Vec<BatchAnswer>> {
        if batch.steps.is_empty() {
            return Ok(Vec::new());
        }
        let boundary = self.remote.ctx.entropy.id("batch_", self.remote.ctx.now_ms())?;
        let effect = batch.effect();
        let timeouts = &self.connection.timeouts;
        let slow = batch.steps.iter().any(Step::is_of_approvals);
        let timeout = if slow { timeouts.write.max(timeouts.approval) } else { timeouts.write };
        let mut request = Request::new(Method::POST, effect, "$batch", "$batch", timeout)
            .header("content-type", &format!("multipart/mixed;boundary={boundary}"));
        request.body = batch.body(&boundary, self.connection.api.root()).into();
        let answer = self.send(&request).await?;
        read_answers(batch, &answer).ok_or_else(|| error::unreadable(effect, answer.status).during("b1 POST $batch"))
    }
}

pub(super) fn read_answers(batch: &Batch, answer: &Answer) -> Option<Vec<BatchAnswer>> {
    let kind = answer.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let text = &String::from_utf8_lossy(&answer.body);
    let mut answers = Vec::new();
    for (step, (part_sent, part)) in batch.steps.iter().zip(parts(text, &boundary(kind)?)).enumerate() {
        let (head, content) = split_head(part)?;
        match (part_sent, boundary(head_value(head, "content-type").unwrap_or_default())) {
            (Step::Changes(changes), Some(inner)) => {
                for (change, (part_sent, part)) in changes.iter().zip(parts(content, &inner)).enumerate() {
                    let (_, content) = split_head(part)?;
                    answers.push(one(content, step, Some(change), part_sent)?);
                }
            }
            (Step::Changes(changes), None) => answers.push(one(content, step, None, changes.first()?)?),
            (Step::Read(part_sent), _) => answers.push(one(content, step, None, part_sent)?),
        }
    }
    (!answers.is_empty()).then_some(answers)
}

/// One `application/http` part.
fn one(content: &str, step: usize, change: Option<usize>, part_sent: &Part) -> Option<BatchAnswer> {
    let (head, body) = split_head(content.trim_start()).unwrap_or((content.trim_start(), ""));
    let mut words = head.lines().next()?.split_whitespace();
    let status: u16 = words.nth(1)?.parse().ok()?;
    let etag = head_value(head, "etag").map(str::to_owned);
    let body = body.trim();
    let result = if (200..300).contains(&status) {
        if body.is_empty() { Ok(Value::Null) } else { Ok(tenon_model::json::from_str(body).ok()?) }
    } else {
        let effect = match part_sent.method {
            Method::GET => Effect::Read,
            Method::POST => Effect::Create,
            _ => Effect::Change,
        };
        let answer = Answer { status, headers: HeaderMap::new(), body: body.to_owned().into() };
        Err(refused(effect, &answer, part_sent, change.is_some()))
    };
    Some(BatchAnswer { step, change, status, etag, result })
}

/// A changeset is rolled back as a whole, so its failure names all of it.
fn refused(effect: Effect, answer: &Answer, part_sent: &Part, single: bool) -> Error {
    // A part has no headers of its own, so no time is named.
    let error = error::refused(effect, answer, 0);
    if single || effect == Effect::Read { error.during(part_sent.operation()) } else { error.during("b1 changeset") }
}

/// The parts between the boundaries.
fn parts<'t>(text: &'t str, boundary: &str) -> Vec<&'t str> {
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    for piece in text.split(mark.as_str()).skip(1) {
        // The last mark is followed by two dashes; a longer boundary that begins alike is not ours.
        if piece.starts_with("--") {
            break;
        }
        parts.push(piece.trim_start_matches([' ', '\t']).trim_start_matches("\r\n").trim_start_matches('\n'));
    }
    parts
}

fn split_head(part: &str) -> Option<(&str, &str)> {
    part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))
}

fn head_value<'t>(head: &'t str, name: &str) -> Option<&'t str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(n, _)| n.trim().eq_ignore_ascii_case(name))
        .map(|(_, v)| v.trim())
}

/// The boundary of a multipart content type, quoted or not.
fn boundary(kind: &str) -> Option<String> {
    let mut pieces = kind.split(';');
    if !pieces.next()?.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    pieces
        .filter_map(|piece| piece.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderValue;
    use serde_json::json;
    use tenon_model::DocumentKey;

    fn batch() -> Batch {
        let draft = Entity::new("Drafts").key(&DocumentKey::Number(16));
        Batch::new().read(&draft, &Query::new()).changes([
            Change::patch(
                &draft,
                json!({"U_A": "Y"}),
                &WriteOptions { replace_collections: true, ..WriteOptions::default() },
            ),
            Change::create("ITEM", json!({"Code": "采"})),
        ])
    }

    fn answer(body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/mixed;boundary=batchresponse_1"));
        Answer { status: 202, headers, body: Bytes::from(body.replace('\n', "\r\n")) }
    }

    #[test]
    fn lines_end_in_crlf_and_changes_stand_in_a_changeset() {
        let body = batch().body("b_1", "/b1s/v1");
        assert!(!body.replace("\r\n", "").contains('\n'));
        assert!(body.starts_with("--b_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /b1s/v1/Drafts(16) HTTP/1.1\r\n"));
        assert!(body.contains("boundary=changeset_1_b_1\r\n\r\n--changeset_1_b_1\r\n"));
        assert!(body.contains("Content-ID: 2\r\n\r\nPOST /b1s/v1/ITEM HTTP/1.1\r\n"));
        assert!(body.contains("B1S-ReplaceCollectionsOnPatch: true\r\n"));
        assert!(body.ends_with("--changeset_1_b_1--\r\n\r\n--b_1--\r\n"));
    }

    #[test]
    fn each_change_has_its_answer() {
        let text = "--batchresponse_1\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\nHTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"DocEntry\":16}\n\n--batchresponse_1\nContent-Type: multipart/mixed;boundary=changesetresponse_2\n\n--changesetresponse_2\nContent-Type: application/http\nContent-ID: 1\n\nHTTP/1.1 204 No Content\n\n\n--changesetresponse_2\nContent-Type: application/http\nContent-ID: 2\n\nHTTP/1.1 201 Created\n\n{\"Code\":\"采\"}\n--changesetresponse_2--\n--batchresponse_1--\n";
        let answers = read_answers(&batch(), &answer(text)).unwrap();
        let seen: Vec<_> = answers.iter().map(|a| (a.step, a.change, a.status)).collect();
        assert_eq!(seen, [(0, None, 200), (1, Some(0), 204), (1, Some(1), 201)]);
        assert_eq!(answers[2].result, Ok(json!({"Code": "采"})));
    }

    #[test]
    fn a_failed_changeset_has_one_answer() {
        let text = "--batchresponse_1\nContent-Type: application/http\n\nHTTP/1.1 200 OK\n\n{}\n--batchresponse_1\nContent-Type: application/http\n\nHTTP/1.1 400 Bad Request\n\n{\"error\":{\"code\":-5002,\"message\":{\"value\":\"[line: 1]\"}}}\n--batchresponse_1--\n";
        let answers = read_answers(&batch(), &answer(text)).unwrap();
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[1].change, None);
        assert_eq!(answers[1].result.as_ref().unwrap_err().vendor_code.as_deref(), Some("-5002"));
    }

    #[test]
    fn an_answer_that_is_no_batch_is_not_taken_for_success() {
        assert!(read_answers(&batch(), &answer("--batchresponse_1--\n")).is_none());
        assert!(read_answers(&batch(), &answer("<html>")).is_none());
    }
}
