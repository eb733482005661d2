//! The stored configuration: connections, flows and callers of a tenant, secrets sealed or hashed.
//!
//! A secret is bound to where it may be sent: kind, addresses, company and user of its connection
//! ([`Connection::bound_to`]). Whoever changes the stored address without the master key has a password that
//! does not open. A caller counts only with its proof.
//!
//! What operators change of flows lies beside it, in a partition of its own (`flows`).

mod flows;
mod loaded;
mod oa_integration;
mod opened;
mod replace;
mod versions;

pub use flows::FlowSwitch;
pub(crate) use flows::KIND as FLOWS_KIND;
pub use loaded::Loaded;
pub(crate) use opened::sealed_texts;
pub(crate) use versions::KIND as VERSION_KIND;
pub use versions::{Changed, ConfigVersion};

use crate::authenticated::Authenticated;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::error::{Error, Result, Retry};
use crate::keys::{Keys, SealedText};
use crate::table::{Key, Range, RecordKind, Stored, Table};
use futures::future::try_join;
use opened::{aiflow_app, barcode, caller_of, flow, notices};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_model::config::{AppCaller, Barcode, Config, Connection, Database, Flow, Notices, OaIntegration, Sso};
use tenon_model::{ConnectionId, DatabaseId, FlowId, TenantId};

/// How long a function trusts what it has read, in ms. A change is seen everywhere after this.
const TRUST_MS: i64 = 30_000;

/// Work that meets a connection which does not open comes back after this time: a person applies it anew.
const RECHECK_AFTER: Duration = Duration::from_secs(300);

/// A record of the configuration.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
enum Record {
    Connection {
        value: serde_json::Value,
    },
    Flow {
        value: serde_json::Value,
        #[serde(default)]
        since_ms: i64,
    },
    Database {
        value: Box<Database>,
    },
    App {
        value: Authenticated<AppCaller>,
    },
    Barcode {
        value: Box<Barcode>,
    },
    Aiflow {
        value: serde_json::Value,
    },
    Sso {
        value: Box<Sso>,
    },
    Notices {
        value: Notices,
    },
    #[serde(rename = "oa-integration")]
    OaIntegration {
        value: Box<OaIntegration>,
    },
}

/// What the records of flows are called, before their ids.
const KIND_OF_FLOW: &str = "flow";
/// Where the one way of signing in is kept.
const SSO: &str = "sso#main";
/// What its secret is called.
const CLIENT_SECRET: &str = "client_secret";
/// What a database's is called.
const PASSWORD: &str = "password";

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("CONFIG");

/// What was read, and when; and how often it was forgotten.
#[derive(Default)]
struct Cached {
    read: HashMap<TenantId, (i64, Arc<Loaded>)>,
    /// What a read that began before it was forgotten has found is not kept: it may be older than what was stored.
    forgotten: u64,
}

type Cache = Arc<Mutex<Cached>>;

/// Loads and stores the configuration.
pub struct ConfigStore {
    table: Table,
    keys: Arc<Keys>,
    clock: Clock,
    cache: Cache,
}

impl ConfigStore {
    pub(crate) fn new(table: Table, keys: Arc<Keys>, clock: Clock) -> Self {
        Self { table, keys, clock, cache: Cache::default() }
    }

    /// The same store, read and written through this view of the table.
    pub(crate) fn over(&self, table: Table) -> Self {
        let (keys, cache) = (Arc::clone(&self.keys), Arc::clone(&self.cache));
        Self { table, keys, clock: self.clock.clone(), cache }
    }

    /// The tenant's configuration, at most half a minute old.
    pub async fn load(&self, tenant: &TenantId) -> Result<Arc<Loaded>> {
        // What another function of this process has read is not this one's for that.
        self.table.may_read(&Key::partition_of(tenant, "CONFIG", &[]))?;
        self.table.may_read(&flows::partition(tenant))?;
        let now = self.clock.now_ms();
        let forgotten = {
            let cached = self.cached();
            if let Some((read_ms, loaded)) = cached.read.get(tenant)
                && (now - read_ms).abs() < TRUST_MS
            {
                return Ok(Arc::clone(loaded));
            }
            cached.forgotten
        };
        let loaded = Arc::new(self.read(tenant).await?);
        let mut cached = self.cached();
        if cached.forgotten == forgotten {
            cached.read.insert(tenant.clone(), (now, Arc::clone(&loaded)));
        }
        Ok(loaded)
    }

    /// Forgets what was read, so that the next load sees the newest.
    pub fn forget(&self) {
        let mut cached = self.cached();
        cached.read.clear();
        cached.forgotten += 1;
    }

    fn cached(&self) -> MutexGuard<'_, Cached> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, tenant: &TenantId) -> Result<Loaded> {
        let (partition, beside) = (Key::partition_of(tenant, "CONFIG", &[]), flows::partition(tenant));
        let applied = self.table.query_each::<serde_json::Value>(&partition);
        // At the same time, so that nobody waits longer for what is changed beside.
        let (applied, changed) = try_join(applied, self.table.query_each(&beside)).await?;
        let mut changes = flows::Changes::of(changed);
        let mut loaded = Loaded::default();
        let mut present = Vec::new();
        for (sort, stored) in applied {
            if let Some((KIND_OF_FLOW, id)) = sort.split_once('#') {
                changes.flows.remove(&FlowId::new(id));
            }
            match stored {
                Ok(stored) => present.push(stored),
                Err(error) => leave_alone(&mut loaded, &sort, error),
            }
        }
        let keys = &self.keys_of(tenant, &present).await?;
        for stored in present {
            match stored.sort.split_once('#') {
                Some(("connection", id)) => {
                    let id = ConnectionId::new(id);
                    let version = stored.version;
                    let connection = self.connection(keys, tenant, &id, &stored).inspect_err(|error| {
                        tracing::error!(connection = %id, error.code = error.code, error.message = %error, "a stored connection cannot be used");
                    });
                    loaded.connections.insert(id, (connection.map(Arc::new), version));
                }
                Some((KIND_OF_FLOW, id)) => loaded.add_flow(FlowId::new(id), flow(&stored), &changes),
                Some(("database", id)) => {
                    let database = self.database(keys, tenant, &stored).inspect_err(|error| {
                        tracing::error!(database = id, error.code = error.code, error.message = %error, "a stored database cannot be used");
                    });
                    loaded.databases.insert(DatabaseId::new(id), database.map(Arc::new));
                }
                Some(("barcode", id)) => loaded.barcodes.push((ConnectionId::new(id), barcode(&stored))),
                Some(("aiflow", _)) => match aiflow_app(keys, tenant, &stored) {
                    Ok(app) => loaded.aiflow_apps.push(app),
                    Err(error) => {
                        tracing::error!(record = %stored.sort, error.code = error.code, error.message = %error, "a stored caller of aiflow's interface cannot be used");
                    }
                },
                Some(("sso", _)) => loaded.sso = Some(self.sso(keys, tenant, &stored).map(Arc::new)),
                Some(("notices", _)) => loaded.notices = Some(notices(&stored)),
                Some(("oa-integration", _)) => {
                    loaded.oa_integration = Some(oa_integration::opened(keys, tenant, &stored).map(Arc::new));
                }
                Some(("app", _)) => loaded.apps.extend(caller_of(keys, tenant, &stored)),
                _ => {}
            }
        }
        for (id, stored) in std::mem::take(&mut changes.flows) {
            loaded.paged.insert(id.clone());
            loaded.add_flow(id, stored, &changes);
        }
        loaded.flows.sort_by(|one, other| one.id().cmp(other.id()));
        loaded.switches = changes.into_switches();
        loaded.settle_marks();
        Ok(loaded)
    }

    /// The keys of everything that is stored. One connection that opens under none of them stops no other.
    async fn keys_of(&self, tenant: &TenantId, present: &[Stored<serde_json::Value>]) -> Result<Arc<MasterKey>> {
        let texts: Vec<SealedText> = present.iter().flat_map(|s| sealed_texts(tenant, &s.sort, &s.data)).collect();
        self.keys.to_open_all(texts.iter().map(|sealed| sealed.text.as_str())).await
    }

    /// As [`replace_all`](Self::replace_all), for a configuration without callers.
    pub async fn replace(
        &self,
        tenant: &TenantId,
        connections: Vec<Connection>,
        flows: Vec<Flow>,
        entropy: &Entropy,
    ) -> Result<Vec<String>> {
        let config = Config { connections, flows, ..Config::default() };
        self.replace_all(tenant, config, entropy).await
    }

    /// How flows were switched since they were applied.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn switches(&self, tenant: &TenantId) -> Result<HashMap<FlowId, FlowSwitch>> {
        Ok(flows::Changes::of(self.table.query_each(&flows::partition(tenant)).await?).into_switches())
    }

    /// What is stored: `connection#ID`, `database#ID`, `flow#ID`, `app#ID`, `barcode#ID`, `aiflow#ENTERPRISE#APP`,
    /// `sso#main`, `notices#-`, `oa-integration#-`.
    pub async fn stored(&self, tenant: &TenantId) -> Result<Vec<String>> {
        let partition = Key::partition_of(tenant, "CONFIG", &[]);
        let present = self.table.query_all::<serde_json::Value>(&partition, Range::default()).await?;
        Ok(present.into_iter().map(|stored| stored.sort).collect())
    }
}

/// A record that this version does not read: what needs it waits, and nothing else does.
fn leave_alone(loaded: &mut Loaded, sort: &str, error: Error) {
    tracing::error!(record = sort, error.code = error.code, error.message = %error, "a stored record of the configuration cannot be used");
    match sort.split_once('#') {
        Some(("connection", id)) => _ = loaded.connections.insert(ConnectionId::new(id), (Err(error), 0)),
        Some(("flow", id)) => _ = loaded.unreadable_flows.insert(FlowId::new(id), error),
        Some(("sso", _)) => loaded.sso = Some(Err(error)),
        Some(("notices", _)) => loaded.notices = Some(Err(error)),
        Some(("oa-integration", _)) => loaded.oa_integration = Some(Err(error)),
        _ => {}
    }
}

/// What a secret is sealed with.
fn context(tenant: &TenantId, bound_to: &str, name: &str) -> String {
    serde_json::Value::from_iter([tenant.as_str(), bound_to, name]).to_string()
}

/// Where a caller's record lies.
fn place(tenant: &TenantId, sort: &str) -> String {
    format!("{tenant}/CONFIG/{sort}")
}

fn record(stored: &Stored<serde_json::Value>) -> Result<Record> {
    Record::deserialize(&stored.data).map_err(|e| unreadable(&stored.sort, e))
}

fn unreadable(what: &str, why: impl std::fmt::Display) -> Error {
    let message = format!("the stored {what} cannot be read: {why}; apply it anew, or use the version that applied it");
    Error::new("config.stored", Retry::Blocked(RECHECK_AFTER), message)
}

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Error::permanent("config.stored", e.to_string()))
}
