//! `GET /healthz`: the function is up. Looks at nothing behind it, so that a load balancer's probe
//! costs nothing and tells a stranger nothing.

use serde::Serialize;
use tenon_catalog::areas::admin::healthz as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Anyone, Call, Envelope, Open, Service, on};

/// The function; needs no world.
pub static SERVICE: Service<Open, ()> =
    Service::new(Open, || vec![on(routes::READ, health)]).answering(Envelope::Plain);

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health(_: Call<Anyone, ()>, (): ()) -> Result<Health, Rejection> {
    Ok(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
