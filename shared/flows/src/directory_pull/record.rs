//! What is kept of a pull: how far it is, and every page that was seen.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_model::run::Trigger;
use tenon_model::{FlowId, RunId, TenantId};
use tenon_platform::table::{Expect, Key, Outcome, Range, RecordKind, Stored, Write};
use tenon_platform::{Context, Error, Result};

/// How long the pages of a pull are kept, in seconds.
const SEEN_S: i64 = 3 * 86_400;

/// The latest pull of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pull {
    /// Its run, which names it.
    pub run: RunId,
    /// What began it.
    pub trigger: Trigger,
    /// Epoch ms.
    pub started_ms: i64,
    /// Epoch ms; absent while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// What it did.
    #[serde(default)]
    pub did: PullCounts,
}

/// What a pull did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullCounts {
    /// Departments that were made or changed.
    pub departments: u64,
    /// People that were made.
    pub made: u64,
    /// People that were changed.
    pub changed: u64,
    /// People that were disabled.
    pub left: u64,
    /// Records that were refused.
    #[serde(default)]
    pub refused: u64,
    /// Slices it took.
    pub slices: u64,
}

/// What a page showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "page", rename_all = "lowercase")]
pub enum Seen {
    /// The departments below one.
    Departments {
        /// The department: id, name, the one above.
        own: Named,
        /// Those below it.
        below: Vec<Named>,
        /// It was told of and is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
    },
    /// Who manages departments.
    Managers {
        /// The departments whose managers were stored.
        of: Vec<String>,
    },
    /// People of a department.
    People {
        /// Their ids at the OA.
        ids: Vec<String>,
        /// Where the next page begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
        /// The department was told of and is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
        /// Whom those report to whose supervisor was not known yet when they were stored, both by the OA's ids.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        led_by: BTreeMap<String, String>,
    },
}

/// A department of the OA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The OA's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The OA's id of the one above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// Kinds of records.
pub(crate) const KINDS: [RecordKind; 2] = [RecordKind::of::<Pull>("DIR-PULL"), RecordKind::of::<Seen>("DIR-SEEN")];

fn key(tenant: &TenantId, flow: &FlowId) -> Key {
    Key::new(tenant, "DIR-PULL", &[flow.as_str()], "latest")
}

/// The latest pull of a flow.
pub async fn latest(ctx: &Context, tenant: &TenantId, flow: &FlowId) -> Result<Option<Stored<Pull>>> {
    ctx.table.get(&key(tenant, flow)).await
}

/// The write of a pull in the place of what was read.
pub fn write(ctx: &Context, tenant: &TenantId, flow: &FlowId, pull: &Pull, before: Option<u64>) -> Result<Write> {
    let expect = before.map_or(Expect::AbsentAt(ctx.now_ms()), Expect::Version);
    Ok(Write::put(key(tenant, flow), pull, expect)?.fenced(ctx.entropy.token()?))
}

/// Stores how far a pull is, whoever stored it last: it is in hand.
pub async fn store(ctx: &Context, tenant: &TenantId, flow: &FlowId, pull: &Pull) -> Result<()> {
    let Some(stored) = latest(ctx, tenant, flow).await?.filter(|stored| stored.data.run == pull.run) else {
        return Err(taken_over());
    };
    match ctx.table.write(write(ctx, tenant, flow, pull, Some(stored.version))?).await? {
        Outcome::Done => Ok(()),
        Outcome::Conflict => Err(taken_over()),
    }
}

pub fn taken_over() -> Error {
    let message = "another process went on with this pull in the meantime";
    Error::transient("directory.busy", message).with_kind(tenon_platform::ErrorKind::Lost)
}

/// Every page that a pull has seen, with its name.
pub async fn seen(ctx: &Context, tenant: &TenantId, flow: &FlowId, run: &RunId) -> Result<Vec<(String, Seen)>> {
    let partition = Key::partition_of(tenant, "DIR-SEEN", &[flow.as_str(), run.as_str()]);
    let all = ctx.table.query_all::<Seen>(&partition, Range::default()).await?;
    Ok(all.into_iter().map(|stored| (stored.sort, stored.data)).collect())
}

/// Notes a page as seen.
pub async fn note(ctx: &Context, tenant: &TenantId, at: (&FlowId, &RunId), name: &str, page: &Seen) -> Result<()> {
    let key = Key::new(tenant, "DIR-SEEN", &[at.0.as_str(), at.1.as_str()], name);
    let until = ctx.now_ms().div_euclid(1_000) + SEEN_S;
    ctx.table.write(Write::put(key, page, Expect::Anything)?.expiring(Some(until))).await.map(drop)
}
