//! Connections: how each stands, and using it now to see whether it works.

use crate::check::{self, Examined, Outcome};
use crate::{At, hurried, refusal};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tenon_connectors::CheckReport;
use tenon_connectors::aiflow::Aiflow;
use tenon_connectors::blacklake::Blacklake;
use tenon_connectors::di_api::DiApi;
use tenon_connectors::erp::Erp;
use tenon_connectors::feishu::Feishu;
use tenon_connectors::kingdee::Kingdee;
use tenon_connectors::oa::Oa;
use tenon_connectors::odoo::Odoo;
use tenon_model::config::Connection;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::breaker;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Expect, Key, RecordKind, Write};
use tenon_platform::{Context, Error, Rejection};

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Check>("CONNECTION-CHECK");

/// What came of using a connection, kept until it is used again so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Epoch ms.
    pub at_ms: i64,
    /// Who asked for it.
    pub by: String,
    /// Whether it works.
    pub ok: bool,
    /// What answered: a product and version where the vendor names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// What is wrong and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How long it took, in ms.
    pub took_ms: i64,
}

/// A breaker that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breaker {
    /// `open`, or `half-open` when the next piece of work tries whether the connection is back.
    pub state: &'static str,
    /// Epoch ms since when.
    pub since_ms: i64,
    /// Epoch ms from which a probe is let through.
    pub until_ms: i64,
    /// What failed last.
    pub why: String,
}

/// How a connection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionState {
    /// Its id.
    pub id: ConnectionId,
    /// Its kind; absent when what is stored does not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Why what is stored cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its breaker, when that is not closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// The last time that somebody had it checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_check: Option<Check>,
}

fn missing(id: &ConnectionId) -> Rejection {
    Rejection::NotFound(Cow::Owned(format!("没有连接{id}")))
}

fn key(tenant: &TenantId, id: &ConnectionId) -> Key {
    Key::new(tenant, "CONNECTION-CHECK", &[id.as_str()], "last")
}

/// Every connection, by id.
///
/// # Errors
/// Those of the table.
pub async fn list(ctx: &Context, tenant: &TenantId) -> Result<Vec<ConnectionState>, Rejection> {
    if *tenant != TenantId::operator() {
        return Ok(Vec::new());
    }
    let loaded = ctx.config.load(tenant).await?;
    let usable = loaded.connections().map(|connection| (connection.id().clone(), Some(connection.kind()), None));
    let broken = loaded.broken().map(|(id, error)| (id.clone(), None, Some(error.to_string())));
    let mut all: Vec<_> = usable.chain(broken).collect();
    all.sort();
    let keys: Vec<Key> = all.iter().map(|(id, ..)| key(tenant, id)).collect();
    let mut checks: HashMap<Key, _> = ctx.table.get_many::<Check>(&keys).await?;
    let breakers = try_join_all(all.iter().map(|(id, ..)| breaker::state(ctx, tenant, id))).await?;
    let states = all.into_iter().zip(breakers).map(|((id, kind, error), open)| {
        let last_check = checks.remove(&key(tenant, &id)).map(|stored| stored.data);
        let breaker = open.map(|open| Breaker {
            state: if open.is_half_open(ctx.now_ms()) { "half-open" } else { "open" },
            since_ms: open.since_ms,
            until_ms: open.until_ms,
            why: open.why,
        });
        ConnectionState { id, kind, error, breaker, last_check }
    });
    Ok(states.collect())
}

/// Uses a connection now, as `tenon check` does, and keeps what came of it. One that works again lets waiting work go
/// on.
///
/// # Errors
/// 404 when there is none; those of the table. That it does not work is a result and no error.
pub async fn check(at: &At<'_>, id: &ConnectionId) -> Result<Check, Rejection> {
    let loaded = known(at, id).await?;
    at.note("check-connection", id.as_str(), json!({})).await?;
    let start = at.ctx.now_ms();
    let outcome = used(&hurried(at.ctx), at.tenant, &loaded, id).await;
    if outcome.is_ok() && breaker::state(at.ctx, at.tenant, id).await?.is_some() {
        breaker::close(at.ctx, at.tenant, id).await;
    }
    tenon_connectors::erp::release(at.ctx).await;
    let check = check_of(outcome, start, at.ctx.now_ms(), &at.by.name);
    keep(at, id, &check).await?;
    Ok(check)
}

/// The configuration, when it has this connection.
async fn known(at: &At<'_>, id: &ConnectionId) -> Result<Arc<Loaded>, Rejection> {
    if *at.tenant != TenantId::operator() {
        return Err(missing(id));
    }
    let loaded = at.ctx.config.load(at.tenant).await?;
    if loaded.connection(id).is_err() && !loaded.broken().any(|(broken, _)| broken == id) {
        return Err(missing(id));
    }
    Ok(loaded)
}

async fn keep(at: &At<'_>, id: &ConnectionId, check: &Check) -> Result<(), Rejection> {
    let write = Write::put(key(at.tenant, id), check, Expect::Anything)?;
    at.ctx.table.write(write).await.map(drop).map_err(refusal::of)
}

/// The same, with everything that `tenon check` tells of it. Sessions that it began stay, for whatever is looked at
/// next; [`release`] ends them.
///
/// # Errors
/// As [`check`].
pub async fn examine(at: &At<'_>, id: &ConnectionId) -> Result<(Check, Examined), Rejection> {
    let loaded = known(at, id).await?;
    at.note("check-connection", id.as_str(), json!({})).await?;
    let found = check::examined(&hurried(at.ctx), at.tenant, &loaded, id).await;
    let (answered, fault) = match &found.outcome {
        Outcome::Works { answered, .. } => (Some(answered.clone()), None),
        Outcome::Fails(fault) => (None, Some(fault)),
    };
    let check = Check {
        at_ms: found.now_ms,
        by: at.by.name.clone(),
        ok: found.outcome.is_ok(),
        answered,
        error: fault.map(|fault| fault.message.clone()),
        code: fault.map(|fault| fault.code.clone()),
        took_ms: found.took_ms,
    };
    keep(at, id, &check).await?;
    Ok((check, found))
}

/// Ends the sessions that this process has begun.
pub async fn release(ctx: &Context) {
    tenon_connectors::erp::release(ctx).await;
}

fn check_of(outcome: Result<CheckReport, Error>, start_ms: i64, now_ms: i64, by: &str) -> Check {
    let (answered, error, code) = match &outcome {
        Ok(report) => (Some(report.answered.clone()), None, None),
        Err(error) => (None, Some(error.to_string()), Some(error.code.to_owned())),
    };
    let took_ms = now_ms - start_ms;
    Check { at_ms: now_ms, by: by.to_owned(), ok: outcome.is_ok(), answered, error, code, took_ms }
}

/// Uses a connection: logs in, reads a little, writes nothing.
///
/// # Errors
/// Why it does not work.
pub async fn used(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    id: &ConnectionId,
) -> tenon_platform::Result<CheckReport> {
    let revision = loaded.revision(id);
    let connection = loaded.connection(id)?;
    let erp = Erp::over(ctx, tenant, &connection, revision);
    match (erp, Oa::over(ctx, tenant, &connection, revision)) {
        (Some(erp), _) => erp.check().await,
        (_, Some(oa)) => oa.check().await,
        (None, None) => plain(ctx, tenant, &connection, revision).await,
    }
}

/// Checks a system that is neither an ERP nor an OA.
async fn plain(
    ctx: &Context,
    tenant: &TenantId,
    connection: &Connection,
    revision: u64,
) -> tenon_platform::Result<CheckReport> {
    match connection {
        Connection::Kingdee(c) => Kingdee::new(ctx, tenant, (**c).clone(), revision).try_connection().await,
        Connection::Aiflow(c) => Aiflow::new(ctx, tenant, c.clone(), revision).check().await,
        Connection::Feishu(c) => Feishu::new(ctx, tenant, c.clone(), revision).check().await,
        Connection::Odoo(c) => Odoo::new(ctx, tenant, c.clone(), revision).check().await,
        Connection::DiApi(c) => DiApi::new(ctx, tenant, (**c).clone(), revision).check().await,
        Connection::Blacklake(c) => Blacklake::new(ctx, tenant, (**c).clone(), revision).check().await,
        _ => {
            let message = format!("nothing checks connection {}", connection.id());
            Err(Error::permanent("config.connection", message))
        }
    }
}
