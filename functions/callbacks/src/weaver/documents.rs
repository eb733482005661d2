//! `POST /callbacks/weaver/{connection}/documents/{flow}`: a document that was approved in the OA, for the ERP.

use super::Caller;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenon_flows::documents;
use tenon_model::reply::ResultReply;
use tenon_model::{FlowId, TenantId};
use tenon_platform::dispatch::{Body, Call, Path};
use tenon_platform::{Rejection, telemetry};

/// Longest body, in bytes: what is kept with its record until the document is created.
const LIMIT: usize = 256 * 1024;

/// The flow whose document it is.
#[derive(Deserialize)]
pub struct Meant {
    flow: FlowId,
}

/// Creates the document in the ERP, and answers with what came of it.
pub async fn take(
    call: Call<Caller>,
    (Path(meant), Body(body)): (Path<Meant>, Body<Map<String, Value>>),
) -> Result<ResultReply, Rejection> {
    if tenon_platform::request::bytes(&call.request).len() > LIMIT {
        return Err(Rejection::TooLong(LIMIT));
    }
    let (ctx, tenant, connection) = (&call.ctx, TenantId::operator(), &call.by.connection.id);
    let reply = Box::pin(documents::push(ctx, &tenant, connection, &meant.flow, body)).await?;
    telemetry::count(&ctx.clock, "WeaverDocuments", ("Success", reply.success), 1);
    tracing::info!(
        connection = %connection,
        flow = %meant.flow,
        success = reply.success,
        key = reply.key.as_deref().unwrap_or_default(),
        code = reply.code.as_deref().unwrap_or_default(),
        "document answered"
    );
    Ok(reply)
}
