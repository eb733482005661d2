//! Jobs that retry many runs.

use super::{Site, call_once};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_admin::bulk_retry::BulkRetrier;
use tenon_engine::{Gate, GateDecision};
use tenon_model::TenantId;
use tenon_model::run::{Run, RunStatus};
use tenon_platform::queue::{APPROVALS_SUBMIT, BULK_RETRY};
use tenon_platform::{Context, outbox, runs};
use tenon_testkit::pump;

const VISIBLE: Duration = Duration::from_secs(720);

async fn slice(ctx: &Context) -> usize {
    pump(ctx, &BULK_RETRY, &BulkRetrier, VISIBLE).await
}

async fn begin(site: &Site) -> String {
    let body = json!({ "filter": { "status": "failed" }, "reason": "B1 is back" });
    let job = site.ok("POST /admin/v1/bulk-retries", body).await;
    assert_eq!(job["state"], "listing");
    job["id"].as_str().unwrap().to_owned()
}

async fn all_items(site: &Site, job: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let line = format!("GET /admin/v1/bulk-retries/{job}/items?limit=60{cursor}");
        let page = site.ok(&line, Value::Null).await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn outcomes(items: &[Value]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for item in items {
        *counted.entry(item["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counted
}

#[tokio::test]
async fn two_hundred_are_retried_until_somebody_cancels() {
    let site = Site::new().await;
    for number in 0..200 {
        site.run("pr", number, RunStatus::Failed).await;
    }
    for (number, status) in (300..).zip(RunStatus::ALL) {
        if status != RunStatus::Failed {
            site.run("pr", number, status).await;
        }
    }
    site.run("gone", 400, RunStatus::Failed).await;
    let poll = Run { document: None, ..site.run("pr", 401, RunStatus::Ended).await };
    site.save(&Run { status: RunStatus::Failed, ..poll }).await;
    let review = site.ok("POST /admin/v1/bulk-retries/review", json!({ "filter": {} })).await;
    assert_eq!((&review["count"], &review["complete"]), (&json!(200), &json!(true)));
    assert_eq!(review["first"].as_array().unwrap().len(), 20);
    let left: Vec<_> =
        review["not_taken"].as_array().unwrap().iter().map(|n| (n["why"].clone(), n["count"].clone())).collect();
    let whys = ["succeeded", "ended", "running", "retrying", "poll", "flow-gone"];
    assert_eq!(left, whys.map(|why| (json!(why), json!(1))));

    let job = begin(&site).await;
    // What fails now is not part of it.
    site.here.pass(Duration::from_secs(2_000));
    let mut late = site.run("pr", 999, RunStatus::Failed).await;
    late.started_ms = site.ctx().now_ms();
    site.save(&late).await;
    let read = async || site.ok(&format!("GET /admin/v1/bulk-retries/{job}"), Value::Null).await;
    while read().await["done"].as_u64().unwrap() < 80 {
        assert_eq!(slice(site.ctx()).await, 1);
    }
    let working = read().await;
    assert_eq!((&working["state"], &working["total"], &working["done"]), (&json!("working"), &json!(200), &json!(80)));
    let cancelled = site.ok(&format!("POST /admin/v1/bulk-retries/{job}/cancel"), Value::Null).await;
    assert_eq!(cancelled["state"], "cancelled");
    while slice(site.ctx()).await > 0 {}
    let ended = read().await;
    assert_eq!((&ended["state"], &ended["queued"]), (&json!("cancelled"), &json!(80)));
    let items = all_items(&site, &job).await;
    assert_eq!(outcomes(&items), BTreeMap::from([("cancelled".to_owned(), 120), ("queued".to_owned(), 80)]));
    assert!(items.iter().all(|item| (item["outcome"] == "queued") == (item["status"] == "retrying")), "{items:?}");
    assert_eq!(site.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 80);
    let again = site.ok(&format!("POST /admin/v1/bulk-retries/{job}/cancel"), Value::Null).await;
    assert_eq!(again["updated_ms"], ended["updated_ms"], "what has ended stays as it is");

    // Another job takes the rest, and the one that failed since.
    let second = begin(&site).await;
    while slice(site.ctx()).await > 0 {}
    let done = site.ok(&format!("GET /admin/v1/bulk-retries/{second}"), Value::Null).await;
    assert_eq!((&done["state"], &done["queued"], &done["failed"]), (&json!("done"), &json!(121), &json!(0)));
    assert_eq!(site.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 201);
    let jobs = site.ok("GET /admin/v1/bulk-retries", Value::Null).await;
    assert_eq!((&jobs["jobs"][0]["id"], &jobs["jobs"][1]["id"]), (&json!(second), &json!(job)));
    let noted: Vec<_> = site.noted().await.into_iter().map(|(did, _)| did).collect();
    assert_eq!(noted, ["start-bulk-retry", "cancel-bulk-retry", "start-bulk-retry"]);
}

#[tokio::test]
async fn a_job_is_begun_once_under_one_key_and_needs_a_reason() {
    let site = Site::new().await;
    let run = site.run("pr", 1, RunStatus::Failed).await;
    let done = site.run("pr", 2, RunStatus::Succeeded).await;
    let body = json!({ "runs": [run.id, done.id, "r-none"], "reason": "these" });
    let line = "POST /admin/v1/bulk-retries";
    let (status, one) = call_once(site.ctx(), &site.operator, line, &body, Some("k")).await;
    let (_, other) = call_once(site.ctx(), &site.operator, line, &body, Some("k")).await;
    assert_eq!((status, &one["data"]["id"]), (200, &other["data"]["id"]));
    while slice(site.ctx()).await > 0 {}
    let job =
        site.ok(&format!("GET /admin/v1/bulk-retries/{}", one["data"]["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!((&job["total"], &job["queued"], &job["not_taken"]), (&json!(1), &json!(1), &json!(2)));
    for (body, names) in [
        (json!({ "filter": {}, "reason": " " }), "reason"),
        (json!({ "filter": {} }), "reason"),
        (json!({ "reason": "x" }), "filter"),
        (json!({ "filter": {}, "runs": ["r-1"], "reason": "x" }), "runs"),
        (json!({ "runs": [], "reason": "x" }), "runs"),
        (json!({ "runs": ["a b"], "reason": "x" }), "runs[0]"),
        (json!({ "filter": { "stauts": "failed" }, "reason": "x" }), "filter.stauts"),
        (json!({ "filter": { "status": "broken" }, "reason": "x" }), "status"),
    ] {
        let (status, said) = site.refused(line, body.clone()).await;
        assert!(status == 400 && said.contains(names), "{body}: {said}");
    }
}

/// A process that dies at this effect of its, counted over table and queue.
fn dying(site: &Site, at: usize, seed: u64) -> (Context, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let gate = Gate::new(move |_, _| match counted.fetch_add(1, Ordering::SeqCst) >= at {
        true => GateDecision::Kill,
        false => GateDecision::Go,
    });
    (site.process(gate, seed), seen)
}

#[tokio::test]
async fn a_job_goes_on_wherever_its_process_died_and_retries_nothing_twice() {
    let (mut at, mut ended) = (0, false);
    while !ended {
        let site = Site::new().await;
        for number in 0..3 {
            site.run("pr", number, RunStatus::Failed).await;
        }
        let job = begin(&site).await;
        let (ctx, seen) = dying(&site, at, 100 + at as u64);
        for _ in 0..4 {
            slice(&ctx).await;
        }
        ended = seen.load(Ordering::SeqCst) < at;
        // The next process: what was promised is sent by the sweeper, what was in hand comes again.
        for _ in 0..6 {
            site.here.pass(VISIBLE);
            outbox::sweep::sweep_due(site.ctx()).await.unwrap();
            while slice(site.ctx()).await > 0 {}
        }
        let done = site.ok(&format!("GET /admin/v1/bulk-retries/{job}"), Value::Null).await;
        assert_eq!(
            (&done["state"], &done["total"], &done["done"]),
            (&json!("done"), &json!(3), &json!(3)),
            "at {at}: {done}"
        );
        let items = all_items(&site, &job).await;
        assert_eq!(outcomes(&items), BTreeMap::from([("queued".to_owned(), 3)]), "at {at}: {items:?}");
        for item in &items {
            let id = tenon_model::RunId::new(item["run"].as_str().unwrap());
            let steps = runs::steps(site.ctx(), &TenantId::operator(), &id).await.unwrap();
            let retried = steps.iter().filter(|step| step.name == "retry by operator").count();
            assert_eq!(retried, 1, "at {at}: {steps:?}");
        }
        let waiting = site.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total();
        assert!(waiting >= 3, "at {at}: every run has its message, {waiting}");
        at += 1;
    }
    assert!(at > 20, "the job has effects to die at: {at}");
}
