//! What is done with a flow or a connection: on, off, run now, dry run, removing it, check.

use crate::common::{Call, Page, Refused, actor, at, page, part, refused, tenant};
use crate::convert;
use crate::view;
use tenon_catalog::areas::integrations::flows as routes;
use tenon_console_kit::{Console, ENVELOPE, Fields, see_other};
use tenon_model::run::RunStatus;
use tenon_model::{ConnectionId, DocumentKey, FlowId};
use tenon_operations::runs::Filter;
use tenon_operations::{connections, flows, runs};
use tenon_pages::integrations::{self as pages, Feedback, HOME, Previewed, Tab};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Reply, Service, on};

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::ON, switch_on),
        on(routes::OFF, switch_off),
        on(routes::RUN, run),
        on(routes::PREVIEW, preview),
        on(routes::CHECK, check),
        on(routes::LEAVE, leave),
        on(routes::REMOVE, remove),
    ]
})
.answering(ENVELOPE);

async fn switch_on(call: Call, (): ()) -> Result<Reply, Rejection> {
    switch(&call, true).await
}

async fn switch_off(call: Call, (): ()) -> Result<Reply, Rejection> {
    switch(&call, false).await
}

async fn switch(call: &Call, on: bool) -> Result<Reply, Rejection> {
    let (tenant, by, id) = (tenant(), actor(call), FlowId::new(part(call, "flow")));
    match flows::switch(&at(&call.ctx, &tenant, &by), &id, on).await {
        Ok(_) => Ok(back(&id, if on { "on" } else { "off" })),
        Err(rejection) => refusal(call, rejection).await,
    }
}

/// Runs that are counted before a flow is removed.
const COUNTED: usize = 1_000;

/// What becomes of a flow that is removed.
async fn leave(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, id) = (tenant(), FlowId::new(part(&call, "flow")));
    let state = flows::one(&call.ctx, &tenant, &id).await?.state;
    if !state.paged {
        return Err(Rejection::not_found());
    }
    let under_way = flows::under_way(&call.ctx, &tenant, &id, COUNTED).await?;
    let name = state.name.unwrap_or_else(|| id.to_string());
    page(&call, &Page::new(Tab::Flows, &name), |context| pages::remove(context, id.as_str(), &name, under_way))
}

/// Removes a flow that a page stored.
async fn remove(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by, id) = (tenant(), actor(&call), FlowId::new(part(&call, "flow")));
    match flows::remove(&at(&call.ctx, &tenant, &by), &id).await {
        Ok(()) => Ok(see_other(&format!("{HOME}?done=removed"))),
        Err(rejection) => refusal(&call, rejection).await,
    }
}

/// Looks for documents now.
async fn run(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by, id) = (tenant(), actor(&call), FlowId::new(part(&call, "flow")));
    match flows::run(&at(&call.ctx, &tenant, &by), &id).await {
        Ok(_) => Ok(back(&id, "run")),
        Err(rejection) => refusal(&call, rejection).await,
    }
}

fn back(id: &FlowId, done: &str) -> Reply {
    see_other(&format!("{HOME}/flows/{id}?done={done}"))
}

/// The flow's page with why it was not done.
async fn refusal(call: &Call, rejection: Rejection) -> Result<Reply, Rejection> {
    let Refused { text, code, status } = refused(rejection)?;
    let feedback = Some(Feedback::Refused { text: &text, code: code.as_deref() });
    let own = Page { status, feedback, ..Page::new(Tab::Flows, part(call, "flow")) };
    view::shown(call, &own, "", |_| None).await
}

/// Reads and maps one document, writes nothing, and shows what would be written.
async fn preview(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let (tenant, id) = (tenant(), FlowId::new(part(&call, "flow")));
    let document: String = fields.one("document").trim().chars().filter(|c| !c.is_control()).take(200).collect();
    let key = Some(document.as_str()).filter(|text| !text.is_empty()).map(DocumentKey::parse);
    let found = match flows::preview(&call.ctx, &tenant, &id, key).await {
        Ok(found) => found,
        Err(rejection) => return refusal(&call, rejection).await,
    };
    let previewed = found.found.pointer("/document/key").and_then(DocumentKey::from_json);
    let failed = match previewed {
        Some(key) => failed_run(&call, &id, &key).await?,
        None => None,
    };
    let differs = convert::differences(found.diff);
    let own = Page::new(Tab::Flows, id.as_str());
    view::shown(&call, &own, &document, |context| {
        let view = Previewed { found: &found.found, differs: &differs, run: failed.as_deref() };
        Some(pages::preview(context, &view))
    })
    .await
}

/// The document's run, where it waits to be tried again.
async fn failed_run(call: &Call, flow: &FlowId, key: &DocumentKey) -> Result<Option<String>, Rejection> {
    let filter = Filter { flows: vec![flow.clone()], document: Some(key.to_string()), ..Filter::default() };
    let newest = runs::list(&call.ctx, &tenant(), &filter, None, 1).await?.runs;
    Ok(newest.first().filter(|run| run.status == RunStatus::Failed).map(|run| run.id.to_string()))
}

/// Uses a connection and says what answered.
async fn check(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by) = (tenant(), actor(&call));
    let id = ConnectionId::new(part(&call, "connection"));
    match connections::check(&at(&call.ctx, &tenant, &by), &id).await {
        Ok(_) => Ok(see_other(&format!("{}?done=check#{id}", Tab::Connections.address()))),
        Err(rejection) => {
            let Refused { text, code, status } = refused(rejection)?;
            let feedback = Some(Feedback::Refused { text: &text, code: code.as_deref() });
            view::connections_page(&call, &Page { status, feedback, ..Page::new(Tab::Connections, "") }).await
        }
    }
}
