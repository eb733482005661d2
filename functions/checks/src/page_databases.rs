//! The presses on the page of connections that check a SQL database, and the queries of the OA integration.

use crate::{back, by_page, operator};
use tenon_catalog::areas::checks::page_databases as routes;
use tenon_console_kit::{Console, ENVELOPE, Visitor};
use tenon_model::DatabaseId;
use tenon_operations::At;
use tenon_pages::integrations::Part;
use tenon_platform::dispatch::{Call, Reply, Service, on};
use tenon_platform::{Rejection, request};
use tenon_probes::{database, oa_integration};

/// The function.
pub static SERVICE: Service<Console> =
    Service::new(Console, || vec![on(routes::CHECK, check), on(routes::CHECK_OA, check_oa)]).answering(ENVELOPE);

async fn check(call: Call<Visitor>, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by) = (operator(), by_page(&call));
    let id = DatabaseId::new(request::path_parameter(&call.request, "database"));
    Box::pin(database::check(&At { ctx: &call.ctx, tenant: &tenant, by: &by }, &id)).await?;
    Ok(back(&Part::Database(id.to_string()).anchor()))
}

async fn check_oa(call: Call<Visitor>, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by) = (operator(), by_page(&call));
    Box::pin(oa_integration::check(&At { ctx: &call.ctx, tenant: &tenant, by: &by })).await?;
    Ok(back(&Part::OaIntegration.anchor()))
}
