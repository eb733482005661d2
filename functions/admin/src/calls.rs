//! What the calls of operators have in common: who calls, and what stands in the address.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_operations::{At, Page, page};
use tenon_platform::audit::{Actor, Via};
use tenon_platform::dispatch::RawBody;
use tenon_platform::{Rejection, body, dispatch};
use tenon_tenants::access::Caller;

/// A call of somebody with a bearer token.
pub(crate) type Call = dispatch::Call<Caller>;
/// The parameters of an address.
pub(crate) type Parameters = dispatch::Query<BTreeMap<String, String>>;

/// A path's parameter.
#[derive(Deserialize)]
pub(crate) struct OfId {
    pub id: String,
}

/// A body that may be left out.
pub(crate) fn optional<T: DeserializeOwned + Default>(body: &RawBody) -> Result<T, Rejection> {
    if body.0.iter().all(u8::is_ascii_whitespace) { Ok(T::default()) } else { Ok(body::read(&body.0)?) }
}

/// As whom a change is noted.
pub(crate) fn actor(call: &Call) -> Actor {
    call.by.principal.actor(Via::Api)
}

/// Where a change is made.
pub(crate) fn at<'c>(call: &'c Call, by: &'c Actor) -> At<'c> {
    At { ctx: &call.ctx, tenant: &call.by.tenant, by }
}

/// The cursor and the limit of a list. Any other parameter than these and the known ones is refused: a filter that is
/// misspelt would let everything through.
pub(crate) fn paging<'p>(
    given: &'p BTreeMap<String, String>,
    known: &[&str],
) -> Result<(Option<&'p str>, usize), Rejection> {
    let also = ["cursor", "limit", "tenantId"];
    if let Some(other) = given.keys().find(|name| !known.contains(&name.as_str()) && !also.contains(&name.as_str())) {
        return Err(Rejection::field(other, "未知参数"));
    }
    let text = |name: &str| given.get(name).map(String::as_str).filter(|text| !text.is_empty());
    Ok((text("cursor"), page::limit(text("limit"))?))
}

/// A page under the name of what is on it.
pub(crate) fn listed<T: serde::Serialize>(name: &str, page: &Page<T>) -> Value {
    json!({ name: page.items, "next": page.next })
}
