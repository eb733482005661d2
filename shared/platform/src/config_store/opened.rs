//! Stored records as they are read: each checked for its kind, its secrets opened. One that does not open stops no other.

use super::{
    CLIENT_SECRET, ConfigStore, PASSWORD, RECHECK_AFTER, Record, SSO, context, oa_integration, place, record,
    unreadable,
};
use crate::data_key;
use crate::error::{Error, Result, Retry};
use crate::keys::SealedText;
use crate::table::Stored;
use serde::Deserialize;
use tenon_crypto::secrets::{MasterKey, Purpose, SecretError};
use tenon_model::config::{AiflowApp, AppCaller, Barcode, Connection, Database, Notices, Secret, Sso};
use tenon_model::{ConnectionId, TenantId};

impl ConfigStore {
    /// A stored connection with its secrets opened.
    pub(super) fn connection(
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
    pub(super) fn database(
        &self,
        keys: &MasterKey,
        tenant: &TenantId,
        stored: &Stored<serde_json::Value>,
    ) -> Result<Database> {
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
    pub(super) fn sso(&self, keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Result<Sso> {
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
}

/// A caller, when it is one that was applied here.
pub(super) fn caller_of(keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Option<AppCaller> {
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
pub(super) fn aiflow_app(keys: &MasterKey, tenant: &TenantId, stored: &Stored<serde_json::Value>) -> Result<AiflowApp> {
    let Record::Aiflow { value } = record(stored)? else { return Err(unreadable(&stored.sort, "other kind")) };
    let mut app: AiflowApp = serde_json::from_value(value).map_err(|e| unreadable(&stored.sort, e))?;
    let place = context(tenant, &app.bound_to(), "app_secret");
    let plain = keys.open(Purpose::Connection, &place, app.app_secret.expose());
    let plain = plain.map_err(|why| unreadable(&stored.sort, format!("its secret does not open: {why}")))?;
    app.app_secret = Secret::new(String::from_utf8(plain).map_err(|e| unreadable(&stored.sort, e))?);
    Ok(app)
}

/// A flow as it was applied, and since when it is there.
pub(super) fn flow(stored: &Stored<serde_json::Value>) -> Result<(serde_json::Value, i64)> {
    match record(stored)? {
        Record::Flow { value, since_ms } => Ok((value, since_ms)),
        _ => Err(unreadable(&stored.sort, "other kind")),
    }
}

pub(super) fn barcode(stored: &Stored<serde_json::Value>) -> Result<Barcode> {
    match record(stored)? {
        Record::Barcode { value } => Ok(*value),
        _ => Err(unreadable(&stored.sort, "other kind")),
    }
}

pub(super) fn notices(stored: &Stored<serde_json::Value>) -> Result<Notices> {
    match record(stored)? {
        Record::Notices { value } => Ok(value),
        _ => Err(unreadable(&stored.sort, "other kind")),
    }
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
    Error::new(code, Retry::Blocked(RECHECK_AFTER), format!("{name} of connection {id} does not open: {why}; {remedy}"))
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
