//! `$batch`: parts run in order; a change set is all or nothing.

use super::errors::{B1Error, Result};
use super::target::Target;
use super::{B1, Call, Cx, route};
use crate::reply::{self, Reply};
use crate::url;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use std::borrow::Cow;
use std::fmt::Write as _;

/// One part of a multipart body.
struct Part<'a> {
    headers: HeaderMap,
    body: &'a str,
}

impl B1 {
    pub(super) fn batch(&mut self, cx: &mut Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let boundary = boundary(&call.headers)?;
        let text = std::str::from_utf8(&call.body).map_err(|_| B1Error::malformed("The batch is not UTF-8"))?;
        let goes_on = call.header("prefer").is_some_and(|p| p.contains("odata.continue-on-error"));
        let name = format!("batchresponse_{}", cx.ids.uuid());
        let mut out = String::new();
        for part in parts(text, &boundary)? {
            let ok = match self::boundary(&part.headers) {
                Ok(inner) => self.change_set(cx, call, &inner, part.body, &name, &mut out)?,
                Err(_) => {
                    let reply = self.part(cx, call, part.body)?;
                    write_part(&mut out, &name, &reply, None);
                    reply.status().is_success()
                }
            };
            if !ok && !goes_on {
                break;
            }
        }
        let _ = write!(out, "--{name}--\r\n");
        let mut reply = reply::with_body(202, "multipart/mixed", out);
        if let Ok(value) = HeaderValue::from_str(&format!("multipart/mixed;boundary={name}")) {
            reply.headers_mut().insert(CONTENT_TYPE, value);
        }
        Ok(reply)
    }

    /// A failed change set gives one answer and leaves nothing behind.
    fn change_set(
        &mut self,
        cx: &mut Cx<'_>,
        call: &Call<'_>,
        boundary: &str,
        body: &str,
        outer: &str,
        out: &mut String,
    ) -> Result<bool> {
        let before = self.clone();
        let name = format!("changesetresponse_{}", cx.ids.uuid());
        let mut inner = String::new();
        let mut made = Vec::new();
        for part in parts(body, boundary)? {
            let reply = self.part(cx, call, &referring(part.body, &made))?;
            if !reply.status().is_success() {
                *self = before;
                write_part(out, outer, &reply, None);
                return Ok(false);
            }
            let id = part.headers.get("content-id");
            write_part(&mut inner, &name, &reply, id);
            let location = reply.headers().get(LOCATION).and_then(|at| at.to_str().ok()?.strip_prefix(&call.origin));
            if let (Some(id), Some(location)) = (id.and_then(|id| id.to_str().ok()), location) {
                made.push((format!("${id}"), location.to_owned()));
            }
        }
        let _ = write!(out, "--{outer}\r\nContent-Type: multipart/mixed;boundary={name}\r\n\r\n{inner}--{name}--\r\n");
        Ok(true)
    }

    /// One embedded request.
    fn part(&mut self, cx: &mut Cx<'_>, call: &Call<'_>, text: &str) -> Result<Reply> {
        let (head, body) = split_head(text);
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or("").split_whitespace();
        let (Some(method), Some(address)) = (words.next(), words.next()) else {
            return Err(B1Error::malformed("Malformed request line in the batch"));
        };
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let path = url::decode(path, false);
        let relative = route(&path).map_or(path.as_str(), |r| r.relative);
        let target = Target::parse(relative.trim_start_matches('/'))?;
        cx.traffic.count(method, &target.name, target.key_text().as_deref());
        let inner = Call {
            version: call.version,
            origin: call.origin.clone(),
            root: call.root,
            method: method.to_owned(),
            target,
            query: url::query(query),
            headers: headers(lines),
            body: Bytes::copy_from_slice(body.trim_end_matches(['\r', '\n']).as_bytes()),
            user: call.user,
        };
        Ok(self.run(cx, &inner))
    }
}

/// An embedded request with `$1` at the head of its address replaced by what the part with this `Content-ID` made.
fn referring<'a>(text: &'a str, made: &[(String, String)]) -> Cow<'a, str> {
    let begin = text.find(' ').map_or(0, |at| at + 1);
    let (method, rest) = text.split_at(begin);
    let end = rest.find(['/', '?', ' ', '\r', '\n']).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    match made.iter().find(|(id, _)| id == name) {
        Some((_, location)) => Cow::Owned(format!("{method}{location}{tail}")),
        None => Cow::Borrowed(text),
    }
}

/// The boundary of a multipart type; the Service Layer does not take it in quotes.
fn boundary(headers: &HeaderMap) -> Result<String> {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let found = value
        .to_ascii_lowercase()
        .starts_with("multipart/mixed")
        .then(|| value.split(';').find_map(|p| p.trim().strip_prefix("boundary=")))
        .flatten();
    match found {
        Some(b) if !b.is_empty() && !b.contains('"') => Ok(b.to_owned()),
        _ => Err(B1Error::malformed("A batch is multipart/mixed with an unquoted boundary")),
    }
}

fn parts<'a>(text: &'a str, boundary: &str) -> Result<Vec<Part<'a>>> {
    let delimiter = format!("--{boundary}");
    let mut pieces = text.split(delimiter.as_str()).skip(1);
    let mut found = Vec::new();
    for piece in pieces.by_ref() {
        if piece.starts_with("--") {
            return Ok(found);
        }
        let (head, body) = split_head(piece.trim_start_matches(['\r', '\n']));
        found.push(Part { headers: headers(head.lines()), body });
    }
    Err(B1Error::malformed("The batch has no closing boundary"))
}

fn split_head(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap_or((text, ""))
}

fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> HeaderMap {
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value.trim()).ok()?))
    };
    lines.filter_map(line).collect()
}

fn write_part(out: &mut String, boundary: &str, reply: &Reply, content_id: Option<&HeaderValue>) {
    let status = reply.status();
    let _ = write!(out, "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = content_id.and_then(|v| v.to_str().ok()) {
        let _ = write!(out, "Content-ID: {id}\r\n");
    }
    let _ = write!(out, "\r\nHTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or(""));
    for (name, value) in reply.headers() {
        let _ = write!(out, "{name}: {}\r\n", value.to_str().unwrap_or(""));
    }
    let _ = write!(out, "\r\n{}\r\n", String::from_utf8_lossy(reply.body()));
}
