//! A queue's work: one typed job, owned by the crate whose work it is. Nobody lists the jobs: a message names its
//! own, and one that lies where another job is done goes to the dead letters with that reason.

use crate::consumer::Worker;
use crate::context::Context;
use crate::error::{Error, Result};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tenon_model::message::Envelope;

/// The work of one queue.
#[async_trait]
pub trait Job: Send + Sync + 'static {
    /// What a message says.
    type Message: DeserializeOwned + Send + Sync;
    /// The name in its messages. Once messages are under way, it does not change.
    const NAME: &'static str;

    /// Does the work of one message. The error's retry class decides what becomes of the message.
    async fn run(&self, ctx: &Context, message: &Envelope<Self::Message>) -> Result<()>;

    /// The message is about to go to the dead-letter queue: tell whoever waits for it.
    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<Self::Message>, error: &Error) -> Result<()>;

    /// The batch is done: give back what was held for it.
    async fn on_batch_end(&self, _ctx: &Context) {}

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
