//! Deliveries, for people: `/api/system/tenant-app/{id}/webhook…`.

mod deliveries;
mod endpoint;
mod jobs;

use serde::Serialize;
use serde_json::Value;
use tenon_catalog::areas::webhooks::manage as routes;
use tenon_delivery::manage::{self as domain, About, OfApp, OfDelivery, OfJob};
use tenon_model::AppId;
use tenon_platform::dispatch::{self, Body, Path, Service, on};
use tenon_platform::{Error, Rejection};
use tenon_tenants::access::Caller;
use tenon_tenants::entry::{Bearer, noted};

type Call = dispatch::Call<Caller>;

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::READ, show),
        on(routes::ENABLE, enable),
        on(routes::TEST, test),
        on(routes::LIST_DELIVERIES, list),
        on(routes::READ_DELIVERY, show_one),
        on(routes::RESEND, resend),
        on(routes::START_RESEND_JOB, begin_job),
        on(routes::READ_RESEND_JOB, show_job),
    ]
});

async fn about<'c>(call: &'c Call, id: &AppId) -> Result<About<'c>, Rejection> {
    domain::about(&call.ctx, &call.by.tenant, id).await
}

async fn show(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    endpoint::show(&about(&call, &of.id).await?).await
}

async fn enable(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "enable-endpoint", of.id.as_str()).await?;
    endpoint::enable(&about).await
}

async fn test(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "test-endpoint", of.id.as_str()).await?;
    endpoint::test(&about).await
}

async fn list(
    call: Call,
    (Path(of), Body(wanted)): (Path<OfApp>, Body<deliveries::ListRequest>),
) -> Result<Value, Rejection> {
    deliveries::list(&about(&call, &of.id).await?, wanted).await
}

async fn show_one(call: Call, Path(of): Path<OfDelivery>) -> Result<Value, Rejection> {
    deliveries::show(&about(&call, &of.id).await?, &of.delivery_id).await
}

async fn resend(call: Call, Path(of): Path<OfDelivery>) -> Result<Value, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "resend-delivery", &of.delivery_id).await?;
    deliveries::resend(&about, &of.delivery_id).await
}

async fn begin_job(
    call: Call,
    (Path(of), Body(wanted)): (Path<OfApp>, Body<jobs::BeginRequest>),
) -> Result<Value, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "resend-range", of.id.as_str()).await?;
    jobs::begin(&about, wanted).await
}

async fn show_job(call: Call, Path(of): Path<OfJob>) -> Result<Value, Rejection> {
    jobs::show(&about(&call, &of.id).await?, &of.job_id).await
}

/// Reads a time of a body: local time of Shanghai, or epoch ms.
fn moment(field: &str, value: Option<&Value>) -> Result<Option<i64>, Rejection> {
    let wrong = || Rejection::field(field, "时间格式须为yyyy-MM-ddTHH:mm:ss，或毫秒时间戳");
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(ms)) => ms.as_i64().filter(|ms| *ms >= 0).map(Some).ok_or_else(wrong),
        Some(Value::String(text)) => tenon_tenants::times::parse(text).map(Some).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

fn local(ms: Option<i64>) -> Option<String> {
    ms.map(tenon_tenants::times::local)
}

fn json<T: Serialize>(view: &T) -> Result<Value, Rejection> {
    let written = serde_json::to_value(view);
    written.map_err(|e| {
        Rejection::Failed(Error::permanent("platform.message", format!("a reply could not be written: {e}")))
    })
}
