//! What a barcode application asks: `POST …/query` and `…/print`, `GET` or `POST …/methods` and `…/companies`.

use crate::application::{Application, Caller, ENVELOPE};
use tenon_catalog::areas::barcode::query as routes;
use tenon_flows::barcode;
use tenon_model::TenantId;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, RawBody, Reply, Service, on};

/// The function.
pub static SERVICE: Service<Application> = Service::new(Application, || {
    vec![
        on(routes::QUERY, query),
        on(routes::PRINT, print),
        on(routes::METHODS, methods),
        on(routes::METHODS_POSTED, methods),
        on(routes::COMPANIES, companies),
        on(routes::COMPANIES_POSTED, companies),
    ]
})
.answering(ENVELOPE)
.with_body_limit(1024 * 1024);

async fn query(call: Call<Caller>, RawBody(body): RawBody) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, TenantId::operator());
    let outcome = Box::pin(barcode::query(&call.by.company_call(ctx, &tenant, &call.request_id), &body)).await;
    Ok(call.by.reply(ctx, "query", &outcome, &call.request_id))
}

async fn print(call: Call<Caller>, RawBody(body): RawBody) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, TenantId::operator());
    let outcome = Box::pin(barcode::print(&call.by.company_call(ctx, &tenant, &call.request_id), &body)).await;
    Ok(call.by.reply(ctx, "print", &outcome, &call.request_id))
}

async fn methods(call: Call<Caller>, (): ()) -> Result<Reply, Rejection> {
    Ok(call.by.reply(&call.ctx, "methods", &Ok(barcode::methods()), &call.request_id))
}

async fn companies(call: Call<Caller>, (): ()) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, TenantId::operator());
    let company = call.by.company_call(ctx, &tenant, &call.request_id);
    let done = Box::pin(barcode::companies(&company, &call.by.permitted.caller)).await;
    Ok(call.by.reply(ctx, "companies", &Ok(done), &call.request_id))
}
