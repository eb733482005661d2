//! `POST /barcode/{connection}/save`: what was scanned, as one document of B1.

use crate::application::{Application, Caller, ENVELOPE};
use tenon_catalog::areas::barcode::save as routes;
use tenon_flows::barcode;
use tenon_model::TenantId;
use tenon_platform::dispatch::{Call, RawBody, Reply, Service, on};
use tenon_platform::{Rejection, request};

/// The function.
pub static SERVICE: Service<Application> =
    Service::new(Application, || vec![on(routes::SAVE, take)]).answering(ENVELOPE).with_body_limit(1024 * 1024);

/// Posts it, and answers with what came of it.
async fn take(call: Call<Caller>, RawBody(body): RawBody) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, TenantId::operator());
    let key = request::header(&call.request, "idempotency-key").map(str::trim);
    let company = call.by.company_call(ctx, &tenant, &call.request_id);
    let outcome = Box::pin(barcode::save(&company, key, &body)).await;
    Ok(call.by.reply(ctx, "save", &outcome, &call.request_id))
}
