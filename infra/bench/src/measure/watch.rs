//! Takes a call in process apart: what the engine in memory took, what the SDK's client took around it,
//! and what is left. Processor time of the one thread that works, so that others on the machine do not
//! count.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_bench::Result;
use tenon_bench::report::Times;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::local::{QUEUE_TABLE, TABLE};
use tenon_engine::{Gate, GateDecision, Local, Moment, TableQueue};
use tenon_platform::context::Parts as ContextParts;
use tenon_platform::http::NoHttp;
use tenon_platform::table::Table;
use tenon_platform::{Clock, Context, Entropy};

/// What one call took, in processor time.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// From the request to the response.
    pub whole: Duration,
    /// In requests to table and queue, the SDK's client included.
    pub requests: Duration,
    /// In the engine.
    pub engine: Duration,
    /// What the engine was asked, and how often.
    pub operations: BTreeMap<String, usize>,
}

/// Stands watch over one call at a time.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    parts: Parts,
    call_begun: Duration,
    request_begun: Duration,
    engine_begun: Duration,
}

/// Processor time of this thread.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    Duration::from_secs(number(time.tv_sec)) + Duration::from_nanos(number(time.tv_nsec))
}

impl Watch {
    /// A world on this database whose requests are watched. Its work must stay on one thread.
    ///
    /// # Errors
    /// As the world's.
    pub fn context(&self, local: &Local) -> Result<Context> {
        let gated = local.with_gate(self.gate());
        let config = gated.client.config().to_builder().interceptor(self.clone()).build();
        let (client, clock, entropy) = (Client::from_conf(config), Clock::system(), Entropy::system());
        let queues = gated.queue_client.config().to_builder().interceptor(self.clone()).build();
        let queue = TableQueue::new(Client::from_conf(queues), QUEUE_TABLE, clock.clone(), entropy.clone());
        Ok(Context::new(ContextParts {
            table: Table::new(client, TABLE),
            queue: Arc::new(queue),
            http: Arc::new(NoHttp),
            clock,
            entropy,
            master_key: MasterKey::from_bytes([7; 32]),
        })?)
    }

    /// A call begins.
    pub fn begin(&self) {
        *self.seen() = Seen { call_begun: now(), ..Seen::default() };
    }

    /// It has ended.
    pub fn end(&self) -> Parts {
        let ended = now();
        let mut seen = self.seen();
        seen.parts.whole = ended.saturating_sub(seen.call_begun);
        std::mem::take(&mut seen.parts)
    }

    /// What the SDK's client takes of one request before its first hook and after its last, which
    /// [`Parts::requests`] does not hold: the median over bare requests.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn unseen(&self, local: &Local) -> Result<Duration> {
        let config = local.with_gate(self.gate()).client.config().to_builder().interceptor(self.clone()).build();
        let client = Client::from_conf(config);
        let mut unseen = Vec::new();
        for _ in 0..2_000 {
            let text = |text: &str| AttributeValue::S(text.to_owned());
            let request = client.get_item().table_name(TABLE).key("pk", text("none")).key("sk", text("-"));
            self.begin();
            request.send().await?;
            let parts = self.end();
            unseen.push(parts.whole.saturating_sub(parts.requests));
        }
        Ok(Times::new(unseen.split_off(500)).median())
    }

    fn gate(&self) -> Gate {
        let watch = self.clone();
        Gate::new(move |operation, moment| {
            let at = now();
            let mut seen = watch.seen();
            match moment {
                Moment::Before => {
                    *seen.parts.operations.entry(operation.to_owned()).or_default() += 1;
                    seen.engine_begun = at;
                }
                Moment::After => {
                    let took = at.saturating_sub(seen.engine_begun);
                    seen.parts.engine += took;
                }
            }
            GateDecision::Go
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        self.seen().request_begun = now();
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let ended = now();
        let mut seen = self.seen();
        let took = ended.saturating_sub(seen.request_begun);
        seen.parts.requests += took;
        Ok(())
    }
}
