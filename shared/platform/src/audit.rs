//! Who changed what: one list for each tenant, which the pages, the operators' API and the commands write alike.
//!
//! An entry is stored before its change is made, or with it in one transaction: what is noted and was not done can be
//! seen from how the thing stands; what was done and is not noted could never be found.

use crate::context::Context;
use crate::error::Result;
use crate::runs::redact;
use crate::table::{Expect, Key, Range, RecordKind, Write};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_model::TenantId;

/// How long entries are kept, in seconds: two years.
const KEEP_S: i64 = 730 * 86_400;
/// Longest name of somebody, in characters.
const NAME: usize = 100;

/// The kind of records of this module.
pub(crate) const KIND: RecordKind = RecordKind::of::<Entry>("AUDIT");

/// Which way somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The operators' API.
    Api,
    /// The pages.
    Page,
    /// The `tenon` command.
    Command,
}

/// Who changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The token's name and id, or the machine's user.
    pub name: String,
    /// Which way.
    pub via: Via,
}

impl Actor {
    /// Somebody of this name, cut where it is too long to be shown.
    pub fn new(name: impl AsRef<str>, via: Via) -> Self {
        let name: String = name.as_ref().trim().chars().take(NAME).collect();
        Self { name: if name.is_empty() { "unnamed".to_owned() } else { name }, via }
    }

    /// Whoever uses the command on this machine.
    pub fn command() -> Self {
        let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        Self::new(user.unwrap_or_else(|| "tenon".to_owned()), Via::Command)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `a-…`; sorts by time.
    pub id: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// Who.
    pub by: String,
    /// Which way.
    pub via: Via,
    /// What was done: `retry-run`, `switch-flow-off`.
    pub did: String,
    /// To what: a run, a flow, a connection.
    pub of: String,
    /// More about it, redacted.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

/// Entries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entries {
    /// The entries.
    pub entries: Vec<Entry>,
    /// The entry behind which the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The write that notes a change, for the transaction that makes it.
///
/// # Errors
/// When it cannot be written as a record.
pub fn write(ctx: &Context, tenant: &TenantId, by: &Actor, (did, of): (&str, &str), detail: Value) -> Result<Write> {
    let now = ctx.now_ms();
    let entry = Entry {
        id: ctx.entropy.id("a-", now)?,
        at_ms: now,
        by: by.name.clone(),
        via: by.via,
        did: did.to_owned(),
        of: of.chars().take(500).collect(),
        detail: redact(detail),
    };
    let key = Key::new(tenant, "AUDIT", &[], entry.id.as_str());
    Ok(Write::put(key, &entry, Expect::Anything)?.expiring(Some(now / 1000 + KEEP_S)))
}

/// Notes a change by itself, before it is made.
///
/// # Errors
/// Those of the table: what cannot be noted is not to be done.
pub async fn note(ctx: &Context, tenant: &TenantId, by: &Actor, did_of: (&str, &str), detail: Value) -> Result<()> {
    ctx.table.write(write(ctx, tenant, by, did_of, detail)?).await.map(drop)
}

/// Whether this can be an entry's id.
pub fn is_id(text: &str) -> bool {
    text.strip_prefix("a-").is_some_and(|rest| rest.len() == 21 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The newest entries behind this one.
///
/// # Errors
/// Those of the table.
pub async fn list(ctx: &Context, tenant: &TenantId, after: Option<&str>, limit: u32) -> Result<Entries> {
    let partition = Key::partition_of(tenant, "AUDIT", &[]);
    let up_to = after.map(str::to_owned);
    // One more than is shown says whether there is more; the one behind which it begins is read too.
    let most = limit.saturating_add(2);
    let found = ctx.table.newest::<Entry>(&partition, Range { up_to, ..Range::default() }, most).await?;
    let mut entries: Vec<Entry> =
        found.into_iter().map(|stored| stored.data).filter(|entry| Some(entry.id.as_str()) != after).collect();
    let whole = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > whole;
    entries.truncate(whole);
    let next = entries.last().filter(|_| more).map(|entry| entry.id.clone());
    Ok(Entries { entries, next })
}
