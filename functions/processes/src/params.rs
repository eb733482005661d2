//! What a service is given: in the query, and with POST also in a body, as a form or as an object of JSON.

use lambda_http::{Request, RequestExt};
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_platform::body::{self, BadBody};
use tenon_platform::dispatch::Input;
use tenon_platform::{Rejection, request};
use tenon_task_center::process::Given;

/// Names and values.
pub struct Params(pub Given);

impl Input for Params {
    fn read(request: &Request) -> Result<Self, Rejection> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let query = request.query_string_parameters_ref();
        let in_query =
            query.iter().flat_map(|query| query.iter()).map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (name, value) in in_query.chain(in_body(request)?) {
            // Twice the same is one; of two that differ nobody knows which is meant.
            if all.get(&name).is_some_and(|known| *known != value) {
                return Err(BadBody::field(name, "参数重复").into());
            }
            all.insert(name, value);
        }
        Ok(Self(Given::new(all)))
    }
}

fn in_body(request: &Request) -> Result<Vec<(String, String)>, Rejection> {
    let bytes = request::bytes(request);
    if request.method() != "POST" || bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let is_form = request::header(request, "content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
    if is_form {
        return Ok(form_urlencoded::parse(bytes).into_owned().collect());
    }
    let Value::Object(members) = body::read_any(bytes)? else {
        return Err(BadBody::field("", "应为JSON对象").into());
    };
    let mut all = Vec::with_capacity(members.len());
    for (name, value) in members {
        match text(&value) {
            Some(text) => all.push((name, text)),
            None if value.is_null() => {}
            None => return Err(BadBody::field(name, "应为文本或数字").into()),
        }
    }
    Ok(all)
}

/// A scalar as text; a list of them joined.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Null | Value::Object(_) => None,
    }
}
