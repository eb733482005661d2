//! The API's checks of SQL databases, and of the queries of the OA integration.

use crate::{answer, at, by_token};
use serde::Deserialize;
use serde_json::Value;
use tenon_catalog::areas::checks::databases as routes;
use tenon_model::DatabaseId;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Path, Service, on};
use tenon_probes::{database, oa_integration};
use tenon_tenants::access::Caller;
use tenon_tenants::entry::Bearer;

/// The function.
pub static SERVICE: Service<Bearer> =
    Service::new(Bearer, || vec![on(routes::CHECK, check), on(routes::CHECK_OA, check_oa)]).with_body_limit(16 * 1024);

#[derive(Deserialize)]
struct OfId {
    id: DatabaseId,
}

async fn check(call: Call<Caller>, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = by_token(&call);
    Ok(answer(Box::pin(database::check(&at(&call, &by), &of.id)).await?))
}

async fn check_oa(call: Call<Caller>, (): ()) -> Result<Value, Rejection> {
    let by = by_token(&call);
    Ok(answer(Box::pin(oa_integration::check(&at(&call, &by))).await?))
}
