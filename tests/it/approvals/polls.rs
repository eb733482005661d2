//! A poll that takes longer than its period.

use super::main_job::purchase_request;
use async_trait::async_trait;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_platform::{Clock, Context};
use tenon_tests::{TestApp, TestAppOptions};

/// While the first list is asked for, the schedule ticks five times more, each a while after the other.
struct Slow {
    inner: Arc<dyn Http>,
    process: Arc<OnceLock<Context>>,
    clock: Clock,
    lists: Arc<AtomicUsize>,
}

#[async_trait]
impl Http for Slow {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let is_list = call.method == http::Method::GET && call.url.contains("/Drafts?") && call.url.contains("U_ISSYN");
        if is_list && self.lists.fetch_add(1, Ordering::SeqCst) == 0 {
            for _ in 0..5 {
                self.clock.advance(Duration::from_secs(120));
                tenon_approvals::poll::handler(self.process.get().unwrap()).await.unwrap();
            }
        }
        self.inner.call(call).await
    }
}

#[tokio::test]
async fn a_poll_that_takes_longer_than_its_period_is_joined_by_no_other_and_queues_each_document_once() {
    let app = TestApp::new(TestAppOptions::default()).await;
    for _ in 0..3 {
        app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    }
    let (process, lists) = (Arc::new(OnceLock::new()), Arc::default());
    let mut ctx = app.ctx.clone();
    let inner = Arc::clone(&app.ctx.http);
    ctx.http =
        Arc::new(Slow { inner, process: Arc::clone(&process), clock: app.clock.clone(), lists: Arc::clone(&lists) });
    process.set(ctx.clone()).ok().unwrap();
    tenon_approvals::poll::handler(&ctx).await.unwrap();
    assert_eq!(lists.load(Ordering::SeqCst), 1, "another poll began while one was under way");
    assert_eq!(app.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total(), 3);
    app.clock.advance(Duration::from_secs(120));
    tenon_approvals::poll::handler(&ctx).await.unwrap();
    assert_eq!(lists.load(Ordering::SeqCst), 2, "the next begins when that has ended");
}
