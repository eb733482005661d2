//! Trying runs again: one, or many as a job.

use crate::common::{Call, Page, Refused, actor, at, part, refused, tenant, zone};
use crate::convert;
use crate::correct;
use crate::view;
use tenon_catalog::areas::integrations::runs as routes;
use tenon_console_kit::{Console, ENVELOPE, Fields, see_other};
use tenon_model::RunId;
use tenon_operations::bulk::{self, Wanted};
use tenon_operations::runs;
use tenon_pages::integrations::{Feedback, HOME, RunsQuery, Tab};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Reply, Service, on};

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::INPUT, correct::input),
        on(routes::REVIEW, correct::review),
        on(routes::CORRECT, correct::correct),
        on(routes::RETRY, retry),
        on(routes::ACCEPT, accept),
        on(routes::START, start),
        on(routes::CANCEL, cancel),
    ]
})
.answering(ENVELOPE);

async fn retry(call: Call, (): ()) -> Result<Reply, Rejection> {
    again(&call, false).await
}

async fn accept(call: Call, (): ()) -> Result<Reply, Rejection> {
    again(&call, true).await
}

/// Goes on from the step that failed.
async fn again(call: &Call, accept_change: bool) -> Result<Reply, Rejection> {
    let (tenant, by, id) = (tenant(), actor(call), RunId::new(part(call, "run")));
    match runs::retry(&at(&call.ctx, &tenant, &by), &id, accept_change).await {
        Ok(_) => Ok(see_other(&format!("{HOME}/runs/{id}?done=retry"))),
        Err(rejection) => {
            let Refused { text, code, status } = refused(rejection)?;
            view::run_page(call, status, Some(Feedback::Refused { text: &text, code: code.as_deref() })).await
        }
    }
}

/// Begins a bulk retry, as it was reviewed.
async fn start(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let (tenant, by) = (tenant(), actor(&call));
    let chosen: Vec<String> = fields.all("run").into_iter().map(str::to_owned).collect();
    let query = fields.one("filter").to_owned();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    let runs_query = chosen.is_empty().then(|| RunsQuery::read(value, zone()).frozen(call.ctx.now_ms()));
    let wanted = match &runs_query {
        Some(runs_query) => Wanted::Filter(convert::filter(runs_query, call.ctx.now_ms())),
        None => Wanted::Runs(chosen.iter().map(RunId::new).collect()),
    };
    let reason = fields.one("reason");
    match bulk::start(&at(&call.ctx, &tenant, &by), wanted, reason).await {
        Ok(job) => Ok(see_other(&format!("{HOME}/jobs/{}", job.id))),
        Err(rejection) => {
            let Refused { text, code, status } = refused(rejection)?;
            let feedback = Some(Feedback::Refused { text: &text, code: code.as_deref() });
            let own = Page { status, feedback, ..Page::new(Tab::Runs, "") };
            view::reviewed(&call, &own, runs_query.as_ref(), &chosen, reason).await
        }
    }
}

/// Has a bulk retry stop.
async fn cancel(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by, id) = (tenant(), actor(&call), part(&call, "job").to_owned());
    bulk::cancel(&at(&call.ctx, &tenant, &by), &id).await?;
    Ok(see_other(&format!("{HOME}/jobs/{id}?done=cancel")))
}
