//! `/admin/v1/oa/…`: operators hand in and look after the OA's users and what belongs to them.

use serde::Deserialize;
use serde_json::{Value, json};
use tenon_catalog::areas::people::oa_admin as routes;
use tenon_oa_users::{Kind, Problem, Store, from_json, one};
use tenon_platform::Rejection;
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::{self, Path, RawBody, Service, on};
use tenon_tenants::access::Caller;
use tenon_tenants::entry::{Bearer, noted};

/// Longest id, in characters.
const LONGEST_ID: usize = 128;
/// Longest body, in bytes.
const MAX_BODY_BYTES: usize = 5 * 1024 * 1024;

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![on(routes::IMPORT, import), on(routes::READ, read), on(routes::PUT, put), on(routes::REMOVE, remove)]
})
.with_body_limit(MAX_BODY_BYTES);

type Call = dispatch::Call<Caller>;

#[derive(Deserialize)]
struct Of {
    kind: String,
    id: String,
}

impl Of {
    /// The kind and the id, as records have it.
    fn named(&self) -> Result<(Kind, &str), Rejection> {
        let id = Some(self.id.trim()).filter(|id| !id.is_empty() && id.chars().count() <= LONGEST_ID);
        Kind::named(&self.kind).zip(id).ok_or_else(Rejection::not_found)
    }
}

async fn import(call: Call, RawBody(body): RawBody) -> Result<Value, Rejection> {
    let batch = from_json(&body).map_err(bad)?;
    noted(&call, "import-oa-users", "body").await?;
    let stored = Store::new(&call.ctx, &call.by.tenant).put_all(&batch).await?;
    Ok(json!({ "stored": stored }))
}

async fn read(call: Call, Path(of): Path<Of>) -> Result<Value, Rejection> {
    let store = Store::new(&call.ctx, &call.by.tenant);
    let (kind, id) = of.named()?;
    store.read(kind, id).await?.ok_or_else(Rejection::not_found)
}

async fn put(call: Call, (Path(of), RawBody(body)): (Path<Of>, RawBody)) -> Result<Value, Rejection> {
    let (store, (kind, id)) = (Store::new(&call.ctx, &call.by.tenant), of.named()?);
    let batch = one(kind, id, &body).map_err(bad)?;
    noted(&call, "put-oa-record", &format!("{}/{id}", kind.name())).await?;
    store.put_all(&batch).await?;
    store.read(kind, id).await?.ok_or_else(Rejection::not_found)
}

async fn remove(call: Call, Path(of): Path<Of>) -> Result<Value, Rejection> {
    let (kind, id) = of.named()?;
    noted(&call, "remove-oa-record", &format!("{}/{id}", kind.name())).await?;
    let removed = Store::new(&call.ctx, &call.by.tenant).remove(kind, id).await?;
    Ok(json!({ "removed": removed }))
}

fn bad(problems: Vec<Problem>) -> Rejection {
    let fields = problems.into_iter().map(|problem| BadBody { field: problem.place, message: problem.message });
    Rejection::BadFields(fields.collect())
}
