//! `POST /plm/{connection}/{items,boms,routings}`: what a PLM releases, for the ERP. Its integration reads `code` and
//! `message` of the answer, which has one entry for each record.

mod pusher;

pub use pusher::Pusher;

use tenon_catalog::areas::master_data::plm as routes;
use tenon_flows::plm;
use tenon_model::TenantId;
use tenon_model::config::Receives;
use tenon_model::plm::{PlmAction, PlmReply};
use tenon_platform::dispatch::{Call, Envelope, Permitted, RawBody, Service, on};
use tenon_platform::{Rejection, telemetry};

/// The function.
pub static SERVICE: Service<Pusher> = Service::new(Pusher, || {
    vec![
        on(routes::ITEMS, |call, RawBody(body)| take(call, Receives::Items, body)),
        on(routes::BOMS, |call, RawBody(body)| take(call, Receives::Boms, body)),
        on(routes::ROUTINGS, |call, RawBody(body)| take(call, Receives::Routings, body)),
    ]
})
.answering(Envelope::Coded)
.with_body_limit(plm::MAX_BODY_BYTES);

async fn take(call: Call<Permitted>, receives: Receives, body: bytes::Bytes) -> Result<PlmReply, Rejection> {
    let (ctx, tenant, connection) = (&call.ctx, TenantId::operator(), call.by.connection.id());
    let reply = Box::pin(plm::push(ctx, &tenant, connection, receives, &body)).await?;
    let failed = reply.data.iter().filter(|entry| entry.action == PlmAction::Failed).count();
    telemetry::count(&ctx.clock, "PlmPushes", ("Code", &reply.code.to_string()), 1);
    tracing::info!(
        connection = %connection,
        receives = receives.word(),
        code = reply.code,
        records = reply.data.len(),
        failed,
        "push answered"
    );
    Ok(reply)
}
