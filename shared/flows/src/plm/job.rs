//! One record's work, and with what it is done.

use super::fit::Fit;
use futures::future::BoxFuture;
use serde_json::{Map, Value};
use std::time::Duration;
use tenon_connectors::SETTLES;
use tenon_connectors::erp::{self, Erp, Place};
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::PlmFlow;
use tenon_model::json::{self, number};
use tenon_model::plm::PlmRecord;
use tenon_model::{DocumentKey, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result, Retry, breaker};

/// The first pause before something is tried again while somebody waits; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// How often something is tried that no caller waits for: its message comes again.
const TRIES: u32 = 2;
/// With less time than this nothing is begun for a caller.
pub const LEAST: Duration = Duration::from_millis(1_500);

/// A record that is to be written.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its place among those that are answered together.
    pub place: usize,
    /// Its key.
    pub key: DocumentKey,
    /// Its fields by the ERP's names, the key among them.
    pub fields: Map<String, Value>,
    /// They as they are stored, and the SHA-256 of that.
    pub text: String,
    /// SHA-256 of the text.
    pub fingerprint: String,
    /// When it came, see [`PlmRecord::arrival`].
    pub arrival: i64,
    /// The push that brought it.
    pub push: String,
    /// The run that tells its history.
    pub run: RunId,
    /// Epoch ms at which it was pushed.
    pub began_ms: i64,
    /// What its sender is told besides.
    pub warnings: Vec<String>,
}

impl Job {
    /// Of a push.
    pub fn of(fit: Fit, push: &str, run: RunId, now_ms: i64) -> Self {
        let text = number::write(&Value::Object(fit.fields.clone()));
        Self {
            place: fit.place,
            key: fit.key,
            fingerprint: sha256_hex(text.as_bytes()),
            fields: fit.fields,
            text,
            arrival: now_ms,
            push: push.to_owned(),
            run,
            began_ms: now_ms,
            warnings: fit.warnings,
        }
    }

    /// Of what is stored; `None` when nothing is left to do, or nobody knows what.
    pub fn stored(place: usize, record: &PlmRecord) -> Option<Self> {
        let text = record.fields.clone()?;
        let Ok(Value::Object(fields)) = json::from_str(&text) else { return None };
        Some(Self {
            place,
            key: record.key.clone(),
            fields,
            text,
            fingerprint: record.fingerprint.clone(),
            arrival: record.arrival,
            push: record.push.clone(),
            run: record.run.clone(),
            began_ms: record.began_ms,
            warnings: Vec::new(),
        })
    }
}

/// With what records are written.
pub struct Work<'a> {
    /// The process, with the end of the time there is.
    pub ctx: &'a Context,
    /// The same without it: what became of a call is stored after its end.
    pub after: &'a Context,
    /// Whose flow it is.
    pub tenant: &'a TenantId,
    /// The flow.
    pub flow: &'a PlmFlow,
    /// The ERP.
    pub erp: Erp<'a>,
    /// Calls that the ERP makes for us at once.
    pub at_once: usize,
    /// The longest a write may take by the connection's configuration.
    pub longest: Duration,
    /// Whether a caller waits for the answer, and not a queue.
    pub is_awaited: bool,
}

impl<'a> Work<'a> {
    /// For a flow.
    ///
    /// # Errors
    /// When its connection cannot be used.
    pub fn new(
        (ctx, after): (&'a Context, &'a Context),
        tenant: &'a TenantId,
        loaded: &Loaded,
        flow: &'a PlmFlow,
        is_awaited: bool,
    ) -> Result<Self> {
        let facts = erp::of(loaded, &flow.erp)?;
        Ok(Self {
            ctx,
            after,
            tenant,
            flow,
            erp: Erp::open(ctx, tenant, loaded, &flow.erp)?,
            at_once: facts.calls_at_once.max(1),
            longest: facts.timeouts.write,
            is_awaited,
        })
    }

    /// Where a record of this key is.
    pub fn place(&self, key: &DocumentKey) -> Place {
        Place::new(self.flow.object(), key)
    }

    /// Until when a write that was sent at this time may be carried out, in epoch ms.
    pub fn settled_ms(&self, sent_ms: i64) -> i64 {
        sent_ms.saturating_add(millis(self.longest + SETTLES))
    }

    /// Whether there is time to begin something.
    pub fn has_time(&self) -> bool {
        self.ctx.time_left().is_none_or(|left| left >= LEAST)
    }

    /// Calls wait for a session, and whoever waits for them does not wait for ever.
    pub async fn in_time<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(left) = self.ctx.time_left() else { return call.await };
        tokio::time::timeout(left, call).await.unwrap_or_else(|_| {
            let message = "B1 没有在本次调用的时间内应答，写入是否完成尚不确定；将查证后继续，请稍后重新推送以取得结果";
            Err(Error::new("plm.unsettled", Retry::UnknownOutcome, message))
        })
    }

    /// Asks until there is an answer, or a refusal, or no time.
    pub async fn patiently<'f, T>(&self, request: impl Fn() -> BoxFuture<'f, Result<T>> + Send + Sync) -> Result<T> {
        let mut tries = 0;
        loop {
            match self.in_time(request()).await {
                Err(error) if self.may_try_again(&error, tries).await => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// Whether what ended so is tried again now; then the pause before it is over.
    pub async fn may_try_again(&self, error: &Error, tries: u32) -> bool {
        let least = match error.retry {
            Retry::Transient | Retry::Session | Retry::UnknownOutcome => Duration::ZERO,
            Retry::RateLimited(wait) => wait,
            _ => return false,
        };
        if !self.is_awaited && tries >= TRIES {
            return false;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << tries.min(3)).min(LONGEST_PAUSE).max(least);
        if self.ctx.time_left().is_some_and(|left| left < pause + LEAST) {
            return false;
        }
        // One that is out has failed often enough.
        if breaker::admit(self.after, self.tenant, &[&self.flow.erp]).await.is_err() {
            return false;
        }
        self.ctx.clock.sleep(self.ctx.entropy.jitter(pause)).await;
        true
    }
}
