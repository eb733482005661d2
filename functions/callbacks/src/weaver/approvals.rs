//! `POST /callbacks/weaver/{connection}/approvals`: a result, for documents of every kind and company.

use super::Caller;
use serde::Deserialize;
use tenon_connectors::weaver::pushed;
use tenon_flows::decisions::answer::{Answer, answer};
use tenon_model::reply::ResultReply;
use tenon_model::{FlowId, TenantId};
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::{Call, Query, RawBody};
use tenon_platform::{Rejection, telemetry};

/// One address serves all flows; a site may name the one that it means.
#[derive(Deserialize)]
pub struct Meant {
    flow: Option<FlowId>,
}

/// Writes a result to the ERP, and answers with what came of it.
pub async fn take(
    call: Call<Caller>,
    (RawBody(body), Query(meant)): (RawBody, Query<Meant>),
) -> Result<ResultReply, Rejection> {
    let Caller { loaded, connection } = &call.by;
    let pushed = pushed(connection, &body)?.map_err(|why| BadBody::field("", why))?;
    let (word, instance) = (pushed.word, pushed.event.instance.clone());
    let (ctx, tenant) = (&call.ctx, TenantId::operator());
    let answered = Box::pin(answer(ctx, &tenant, loaded, &connection.id, pushed.event, meant.flow.as_ref())).await?;
    let (reply, outcome) = match answered {
        Answer::Done(message) => (ResultReply::success(message), "done"),
        Answer::NotDone { code, message } => (ResultReply::failure(code, message), "not-done"),
    };
    telemetry::count(&ctx.clock, "WeaverResults", ("Outcome", outcome), 1);
    tracing::info!(
        connection = %connection.id,
        instance = instance.as_ref().map_or("", |id| id.as_str()),
        word,
        outcome,
        code = reply.code.as_deref().unwrap_or_default(),
        "result answered"
    );
    Ok(reply)
}
