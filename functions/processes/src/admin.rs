//! `POST /admin/v1/processes/{number}/retry`: operators have a process that stopped go on.

use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use tenon_catalog::areas::processes::admin as routes;
use tenon_platform::Rejection;
use tenon_platform::audit::{self, Via};
use tenon_platform::dispatch::{self, Path, Service, on};
use tenon_process::run::Event;
use tenon_process::store::{self, Failure};
use tenon_task_center::process::{TenantHost, flows_of};
use tenon_tenants::access::Caller;
use tenon_tenants::entry::Bearer;

/// The function.
pub static SERVICE: Service<Bearer> =
    Service::new(Bearer, || vec![on(routes::RETRY, retry)]).with_body_limit(16 * 1024);

#[derive(Deserialize)]
struct OfNumber {
    number: String,
}

async fn retry(call: dispatch::Call<Caller>, Path(of): Path<OfNumber>) -> Result<Value, Rejection> {
    let (ctx, tenant, number) = (&call.ctx, &call.by.tenant, of.number.as_str());
    let missing = || Rejection::NotFound(Cow::Owned(format!("没有流程实例{number}")));
    store::instance(ctx, tenant, number).await?.ok_or_else(missing)?;
    let by = call.by.principal.actor(Via::Api);
    audit::note(ctx, tenant, &by, ("retry-process", number), Value::Null).await?;
    let host = TenantHost::new(ctx, tenant).await?;
    let event = Event::Retry { by: by.name, token: None };
    match Box::pin(flows_of(ctx, tenant, &host).act(number, &event)).await {
        Ok(acted) => Ok(json!({ "instance": acted.instance })),
        Err(Failure::Refused(refused)) => Err(Rejection::NotSupported(Cow::Owned(refused.words.zh))),
        Err(Failure::Unsound(_)) => Err(Rejection::NotSupported(Cow::Borrowed("该流程定义已不能运行"))),
        Err(Failure::Failed(error)) => Err(error.into()),
    }
}
