//! The end of a link and of its run are one write, whatever dies. Where the run could not be told with it, and the
//! message is lost, it ends all the same.

use super::main_job::purchase_request;
use crate::versions::set_version;
use std::time::Duration;
use tenon_catalog::shapes::version;
use tenon_engine::Moment;
use tenon_flows::approvals::links;
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_tests::{Boundary, TestApp, TestAppOptions};

fn flow() -> FlowId {
    FlowId::new("purchase-request")
}

async fn run_of(app: &TestApp, draft: i64) -> Run {
    let mut runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow(), 100).await.unwrap();
    runs.retain(|r| r.document == Some(DocumentKey::Number(draft)));
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// A site whose approved draft is about to be written back, by a process that dies at this effect.
async fn about_to_write_back(dies_at: Option<usize>) -> (TestApp, i64) {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.deliver_callbacks().await;
    app.restart(dies_at.map(|effect| Boundary { effect, moment: Moment::After }));
    (app, draft)
}

async fn is_over(app: &TestApp, draft: i64) -> bool {
    let link = links::get(&app.ctx, &TenantId::operator(), &flow(), &DocumentKey::Number(draft)).await.unwrap();
    link.unwrap().data.state.is_finished()
}

/// A site on which the link is over and its run does not say so, with the message gone: a newer version told the run.
async fn ended_without_run() -> (TestApp, i64) {
    let (mut app, draft) = about_to_write_back(None).await;
    let own = version("default#RUN#r");
    assert!(set_version(&app, "RUN", Some(own + 1)).await > 1);
    app.step().await;
    assert!(is_over(&app, draft).await);
    set_version(&app, "RUN", Some(own)).await;
    app.restart(None);
    app.clock.advance(Duration::from_secs(200));
    for message in app.ctx.queue.receive(&APPROVALS_WRITE_BACK, 10, Duration::from_secs(1)).await.unwrap() {
        app.ctx.queue.delete(&APPROVALS_WRITE_BACK, &message.receipt).await.unwrap();
    }
    assert_eq!(run_of(&app, draft).await.status, RunStatus::Running);
    (app, draft)
}

#[tokio::test]
async fn wherever_a_process_dies_a_document_that_is_done_with_has_a_run_that_says_so() {
    let (mut whole, draft) = about_to_write_back(None).await;
    whole.step().await;
    assert!(is_over(&whole, draft).await);
    let effects = whole.crash_injector.effects();
    let (mut after, mut before) = (0, 0);
    for back in 1..=effects {
        let (mut app, draft) = about_to_write_back(Some(effects - back)).await;
        app.step().await;
        app.restart(None);
        let ended = run_of(&app, draft).await.ended_ms.is_some();
        assert_eq!(is_over(&app, draft).await, ended, "{back} effects before the end");
        (after, before) = if ended { (after + 1, before) } else { (after, before + 1) };
        if before == 4 {
            break;
        }
    }
    assert!(after > 0 && before == 4, "{after} after the end, {before} before it");
}

#[tokio::test]
async fn a_run_whose_document_is_done_with_ends_by_itself() {
    let (mut app, draft) = ended_without_run().await;
    for _ in 0..21 {
        app.minute().await;
    }
    let run = run_of(&app, draft).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert!(run.ended_ms.is_some() && run.message.contains("written back"), "{run:?}");
    // Nor is it looked at again.
    let before = links::ended_before(&app.ctx, &TenantId::operator(), &flow(), i64::MAX / 2, 10).await.unwrap();
    assert!(before.is_empty(), "{before:?}");
}

#[tokio::test]
async fn a_retry_looks_at_the_link_first() {
    let (app, draft) = ended_without_run().await;
    let run = run_of(&app, draft).await;
    let text = operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap().into_message();
    assert!(text.contains("done with") && text.contains("nothing to retry"), "{text}");
    assert_eq!(run_of(&app, draft).await.status, RunStatus::Succeeded);
    let queued = app.local.queue.depth(&tenon_platform::queue::APPROVALS_SUBMIT).await.unwrap().total();
    assert_eq!(queued, 0, "a submission was queued");
}
