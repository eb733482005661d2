//! The way to one connection's vendor.

use super::meaning::Problem;
use super::redact::redact;
use super::token::TokenSource;
use super::vendor::{Effect, Vendor};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::error::Result;
use tenon_platform::http::{Answer, Call, Failure};
use tenon_platform::{Context, breaker};
use tokio::sync::Semaphore;

/// One stored connection, as every client has it.
pub(crate) struct Remote<'a> {
    pub ctx: &'a Context,
    pub vendor: &'static Vendor,
    pub tenant: TenantId,
    pub connection: ConnectionId,
    /// Of the connection: what is remembered of another revision does not count.
    pub revision: u64,
}

/// The calls of this process that are under way.
#[derive(Default)]
struct UnderWay(Mutex<HashMap<(TenantId, ConnectionId), Arc<Semaphore>>>);

impl<'a> Remote<'a> {
    pub fn new(
        ctx: &'a Context,
        vendor: &'static Vendor,
        tenant: &TenantId,
        connection: &ConnectionId,
        revision: u64,
    ) -> Self {
        Self { ctx, vendor, tenant: tenant.clone(), connection: connection.clone(), revision }
    }

    /// Makes a call when there is time for it and a place among those under way, and tells the breaker how it
    /// came out. An answer of any status is an answer.
    ///
    /// # Errors
    /// What [`Vendor::no_answer`] makes of a failure; that there is no time left.
    pub async fn call(&self, effect: Effect, mut call: Call) -> Result<Answer> {
        let limit = self.vendor.concurrent_calls.map(|most| self.under_way(most));
        let _place = match &limit {
            Some(limit) => limit.acquire().await.ok(),
            None => None,
        };
        call.timeout = self.ctx.time_of_call(call.timeout)?;
        let outcome = self.ctx.http.call(call).await;
        self.report_outcome(&outcome).await;
        outcome.map_err(|failure| self.vendor.no_answer(effect, &failure))
    }

    /// Makes a call with the token of this source. One that is not accepted is renewed once and the call repeated,
    /// since nothing was executed.
    pub async fn call_with_token<T>(
        &self,
        source: &impl TokenSource,
        effect: Effect,
        call: impl Fn(&str) -> Call,
        read: impl Fn(&Answer) -> std::result::Result<T, Problem>,
    ) -> Result<T> {
        let mut refused: Option<String> = None;
        for _ in 0..2 {
            let token = self.token(source, refused.as_deref()).await?;
            let answer = self.call(effect, call(&token)).await.map_err(|error| redact(error, &[&token]))?;
            match read(&answer) {
                Ok(value) => return Ok(value),
                Err(Problem::Credential) => refused = Some(token),
                Err(Problem::Other(error)) => return Err(redact(*error, &[&token])),
            }
        }
        Err(self.vendor.session())
    }

    fn under_way(&self, most: usize) -> Arc<Semaphore> {
        let under_way = self.ctx.extensions.get_or_init::<UnderWay>();
        let mut map = under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (self.tenant.clone(), self.connection.clone());
        Arc::clone(map.entry(name).or_insert_with(|| Arc::new(Semaphore::new(most.max(1)))))
    }

    /// No answer, and what servers and proxies say when they are in trouble themselves, count against the
    /// connection; every refusal is a sign of life.
    async fn report_outcome(&self, outcome: &std::result::Result<Answer, Failure>) {
        let (ctx, tenant, connection) = (self.ctx, &self.tenant, &self.connection);
        match outcome {
            Ok(answer) if answer.status >= 500 || answer.status == 408 => {
                breaker::failed(ctx, tenant, connection, &format!("HTTP {}", answer.status)).await;
            }
            Ok(_) => breaker::succeeded(ctx, tenant, connection).await,
            Err(failure) => breaker::failed(ctx, tenant, connection, failure.message()).await,
        }
    }
}
