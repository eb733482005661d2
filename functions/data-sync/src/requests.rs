//! `/dataSync/create` and `/dataSync/update`, by `GET` or `POST`, and `GET /dataSync/runs/{id}`. Whoever asks waits for
//! what is done in time; what takes longer is answered with its run, and goes on over the queue.

use crate::answer;
use serde::Deserialize;
use std::time::Duration;
use tenon_catalog::areas::data_sync::routes;
use tenon_flows::data_sync::record::{self, Sync, What};
use tenon_flows::data_sync::{begin, flow_of};
use tenon_flows::kinds::Scope;
use tenon_model::run::Trigger;
use tenon_model::{RunId, TenantId};
use tenon_platform::dispatch::{Call, Envelope, Params, Path, PlainService, Reply, Service, ServiceCaller, on};
use tenon_platform::{Context, Error, Rejection, Result, Retry};
use tenon_tables::Slice;

/// How long a caller waits; the API gives a request up after 30 s.
const WAITS: Duration = Duration::from_secs(18);
/// What is left for all of it, where nothing says so.
const ANSWERS: Duration = Duration::from_secs(26);
/// When the queue goes on with a run whose request died.
const HANDED_OVER: Duration = Duration::from_secs(40);

/// The function.
pub static SERVICE: Service<PlainService> = Service::new(PlainService, || {
    vec![
        on(routes::CREATE, |call, params| sync(call, params, What::Create)),
        on(routes::CREATE_BY_GET, |call, params| sync(call, params, What::Create)),
        on(routes::UPDATE, |call, params| sync(call, params, What::Update)),
        on(routes::UPDATE_BY_GET, |call, params| sync(call, params, What::Update)),
        on(routes::RUN, run),
    ]
})
.answering(Envelope::Service)
.with_body_limit(64 * 1024);

/// A run of the path.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    id: String,
}

async fn sync(call: Call<ServiceCaller>, params: Params, what: What) -> std::result::Result<Reply, Rejection> {
    let tenant = call.by.tenant.clone();
    let form = match params.get("formId").map(str::trim).filter(|form| !form.is_empty()) {
        Some(form) if is_form(form) => form.to_owned(),
        Some(_) => return Ok(answer::refused(400, "formId 只能包含字母、数字、下划线和点", None)),
        None => return Ok(answer::refused(400, "缺少参数 formId", None)),
    };
    match Box::pin(carry_out(&call.ctx, &tenant, &form, what)).await {
        Ok((sync, waiting)) => Ok(answer::of(&sync, waiting.as_ref(), call.ctx.now_ms())),
        Err(error) => answer::of_error(error, &form),
    }
}

/// A run from its beginning as far as its caller waits; why it goes on later, when it met something that passes.
async fn carry_out(ctx: &Context, tenant: &TenantId, form: &str, what: What) -> Result<(Sync, Option<Error>)> {
    // Somebody waits: a call is given up sooner, and made again over the queue.
    let ctx = &ctx.within_cut(ctx.time_left().unwrap_or(ANSWERS));
    let loaded = ctx.config.load(tenant).await?;
    let at = Scope { ctx, tenant, loaded: &loaded };
    let flow = flow_of(&loaded, form)?;
    let begun = begin::begin(at, flow, form, what, Trigger::Operator, HANDED_OVER).await?;
    let waiting = match Box::pin(tenon_tables::work(ctx, tenant, &begun.run, Some(WAITS))).await {
        Ok(Slice::Done | Slice::Ended) => None,
        Ok(Slice::OutOfTime) => {
            begin::resume(ctx, tenant, &begun.run, Duration::ZERO).await?;
            None
        }
        Err(error) if matches!(error.retry, Retry::Permanent | Retry::Blocked(_)) => {
            tenon_tables::fail(ctx, tenant, &begun.run, &error).await?;
            return Err(error);
        }
        // It passes: the message that was promised goes on.
        Err(error) => Some(error),
    };
    let stored = record::get(ctx, tenant, &begun.run).await?;
    Ok((stored.map_or(begun, |stored| stored.data), waiting))
}

async fn run(call: Call<ServiceCaller>, Path(named): Path<Named>) -> std::result::Result<Reply, Rejection> {
    let tenant = call.by.tenant.clone();
    let run = RunId::new(named.id);
    match record::get(&call.ctx, &tenant, &run).await? {
        Some(stored) => Ok(answer::of(&stored.data, None, call.ctx.now_ms())),
        None => Ok(answer::refused(404, &format!("没有运行 {run}"), None)),
    }
}

/// What a form may be called: it becomes the name of a table.
fn is_form(form: &str) -> bool {
    form.len() <= 80 && form.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
}
