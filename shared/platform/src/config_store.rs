//! The stored configuration: connections, flows and callers of a tenant, secrets sealed or hashed.

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::error::{Error, Result};
use crate::outgoing::Network;
use crate::table::{Expect, Key, Range, Table, Write};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_crypto::digest;
use tenon_crypto::secrets::MasterKey;
use tenon_model::config::{App, AppCaller, B1Connection, Config, Connection, DingtalkConnection, Flow, Secret};
use tenon_model::{ConnectionId, FlowId, TenantId};

/// How long a function trusts what it has read, in ms. A change is seen everywhere after this.
const TRUST_MS: i64 = 30_000;

/// One tenant's configuration as loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    connections: HashMap<ConnectionId, (Arc<Connection>, u64)>,
    flows: Vec<Arc<Flow>>,
    since: HashMap<FlowId, i64>,
    apps: Vec<AppCaller>,
}

impl Loaded {
    /// A connection.
    pub fn connection(&self, id: &ConnectionId) -> Result<Arc<Connection>> {
        self.connections.get(id).map(|(c, _)| Arc::clone(c)).ok_or_else(|| {
            Error::permanent(
                "config.connection",
                format!("there is no connection {id}; apply a configuration that has it"),
            )
        })
    }

    /// Changes whenever the connection is applied anew.
    pub fn revision(&self, id: &ConnectionId) -> u64 {
        self.connections.get(id).map_or(0, |(_, revision)| *revision)
    }

    /// A B1 connection.
    pub fn b1(&self, id: &ConnectionId) -> Result<B1Connection> {
        match self.connection(id)?.as_ref() {
            Connection::B1(c) => Ok(c.clone()),
            other => Err(wrong_kind(id, other, "b1")),
        }
    }

    /// A DingTalk connection.
    pub fn dingtalk(&self, id: &ConnectionId) -> Result<DingtalkConnection> {
        match self.connection(id)?.as_ref() {
            Connection::Dingtalk(c) => Ok(c.clone()),
            other => Err(wrong_kind(id, other, "dingtalk")),
        }
    }

    /// Every connection.
    pub fn connections(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.connections.values().map(|(c, _)| c)
    }

    /// Every flow, enabled or not, by id.
    pub fn flows(&self) -> &[Arc<Flow>] {
        &self.flows
    }

    /// A flow.
    pub fn flow(&self, id: &FlowId) -> Result<Arc<Flow>> {
        self.flows.iter().find(|f| &f.id == id).cloned().ok_or_else(|| {
            Error::permanent("config.flow", format!("there is no flow {id}; apply a configuration that has it"))
        })
    }

    /// Epoch ms at which the flow was first applied.
    pub fn flow_since(&self, id: &FlowId) -> i64 {
        self.since.get(id).copied().unwrap_or(0)
    }

    /// The caller whose app code this is, if it calls from where it may. Takes the same time whichever
    /// code it is, and when it is none.
    pub fn caller(&self, code: &str, ip: &str) -> Option<&AppCaller> {
        let hash = digest::sha256_hex(code.as_bytes());
        let mut found = None;
        for app in &self.apps {
            if digest::equal(app.code_sha256.as_bytes(), hash.as_bytes()) {
                found = Some(app);
            }
        }
        found.filter(|app| may_come_from(&app.allow_ips, ip))
    }

    /// The flows that use this form of this OA connection.
    pub fn flows_of_form<'a>(&'a self, oa: &'a ConnectionId, template: &'a str) -> impl Iterator<Item = &'a Arc<Flow>> {
        self.flows.iter().filter(move |f| &f.oa == oa && f.form.template == template)
    }
}

fn wrong_kind(id: &ConnectionId, found: &Connection, wanted: &str) -> Error {
    Error::permanent(
        "config.connection",
        format!("connection {id} is of kind {}, and {wanted} is needed", found.kind()),
    )
}

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
    App {
        value: AppCaller,
    },
}

/// Loads and stores the configuration.
pub struct ConfigStore {
    table: Table,
    master_key: Arc<MasterKey>,
    clock: Clock,
    cache: Mutex<HashMap<TenantId, (i64, Arc<Loaded>)>>,
}

impl ConfigStore {
    pub(crate) fn new(table: Table, master_key: Arc<MasterKey>, clock: Clock) -> Self {
        Self { table, master_key, clock, cache: Mutex::default() }
    }

    /// The tenant's configuration, at most half a minute old.
    pub async fn load(&self, tenant: &TenantId) -> Result<Arc<Loaded>> {
        let now = self.clock.now_ms();
        if let Some((read_ms, loaded)) = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(tenant)
            && (now - read_ms).abs() < TRUST_MS
        {
            return Ok(Arc::clone(loaded));
        }
        let loaded = Arc::new(self.read(tenant).await?);
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), (now, Arc::clone(&loaded)));
        Ok(loaded)
    }

    /// Forgets what was read, so that the next load sees the newest.
    pub fn forget(&self) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn read(&self, tenant: &TenantId) -> Result<Loaded> {
        let partition = Key::partition_of(tenant, "CONFIG", &[]);
        let mut loaded = Loaded::default();
        for stored in self.table.query_all::<Record>(&partition, Range::default()).await? {
            let unreadable = |e: serde_json::Error| {
                Error::permanent(
                    "config.stored",
                    format!("the stored {} cannot be read: {e}; apply it anew", stored.sort),
                )
            };
            match stored.data {
                Record::Connection { value } => {
                    let mut connection: Connection = serde_json::from_value(value).map_err(unreadable)?;
                    self.open_secrets(tenant, &mut connection)?;
                    loaded.connections.insert(connection.id().clone(), (Arc::new(connection), stored.version));
                }
                Record::Flow { value, since_ms } => {
                    let flow: Flow = serde_json::from_value(value).map_err(unreadable)?;
                    loaded.since.insert(flow.id.clone(), since_ms);
                    loaded.flows.push(Arc::new(flow));
                }
                Record::App { value } => loaded.apps.push(value),
            }
        }
        Ok(loaded)
    }

    fn open_secrets(&self, tenant: &TenantId, connection: &mut Connection) -> Result<()> {
        let id = connection.id().clone();
        for (name, secret) in connection.secrets_mut() {
            let sealed = std::mem::take(secret);
            let plain = self.master_key.open(&context(tenant, &id, name), sealed.expose()).ok();
            *secret = plain.and_then(|bytes| String::from_utf8(bytes).ok()).map(Secret::new).ok_or_else(|| {
                Error::permanent(
                    "config.sealed",
                    format!(
                        "{name} of connection {id} cannot be opened with this master key; apply the configuration anew"
                    ),
                )
            })?;
        }
        Ok(())
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

    /// Stores connections, flows and callers that differ from what is stored, sealing their secrets and
    /// hashing their codes, and removes those that are no longer given. Returns what was removed. Tenant
    /// apps of the file are not kept here.
    pub async fn replace_all(&self, tenant: &TenantId, config: Config, entropy: &Entropy) -> Result<Vec<String>> {
        let Config { connections, flows, apps, openapi_apps: _ } = config;
        let partition = Key::partition_of(tenant, "CONFIG", &[]);
        let present = self.table.query_all::<Record>(&partition, Range::default()).await?;
        let versions: HashMap<String, u64> = present.iter().map(|s| (s.sort.clone(), s.version)).collect();
        let known: HashMap<String, Record> = present.into_iter().map(|s| (s.sort, s.data)).collect();
        let mut kept = Vec::new();
        for mut connection in connections {
            let id = connection.id().clone();
            let sort = format!("connection#{id}");
            // What has not changed keeps its revision, and with it the sessions that are open.
            if self.known_connection(tenant, known.get(&sort)).as_ref() == Some(&connection) {
                kept.push(sort);
                continue;
            }
            for (name, secret) in connection.secrets_mut() {
                let nonce = entropy.bytes::<12>()?;
                let sealed = self.master_key.seal(&context(tenant, &id, name), nonce, secret.expose().as_bytes());
                *secret = Secret::new(sealed);
            }
            let record = Record::Connection { value: json(&connection)? };
            kept.push(self.store(tenant, sort, &record, &versions).await?);
        }
        for flow in flows {
            let sort = format!("flow#{}", flow.id);
            let value = json(&flow)?;
            let since_ms = match known.get(&sort) {
                Some(Record::Flow { value: old, .. }) if old == &value => {
                    kept.push(sort);
                    continue;
                }
                Some(Record::Flow { since_ms, .. }) => *since_ms,
                _ => self.clock.now_ms(),
            };
            kept.push(self.store(tenant, sort, &Record::Flow { value, since_ms }, &versions).await?);
        }
        for app in apps {
            let sort = format!("app#{}", app.id);
            let value = caller(app);
            if matches!(known.get(&sort), Some(Record::App { value: old }) if old == &value) {
                kept.push(sort);
                continue;
            }
            kept.push(self.store(tenant, sort, &Record::App { value }, &versions).await?);
        }
        let mut removed: Vec<String> = versions.into_keys().filter(|sort| !kept.contains(sort)).collect();
        removed.sort();
        for sort in &removed {
            self.table.write(Write::delete(Key::new(tenant, "CONFIG", &[], sort.as_str()), Expect::Anything)).await?;
        }
        self.forget();
        Ok(removed)
    }

    /// A stored connection with its secrets opened, when that is possible.
    fn known_connection(&self, tenant: &TenantId, record: Option<&Record>) -> Option<Connection> {
        let Some(Record::Connection { value }) = record else { return None };
        let mut connection: Connection = serde_json::from_value(value.clone()).ok()?;
        self.open_secrets(tenant, &mut connection).ok()?;
        Some(connection)
    }

    async fn store(
        &self,
        tenant: &TenantId,
        sort: String,
        record: &Record,
        versions: &HashMap<String, u64>,
    ) -> Result<String> {
        let expect = versions.get(&sort).map_or(Expect::Anything, |v| Expect::Version(*v));
        let key = Key::new(tenant, "CONFIG", &[], sort.as_str());
        match self.table.write(Write::put(key, record, expect)?).await? {
            crate::table::Outcome::Done => Ok(sort),
            crate::table::Outcome::Conflict => Err(Error::transient(
                "config.conflict",
                format!("{sort} was changed by somebody else at the same moment; apply again"),
            )),
        }
    }
}

/// Whether the list has this address; every one is in an empty list. What cannot be read lets nobody in.
fn may_come_from(list: &[String], ip: &str) -> bool {
    let Ok(ip) = ip.parse::<IpAddr>() else { return list.is_empty() };
    list.is_empty() || list.iter().filter_map(|entry| entry.parse::<Network>().ok()).any(|n| n.contains(ip))
}

/// A caller as it is stored.
fn caller(app: App) -> AppCaller {
    AppCaller {
        code_sha256: digest::sha256_hex(app.app_code.expose().as_bytes()),
        id: app.id,
        allow_ips: app.allow_ips,
        tenant: app.tenant.map(TenantId::new),
    }
}

fn context(tenant: &TenantId, id: &ConnectionId, name: &str) -> String {
    format!("{tenant}/{id}/{name}")
}

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Error::permanent("config.stored", e.to_string()))
}
