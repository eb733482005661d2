//! Runs: the list, one of them, what a bulk retry would take and how it goes.

use super::missing;
use crate::common::{self, Call, Page, fragment, page, part, tenant, text, zone};
use crate::convert;
use lambda_http::RequestExt;
use std::collections::BTreeSet;
use tenon_model::RunId;
use tenon_model::config::Flow;
use tenon_model::run::{Run, RunStatus};
use tenon_operations::bulk;
use tenon_operations::runs::{self, Filter};
use tenon_pages::integrations::{
    self as pages, AdjacentRuns, Counts, Feedback, FlowChoice, JobView, Label, Matching, Review, RunView, RunsQuery,
    RunsView, SkippedRuns, Tab,
};
use tenon_platform::config_store::Loaded;
use tenon_platform::dispatch::Reply;
use tenon_platform::{Rejection, request};

/// Runs on a page.
const SIZE: usize = 50;
/// Runs that are counted before the list is shown; the rest is counted when it is there.
const COUNTED: usize = 250;
/// Items of a job on a page.
const ITEMS: usize = 200;

/// Flows that are chosen from a list; where there are more, one is typed.
const CHOSEN_FROM: usize = 50;
/// Flows that are shown where what was typed is of several.
const MATCHING: usize = 20;

/// What the address asks for.
fn query_of(call: &Call) -> RunsQuery {
    RunsQuery::read(|name| request::query(&call.request, name), zone())
}

/// The list.
pub(super) async fn list(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let mut runs_query = query_of(&call);
    let loaded = ctx.config.load(tenant).await?;
    let flows = flows(&loaded);
    let mut matching = Vec::new();
    if flows.len() > CHOSEN_FROM && !runs_query.flow.is_empty() && !flows.iter().any(|(id, _)| *id == runs_query.flow) {
        matching = having(&flows, &runs_query.flow);
        if let [(id, _)] = matching.as_slice() {
            runs_query.flow.clone_from(id);
            matching.clear();
        }
    }
    if !matching.is_empty() {
        return choice(&call, &runs_query, (&loaded, &matching));
    }
    let filter = convert::filter(&runs_query, ctx.now_ms());
    let after = Some(runs_query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let (found, counts) = futures::try_join!(
        runs::list(ctx, tenant, &filter, after, SIZE),
        runs::counts_of_newest(ctx, tenant, &filter, COUNTED)
    )?;
    let nothing_yet = found.runs.is_empty() && after.is_none() && {
        let all = runs::list(ctx, tenant, &Filter::default(), None, 1).await?;
        all.runs.is_empty() && all.next.is_none()
    };
    let connections = connections(&loaded);
    let shown: BTreeSet<&str> = found.runs.iter().map(|run| run.flow.as_str()).collect();
    let proposed: Vec<_> = flows.iter().filter(|(id, _)| shown.contains(id.as_str())).cloned().collect();
    let newest = newest(&found.runs, ctx.now_ms());
    let counts = convert::counts(counts);
    page(&call, &Page::new(Tab::Runs, ""), |context| {
        let view = RunsView {
            filter: &runs_query,
            flow: if flows.len() > CHOSEN_FROM { FlowChoice::Typed(&proposed) } else { FlowChoice::Of(&flows) },
            matching: Matching::default(),
            connections: &connections,
            counts: &counts,
            runs: &found.runs,
            next: found.next.as_deref(),
            newest: &newest,
            nothing_yet,
        };
        pages::runs(context, &view)
    })
}

/// Every flow's id and name.
fn flows(loaded: &Loaded) -> Vec<(String, String)> {
    let flow = |flow: &Flow| {
        let header = flow.header();
        (header.id.to_string(), header.name.map_or_else(|| header.id.to_string(), str::to_owned))
    };
    loaded.flows().iter().map(flow).collect()
}

fn connections(loaded: &Loaded) -> Vec<String> {
    let mut connections: Vec<String> = loaded.connections().map(|own| own.id().to_string()).collect();
    connections.sort();
    connections
}

/// Flows of which the id or name has this in it, in whichever case; the one that is called so, where there is one.
fn having(flows: &[(String, String)], text: &str) -> Vec<(String, String)> {
    let text = text.to_lowercase();
    let has = |(id, name): &&(String, String)| id.to_lowercase().contains(&text) || name.to_lowercase().contains(&text);
    let mut found: Vec<(String, String)> = flows.iter().filter(has).cloned().collect();
    found.sort();
    let called: Vec<_> = found.iter().filter(|(_, name)| name.to_lowercase() == text).cloned().collect();
    if called.len() == 1 { called } else { found }
}

/// The list where what was typed is of several flows, one of which is to be chosen first.
fn choice(
    call: &Call,
    runs_query: &RunsQuery,
    (loaded, matching): (&Loaded, &[(String, String)]),
) -> Result<Reply, Rejection> {
    let shown = matching.get(..MATCHING).unwrap_or(matching);
    let (connections, counts) = (connections(loaded), Counts::default());
    page(call, &Page::new(Tab::Runs, ""), |context| {
        let view = RunsView {
            filter: runs_query,
            flow: FlowChoice::Typed(shown),
            matching: Matching { flows: shown, more: matching.len() > MATCHING },
            connections: &connections,
            counts: &counts,
            runs: &[],
            next: None,
            newest: "",
            nothing_yet: false,
        };
        pages::runs(context, &view)
    })
}

/// How many there are of each status: a part of the list's page.
pub(super) async fn counts(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (ctx, runs_query) = (&call.ctx, query_of(&call));
    let counts = convert::counts(runs::counts(ctx, &tenant(), &convert::filter(&runs_query, ctx.now_ms())).await?);
    fragment(&call, |context| pages::statuses(context, &runs_query, &counts, true))
}

/// From where on runs are new: behind the newest that is shown, or from now.
fn newest(shown: &[Run], now_ms: i64) -> String {
    shown.first().map_or_else(|| format!("{now_ms:013}.r-0"), runs::cursor)
}

/// How many runs are new: a part of the list's page.
pub(super) async fn newer(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (ctx, runs_query) = (&call.ctx, query_of(&call));
    let than = text(&call, "than", 200);
    let filter = convert::filter(&runs_query, ctx.now_ms());
    let found = runs::newer(ctx, &tenant(), &filter, &than).await?;
    fragment(&call, |context| pages::live(context, &runs_query, &than, found.count, found.more))
}

/// One run.
pub(super) async fn one(call: Call, (): ()) -> Result<Reply, Rejection> {
    let feedback = common::feedback(&call);
    shown(&call, 200, feedback).await
}

/// A run's page.
pub(crate) async fn shown(call: &Call, status: u16, feedback: Option<Feedback<'_>>) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let id = RunId::new(part(call, "run"));
    let found = match runs::one(ctx, tenant, &id).await {
        Ok(found) => found,
        Err(Rejection::NotFound(_)) => return missing(call, Tab::Runs, Label::NoSuchRun),
        Err(other) => return Err(other),
    };
    let loaded = ctx.config.load(tenant).await?;
    let (erp, oa) = convert::links(&loaded, &found.run);
    let goes_on = found.goes_on.as_ref().map(convert::resume_point);
    let correctable = convert::correctable(&loaded, &found.run);
    let on_hold = found.run.status == RunStatus::Failed && found.run.code.as_deref() == Some("flow.changed");
    let title =
        format!("{} {}", found.run.flow, found.run.document.as_ref().map_or_else(String::new, ToString::to_string));
    let own = Page { status, feedback, ..Page::new(Tab::Runs, &title) };
    page(call, &own, |context| {
        let view = RunView {
            run: &found.run,
            steps: &found.steps,
            attempts: &found.attempts,
            neighbours: AdjacentRuns {
                previous: found.previous.as_ref().map(RunId::as_str),
                next: found.next.as_ref().map(RunId::as_str),
            },
            erp_link: erp.as_deref(),
            oa_link: oa.as_deref(),
            on_hold,
            goes_on,
            correctable,
        };
        pages::run(context, &view)
    })
}

/// What a bulk retry would take, and what it would not.
pub(super) async fn review(call: Call, (): ()) -> Result<Reply, Rejection> {
    let parameters = call.request.query_string_parameters_ref();
    let chosen = parameters.and_then(|all| all.all("run")).unwrap_or_default();
    let chosen: Vec<String> = chosen.into_iter().map(str::to_owned).take(bulk::NAMED).collect();
    let runs_query = chosen.is_empty().then(|| query_of(&call).frozen(call.ctx.now_ms()));
    reviewed(&call, &Page::new(Tab::Runs, ""), runs_query.as_ref(), &chosen, "").await
}

/// The page of a review.
pub(crate) async fn reviewed(
    call: &Call,
    own: &Page<'_>,
    runs_query: Option<&RunsQuery>,
    chosen: &[String],
    reason: &str,
) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let found = match runs_query {
        Some(runs_query) => bulk::review(ctx, tenant, &convert::filter(runs_query, ctx.now_ms())).await?,
        None => bulk::review_named(ctx, tenant, &chosen.iter().map(RunId::new).collect::<Vec<_>>()).await?,
    };
    page(call, own, |context| {
        let not_taken: Vec<SkippedRuns<'_>> = found
            .not_taken
            .iter()
            .map(|own| SkippedRuns {
                why: convert::why(own.why, context.frame.language),
                count: own.count,
                first: &own.first,
            })
            .collect();
        let view = Review {
            filter: runs_query,
            chosen,
            count: found.count,
            complete: found.complete,
            first: &found.first,
            not_taken: &not_taken,
            reason,
        };
        pages::review(context, &view)
    })
}

/// A bulk retry: how far it is, and what came of each run.
pub(super) async fn job(call: Call, (): ()) -> Result<Reply, Rejection> {
    let feedback = common::feedback(&call);
    let (ctx, tenant) = (&call.ctx, &tenant());
    let id = part(&call, "job");
    let job = match bulk::get(ctx, tenant, id).await {
        Ok(job) => job,
        Err(Rejection::NotFound(_)) => return missing(&call, Tab::Runs, Label::NoSuchJob),
        Err(other) => return Err(other),
    };
    let cursor = text(&call, "cursor", 20);
    let after = Some(cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let found = bulk::items(ctx, tenant, id, after, ITEMS).await?;
    let items: Vec<_> = found.items.into_iter().map(convert::item).collect();
    let filter = job.named.is_empty().then(|| convert::runs_query(&job.filter).query(""));
    let view = JobView {
        id,
        state: convert::job_state(job.state),
        total: job.total.into(),
        queued: job.queued.into(),
        refused: (job.skipped + job.failed).into(),
        reason: &job.reason,
        by: &job.by,
        created_ms: job.created_ms,
        filter: filter.as_deref(),
        items: &items,
        next: found.next.as_deref(),
    };
    if text(&call, "part", 20) == "progress" {
        return fragment(&call, |context| pages::progress(context, &view));
    }
    let own = Page { feedback, ..Page::new(Tab::Runs, id) };
    page(&call, &own, |context| pages::job(context, &view))
}
