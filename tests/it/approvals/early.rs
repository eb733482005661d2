//! Decisions that come while their document is still being submitted: they are written as soon as that is done, and not
//! after a while on the queue. What is of no such document waits for none.

use super::main_job::purchase_request;
use super::prices::quotation;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tenon_approvals::submit::Submitter;
use tenon_approvals::write_back::WriteBacker;
use tenon_platform::Context;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::queue::{APPROVALS_SUBMIT, APPROVALS_WRITE_BACK};
use tenon_tests::{TestApp, TestAppOptions};
use tokio::task::JoinHandle;

const VISIBILITY: Duration = Duration::from_secs(180);

/// Where the submission is when the decision comes.
#[derive(Clone, Copy, PartialEq)]
enum While {
    /// The instance is there, and the answer to its create is on its way.
    Created,
    /// The mark is on its way.
    Marked,
    /// As [`Created`](Self::Created), and what is decided is a form of prices.
    CreatedAndPriced,
}

/// Decides the document's instance while a call of its submission is on its way, and lets the write-back run up to
/// where it waits.
struct Deciding {
    inner: Arc<dyn Http>,
    app: Arc<OnceLock<TestApp>>,
    process: Arc<OnceLock<Context>>,
    draft: i64,
    at: While,
    written: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Deciding {
    async fn decide(&self) {
        let app = self.app.get().unwrap();
        let instance = match self.at {
            While::CreatedAndPriced => {
                let form = quotation(&[("11028", "205.5", None)]);
                app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap()
            }
            While::Created | While::Marked => app.open_instance(self.draft).unwrap(),
        };
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
        app.deliver_callbacks().await;
        let ctx = self.process.get().unwrap().clone();
        let writing = tokio::spawn(async move {
            tenon_testkit::pump(&ctx, &APPROVALS_WRITE_BACK, &WriteBacker, VISIBILITY).await;
        });
        if self.at == While::CreatedAndPriced {
            // As long as this call has no answer, who waited for it would not end.
            for _ in 0..10_000 {
                if writing.is_finished() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            assert!(writing.is_finished(), "it waits for a submission that is not its own");
            writing.await.unwrap();
            assert_eq!(app.sandbox.b1().rows("SpecialPrices").len(), 1);
            *self.written.lock().unwrap() = Some(tokio::spawn(std::future::ready(())));
            return;
        }
        *self.written.lock().unwrap() = Some(writing);
        // Nothing but this call and the write-back can go on, which has read what there is by then.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Http for Deciding {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let create = call.method == http::Method::POST && call.url.ends_with("/v1.0/workflow/processInstances");
        let mark = call.method == http::Method::PATCH && call.url.contains("/Drafts(");
        let begun = self.written.lock().unwrap().is_some();
        let is_now = !begun && if self.at == While::Marked { mark } else { create };
        if is_now && self.at == While::Marked {
            self.decide().await;
        }
        let answer = self.inner.call(call).await;
        if is_now && self.at != While::Marked {
            self.decide().await;
        }
        answer
    }
}

/// Submits a document, and decides at that moment; the draft.
async fn submitted(at: While) -> (Arc<OnceLock<TestApp>>, i64) {
    let app = TestApp::new(TestAppOptions::default()).await;
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    tenon_approvals::poll::handler(&app.ctx).await.unwrap();
    let (mut ctx, inner) = (app.ctx.clone(), Arc::clone(&app.ctx.http));
    let (there, process, written) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()), Arc::default());
    ctx.http = Arc::new(Deciding {
        inner,
        app: Arc::clone(&there),
        process: Arc::clone(&process),
        draft,
        at,
        written: Arc::clone(&written),
    });
    process.set(ctx.clone()).ok().unwrap();
    there.set(app).ok().unwrap();
    tenon_testkit::pump(&ctx, &APPROVALS_SUBMIT, &Submitter, VISIBILITY).await;
    let writing = written.lock().unwrap().take().expect("decided in the middle");
    writing.await.unwrap();
    (there, draft)
}

async fn is_written_at_once(at: While) {
    let (there, draft) = submitted(at).await;
    let app = there.get().unwrap();
    assert_eq!(app.draft(draft)["U_ISSYN"], "Y");
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert_eq!(app.draft(draft)["U_Remarks"], "同意");
    assert_eq!(app.instances_of(draft).len(), 1);
    assert_eq!(app.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total(), 0, "it went round by the queue");
}

#[tokio::test]
async fn a_decision_that_comes_before_the_answer_to_the_create_is_written_when_that_is_stored() {
    is_written_at_once(While::Created).await;
}

#[tokio::test]
async fn a_decision_that_comes_while_its_document_is_marked_is_written_when_that_is_done() {
    is_written_at_once(While::Marked).await;
}

#[tokio::test]
async fn prices_that_are_approved_while_a_document_is_submitted_wait_for_nothing() {
    let (there, draft) = submitted(While::CreatedAndPriced).await;
    assert_eq!(there.get().unwrap().instances_of(draft).len(), 1);
}
