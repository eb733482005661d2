//! The press on the page of connections that checks the login server.

use crate::{back, by_page, operator};
use tenon_catalog::areas::checks::page_login_server as routes;
use tenon_console_kit::{Console, ENVELOPE, Visitor};
use tenon_operations::At;
use tenon_pages::integrations::Part;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Reply, Service, on};
use tenon_probes::login_server;

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || vec![on(routes::CHECK, check)]).answering(ENVELOPE);

async fn check(call: Call<Visitor>, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by) = (operator(), by_page(&call));
    login_server::check(&At { ctx: &call.ctx, tenant: &tenant, by: &by }).await?;
    Ok(back(&Part::LoginServer.anchor()))
}
