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
mod replace;
mod versions;

pub use flows::FlowSwitch;
pub(crate) use flows::KIND as FLOWS_KIND;
pub use loaded::Loaded;
pub(crate) use versions::KIND as VERSION_KIND;
pub use versions::{Changed, ConfigVersion};

use crate::authenticated::Authenticated;
use crate::clock::Clock;
use crate::data_key;
use crate::entropy::Entropy;
use crate::error::{Error, Result, Retry};
use crate::keys::{Keys, SealedText};
use crate::table::{Key, Range, RecordKind, Stored, Table};
use futures::future::try_join;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::{MasterKey, Purpose, SecretError};
use tenon_model::config::{
    AiflowApp, AppCaller, Barcode, Config, Connection, Database, Flow, Notices, OaIntegration, Secret, Sso,
};
use tenon_model::{ConnectionId, DatabaseId, FlowId, TenantId};

/// How long a function trusts what it has read, in ms. A change is seen everywhere after this.
const TRUST_MS: i64 = 30_000;

/// Work that meets a connection which does not open comes back after this time: a person applies it anew.
const ASK_AGAIN: Duration = Duration::from_secs(300);

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

/// What was read, and when.
type Cache = Arc<Mutex<HashMap<TenantId, (i64, Arc<Loaded>)>>>;

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

    /// A stored connection with its secrets opened.
    fn connection(
        &self,
        keys: &MasterKey,
        tenant: &TenantId,
        id: &ConnectionId,
        stored: &Stored<serde_json::Value>,
    ) -> Result<Connection> {
        let Record::Connection { value } = record(stored)? else { return Err(unreadable(&stored.sort, "other kind")) };
        let mut connection: Connection = serde_json::from_value(value).map_err(|e| unreadable(&stored.sort, e))?;
        if connection.id() != id {
            return Err(unreadable(&stored.sort, "it names another connection"));
        }
        self.open_secrets(keys, tenant, &mut connection)?;
        Ok(connection)
    }

    fn open_secrets(&self, keys: &MasterKey, tenant: &TenantId, connection: &mut Connection) -> Result<()> {
        let (id, bound_to) = (connection.id().clone(), connection.bound_to());
        for (name, secret) in connection.secrets_mut() {
            let sealed = std::mem::take(secret);
            let plain = keys.open(Purpose::Connection, &context(tenant, &bound_to, name), sealed.expose());
            let plain = plain.map_err(|why| {
                data_key::count_unopened(&self.clock, data_key::Of::Connection);
                sealed_error(&id, name, why)
            })?;
            *secret = Secret::new(String::from_utf8(plain).map_err(|e| unreadable(id.as_str(), e))?);
        }
        Ok(())
    }

    /// A stored database with its password opened.
    fn database(&self, keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Result<Database> {
        let Record::Database { value: mut database } = record(stored)? else {
            return Err(unreadable(&stored.sort, "other kind"));
        };
        let place = context(tenant, &database.bound_to(), PASSWORD);
        let name = database.id().to_string();
        if let Some(server) = database.server_mut() {
            let plain = keys.open(Purpose::Connection, &place, server.password.expose()).map_err(|why| {
                data_key::count_unopened(&self.clock, data_key::Of::Connection);
                sealed_error(&ConnectionId::new(&name), PASSWORD, why)
            })?;
            server.password = Secret::new(String::from_utf8(plain).map_err(|e| unreadable(&stored.sort, e))?);
        }
        Ok(*database)
    }

    /// How people sign in, with its secret opened.
    fn sso(&self, keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Result<Sso> {
        let Record::Sso { value: mut sso } = record(stored)? else {
            return Err(unreadable(&stored.sort, "other kind"));
        };
        if sso.client_secret.is_empty() {
            return Ok(*sso);
        }
        let place = context(tenant, &sso.bound_to(), CLIENT_SECRET);
        let plain = keys.open(Purpose::Connection, &place, sso.client_secret.expose()).map_err(|why| {
            data_key::count_unopened(&self.clock, data_key::Of::Connection);
            sealed_error(&ConnectionId::new("sso"), CLIENT_SECRET, why)
        })?;
        sso.client_secret = Secret::new(String::from_utf8(plain).map_err(|e| unreadable(SSO, e))?);
        Ok(*sso)
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

/// A caller, when it is one that was applied here.
fn caller_of(keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Option<AppCaller> {
    let checked = match record(stored) {
        Ok(Record::App { value }) => value.check(keys, &place(tenant, &stored.sort)),
        _ => Err(SecretError::BadFormat),
    };
    checked
        .inspect_err(|why| {
            tracing::error!(record = %stored.sort, reason = %why, "a stored caller was not applied by this installation and does not count");
        })
        .ok()
}

/// A caller of aiflow's interface with its secret opened.
fn aiflow_app(keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Result<AiflowApp> {
    let Record::Aiflow { value } = record(stored)? else { return Err(unreadable(&stored.sort, "other kind")) };
    let mut app: AiflowApp = serde_json::from_value(value).map_err(|e| unreadable(&stored.sort, e))?;
    let place = context(tenant, &app.bound_to(), "app_secret");
    let plain = keys.open(Purpose::Connection, &place, app.app_secret.expose());
    let plain = plain.map_err(|why| unreadable(&stored.sort, format!("its secret does not open: {why}")))?;
    app.app_secret = Secret::new(String::from_utf8(plain).map_err(|e| unreadable(&stored.sort, e))?);
    Ok(app)
}

/// What a secret is sealed with.
fn context(tenant: &TenantId, bound_to: &str, name: &str) -> String {
    serde_json::Value::from_iter([tenant.as_str(), bound_to, name]).to_string()
}

/// Where a caller's record lies.
fn place(tenant: &TenantId, sort: &str) -> String {
    format!("{tenant}/CONFIG/{sort}")
}

/// The sealed texts of a record of the configuration.
pub(crate) fn sealed_texts(tenant: &TenantId, sort: &str, data: &serde_json::Value) -> Vec<SealedText> {
    let Some(value) = data.get("value") else { return Vec::new() };
    if sort.starts_with("app#") {
        return SealedText::proof(place(tenant, sort), value).into_iter().collect();
    }
    if sort.starts_with("aiflow#") {
        let Ok(app) = AiflowApp::deserialize(value) else { return Vec::new() };
        let place = context(tenant, &app.bound_to(), "app_secret");
        return vec![SealedText::sealed(Purpose::Connection, place, app.app_secret.expose())];
    }
    if sort == SSO {
        let Ok(sso) = Sso::deserialize(value) else { return Vec::new() };
        let secret = Some(sso.client_secret.expose()).filter(|text| !text.is_empty());
        let place = context(tenant, &sso.bound_to(), CLIENT_SECRET);
        return secret.map(|text| SealedText::sealed(Purpose::Connection, place, text)).into_iter().collect();
    }
    if sort.starts_with("database#") {
        let Ok(database) = Database::deserialize(value) else { return Vec::new() };
        let place = context(tenant, &database.bound_to(), PASSWORD);
        let sealed = |password: &Secret| SealedText::sealed(Purpose::Connection, place, password.expose());
        return database.server().map(|server| sealed(&server.password)).into_iter().collect();
    }
    if sort == oa_integration::SORT {
        return oa_integration::sealed_texts(tenant, value);
    }
    if !sort.starts_with("connection#") {
        return Vec::new();
    }
    let Ok(mut connection) = Connection::deserialize(value) else { return Vec::new() };
    let bound_to = connection.bound_to();
    let sealed = |(name, secret): (_, &mut Secret)| {
        SealedText::sealed(Purpose::Connection, context(tenant, &bound_to, name), secret.expose())
    };
    connection.secrets_mut().into_iter().map(sealed).collect()
}

fn record(stored: &Stored<serde_json::Value>) -> Result<Record> {
    Record::deserialize(&stored.data).map_err(|e| unreadable(&stored.sort, e))
}

/// A flow as it was applied, and since when it is there.
fn flow(stored: &Stored<serde_json::Value>) -> Result<(serde_json::Value, i64)> {
    match record(stored)? {
        Record::Flow { value, since_ms } => Ok((value, since_ms)),
        _ => Err(unreadable(&stored.sort, "other kind")),
    }
}

fn barcode(stored: &Stored<serde_json::Value>) -> Result<Barcode> {
    match record(stored)? {
        Record::Barcode { value } => Ok(*value),
        _ => Err(unreadable(&stored.sort, "other kind")),
    }
}

fn notices(stored: &Stored<serde_json::Value>) -> Result<Notices> {
    match record(stored)? {
        Record::Notices { value } => Ok(value),
        _ => Err(unreadable(&stored.sort, "other kind")),
    }
}

fn unreadable(what: &str, why: impl std::fmt::Display) -> Error {
    let message = format!("the stored {what} cannot be read: {why}; apply it anew, or use the version that applied it");
    Error::new("config.stored", Retry::Blocked(ASK_AGAIN), message)
}

/// What is sealed does not open until a person has acted, so the work is kept.
fn sealed_error(id: &ConnectionId, name: &str, why: SecretError) -> Error {
    let (code, remedy) = match why {
        SecretError::OtherKey => {
            ("config.other-key", "start with the right master key, or apply the configuration anew")
        }
        _ => (
            "config.sealed",
            "if the address, company or user of the connection was not changed by you, somebody else did it; apply the configuration anew",
        ),
    };
    Error::new(code, Retry::Blocked(ASK_AGAIN), format!("{name} of connection {id} does not open: {why}; {remedy}"))
}

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Error::permanent("config.stored", e.to_string()))
}
