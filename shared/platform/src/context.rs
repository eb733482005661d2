//! What a handler is given: everything it may touch, so that nothing is reached for by itself.

use crate::clock::{Clock, millis};
use crate::config_store::ConfigStore;
use crate::entropy::Entropy;
use crate::error::{Error, ErrorKind, Result};
use crate::extensions::Extensions;
use crate::http::{Http, NoHttp};
use crate::keys::Keys;
use crate::limits::Limits;
use crate::once::Once;
use crate::outgoing::{NoOutgoing, Outgoing};
use crate::queue::Queue;
use crate::settings::Settings;
use crate::sqs::SqsQueue;
use crate::table::Table;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use std::sync::Arc;
use std::time::Duration;
use tenon_catalog::Function;
use tenon_crypto::secrets::MasterKey;

/// A call is not begun with less time than this, even when it may be given up.
const SHORTEST_CALL: Duration = Duration::from_secs(1);

/// The world of a function.
#[derive(Clone)]
pub struct Context {
    /// The table.
    pub table: Table,
    /// The queues.
    pub queue: Arc<dyn Queue>,
    /// Outgoing HTTP.
    pub http: Arc<dyn Http>,
    /// Outgoing calls to addresses a tenant gave; refused unless the function brings a guarded client.
    pub outgoing: Arc<dyn Outgoing>,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Open and seal stored secrets.
    pub keys: Arc<Keys>,
    /// Connections and flows.
    pub config: Arc<ConfigStore>,
    /// Tells this process from every other in leases.
    pub process: Arc<str>,
    /// What connectors keep in memory between calls.
    pub extensions: Extensions,
    /// How often tenants may have something done.
    pub limits: Limits,
    /// What the present call makes is made once.
    pub once: Once,
    leases_void_before: i64,
    /// Elapsed time by which the process has to be done.
    ends_ms: Option<i64>,
    /// Whether a call gets the time that is left, and not the time it would wait for.
    cuts: bool,
}

/// The parts a context is made of.
pub struct Parts {
    /// The table.
    pub table: Table,
    /// The queues.
    pub queue: Arc<dyn Queue>,
    /// Outgoing HTTP.
    pub http: Arc<dyn Http>,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Opens and seals stored secrets.
    pub master_key: MasterKey,
}

impl Context {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Result<Self> {
        let process = parts.entropy.id("p-", parts.clock.now_ms())?;
        let keys = Arc::new(Keys::new(parts.master_key, parts.table.clone(), parts.clock.clone()));
        let config = ConfigStore::new(parts.table.clone(), Arc::clone(&keys), parts.clock.clone());
        Ok(Self {
            table: parts.table,
            queue: parts.queue,
            http: parts.http,
            outgoing: Arc::new(NoOutgoing),
            clock: parts.clock,
            entropy: parts.entropy,
            keys,
            config: Arc::new(config),
            process: process.into(),
            extensions: Extensions::default(),
            limits: Limits::default(),
            once: Once::default(),
            leases_void_before: 0,
            ends_ms: None,
            cuts: false,
        })
    }

    /// Brings the client for addresses a tenant gave.
    #[must_use]
    pub fn with_outgoing(mut self, outgoing: Arc<dyn Outgoing>) -> Self {
        self.outgoing = outgoing;
        self
    }

    /// Limits tenants so.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// As [`from_env_without_http`](Self::from_env_without_http), for a function that calls addresses
    /// a tenant gave, within what the operator's environment allows.
    pub fn from_env_guarded() -> Result<Self> {
        let allowances = crate::outgoing::Allowances::from_env()?;
        let guarded = crate::outgoing::GuardedClient::new(allowances);
        Ok(Self::from_env_without_http()?.with_outgoing(Arc::new(guarded)))
    }

    /// For a process that is alone on its table from now on: leases taken before this moment were
    /// those of a process that is dead, and hold nothing up.
    #[must_use]
    pub fn alone_since(mut self, now_ms: i64) -> Self {
        self.leases_void_before = now_ms;
        self
    }

    /// Whether this process is alone on its data.
    pub fn is_alone(&self) -> bool {
        self.leases_void_before > 0
    }

    /// Before this epoch ms, leases taken by other processes hold nothing up; 0 for none.
    pub(crate) fn leases_void_before(&self) -> i64 {
        self.leases_void_before
    }

    /// The same world as this function may see it: what its entry in the catalog does not declare of the table is
    /// refused, as IAM does when deployed.
    #[must_use]
    pub fn of_function(&self, function: &'static Function) -> Self {
        self.with_table(self.table.clone().of_function(function))
    }

    /// The same world on another view of its table.
    #[must_use]
    pub fn with_table(&self, table: Table) -> Self {
        let config = Arc::new(self.config.over(table.clone()));
        Self { table, config, ..self.clone() }
    }

    /// The same world for work that has to be done within this time, or sooner where an end is set already.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        let end = self.clock.elapsed_ms().saturating_add(millis(time));
        Self { ends_ms: Some(self.ends_ms.map_or(end, |set| set.min(end))), ..self.clone() }
    }

    /// As [`within`](Self::within), for somebody who waits: a call that would wait for longer than is left is made
    /// and given up sooner. What it leaves unknown is looked at before it is done again.
    #[must_use]
    pub fn within_cut(&self, time: Duration) -> Self {
        Self { cuts: true, ..self.within(time) }
    }

    /// How long a call may wait that would wait this long.
    ///
    /// # Errors
    /// As [`time_for`](Self::time_for).
    pub fn time_of_call(&self, at_most: Duration) -> Result<Duration> {
        match self.time_left() {
            Some(left) if self.cuts && left >= SHORTEST_CALL => Ok(left.min(at_most)),
            _ => self.time_for(at_most).map(|()| at_most),
        }
    }

    /// The time that is left, when an end is set.
    pub fn time_left(&self) -> Option<Duration> {
        let left = self.ends_ms?.saturating_sub(self.clock.elapsed_ms());
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// Makes sure that what takes at most this long can end before the work has to. Nothing that could not is
    /// begun: a call that is cut off in the middle leaves its outcome unknown.
    ///
    /// # Errors
    /// `platform.deadline`; nothing was done.
    pub fn time_for(&self, at_most: Duration) -> Result<()> {
        match self.time_left() {
            Some(left) if left < at_most => {
                let message = format!(
                    "a call that may take {} s is not begun with {} s left to run; it is begun anew with more time",
                    at_most.as_secs(),
                    left.as_secs()
                );
                Err(Error::transient("platform.deadline", message).with_kind(ErrorKind::OutOfTime))
            }
            _ => Ok(()),
        }
    }

    /// The world of a deployed function, from its environment. Makes clients and connects to
    /// nothing.
    pub fn from_env(http: Arc<dyn Http>) -> Result<Self> {
        let settings = Settings::from_env()?;
        let dynamodb = dynamodb_client(&settings);
        let sqs = sqs_client(&settings);
        let ctx = Self::new(Parts {
            table: Table::new(dynamodb, settings.table.clone()),
            queue: Arc::new(SqsQueue::new(sqs, settings.clone())),
            http,
            clock: Clock::system(),
            entropy: Entropy::system(),
            master_key: settings.master_key,
        })?;
        Ok(ctx.with_limits(Limits::from_env()?))
    }

    /// As [`from_env`](Self::from_env), for a function that calls no vendor.
    pub fn from_env_without_http() -> Result<Self> {
        Self::from_env(Arc::new(NoHttp))
    }

    /// Epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// Credentials as Lambda gives them. Reading three variables spares every function the whole
/// credential chain at start.
fn credentials() -> Credentials {
    let get = |name: &str| std::env::var(name).unwrap_or_default();
    let token = Some(get("AWS_SESSION_TOKEN")).filter(|t| !t.is_empty());
    Credentials::new(get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"), token, None, "environment")
}

fn dynamodb_client(settings: &Settings) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials());
    let config = match &settings.dynamodb_endpoint {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn sqs_client(settings: &Settings) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new(settings.region.clone()))
        .credentials_provider(credentials());
    let config = match &settings.sqs_endpoint {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    aws_sdk_sqs::Client::from_conf(config.build())
}
