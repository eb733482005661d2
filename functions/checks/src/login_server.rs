//! The API's check of the login server.

use crate::{answer, at, by_token};
use serde_json::Value;
use tenon_catalog::areas::checks::login_server as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Service, on};
use tenon_probes::login_server;
use tenon_tenants::access::Caller;
use tenon_tenants::entry::Bearer;

/// The function.
pub static SERVICE: Service<Bearer> =
    Service::new(Bearer, || vec![on(routes::CHECK, check)]).with_body_limit(16 * 1024);

async fn check(call: Call<Caller>, (): ()) -> Result<Value, Rejection> {
    let by = by_token(&call);
    Ok(answer(login_server::check(&at(&call, &by)).await?))
}
