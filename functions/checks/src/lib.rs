//! Checks of what works beside the connections, for the operators' API and for its pages: login servers may be called by
//! functions that may call addresses of the internet, databases by functions with a driver, and by no others.

pub mod databases;
pub mod login_server;
pub mod page_databases;
pub mod page_login_server;

use serde::Serialize;
use serde_json::{Value, json};
use tenon_console_kit::{Visitor, see_other};
use tenon_model::TenantId;
use tenon_operations::At;
use tenon_operations::connections::Check;
use tenon_pages::integrations::Tab;
use tenon_platform::audit::{Actor, Via};
use tenon_platform::dispatch::{Call, Reply};
use tenon_tenants::access::Caller;

/// As whom a check is noted that comes by the API.
fn by_token(call: &Call<Caller>) -> Actor {
    call.by.principal.actor(Via::Api)
}

/// As whom one is noted that comes from a page.
fn by_page(call: &Call<Visitor>) -> Actor {
    Actor::new(&call.by.principal.token, Via::Page)
}

/// Where a token's owner has something checked.
fn at<'c>(call: &'c Call<Caller>, by: &'c Actor) -> At<'c> {
    At { ctx: &call.ctx, tenant: &call.by.tenant, by }
}

/// A check, with all that was found.
fn answer<T: Serialize>((check, found): (Check, T)) -> Value {
    let mut body = json!(check);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("found".to_owned(), json!(found));
    }
    body
}

/// Back to the page of connections, at what was checked.
fn back(anchor: &str) -> Reply {
    see_other(&format!("{}?done=check#{anchor}", Tab::Connections.address()))
}

/// Whose settings the pages show.
fn operator() -> TenantId {
    TenantId::operator()
}
