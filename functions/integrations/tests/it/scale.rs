//! Many flows and many runs: what a page asks of the table does not grow with them, and everything is found.

use crate::fixture::{Fixture, HOME, STATUSES};
use futures::StreamExt;
use std::collections::BTreeSet;
use tenon_engine::Tally;
use tenon_model::TenantId;
use tenon_model::run::RunStatus;
use tenon_operations::flows;
use tenon_operations::runs::{self, Filter};

/// An installation with so many flows, and ten runs of each.
pub async fn filled(flows: i64) -> (Fixture, Tally) {
    let names: Vec<String> = (0..flows).map(|number| format!("flow-{number:04}")).collect();
    let mut fixture = Fixture::of_flows(names.iter().map(String::as_str)).await;
    let runs = futures::stream::iter((0..flows * 10).map(|number| {
        let (fixture, name) = (&fixture, &names[usize::try_from(number % flows).unwrap()]);
        let status = STATUSES[usize::try_from(number % 5).unwrap()];
        async move { fixture.add_run(number, name, status).await }
    }));
    assert_eq!(runs.buffer_unordered(64).count().await, names.len() * 10);
    let (ctx, tally) = Tally::of(&fixture.ctx);
    fixture.ctx = ctx;
    (fixture, tally)
}

/// Requests of each page, the configuration being known.
async fn requests(fixture: &Fixture, tally: &Tally) -> Vec<(String, usize)> {
    let operator = fixture.visitor(None, &[]).await;
    operator.page(HOME).await;
    let mut all = Vec::new();
    for page in [
        "",
        "?q=flow-0007",
        "?cursor=flow-0004",
        "/flows/flow-0007",
        "/runs",
        "/runs?status=failed",
        "/runs?flow=flow-0007",
        "/runs/r-0000005",
        "/dead-letters",
        "/connections",
        "/audit",
        "/alarms",
    ] {
        let before = tally.counts();
        operator.page(&format!("{HOME}{page}")).await;
        all.push((page.to_owned(), tally.counts().since(&before).requests()));
    }
    all
}

#[tokio::test]
async fn a_thousand_flows_and_ten_thousand_runs_cost_a_page_no_more_than_few_do() {
    let (few, few_tally) = filled(50).await;
    let (many, many_tally) = filled(1_000).await;
    let (few, many_requests) = (requests(&few, &few_tally).await, requests(&many, &many_tally).await);
    for ((page, few), (_, many)) in few.iter().zip(&many_requests) {
        println!("{HOME}{page}: {few} requests, {many} with a thousand flows");
        let most = match page.as_str() {
            // What the newest runs of all flows do not show of a flow is read for it.
            "" | "?cursor=flow-0004" => 30,
            // Each flow's slot is looked at for the alarms, a hundred in a request.
            "/alarms" => few + 10,
            _ => *few,
        };
        assert!(*many <= most, "{page}: {few}, then {many}");
    }
    let operator = many.visitor(None, &[]).await;
    let (mut seen, mut next) = (BTreeSet::new(), Some(HOME.to_owned()));
    while let Some(page) = next {
        let page = operator.page(&page).await;
        assert!(page.rows() <= 25, "{}", page.rows());
        let flows = page.links().into_iter().filter(|link| link.starts_with("/system/integrations/flows/"));
        seen.extend(flows);
        next = page.next();
    }
    assert_eq!(seen.len(), 1_000);
    let found = operator.page(&format!("{HOME}?q=flow-0987")).await;
    assert!(found.rows() == 1 && found.has("flow-0987"), "{}", found.body);
    // A connection names some of its flows, and leads to all of them.
    let connections = operator.page(&format!("{HOME}/connections")).await;
    assert!(connections.links().iter().filter(|link| link.contains("/flows/")).count() <= 40);
    let of_connection = connections.links().into_iter().find(|link| link.ends_with("?q=b1-main")).unwrap();
    assert_eq!(operator.page(&of_connection).await.rows(), 25);
    let runs = operator.page(&format!("{HOME}/runs?flow=flow-0987&since=28d")).await;
    assert_eq!(runs.rows(), 10);
    // So many flows are not chosen from a list: one is typed.
    let runs = operator.page(&format!("{HOME}/runs")).await;
    assert!(runs.has("<input id=\"flow\"") && !runs.has("<select id=\"flow\""));
    let proposed = runs.body.split("<datalist").nth(1).unwrap().split("</datalist>").next().unwrap();
    assert_eq!((runs.rows(), proposed.matches("<option").count()), (50, 50));
    assert!(runs.body.len() < 60_000, "{}", runs.body.len());
    // By part of its id or name, in whichever case; where several have it, one of them is chosen.
    let typed = operator.page(&format!("{HOME}/runs?flow=FLOW-098&since=28d&status=failed")).await;
    let choices: Vec<String> = typed.links().into_iter().filter(|link| link.contains("/runs?flow=flow-098")).collect();
    assert_eq!((typed.rows(), choices.len()), (0, 10), "{}", typed.body);
    assert_eq!(choices[5], format!("{HOME}/runs?flow=flow-0985&status=failed&since=28d"));
    assert_eq!(operator.page(&choices[5]).await.rows(), 10);
    assert_eq!(operator.page(&format!("{HOME}/runs?flow=LOW-0985&since=28d")).await.rows(), 10);
    let all = operator.page(&format!("{HOME}/runs?flow=flow")).await;
    assert!(all.links().iter().filter(|link| link.contains("/runs?flow=flow-")).count() == 20, "{}", all.body);
    let none = operator.page(&format!("{HOME}/runs?flow=no-such-flow")).await;
    assert!(none.rows() == 0 && none.has("value=\"no-such-flow\""), "{}", none.body);
}

/// What the pages and the API show of flows, held against the runs of each by itself.
async fn shown_as_stored(fixture: &Fixture, tally: &Tally) -> usize {
    let (ctx, tenant) = (&fixture.ctx, &TenantId::operator());
    let before = tally.counts();
    let listed = flows::list_with_activity(ctx, tenant, (None, None, 25), 24).await.unwrap().items;
    let requests = tally.counts().since(&before).requests();
    let plain = flows::list(ctx, tenant, None, None, 25).await.unwrap().items;
    for ((state, hours), plain) in listed.into_iter().zip(plain) {
        assert_eq!(state, plain);
        let newest = async |statuses: &[RunStatus]| {
            let filter = Filter { flows: vec![state.id.clone()], statuses: statuses.to_vec(), ..Filter::default() };
            runs::list(ctx, tenant, &filter, None, 1).await.unwrap().runs.pop()
        };
        let (last_run, success) = (newest(&[]).await, newest(&[RunStatus::Succeeded]).await);
        assert_eq!(state.last_run, last_run, "{}", state.id);
        assert_eq!(state.last_success_ms, success.map(|run| run.ended_ms.unwrap()), "{}", state.id);
        assert_eq!(hours, flows::activity(ctx, tenant, &state.id, 24).await.unwrap(), "{}", state.id);
        let (one, of_one) = flows::one_with_activity(ctx, tenant, &state.id, 24).await.unwrap();
        assert_eq!((one.state, of_one), (state, hours));
    }
    requests
}

#[tokio::test]
async fn what_a_page_shows_of_its_flows_is_right_however_the_runs_lie_and_costs_few_requests() {
    let names: Vec<String> = (0..30).map(|number| format!("flow-{number:04}")).collect();
    // How many runs there are, how many flows they are of, how far apart, which of the flows have only old ones, and what the
    // page may cost: nothing at all; a quiet site; many runs a day; more than are read of all; one flow with nearly all of them.
    for (count, of, apart_ms, most) in [
        (0, 1, 60_000, 10),
        (400, 30, 600_000, 10),
        (4_000, 30, 40_000, 10),
        (4_000, 20, 10_000, 6 * 25),
        (3_500, 1, 10_000, 6 * 25),
    ] {
        let mut fixture = Fixture::of_flows(names.iter().map(String::as_str)).await;
        let made = futures::stream::iter((0..count).map(|number: i64| {
            let fixture = &fixture;
            // Mixed, and the same each time.
            let drawn = usize::try_from(number * 7_919 % 104_729).unwrap();
            let (name, status) = (&names[drawn % of], STATUSES[drawn / 30 % 5]);
            async move { fixture.add_run_at(number, name, status, number * apart_ms).await }
        }));
        made.buffer_unordered(64).count().await;
        // Before all of these, one that went well and one that failed of each second flow.
        for (number, name) in (0_i64..).zip(&names).filter(|(number, _)| number % 2 == 0) {
            let old = 40 * 86_400_000;
            fixture.add_run_at(1_000_000 + number, name, RunStatus::Succeeded, old + number).await;
            fixture.add_run_at(2_000_000 + number, name, RunStatus::Failed, old - 5_000).await;
        }
        let (ctx, tally) = Tally::of(&fixture.ctx);
        fixture.ctx = ctx;
        let requests = shown_as_stored(&fixture, &tally).await;
        println!("{count} runs of {of} flows, {apart_ms} ms apart: {requests} requests for 25 flows");
        assert!(requests <= most, "{requests} requests with {count} runs");
    }
}
