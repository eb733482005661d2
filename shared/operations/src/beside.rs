//! What works beside the connections: the login server, SQL databases, the OA integration. How each stands, and what came
//! of its last check; crate `tenon-probes` makes the checks.

use crate::connections::Check;
use crate::{At, refusal};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tenon_model::config::{OaIntegration, Service};
use tenon_model::{DatabaseId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Rejection};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beside {
    /// That of `[sso]`.
    LoginServer,
    /// One of `[[databases]]`.
    Database(DatabaseId),
    /// `[oa_integration]`.
    OaIntegration,
}

impl Beside {
    /// Where what came of its last check stands. A connection's has one part, so no connection is called as one of these.
    fn key(&self, tenant: &TenantId) -> Key {
        let parts = match self {
            Self::LoginServer => ["beside", "sso"],
            Self::Database(id) => ["database", id.as_str()],
            Self::OaIntegration => ["beside", "oa_integration"],
        };
        Key::new(tenant, "CONNECTION-CHECK", &parts, "last")
    }

    /// That there is none.
    pub fn missing(&self) -> Rejection {
        Rejection::NotFound(match self {
            Self::LoginServer => Cow::Borrowed("没有配置登录服务器"),
            Self::Database(id) => Cow::Owned(format!("没有数据库{id}")),
            Self::OaIntegration => Cow::Borrowed("没有配置OA集成"),
        })
    }

    /// The configuration, when it has this.
    ///
    /// # Errors
    /// 404 when it has not; those of the table.
    pub async fn of(&self, ctx: &Context, tenant: &TenantId) -> Result<Arc<Loaded>, Rejection> {
        if *tenant != TenantId::operator() {
            return Err(self.missing());
        }
        let loaded = ctx.config.load(tenant).await?;
        if all(&loaded).contains(self) { Ok(loaded) } else { Err(self.missing()) }
    }
}

/// All that a configuration has, whether or not it opens.
#[must_use]
pub fn all(loaded: &Loaded) -> Vec<Beside> {
    let nobody_calls = loaded.service_callers(Service::OaIntegration).next().is_none();
    let is_usual = loaded.oa_integration().is_ok_and(|own| *own == OaIntegration::default());
    let mut all = Vec::new();
    if !matches!(loaded.sso(), Ok(None)) {
        all.push(Beside::LoginServer);
    }
    all.extend(loaded.databases().map(|(id, _)| Beside::Database(id.clone())));
    if !(nobody_calls && is_usual) {
        all.push(Beside::OaIntegration);
    }
    all
}

/// How one stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BesideState {
    /// Of a database, its kind; absent when what is stored does not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Why what is stored cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The last time that somebody had it checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_check: Option<Check>,
}

/// A database, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatabaseState {
    /// Its id.
    pub id: DatabaseId,
    /// How it stands.
    #[serde(flatten)]
    pub state: BesideState,
}

/// How all of them stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BesideStates {
    /// Where people sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_server: Option<BesideState>,
    /// SQL databases, by id.
    pub databases: Vec<DatabaseState>,
    /// The OA integration, where somebody is meant to have tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oa_integration: Option<BesideState>,
}

/// How each stands.
///
/// # Errors
/// Those of the table.
pub async fn list(ctx: &Context, tenant: &TenantId) -> Result<BesideStates, Rejection> {
    if *tenant != TenantId::operator() {
        return Ok(BesideStates::default());
    }
    let loaded = ctx.config.load(tenant).await?;
    let all = all(&loaded);
    let keys: Vec<Key> = all.iter().map(|own| own.key(tenant)).collect();
    let mut checks: HashMap<Key, _> = ctx.table.get_many::<Check>(&keys).await?;
    let mut states = BesideStates::default();
    for own in all {
        let last_check = checks.remove(&own.key(tenant)).map(|stored| stored.data);
        let state = |read: tenon_platform::Result<Option<&'static str>>| match read {
            Ok(kind) => BesideState { kind, error: None, last_check },
            Err(error) => BesideState { kind: None, error: Some(error.to_string()), last_check },
        };
        match own {
            Beside::LoginServer => states.login_server = Some(state(loaded.sso().map(|_| None))),
            Beside::OaIntegration => states.oa_integration = Some(state(loaded.oa_integration().map(|_| None))),
            Beside::Database(id) => {
                let state = state(loaded.database(&id).map(|own| Some(own.kind())));
                states.databases.push(DatabaseState { id, state });
            }
        }
    }
    Ok(states)
}

/// Keeps what came of a check.
///
/// # Errors
/// Those of the table.
pub async fn keep(at: &At<'_>, of: &Beside, check: &Check) -> Result<(), Rejection> {
    let write = Write::put(of.key(at.tenant), check, Expect::Anything)?;
    at.ctx.table.write(write).await.map(drop).map_err(refusal::of)
}
