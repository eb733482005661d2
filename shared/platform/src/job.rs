//! A queue's work: one typed job, owned by the crate whose work it is. Nobody lists the jobs: a message names its
//! own, and one that lies where another job is done goes to the dead letters with that reason.

use crate::consumer::Worker;
use crate::context::Context;
use crate::error::{Error, Result};
use async_trait::async_trait;
pub use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tenon_model::message::Envelope;

/// The work of one queue.
///
/// Its futures are boxed here, with one lifetime, and not by `async_trait`: the bounds that the macro writes on its
/// lifetimes make the compiler prove anew, for every method, that everything awaited below it can be sent between threads.
pub trait Job: Send + Sync + 'static {
    /// What a message says.
    type Message: DeserializeOwned + Send + Sync;
    /// The name in its messages. Once messages are under way, it does not change.
    const NAME: &'static str;

    /// Does the work of one message. The error's retry class decides what becomes of the message.
    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Self::Message>) -> BoxFuture<'a, Result<()>>;

    /// The message is about to go to the dead-letter queue: tell whoever waits for it.
    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Self::Message>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>>;

    /// The batch is done: give back what was held for it.
    fn on_batch_end<'a>(&'a self, _ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(async move {})
    }

    /// Messages of one batch worked on at once.
    fn at_once(&self) -> usize {
        4
    }

    /// Whether one message may last a thousand times as long as the next. A host that can answers for each
    /// alone then, so that a batch of short ones does not wait for its longest.
    fn uneven(&self) -> bool {
        false
    }

    /// The time a message needs as a rule. One whose turn comes with less than this left is given back for the
    /// next batch.
    fn needs(&self) -> Duration {
        Duration::from_secs(10)
    }
}

#[async_trait]
impl<J: Job> Worker for J {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        let message = envelope.of(J::NAME).map_err(|why| Error::permanent("platform.message", why))?;
        self.run(ctx, &message).await
    }

    async fn dead_letter(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        match envelope.of(J::NAME) {
            Ok(message) => self.on_dead_letter(ctx, &message, error).await,
            // Of another job, or of no form we know: nobody here waits for it.
            Err(_) => Ok(()),
        }
    }

    fn reads(&self, envelope: &Envelope) -> std::result::Result<(), String> {
        envelope.of::<J::Message>(J::NAME).map(drop)
    }

    async fn finished(&self, ctx: &Context) {
        self.on_batch_end(ctx).await;
    }

    fn at_once(&self) -> usize {
        Job::at_once(self)
    }

    fn uneven(&self) -> bool {
        Job::uneven(self)
    }

    fn needs(&self) -> Duration {
        Job::needs(self)
    }
}
