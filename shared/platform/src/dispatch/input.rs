//! What an act reads of its request, by the type of its parameter.

use crate::body::{self, BadBody};
use crate::rejection::Rejection;
use crate::request;
use bytes::Bytes;
use lambda_http::{Request, RequestExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

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
