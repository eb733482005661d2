//! What an outage or a great number of documents costs: messages and calls, not more than documents.

use super::main_job::purchase_request;
use serde_json::json;
use std::collections::BTreeSet;
use tenon_model::message::Envelope;
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{Site, SiteOptions};

async fn messages(site: &Site) -> usize {
    site.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total()
}

/// A minute in three steps, for hours in which little happens.
async fn minute(site: &mut Site) {
    for _ in 0..3 {
        site.step().await;
        site.clock.advance(std::time::Duration::from_secs(20));
    }
}

fn drafts(site: &Site, number: usize) -> Vec<i64> {
    let new = |_| site.sandbox.b1().create_draft(site.clock.now_ms(), purchase_request()).unwrap().0;
    (0..number).map(new).collect()
}

async fn all_submitted(site: &mut Site, drafts: &[i64]) {
    let wanted = drafts.len();
    site.minutes_until(70, "submission of all", move |s| s.sandbox.dingtalk().instance_count() >= wanted).await;
    for draft in drafts {
        assert_eq!(site.instances_of(*draft).len(), 1, "draft {draft}");
    }
    assert_eq!(site.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_hour_without_approval_requests_queues_each_document_once_at_most() {
    let mut site = Site::new(SiteOptions::default()).await;
    let drafts = drafts(&site, 50);
    site.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("GET", "ApprovalRequests").always());
    let mut most = 0;
    for _ in 0..60 {
        minute(&mut site).await;
        most = most.max(messages(&site).await);
    }
    assert!(most <= drafts.len(), "{most} messages of {} documents", drafts.len());
    let reads = site.sandbox.calls("GET ApprovalRequests");
    assert!(reads < 600, "{reads} reads of a set that is out");
    site.sandbox.clear_faults();
    all_submitted(&mut site, &drafts).await;
}

#[tokio::test]
async fn an_hour_without_b1_costs_a_probe_a_minute() {
    let mut site = Site::new(SiteOptions::default()).await;
    let drafts = drafts(&site, 20);
    // Queued, and then nothing answers.
    tenon_approvals::poll::handler(&site.ctx).await.unwrap();
    assert_eq!(messages(&site).await, 20);
    site.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).always());
    for _ in 0..10 {
        site.minute().await;
    }
    let before = calls(&site);
    for _ in 0..50 {
        minute(&mut site).await;
    }
    let made = calls(&site) - before;
    assert!(made <= 120, "{made} calls in 50 minutes of an outage");
    assert_eq!(messages(&site).await, 20);
    site.sandbox.clear_faults();
    all_submitted(&mut site, &drafts).await;
}

fn calls(site: &Site) -> usize {
    site.sandbox.snapshot().log.len()
}

#[tokio::test]
async fn no_two_messages_of_one_document_are_under_way_while_many_polls_look() {
    let mut site = Site::new(SiteOptions {
        config: Some(|c| c["flows"][0]["source"]["page_size"] = json!(7)),
        ..SiteOptions::default()
    })
    .await;
    let drafts = drafts(&site, 30);
    for _ in 0..5 {
        tenon_approvals::poll::handler(&site.ctx).await.unwrap();
        site.clock.advance(std::time::Duration::from_secs(60));
    }
    let seen = site.local.queue.peek(&APPROVALS_SUBMIT, 100).await.unwrap();
    let works: BTreeSet<String> = seen
        .iter()
        .map(|m| serde_json::from_str::<Envelope>(&m.body).unwrap())
        .map(|e| serde_json::to_value(&e.body).unwrap()["key"].to_string())
        .collect();
    assert_eq!((seen.len(), works.len()), (30, 30));
    all_submitted(&mut site, &drafts).await;
}

#[tokio::test]
async fn a_document_that_is_sent_again_is_not_held_up_by_the_message_of_its_former_attempt() {
    let mut site = Site::new(SiteOptions::default()).await;
    let draft = drafts(&site, 1)[0];
    site.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    site.minute().await;
    let instance = site.open_instance(draft).unwrap();
    site.sandbox.dingtalk().terminate(site.clock.now_ms(), &instance).unwrap();
    site.minutes_until(5, "another submission", |s| s.instances_of(draft).len() == 2).await;
}
