//! `GET /healthz`: the function is up. Looks at nothing behind it, so that a load balancer's probe
//! costs nothing and tells a stranger nothing.

use lambda_http::{Body, Request, Response};
use serde::Serialize;
use tenon_platform::reply;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

/// Answers every request alike.
pub fn answer(_request: &Request) -> Response<Body> {
    reply::json(200, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
