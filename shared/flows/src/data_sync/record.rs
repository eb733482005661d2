//! What is kept of a run, and which run of a form is the latest.

use super::plan::Plan;
use serde::{Deserialize, Serialize};
use tenon_model::run::Trigger;
use tenon_model::{DatabaseId, FlowId, RunId, TenantId};
use tenon_platform::table::{Expect, Key, Outcome, RecordKind, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result};

/// How long a run that has ended is kept, in seconds.
const KEPT_S: i64 = 90 * 86_400;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A new table takes the place of the one that is there.
    Create,
    /// Rows of the table that is there are put in, and changed.
    Update,
}

impl What {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sync {
    /// Its id.
    pub run: RunId,
    /// The flow.
    pub flow: FlowId,
    /// The database.
    pub database: DatabaseId,
    /// The form, as it was asked for.
    pub form: String,
    /// What it does.
    pub what: What,
    /// What began it.
    pub trigger: Trigger,
    /// Epoch ms.
    pub started_ms: i64,
    /// Epoch ms; absent while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// Whether rows are looked for that the ERP has no more.
    #[serde(default)]
    pub reconciles: bool,
    /// What is read and where it goes; absent before the first slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The organisations that are read, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// How far it is.
    #[serde(default)]
    pub did: SyncProgress,
    /// What there is to be told.
    #[serde(default)]
    pub told: SyncNotes,
    /// Code of what stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    /// Rows that were written.
    pub rows: u64,
    /// Pages that were read.
    pub pages: u64,
    /// Rows that were deleted.
    #[serde(default)]
    pub deleted: u64,
    /// Rows the table had before, or has at the end.
    #[serde(default)]
    pub in_table: u64,
    /// Slices it took.
    #[serde(default)]
    pub slices: u64,
}

/// What a run tells beside its numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncNotes {
    /// Columns of the old table that the new one has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_columns: Vec<String>,
    /// Rights of others on the old table, which the new one has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// Indexes and triggers of the old table, which the new one has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
    /// Columns of the table that the ERP has not; they are left as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_in_table: Vec<String>,
    /// Fields of the ERP that the table has not; they are not written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_in_erp: Vec<String>,
    /// What else is to be known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The latest run of a form in a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    /// It.
    pub run: RunId,
    /// Epoch ms.
    pub started_ms: i64,
    /// Whether it has ended.
    pub ended: bool,
    /// When rows that are gone were looked for last, epoch ms.
    #[serde(default)]
    pub reconciled_ms: i64,
    /// Whether a run has succeeded: the table is there, and the schedule may update it.
    #[serde(default)]
    pub made: bool,
}

/// Kinds of records.
pub(crate) const KINDS: [RecordKind; 2] =
    [RecordKind::of::<Sync>("DATA-SYNC"), RecordKind::of::<Latest>("DATA-SYNC-FORM")];

fn key(tenant: &TenantId, run: &RunId) -> Key {
    Key::new(tenant, "DATA-SYNC", &[run.as_str()], "-")
}

fn latest_key(tenant: &TenantId, database: &DatabaseId, form: &str) -> Key {
    Key::new(tenant, "DATA-SYNC-FORM", &[database.as_str(), &form.to_ascii_lowercase()], "latest")
}

/// A run.
///
/// # Errors
/// Those of the table.
pub async fn get(ctx: &Context, tenant: &TenantId, run: &RunId) -> Result<Option<Stored<Sync>>> {
    ctx.table.get(&key(tenant, run)).await
}

/// The latest run of a form.
///
/// # Errors
/// Those of the table.
pub async fn latest(
    ctx: &Context,
    tenant: &TenantId,
    database: &DatabaseId,
    form: &str,
) -> Result<Option<Stored<Latest>>> {
    ctx.table.get(&latest_key(tenant, database, form)).await
}

/// The write of a run in the place of what was read.
pub(super) fn write(ctx: &Context, tenant: &TenantId, sync: &Sync, before: Option<u64>) -> Result<Write> {
    let expect = before.map_or(Expect::AbsentAt(ctx.now_ms()), Expect::Version);
    let until = ctx.now_ms().div_euclid(1_000) + KEPT_S;
    Ok(Write::put(key(tenant, &sync.run), sync, expect)?.fenced(ctx.entropy.token()?).expiring(Some(until)))
}

/// The write of which run is the latest.
pub(super) fn write_latest(
    ctx: &Context,
    tenant: &TenantId,
    of: (&DatabaseId, &str),
    latest: &Latest,
    before: Option<u64>,
) -> Result<Write> {
    let expect = before.map_or(Expect::AbsentAt(ctx.now_ms()), Expect::Version);
    Ok(Write::put(latest_key(tenant, of.0, of.1), latest, expect)?.fenced(ctx.entropy.token()?))
}

/// Stores how far a run is, whoever stored it last: it is in hand.
///
/// # Errors
/// `data-sync.busy` when another process went on with it.
pub async fn store(ctx: &Context, tenant: &TenantId, sync: &Sync) -> Result<()> {
    let Some(stored) = get(ctx, tenant, &sync.run).await? else { return Err(taken_over()) };
    match ctx.table.write(write(ctx, tenant, sync, Some(stored.version))?).await? {
        Outcome::Done => Ok(()),
        Outcome::Conflict => Err(taken_over()),
    }
}

/// Stores that a run has ended, for itself and as the latest of its form.
///
/// # Errors
/// `data-sync.busy` when another process went on with it.
pub async fn end(ctx: &Context, tenant: &TenantId, sync: &Sync) -> Result<()> {
    let Some(stored) = get(ctx, tenant, &sync.run).await? else { return Err(taken_over()) };
    let mut writes = vec![write(ctx, tenant, sync, Some(stored.version))?];
    let latest = latest(ctx, tenant, &sync.database, &sync.form).await?;
    if let Some(latest) = latest.filter(|latest| latest.data.run == sync.run) {
        let done = sync.reconciles && sync.error.is_none();
        let reconciled_ms = if done { sync.started_ms } else { latest.data.reconciled_ms };
        let made = latest.data.made || sync.error.is_none();
        let ended = Latest { ended: true, reconciled_ms, made, ..latest.data };
        writes.push(write_latest(ctx, tenant, (&sync.database, &sync.form), &ended, Some(latest.version))?);
    }
    match ctx.table.transact(writes).await? {
        Outcome::Done => Ok(()),
        Outcome::Conflict => Err(taken_over()),
    }
}

/// Another process has it in hand.
pub fn taken_over() -> Error {
    Error::transient("data-sync.busy", "another process went on with this run in the meantime")
        .with_kind(ErrorKind::Lost)
}
