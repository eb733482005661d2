//! Drafts of B1 that are approved in DingTalk, from the poll to the write-back.

use super::{Spent, worked_off};
use crate::approvals::main_job::purchase_request;
use std::time::Duration;
use tenon_engine::Tally;
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK};
use tenon_tests::{TestApp, TestAppOptions};

const DRAFTS: usize = 20;

fn calls(app: &TestApp) -> usize {
    app.crash_injector.calls().len()
}

/// A poll, a minute after the one before.
async fn polled(app: &TestApp) -> Spent {
    app.clock.advance(Duration::from_secs(61));
    let before = calls(app);
    tenon_approvals::poll::handler(&app.ctx_of("approvals-poll")).await.unwrap();
    Spent { from_schedule: 1, calls: calls(app) - before, ..Spent::default() }
}

async fn created(app: &TestApp, number: usize) -> Vec<i64> {
    (0..number).map(|_| app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0).collect()
}

fn approve(app: &TestApp, drafts: &[i64]) {
    for draft in drafts {
        let instance = app.open_instance(*draft).unwrap();
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    }
    app.clock.advance(Duration::from_secs(5));
}

/// Those of a second page of drafts, so that sessions, tokens, the template and the configuration are there.
pub async fn measured() -> Vec<(&'static str, Spent)> {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (ctx, tally) = Tally::of(&app.ctx);
    app.ctx = ctx;
    let first = created(&app, 1).await;
    polled(&app).await;
    worked_off(&app.ctx, &APPROVALS_SUBMIT).await;
    approve(&app, &first);
    app.deliver_callbacks().await;
    worked_off(&app.ctx, &APPROVALS_WRITE_BACK).await;
    assert_eq!(app.decisions(first[0]), ["ardApproved"]);

    let drafts = created(&app, DRAFTS).await;
    let found = Spent::by(&tally, DRAFTS, polled(&app)).await;
    let submitted = Spent::by(&tally, DRAFTS, async {
        let before = calls(&app);
        let from_queue = worked_off(&app.ctx, &APPROVALS_SUBMIT).await;
        Spent { from_queue, calls: calls(&app) - before, ..Spent::default() }
    });
    let submitted = submitted.await;
    approve(&app, &drafts);
    let spent = Spent::by(&tally, DRAFTS, async {
        app.deliver_callbacks().await;
        Spent { from_http: DRAFTS, ..Spent::default() }
    });
    let spent = spent.await;
    let written_back = Spent::by(&tally, DRAFTS, async {
        let before = calls(&app);
        let from_queue = worked_off(&app.ctx, &APPROVALS_WRITE_BACK).await;
        Spent { from_queue, calls: calls(&app) - before, ..Spent::default() }
    });
    let written_back = written_back.await;
    assert!(drafts.iter().all(|draft| app.decisions(*draft) == ["ardApproved"]));
    vec![
        ("a draft found by a poll", found),
        ("a submission", submitted),
        ("a callback of the OA", spent),
        ("a write-back", written_back),
    ]
}
