//! What `tenon check` looks at, as facts: the command shows them, wherever they were found. What every connection does
//! when it is used, and what else there is to be checked.

use crate::beside::{self, Beside};
use crate::{At, hurried};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_flows::compare::Findings;
use tenon_flows::issues::seen;
use tenon_flows::reconcile::recovered;
use tenon_flows::{barcode, certificates};
use tenon_model::config::Flow;
use tenon_model::config::notices::CHANNELS;
use tenon_model::{ConnectionId, DatabaseId, FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Rejection, Retry, breaker};

/// What is told of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its stable code.
    pub code: String,
    /// What is wrong and where.
    pub message: String,
    /// What to do, where the message does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        Self { code: error.code.to_owned(), message: error.to_string(), hint: hint(error).map(str::to_owned) }
    }
}

/// What to do about an error, where its message does not say it.
#[must_use]
pub fn hint(error: &Error) -> Option<&'static str> {
    match (error.code, error.retry) {
        ("config.connection" | "config.flow", _) => {
            Some("`tenon apply --config tenon.toml` stores connections and flows")
        }
        ("config.other-key", _) => None,
        ("platform.settings", _) => {
            Some("--deployed needs the environment of the deployed functions; see docs/OPERATIONS.md")
        }
        (_, Retry::Transient | Retry::RateLimited(_)) => Some("this may pass by itself; try again"),
        (_, Retry::UnknownOutcome) => Some("it is not known whether it was done; look before doing it again"),
        _ => None,
    }
}

/// One thing that a check tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What: `login`, `read Users`.
    pub name: String,
    /// How long it took, in ms.
    pub took_ms: i64,
}

/// What came of using a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It works.
    Works {
        /// What answered.
        answered: String,
        /// From the first request to the last answer, in ms.
        took_ms: i64,
        /// What was tried, in order.
        steps: Vec<Step>,
    },
    /// It does not.
    Fails(Fault),
}

impl Outcome {
    /// Whether it works.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Works { .. })
    }
}

/// A breaker that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenBreaker {
    /// Its connection.
    pub connection: ConnectionId,
    /// Epoch ms since when.
    pub since_ms: i64,
    /// Epoch ms from which a probe is let through.
    pub until_ms: i64,
    /// What failed last.
    pub why: String,
}

impl OpenBreaker {
    /// That of a connection, when it is not closed.
    pub(crate) fn of(connection: &ConnectionId, open: breaker::Open) -> Self {
        let breaker::Open { since_ms, until_ms, why, .. } = open;
        Self { connection: connection.clone(), since_ms, until_ms, why }
    }

    /// Whether the next piece of work is the probe.
    #[must_use]
    pub fn is_half_open(&self, now_ms: i64) -> bool {
        now_ms >= self.until_ms
    }
}

/// A connection that was used to see whether it works, and what else is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// Which.
    pub id: ConnectionId,
    /// Absent when what is stored does not open.
    pub kind: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took, in ms.
    pub took_ms: i64,
    /// Its breaker before the check, when it was not closed.
    pub breaker: Option<OpenBreaker>,
    /// What reconciliation found in each hour of the last day that no callback told, the greatest first.
    pub recovered: Vec<i64>,
    /// Epoch ms until which the certificate counts that it showed.
    pub certificate_ms: Option<i64>,
    /// What came of the latest event that the vendor pushed, in words.
    pub events: Option<String>,
    /// Notices that it carried today, by what came of them.
    pub notices: BTreeMap<String, i64>,
    /// Epoch ms of the end of the check.
    pub now_ms: i64,
}

/// Uses a connection, and looks at what is known of it. One that works lets waiting work go on.
pub async fn examined(ctx: &Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Examined {
    let before = breaker::state(ctx, tenant, id).await.ok().flatten();
    let recovered = recovered::by_hour(ctx, tenant, id).await.unwrap_or_default();
    let start = ctx.now_ms();
    let connection = loaded.connection(id);
    let outcome = match &connection {
        Err(error) => Outcome::Fails(error.into()),
        Ok(_) => match crate::connections::used(ctx, tenant, loaded, id).await {
            Ok(report) => Outcome::Works {
                answered: report.answered,
                took_ms: report.took_ms,
                steps: report.steps.into_iter().map(|step| Step { name: step.name, took_ms: step.took_ms }).collect(),
            },
            Err(error) => Outcome::Fails((&error).into()),
        },
    };
    if outcome.is_ok() && before.is_some() {
        breaker::close(ctx, tenant, id).await;
    }
    let events = seen::get(ctx, tenant, id).await.unwrap_or_default();
    let notices = tenon_notices::counted(ctx, tenant, Some(id)).await.unwrap_or_default();
    let now_ms = ctx.now_ms();
    Examined {
        id: id.clone(),
        kind: connection.as_ref().ok().map(|connection| connection.kind().to_owned()),
        outcome,
        took_ms: now_ms - start,
        breaker: before.map(|open| OpenBreaker::of(id, open)),
        recovered,
        certificate_ms: connection.ok().and_then(|connection| certificates::of(ctx, &connection)),
        events: events.warning(),
        notices,
        now_ms,
    }
}

/// A flow that is to be held against its form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFlow {
    /// Which.
    pub id: FlowId,
    /// The connections it needs: while one of them does not work, nothing is compared.
    pub connections: Vec<ConnectionId>,
}

/// What there is to be checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Every connection, whether or not it opens, by id.
    pub connections: Vec<ConnectionId>,
    /// Flows that are looked at.
    pub flows: Vec<PlannedFlow>,
    /// Connections with a barcode application.
    pub barcodes: Vec<ConnectionId>,
    /// Why nobody is told of what waits, where somebody should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices: Option<String>,
    /// Whether there is a login server.
    pub login_server: bool,
    /// SQL databases, whether or not they open, by id.
    pub databases: Vec<DatabaseId>,
    /// Whether somebody is meant to have tokens of the OA integration.
    pub oa_integration: bool,
}

/// What there is to be checked of this configuration.
#[must_use]
pub fn plan(loaded: &Loaded) -> Plan {
    let usable = loaded.connections().map(|connection| connection.id().clone());
    let mut connections: Vec<ConnectionId> = usable.chain(loaded.broken().map(|(id, _)| id.clone())).collect();
    connections.sort();
    // One that the program wrote is looked at before it is switched on, too.
    let is_looked_at =
        |flow: &&Flow| flow.is_enabled() || flow.as_approval().is_some_and(|flow| flow.form.seen.is_some());
    let flows = loaded.flows().iter().filter(is_looked_at).map(|flow| PlannedFlow {
        id: flow.id().clone(),
        connections: flow.connections().iter().map(|needed| needed.id.clone()).collect(),
    });
    let beside = beside::all(loaded);
    Plan {
        connections,
        flows: flows.collect(),
        barcodes: loaded.barcodes().map(|barcode| barcode.connection.clone()).collect(),
        notices: notices_warning(loaded),
        login_server: beside.contains(&Beside::LoginServer),
        oa_integration: beside.contains(&Beside::OaIntegration),
        databases: beside
            .into_iter()
            .filter_map(|own| if let Beside::Database(id) = own { Some(id) } else { None })
            .collect(),
    }
}

/// Why nobody is told, where somebody should be: ERPs push tasks, and no channel carries notices.
#[must_use]
pub fn notices_warning(loaded: &Loaded) -> Option<String> {
    if loaded.aiflow_apps().is_empty() {
        return None;
    }
    match loaded.notices() {
        Err(error) => Some(error.to_string()),
        Ok(Some(notices)) if !notices.channels.is_empty() => None,
        Ok(_) => {
            let channels = loaded.connections().filter(|connection| CHANNELS.contains(&connection.kind()));
            let known: Vec<String> = channels.map(|connection| format!("\"{}\"", connection.id())).collect();
            let mend = match known.is_empty() {
                true => {
                    "add a connection to DingTalk, WeCom or Feishu, and name it in channels of [notices]".to_owned()
                }
                false => format!("write [notices] with channels = [{}]", known.join(", ")),
            };
            Some(format!("ERPs push tasks ([[aiflow_apps]]), and nobody is told of them; {mend}"))
        }
    }
}

/// Holds a barcode application's settings against its ERP; the id is that of its runs.
///
/// # Errors
/// 404 when the connection has none; those of the table.
pub async fn barcode(at: &At<'_>, connection: &ConnectionId) -> Result<(FlowId, Findings), Rejection> {
    let missing = || Rejection::NotFound(format!("连接{connection}没有条码应用").into());
    if *at.tenant != TenantId::operator() {
        return Err(missing());
    }
    let loaded = at.ctx.config.load(at.tenant).await?;
    let settings = loaded.barcode(connection)?.ok_or_else(missing)?;
    Ok(barcode::compare(&hurried(at.ctx), at.tenant, &loaded, settings).await)
}
