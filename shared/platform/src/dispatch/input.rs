//! What an act reads of its request, by the type of its parameter.

use crate::body::{self, BadBody};
use crate::rejection::Rejection;
use crate::request;
use bytes::Bytes;
use lambda_http::{Request, RequestExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What can be read of a request. What is wrong is told with the path of the field.
pub trait Input: Sized + Send + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// [`Rejection::BadRequest`], naming the field.
    fn read(request: &Request) -> Result<Self, Rejection>;
}

/// The JSON body, as [`body::read`] reads it.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

/// The bytes of the body, exactly as sent.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

/// The path's parameters, decoded, by their names in the route.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

/// The query's parameters, by their names. One that is given twice is refused: which of the two is meant cannot
/// be known. Others than the fields of `T` are nobody's business.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

/// Names and values of the query, and with `POST` also of the body: a form, or an object of JSON. Twice the same is one;
/// two that differ are refused, since nobody knows which is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub BTreeMap<String, String>);

impl Params {
    /// A value, whatever the case of the letters of its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let any = || self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        self.0.get(name).or_else(any).map(String::as_str)
    }
}

impl Input for Params {
    fn read(request: &Request) -> Result<Self, Rejection> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let query = request.query_string_parameters_ref();
        let in_query =
            query.iter().flat_map(|query| query.iter()).map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (name, value) in in_query.chain(params_of_body(request)?) {
            if all.get(&name).is_some_and(|known| *known != value) {
                return Err(BadBody::field(name, "参数重复").into());
            }
            all.insert(name, value);
        }
        Ok(Self(all))
    }
}

fn params_of_body(request: &Request) -> Result<Vec<(String, String)>, Rejection> {
    let bytes = request::bytes(request);
    let first = bytes.trim_ascii_start().first();
    if request.method() != "POST" || first.is_none() {
        return Ok(Vec::new());
    }
    let kind = request::header(request, "content-type").unwrap_or_default();
    // Some name no type, and some the wrong one.
    let is_form = kind.contains("x-www-form-urlencoded") || kind.is_empty();
    if is_form && first != Some(&b'{') {
        return Ok(form_urlencoded::parse(bytes).into_owned().collect());
    }
    let Value::Object(members) = body::read_any(bytes)? else {
        return Err(BadBody::field("", "应为JSON对象").into());
    };
    let mut all = Vec::with_capacity(members.len());
    for (name, value) in members {
        match param(&value) {
            Some(text) => all.push((name, text)),
            None if value.is_null() => {}
            None => return Err(BadBody::field(name, "应为文本或数字").into()),
        }
    }
    Ok(all)
}

/// A scalar as text; a list of texts joined.
fn param(value: &Value) -> Option<String> {
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

impl Input for () {
    fn read(_: &Request) -> Result<Self, Rejection> {
        Ok(())
    }
}

impl<T: DeserializeOwned + Send + 'static> Input for Body<T> {
    fn read(request: &Request) -> Result<Self, Rejection> {
        Ok(Self(body::read(request::bytes(request))?))
    }
}

impl Input for RawBody {
    fn read(request: &Request) -> Result<Self, Rejection> {
        Ok(Self(Bytes::copy_from_slice(request::bytes(request))))
    }
}

impl<T: DeserializeOwned + Send + 'static> Input for Path<T> {
    fn read(request: &Request) -> Result<Self, Rejection> {
        let parameters = request.path_parameters_ref();
        let all = parameters.iter().flat_map(|p| p.iter()).map(|(name, value)| (name.to_owned(), Value::from(value)));
        Ok(Self(body::from_value(&Value::Object(all.collect()))?))
    }
}

impl<T: DeserializeOwned + Send + 'static> Input for Query<T> {
    fn read(request: &Request) -> Result<Self, Rejection> {
        let (mut all, mut twice) = (Map::new(), Vec::new());
        for (name, value) in request.query_string_parameters_ref().iter().flat_map(|p| p.iter()) {
            if all.insert(name.to_owned(), Value::from(value)).is_some() {
                twice.push(name.to_owned());
            }
        }
        for name in twice {
            // Whether it is one of the fields shows when it holds what no field of a query can.
            all.insert(name, Value::Array(Vec::new()));
        }
        body::from_value(&Value::Object(all)).map(Self).map_err(|bad| repeated(request, bad).into())
    }
}

fn repeated(request: &Request, bad: BadBody) -> BadBody {
    let values = request.query_string_parameters_ref().and_then(|p| p.all(&bad.field)).map_or(0, |all| all.len());
    if values > 1 { BadBody::field(bad.field, "参数重复") } else { bad }
}

impl<A: Input, B: Input> Input for (A, B) {
    fn read(request: &Request) -> Result<Self, Rejection> {
        Ok((A::read(request)?, B::read(request)?))
    }
}
