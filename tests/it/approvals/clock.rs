//! The wall clock is set ahead or back while work is under way.

use super::main_job::purchase_request;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tenon_approvals::submit::Submitter;
use tenon_flows::approvals::message::Submit;
use tenon_flows::approvals::submit;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::Context;
use tenon_platform::consumer::{Worker, consume};
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const CREATE: &str = "/v1.0/workflow/processInstances";
const VISIBILITY: Duration = Duration::from_secs(180);

/// What the same process does while its create is on its way, after the clock was set.
struct InFlight {
    inner: Arc<dyn Http>,
    process: Arc<OnceLock<Context>>,
    draft: i64,
    step_ms: i64,
    seen: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Http for InFlight {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let create = call.method == http::Method::POST && call.url.ends_with(CREATE);
        if create && self.seen.lock().unwrap().is_empty() {
            let ctx = self.process.get().unwrap();
            ctx.clock.step(self.step_ms);
            let again = ctx.queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
            let message = Submit {
                flow: FlowId::new("purchase-request"),
                key: DocumentKey::Number(self.draft),
                row: None,
                run: None,
                page: None,
            };
            let meanwhile = submit::submit(ctx, &TenantId::operator(), &message).await;
            let text = format!("received {}, {}", again.len(), meanwhile.unwrap_err().code);
            self.seen.lock().unwrap().push(text);
        }
        self.inner.call(call).await
    }
}

async fn set_while_a_create_is_in_flight(step_ms: i64) {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    tenon_approvals::poll::handler(&app.ctx).await.unwrap();
    let (process, seen) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
    let mut ctx = app.ctx.clone();
    let (inner, seen_there) = (Arc::clone(&ctx.http), Arc::clone(&seen));
    ctx.http = Arc::new(InFlight { inner, process: Arc::clone(&process), draft, step_ms, seen: seen_there });
    process.set(ctx.clone()).ok().unwrap();
    let messages = ctx.queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    let event = tenon_testkit::sqs_event(&messages);
    let worker: &dyn Worker = &Submitter;
    let failed = consume(&ctx, &APPROVALS_SUBMIT, worker, event).await.batch_item_failures;
    assert!(failed.is_empty());
    assert_eq!(*seen.lock().unwrap(), ["received 0, flow.busy"], "handed out what is held");
    for message in &messages {
        ctx.queue.delete(&APPROVALS_SUBMIT, &message.receipt).await.unwrap();
    }
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(app.instances_of(draft).len(), 1);
    assert_eq!(app.draft(draft)["U_ISSYN"], "Y");
}

#[tokio::test]
async fn a_clock_set_ahead_while_a_create_is_in_flight_makes_no_second_instance() {
    set_while_a_create_is_in_flight(600_000).await;
}

#[tokio::test]
async fn a_clock_set_back_while_a_create_is_in_flight_makes_no_second_instance() {
    set_while_a_create_is_in_flight(-600_000).await;
}

#[tokio::test]
async fn a_create_that_was_given_up_is_waited_for_by_elapsed_time() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    let late = FaultKind::Late(Duration::from_secs(25));
    app.sandbox.inject(Fault::new(late).vendor(Vendor::DingTalk).on("POST", CREATE));
    app.step().await;
    app.clock.step(600_000);
    app.minutes_until(10, "the mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
    app.minute().await;
    assert_eq!(app.instances_of(draft).len(), 1);
}

async fn polls_go_on_after(step_ms: i64) {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    for _ in 0..3 {
        app.minute().await;
    }
    app.clock.step(step_ms);
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    app.minutes_until(2, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    // Nor are there more of them than one a minute.
    let polls = |s: &TestApp| s.sandbox.calls("GET Drafts");
    let before = polls(&app);
    for _ in 0..5 {
        app.minute().await;
    }
    let made = polls(&app) - before;
    assert!((5..=7).contains(&made), "{made} polls in five minutes");
}

#[tokio::test]
async fn a_clock_set_back_stops_no_poll() {
    polls_go_on_after(-40_000).await;
    polls_go_on_after(-3_600_000).await;
}

#[tokio::test]
async fn a_clock_set_ahead_doubles_no_poll() {
    polls_go_on_after(600_000).await;
}
