//! An app's endpoint and its deliveries: `/system/tenant-management/apps/{id}/webhook…`.

use crate::common::{Call, at_field, moment, noted, query_parameter, wrong};
use tenon_catalog::areas::console::webhooks as routes;
use tenon_console_kit::{Console, ENVELOPE, Fields, frame, page, see_other};
use tenon_delivery::jobs::Only;
use tenon_delivery::manage::{self, About, ListWanted, Listed, OfApp, OfDelivery, OfJob};
use tenon_delivery::record::{Attempt, Delivery};
use tenon_model::call::CallRecord;
use tenon_model::{AppId, EventKind};
use tenon_pages::console::Label;
use tenon_pages::console::apps::APPS;
use tenon_pages::console::chart::Bar;
use tenon_pages::console::webhook::{self as pages, AttemptRow, DeliveryRow, Endpoint, Job, One, View};
use tenon_platform::Rejection;
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::{Path, Reply, Service, on};
use tenon_tenants::times;

/// Deliveries of a page.
const SIZE: u32 = 50;
const HOUR_MS: i64 = 3_600_000;
/// Hours of the chart.
const HOURS: i64 = 24;
/// Deliveries that the chart counts at most, a page at a time.
const COUNTED: (usize, u32) = (5, 100);

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::PAGE, show),
        on(routes::ENABLE, enable),
        on(routes::TEST, test),
        on(routes::RESEND_RANGE, resend_range),
        on(routes::JOB, job),
        on(routes::DELIVERY, delivery),
        on(routes::RESEND, resend),
    ]
})
.answering(ENVELOPE);

async fn about<'c>(call: &'c Call, id: &AppId) -> Result<About<'c>, Rejection> {
    manage::about(&call.ctx, &call.by.tenant, id).await
}

async fn show(call: Call, Path(of): Path<OfApp>) -> Result<Reply, Rejection> {
    shown(&call, &about(&call, &of.id).await?, None).await
}

/// The page of an endpoint, after something was asked of it that was wrong.
async fn shown(call: &Call, about: &About<'_>, bad: Option<BadBody>) -> Result<Reply, Rejection> {
    let (found, bad) = match (listed(call, about).await, bad) {
        (Ok(found), bad) => (found, bad),
        (Err(refusal), _) => (Listed { deliveries: Vec::new(), next: None }, Some(wrong(refusal)?)),
    };
    let rows: Vec<DeliveryRow> = found.deliveries.iter().map(row).collect();
    let (hours, complete) = hours(about).await?;
    let endpoint = endpoint(about).await?;
    let done = match query_parameter(call, "done") {
        "enabled" => Some(Label::PushingOn),
        _ => None,
    };
    let view = View {
        app: about.app.id.as_str(),
        endpoint: &endpoint,
        hours: &hours,
        complete,
        filter: (query_parameter(call, "state"), query_parameter(call, "from"), query_parameter(call, "to")),
        rows: &rows,
        is_first: query_parameter(call, "cursor").is_empty(),
        next: found.next.as_deref(),
        wrong: at_field(bad.as_ref()),
        done: done.filter(|_| bad.is_none()),
    };
    Ok(page(if bad.is_some() { 400 } else { 200 }, pages::page(&frame(call)?, &view)))
}

async fn listed(call: &Call, about: &About<'_>) -> Result<Listed, Rejection> {
    let text = |name: &str| Some(query_parameter(call, name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let wanted = ListWanted {
        from_ms: moment("from", query_parameter(call, "from"))?,
        to_ms: moment("to", query_parameter(call, "to"))?,
        state: text("state"),
        cursor: text("cursor"),
        size: SIZE,
    };
    manage::list(about, wanted).await
}

fn row(delivery: &Delivery) -> DeliveryRow {
    let last = delivery.attempts.last();
    DeliveryRow {
        id: delivery.id.clone(),
        event: delivery.kind.clone(),
        state: manage::word(delivery),
        reason: delivery.reason.map(|reason| reason.text()),
        attempts: delivery.made,
        next_ms: delivery.next_due_ms,
        status: last.map(|attempt| attempt.status),
        error: last.and_then(|attempt| attempt.class.clone()),
        created_ms: delivery.created_ms,
    }
}

/// What was delivered, waits, and failed in each of the last hours; and whether that is all of it.
async fn hours(about: &About<'_>) -> Result<(Vec<Bar>, bool), Rejection> {
    let now = about.ctx.now_ms();
    let first = now.div_euclid(HOUR_MS) - HOURS + 1;
    let hour = |at: i64| times::zoned((first + at) * HOUR_MS).strftime("%H:00").to_string();
    let mut bars: Vec<Bar> = (0..HOURS).map(|at| Bar { name: hour(at), parts: vec![0; 3] }).collect();
    let mut wanted = ListWanted { from_ms: Some(first * HOUR_MS), size: COUNTED.1, ..ListWanted::default() };
    for _ in 0..COUNTED.0 {
        let found = manage::list(about, wanted.clone()).await?;
        for delivery in &found.deliveries {
            let at = usize::try_from(delivery.created_ms.div_euclid(HOUR_MS) - first).ok();
            let part = match manage::word(delivery) {
                "delivered" => 0,
                "pending" | "in-flight" => 1,
                _ => 2,
            };
            if let Some(count) = at.and_then(|at| bars.get_mut(at)?.parts.get_mut(part)) {
                *count += 1;
            }
        }
        wanted.cursor = found.next;
        if wanted.cursor.is_none() {
            return Ok((bars, true));
        }
    }
    Ok((bars, false))
}

async fn endpoint(about: &About<'_>) -> Result<Endpoint, Rejection> {
    let found = manage::endpoint(about).await?;
    let health = &found.health;
    Ok(Endpoint {
        app: about.app.name.clone(),
        url: found.callback.map(|callback| callback.url),
        problem: found.problem,
        disabled: health.disabled.as_ref().map(|off| (off.at_ms, off.reason.text())),
        failures: (health.failures, health.first_failure_ms),
        last_success_ms: health.last_success_ms,
        slow: health.slow.map(|slow| (slow.since_ms, slow.took_ms)),
        events: found.events.into_iter().map(EventKind::code).collect(),
        overlap_ms: found.old_secret_until_ms,
        alerts: health.alerts.iter().rev().map(|own| (own.at_ms, own.percent, own.failures)).collect(),
    })
}

fn webhook_of(call: &Call, id: &AppId, rest: &str, done: &str) -> Result<Reply, Rejection> {
    Ok(see_other(&frame(call)?.at(&format!("{APPS}/{id}/webhook{rest}"), &[("done", done)])))
}

async fn enable(call: Call, Path(of): Path<OfApp>) -> Result<Reply, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "enable-endpoint", of.id.as_str()).await?;
    match manage::enable(&about).await {
        Ok(()) => webhook_of(&call, &of.id, "", "enabled"),
        Err(refusal) => shown(&call, &about, Some(wrong(refusal)?)).await,
    }
}

async fn test(call: Call, Path(of): Path<OfApp>) -> Result<Reply, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "test-endpoint", of.id.as_str()).await?;
    match manage::test(&about).await {
        Ok(id) => webhook_of(&call, &of.id, &format!("/deliveries/{id}"), "test"),
        Err(refusal) => shown(&call, &about, Some(wrong(refusal)?)).await,
    }
}

async fn resend_range(call: Call, (Path(of), fields): (Path<OfApp>, Fields)) -> Result<Reply, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "resend-range", of.id.as_str()).await?;
    match begun(&about, &fields).await {
        Ok(id) => webhook_of(&call, &of.id, &format!("/jobs/{id}"), ""),
        Err(refusal) => shown(&call, &about, Some(wrong(refusal)?)).await,
    }
}

async fn begun(about: &About<'_>, fields: &Fields) -> Result<String, Rejection> {
    let range = (moment("from", fields.one("from"))?, moment("to", fields.one("to"))?);
    let only = match fields.one("only") {
        "all" => Only::All,
        _ => Only::Failed,
    };
    Ok(manage::begin_job(about, range, only).await?.id)
}

async fn job(call: Call, Path(of): Path<OfJob>) -> Result<Reply, Rejection> {
    let about = about(&call, &of.id).await?;
    let job = manage::job(&about, &of.job_id).await?;
    let view = Job {
        app: (about.app.id.as_str(), &about.app.name),
        id: &job.id,
        state: job.state.word(),
        reason: job.reason.as_deref(),
        range: (job.from_ms, job.to_ms),
        counts: (job.found, job.queued),
    };
    Ok(page(200, pages::job(&frame(&call)?, &view)))
}

async fn delivery(call: Call, Path(of): Path<OfDelivery>) -> Result<Reply, Rejection> {
    one(&call, &about(&call, &of.id).await?, &of.delivery_id, None).await
}

async fn one(call: &Call, about: &About<'_>, id: &str, bad: Option<BadBody>) -> Result<Reply, Rejection> {
    let found = manage::one(about, id).await?;
    let attempts: Vec<AttemptRow> =
        found.attempts.into_iter().map(|(attempt, record)| attempt_row(&attempt, record)).collect();
    let done = match query_parameter(call, "done") {
        "test" => Some(Label::TestSent),
        "again" => Some(Label::ResendQueued),
        _ => None,
    };
    let view = One {
        app: (about.app.id.as_str(), &about.app.name),
        row: &row(&found.delivery),
        body: &found.delivery.body,
        attempts: &attempts,
        wrong: bad.as_ref().map(|bad| bad.message.as_str()),
        done: done.filter(|_| bad.is_none()),
    };
    Ok(page(if bad.is_some() { 400 } else { 200 }, pages::one(&frame(call)?, &view)))
}

fn attempt_row(attempt: &Attempt, record: Option<CallRecord>) -> AttemptRow {
    let (error, response) = record.map_or((None, None), |own| (own.error, Some(own.response_body)));
    AttemptRow {
        number: attempt.number,
        at_ms: attempt.at_ms,
        status: attempt.status,
        class: attempt.class.clone(),
        hint: attempt.class.as_deref().map(manage::hint),
        error,
        duration_ms: attempt.duration_ms,
        response,
    }
}

async fn resend(call: Call, Path(of): Path<OfDelivery>) -> Result<Reply, Rejection> {
    let about = about(&call, &of.id).await?;
    noted(&call, "resend-delivery", &of.delivery_id).await?;
    match manage::resend(&about, &of.delivery_id).await {
        Ok(()) => webhook_of(&call, &of.id, &format!("/deliveries/{}", of.delivery_id), "again"),
        Err(refusal) => one(&call, &about, &of.delivery_id, Some(wrong(refusal)?)).await,
    }
}
