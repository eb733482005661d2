//! Many flows and many runs: what a page asks of the table does not grow with them, and everything is found.

use crate::fixture::{Fixture, HOME, STATUSES};
use futures::StreamExt;
use std::collections::BTreeSet;
use tenon_engine::Tally;

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
        // Each flow's slot is looked at for the alarms, a hundred in a request.
        let more = if page == "/alarms" { 10 } else { 0 };
        assert!(*many <= few + more, "{page}: {few}, then {many}");
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
}
