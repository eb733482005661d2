//! Storing a configuration: what differs from what is stored, and nothing else.

use super::flows::Known;
use super::versions::{self, Changed};
use super::{
    CLIENT_SECRET, ConfigStore, KIND_OF_FLOW, PASSWORD, Record, SSO, aiflow_app, barcode, caller_of, context, json,
    notices, oa_integration, place, record,
};
use crate::audit::Actor;
use crate::authenticated::Authenticated;
use crate::entropy::Entropy;
use crate::error::{Error, Result};
use crate::table::{Expect, Key, Outcome, Range, Stored, Write};
use futures::future::try_join;
use std::collections::HashMap;
use std::sync::Arc;
use tenon_crypto::digest;
use tenon_crypto::secrets::{MasterKey, Purpose};
use tenon_model::config::{
    AiflowApp, App, AppCaller, Barcode, Config, Connection, Database, Flow, Notices, OaIntegration, Secret, Sso,
};
use tenon_model::{FlowId, TenantId};

/// One configuration that takes the place of what is stored.
struct Replacement<'a> {
    store: &'a ConfigStore,
    tenant: &'a TenantId,
    entropy: &'a Entropy,
    /// Who changes it.
    by: &'a Actor,
    /// What is stored was sealed with these.
    keys: Arc<MasterKey>,
    /// What is stored now is sealed with these.
    sealing: Arc<MasterKey>,
    known: HashMap<String, Stored<serde_json::Value>>,
    /// What operators changed of flows beside it.
    beside: Known,
    /// What is still there.
    kept: Vec<String>,
}

impl ConfigStore {
    /// Stores connections, flows and callers that differ from what is stored, sealing their secrets and
    /// hashing their codes, and removes those that are no longer given. Returns what was removed. Tenant
    /// apps of the file are not kept here.
    pub async fn replace_all(&self, tenant: &TenantId, config: Config, entropy: &Entropy) -> Result<Vec<String>> {
        self.replace_all_by(tenant, config, entropy, &Actor::command()).await
    }

    /// The same by somebody: what each record was before is kept with who changed it.
    pub async fn replace_all_by(
        &self,
        tenant: &TenantId,
        config: Config,
        entropy: &Entropy,
        by: &Actor,
    ) -> Result<Vec<String>> {
        let Config {
            connections,
            databases,
            flows,
            apps,
            barcode,
            aiflow_apps,
            notices,
            sso,
            oa_integration,
            openapi_apps: _,
        } = config;
        let partition = Key::partition_of(tenant, "CONFIG", &[]);
        let present = self.table.query_all::<serde_json::Value>(&partition, Range::default());
        let (present, beside) = try_join(present, Known::read(&self.table, tenant)).await?;
        let (keys, sealing) = (self.keys_of(tenant, &present).await?, self.keys.to_seal().await?);
        let known = present.into_iter().map(|stored| (stored.sort.clone(), stored)).collect();
        let mut new = Replacement { store: self, tenant, entropy, by, keys, sealing, known, beside, kept: Vec::new() };
        for connection in connections {
            new.connection(connection).await?;
        }
        for database in databases {
            new.database(database).await?;
        }
        for flow in flows {
            new.flow(&flow).await?;
        }
        for app in apps {
            new.app(app).await?;
        }
        for barcode in barcode {
            new.barcode(barcode).await?;
        }
        for app in aiflow_apps {
            new.aiflow_app(app).await?;
        }
        if let Some(sso) = sso {
            new.sso(sso).await?;
        }
        if let Some(notices) = notices {
            new.notices(notices).await?;
        }
        if let Some(oa) = oa_integration {
            new.oa_integration(oa).await?;
        }
        let removed = new.remove_the_rest().await?;
        self.forget();
        Ok(removed)
    }
}

impl Replacement<'_> {
    async fn connection(&mut self, mut connection: Connection) -> Result<()> {
        let id = connection.id().clone();
        let sort = format!("connection#{id}");
        // What has not changed keeps its revision, and with it the sessions that are open.
        let stored = self.known.get(&sort);
        let stored = stored.and_then(|stored| self.store.connection(&self.keys, self.tenant, &id, stored).ok());
        if stored.as_ref() == Some(&connection) {
            self.kept.push(sort);
            return Ok(());
        }
        let bound_to = connection.bound_to();
        for (name, secret) in connection.secrets_mut() {
            *secret = self.sealed(&bound_to, name, secret)?;
        }
        self.put(sort, &Record::Connection { value: json(&connection)? }).await
    }

    async fn database(&mut self, mut database: Database) -> Result<()> {
        let sort = format!("database#{}", database.id());
        let stored = self.known.get(&sort);
        let stored = stored.and_then(|stored| self.store.database(&self.keys, self.tenant, stored).ok());
        if stored.as_ref() == Some(&database) {
            self.kept.push(sort);
            return Ok(());
        }
        let bound_to = database.bound_to();
        if let Some(server) = database.server_mut() {
            server.password = self.sealed(&bound_to, PASSWORD, &server.password)?;
        }
        self.put(sort, &Record::Database { value: Box::new(database) }).await
    }

    /// The file counts from now on: how the flow was switched, and what a page stored under its id, goes with it.
    async fn flow(&mut self, flow: &Flow) -> Result<()> {
        let sort = format!("{KIND_OF_FLOW}#{}", flow.id());
        let value = json(flow)?;
        let (ends, switch) = self.beside.take(self.tenant, flow.id());
        let since_ms = match self.known.get(&sort).map(record) {
            Some(Ok(Record::Flow { value: old, .. })) if old == value => {
                let on = flow.is_enabled();
                let did = if on { Changed::On } else { Changed::Off };
                let otherwise = switch.is_some_and(|switch| switch.enabled != on);
                let version = otherwise.then(|| self.version(&sort, did, Some(&value))).transpose()?;
                return self.keep(sort, ends.into_iter().chain(version).collect()).await;
            }
            Some(Ok(Record::Flow { since_ms, .. })) => since_ms,
            _ => self.store.clock.now_ms(),
        };
        self.put_with(sort, &Record::Flow { value, since_ms }, ends).await
    }

    /// A record that stays as it is, while something beside it ends.
    async fn keep(&mut self, sort: String, writes: Vec<Write>) -> Result<()> {
        if !writes.is_empty() && self.store.table.transact(writes).await? == Outcome::Conflict {
            return Err(overtaken(&sort));
        }
        self.kept.push(sort);
        Ok(())
    }

    fn version(&self, sort: &str, did: Changed, flow: Option<&serde_json::Value>) -> Result<Write> {
        versions::write(self.tenant, self.entropy, (sort, did), (self.by, self.store.clock.now_ms()), flow)
    }

    async fn app(&mut self, app: App) -> Result<()> {
        let sort = format!("app#{}", app.id);
        let value = caller(app);
        let stored = self.known.get(&sort).and_then(|stored| caller_of(&self.keys, self.tenant, stored));
        if stored.as_ref() == Some(&value) {
            self.kept.push(sort);
            return Ok(());
        }
        let value = Authenticated::new(&self.sealing, &place(self.tenant, &sort), &value)?;
        self.put(sort, &Record::App { value }).await
    }

    async fn barcode(&mut self, value: Barcode) -> Result<()> {
        let sort = format!("barcode#{}", value.connection);
        if self.known.get(&sort).and_then(|stored| barcode(stored).ok()).as_ref() == Some(&value) {
            self.kept.push(sort);
            return Ok(());
        }
        self.put(sort, &Record::Barcode { value: Box::new(value) }).await
    }

    async fn aiflow_app(&mut self, mut value: AiflowApp) -> Result<()> {
        let sort = format!("aiflow#{}#{}", value.enterprise_code, value.app_id);
        let stored = self.known.get(&sort).and_then(|stored| aiflow_app(&self.keys, self.tenant, stored).ok());
        if stored.as_ref() == Some(&value) {
            self.kept.push(sort);
            return Ok(());
        }
        value.app_secret = self.sealed(&value.bound_to(), "app_secret", &value.app_secret)?;
        self.put(sort, &Record::Aiflow { value: json(&value)? }).await
    }

    async fn sso(&mut self, mut value: Box<Sso>) -> Result<()> {
        let stored = self.known.get(SSO).and_then(|stored| self.store.sso(&self.keys, self.tenant, stored).ok());
        if stored.as_ref() == Some(value.as_ref()) {
            self.kept.push(SSO.to_owned());
            return Ok(());
        }
        if !value.client_secret.is_empty() {
            value.client_secret = self.sealed(&value.bound_to(), CLIENT_SECRET, &value.client_secret)?;
        }
        self.put(SSO.to_owned(), &Record::Sso { value }).await
    }

    async fn notices(&mut self, value: Notices) -> Result<()> {
        let sort = "notices#-".to_owned();
        if self.known.get(&sort).and_then(|stored| notices(stored).ok()).as_ref() == Some(&value) {
            self.kept.push(sort);
            return Ok(());
        }
        self.put(sort, &Record::Notices { value }).await
    }

    async fn oa_integration(&mut self, mut value: Box<OaIntegration>) -> Result<()> {
        let sort = oa_integration::SORT.to_owned();
        let stored = self.known.get(&sort);
        let stored = stored.and_then(|stored| oa_integration::opened(&self.keys, self.tenant, stored).ok());
        if stored.as_ref() == Some(value.as_ref()) {
            self.kept.push(sort);
            return Ok(());
        }
        for (number, key) in value.token_keys.iter_mut().enumerate() {
            *key = self.sealed(OaIntegration::BOUND_TO, &OaIntegration::key_name(number), key)?;
        }
        self.put(sort, &Record::OaIntegration { value }).await
    }

    fn sealed(&self, bound_to: &str, name: &str, secret: &Secret) -> Result<Secret> {
        let place = context(self.tenant, bound_to, name);
        let nonce = self.entropy.bytes::<12>()?;
        Ok(Secret::new(self.sealing.seal(Purpose::Connection, &place, nonce, secret.expose().as_bytes())))
    }

    async fn put(&mut self, sort: String, record: &Record) -> Result<()> {
        self.put_with(sort, record, Vec::new()).await
    }

    async fn put_with(&mut self, sort: String, record: &Record, also: Vec<Write>) -> Result<()> {
        let expect = self.known.get(&sort).map_or(Expect::Anything, |stored| Expect::Version(stored.version));
        let key = Key::new(self.tenant, "CONFIG", &[], sort.as_str());
        let did = if self.known.contains_key(&sort) { Changed::Changed } else { Changed::Created };
        let flow = match record {
            Record::Flow { value, .. } => Some(value),
            _ => None,
        };
        let mut writes = vec![Write::put(key, record, expect)?, self.version(&sort, did, flow)?];
        writes.extend(also);
        match self.store.table.transact(writes).await? {
            Outcome::Done => {
                self.kept.push(sort);
                Ok(())
            }
            Outcome::Conflict => Err(overtaken(&sort)),
        }
    }

    async fn remove_the_rest(mut self) -> Result<Vec<String>> {
        let gone = |sort: &String| !self.kept.contains(sort);
        let mut removed: Vec<String> = self.known.keys().filter(|sort| gone(sort)).cloned().collect();
        removed.sort();
        for sort in &removed {
            let key = Key::new(self.tenant, "CONFIG", &[], sort.as_str());
            let mut writes = vec![Write::delete(key, Expect::Anything), self.version(sort, Changed::Removed, None)?];
            if let Some((KIND_OF_FLOW, id)) = sort.split_once('#') {
                writes.extend(self.beside.take(self.tenant, &FlowId::new(id)).0);
            }
            if self.store.table.transact(writes).await? == Outcome::Conflict {
                return Err(overtaken(sort));
            }
        }
        for write in self.beside.left_over(self.tenant) {
            // One that was switched meanwhile stays.
            self.store.table.write(write).await?;
        }
        Ok(removed)
    }
}

fn overtaken(sort: &str) -> Error {
    let message = format!("{sort} was changed by somebody else at the same moment; apply again");
    Error::transient("config.conflict", message)
}

/// A caller as it is stored.
fn caller(app: App) -> AppCaller {
    AppCaller {
        code_sha256: app.app_code.map_or_else(String::new, |code| digest::sha256_hex(code.expose().as_bytes())),
        id: app.id,
        allow_ips: app.allow_ips,
        connections: app.connections,
        tenant: app.tenant.map(TenantId::new),
        services: app.services,
        code_in_query: app.code_in_query,
        rate_per_minute: app.rate_per_minute,
    }
}
