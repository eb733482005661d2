//! Jobs that retry many runs.

use super::{Fixture, call_once};
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

async fn begin(fixture: &Fixture) -> String {
    let body = json!({ "filter": { "status": "failed" }, "reason": "B1 is back" });
    let job = fixture.ok("POST /admin/v1/bulk-retries", body).await;
    assert_eq!(job["state"], "listing");
    job["id"].as_str().unwrap().to_owned()
}

async fn all_items(fixture: &Fixture, job: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let line = format!("GET /admin/v1/bulk-retries/{job}/items?limit=60{cursor}");
        let page = fixture.ok(&line, Value::Null).await;
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
    let fixture = Fixture::new().await;
    for number in 0..200 {
        fixture.run("pr", number, RunStatus::Failed).await;
    }
    for (number, status) in (300..).zip(RunStatus::ALL) {
        if status != RunStatus::Failed {
            fixture.run("pr", number, status).await;
        }
    }
    fixture.run("gone", 400, RunStatus::Failed).await;
    let poll = Run { document: None, ..fixture.run("pr", 401, RunStatus::Ended).await };
    fixture.save(&Run { status: RunStatus::Failed, ..poll }).await;
    let review = fixture.ok("POST /admin/v1/bulk-retries/review", json!({ "filter": {} })).await;
    assert_eq!((&review["count"], &review["complete"]), (&json!(200), &json!(true)));
    assert_eq!(review["first"].as_array().unwrap().len(), 20);
    let left: Vec<_> =
        review["not_taken"].as_array().unwrap().iter().map(|n| (n["why"].clone(), n["count"].clone())).collect();
    let whys = ["succeeded", "ended", "running", "retrying", "poll", "flow-gone"];
    assert_eq!(left, whys.map(|why| (json!(why), json!(1))));

    let job = begin(&fixture).await;
    // What fails now is not part of it.
    fixture.here.pass(Duration::from_secs(2_000));
    let mut late = fixture.run("pr", 999, RunStatus::Failed).await;
    late.started_ms = fixture.ctx().now_ms();
    fixture.save(&late).await;
    let read = async || fixture.ok(&format!("GET /admin/v1/bulk-retries/{job}"), Value::Null).await;
    while read().await["done"].as_u64().unwrap() < 80 {
        assert_eq!(slice(fixture.ctx()).await, 1);
    }
    let working = read().await;
    assert_eq!((&working["state"], &working["total"], &working["done"]), (&json!("working"), &json!(200), &json!(80)));
    let cancelled = fixture.ok(&format!("POST /admin/v1/bulk-retries/{job}/cancel"), Value::Null).await;
    assert_eq!(cancelled["state"], "cancelled");
    while slice(fixture.ctx()).await > 0 {}
    let ended = read().await;
    assert_eq!((&ended["state"], &ended["queued"]), (&json!("cancelled"), &json!(80)));
    let items = all_items(&fixture, &job).await;
    assert_eq!(outcomes(&items), BTreeMap::from([("cancelled".to_owned(), 120), ("queued".to_owned(), 80)]));
    assert!(items.iter().all(|item| (item["outcome"] == "queued") == (item["status"] == "retrying")), "{items:?}");
    assert_eq!(fixture.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 80);
    let again = fixture.ok(&format!("POST /admin/v1/bulk-retries/{job}/cancel"), Value::Null).await;
    assert_eq!(again["updated_ms"], ended["updated_ms"], "what has ended stays as it is");

    // Another job takes the rest, and the one that failed since.
    let second = begin(&fixture).await;
    while slice(fixture.ctx()).await > 0 {}
    let done = fixture.ok(&format!("GET /admin/v1/bulk-retries/{second}"), Value::Null).await;
    assert_eq!((&done["state"], &done["queued"], &done["failed"]), (&json!("done"), &json!(121), &json!(0)));
    assert_eq!(fixture.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 201);
    let jobs = fixture.ok("GET /admin/v1/bulk-retries", Value::Null).await;
    assert_eq!((&jobs["jobs"][0]["id"], &jobs["jobs"][1]["id"]), (&json!(second), &json!(job)));
    let noted: Vec<_> = fixture.noted().await.into_iter().map(|(did, _)| did).collect();
    assert_eq!(noted, ["start-bulk-retry", "cancel-bulk-retry", "start-bulk-retry"]);
}

#[tokio::test]
async fn a_job_is_begun_once_under_one_key_and_needs_a_reason() {
    let fixture = Fixture::new().await;
    let run = fixture.run("pr", 1, RunStatus::Failed).await;
    let done = fixture.run("pr", 2, RunStatus::Succeeded).await;
    let body = json!({ "runs": [run.id, done.id, "r-none"], "reason": "these" });
    let line = "POST /admin/v1/bulk-retries";
    let (status, one) = call_once(fixture.ctx(), &fixture.operator, line, &body, Some("k")).await;
    let (_, other) = call_once(fixture.ctx(), &fixture.operator, line, &body, Some("k")).await;
    assert_eq!((status, &one["data"]["id"]), (200, &other["data"]["id"]));
    while slice(fixture.ctx()).await > 0 {}
    let job =
        fixture.ok(&format!("GET /admin/v1/bulk-retries/{}", one["data"]["id"].as_str().unwrap()), Value::Null).await;
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
        let (status, message) = fixture.refused(line, body.clone()).await;
        assert!(status == 400 && message.contains(names), "{body}: {message}");
    }
}

/// A process that dies at this effect of its, counted over table and queue.
fn dying(fixture: &Fixture, at: usize, seed: u64) -> (Context, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let gate = Gate::new(move |_, _| match counted.fetch_add(1, Ordering::SeqCst) >= at {
        true => GateDecision::Kill,
        false => GateDecision::Go,
    });
    (fixture.process(gate, seed), seen)
}

#[tokio::test]
async fn a_job_goes_on_wherever_its_process_died_and_retries_nothing_twice() {
    let (mut at, mut ended) = (0, false);
    while !ended {
        let fixture = Fixture::new().await;
        for number in 0..3 {
            fixture.run("pr", number, RunStatus::Failed).await;
        }
        let job = begin(&fixture).await;
        let (ctx, seen) = dying(&fixture, at, 100 + at as u64);
        for _ in 0..4 {
            slice(&ctx).await;
        }
        ended = seen.load(Ordering::SeqCst) < at;
        // The next process: what was promised is sent by the sweeper, what was in hand comes again.
        for _ in 0..6 {
            fixture.here.pass(VISIBLE);
            outbox::sweep::sweep_due(fixture.ctx()).await.unwrap();
            while slice(fixture.ctx()).await > 0 {}
        }
        let done = fixture.ok(&format!("GET /admin/v1/bulk-retries/{job}"), Value::Null).await;
        assert_eq!(
            (&done["state"], &done["total"], &done["done"]),
            (&json!("done"), &json!(3), &json!(3)),
            "at {at}: {done}"
        );
        let items = all_items(&fixture, &job).await;
        assert_eq!(outcomes(&items), BTreeMap::from([("queued".to_owned(), 3)]), "at {at}: {items:?}");
        for item in &items {
            let id = tenon_model::RunId::new(item["run"].as_str().unwrap());
            let steps = runs::steps(fixture.ctx(), &TenantId::operator(), &id).await.unwrap();
            let retried = steps.iter().filter(|step| step.name == "retry by operator").count();
            assert_eq!(retried, 1, "at {at}: {steps:?}");
        }
        let waiting = fixture.here.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total();
        assert!(waiting >= 3, "at {at}: every run has its message, {waiting}");
        at += 1;
    }
    assert!(at > 20, "the job has effects to die at: {at}");
}
