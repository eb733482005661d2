//! Forms as people saved them. Each instance has a copy beside it, so that a step reads it with the instance; saving
//! renews the copies.

use super::failure::Failure;
use super::keys;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Outcome, Stored, Write, in_the_way};
use tenon_platform::{Context, Result};

/// Instances whose copies are renewed: the latest.
const COPIES: usize = 20;
/// Times a saving is begun anew when somebody else saved meanwhile.
const TIMES: usize = 8;
/// Longest data, in bytes of JSON.
const MAX_FORM_BYTES: usize = 200 * 1024;
/// Longest id, in bytes.
const ID: usize = 200;

/// A form's record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormRecord {
    /// The flow it is of.
    pub flow: String,
    /// Its id.
    pub data_id: String,
    /// What it says.
    pub data: Map<String, Value>,
    /// How often it was saved.
    pub saved: u64,
    /// Who saved it last.
    pub by: String,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms.
    pub updated_ms: i64,
    /// The instance that was launched from it when no number was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched: Option<String>,
    /// Instances that go by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<String>,
}

/// What an instance goes by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Copy {
    pub data: Map<String, Value>,
    pub saved: u64,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The record's id.
    pub data_id: String,
    /// How often it was saved by now.
    pub saved: u64,
    /// Instances that go by it.
    pub instances: Vec<String>,
}

impl FormRecord {
    /// With an instance more; the oldest are forgotten.
    pub(super) fn launching(mut self, number: &str) -> Self {
        self.launched.get_or_insert_with(|| number.to_owned());
        self.instances.push(number.to_owned());
        let beyond = self.instances.len().saturating_sub(COPIES);
        self.instances.drain(..beyond);
        self
    }

    pub(super) fn copy(&self) -> Copy {
        Copy { data: self.data.clone(), saved: self.saved }
    }
}

/// A form's record.
///
/// # Errors
/// Those of the table.
pub async fn read_form(ctx: &Context, tenant: &TenantId, flow: &str, data_id: &str) -> Result<Option<FormRecord>> {
    let stored = ctx.table.get::<FormRecord>(&keys::form(tenant, flow, data_id)).await?;
    Ok(stored.map(|stored| stored.data))
}

/// Saves a form: under an id of ours without one, else what was saved under it is replaced. Data that is as it was
/// changes nothing.
///
/// # Errors
/// `process.form-too-long`, `process.form-id`; those of the table.
pub async fn save_form(
    ctx: &Context,
    tenant: &TenantId,
    (flow, data_id): (&str, Option<&str>),
    data: Map<String, Value>,
    by: &str,
) -> std::result::Result<Saved, Failure> {
    check_length(&data)?;
    let id = match data_id {
        Some(id) => id.to_owned(),
        None => ctx.entropy.id("f", ctx.now_ms())?,
    };
    if id.is_empty() || id.len() > ID || id.chars().any(char::is_control) {
        let (zh, en) = (format!("dataId应为1到{ID}字节"), format!("dataId has 1 to {ID} bytes"));
        return Err(Failure::refused("process.form-id", zh, en));
    }
    for _ in 0..TIMES {
        let stored = ctx.table.get::<FormRecord>(&keys::form(tenant, flow, &id)).await?;
        let unchanged = stored.as_ref().is_some_and(|stored| stored.data.data == data);
        if let Some(stored) = stored.as_ref().filter(|_| unchanged) {
            let (saved, instances) = (stored.data.saved, stored.data.instances.clone());
            return Ok(Saved { data_id: id, saved, instances });
        }
        let (record, writes) = writes(ctx, tenant, (flow, &id), stored, (&data, by))?;
        if ctx.table.transact(writes).await? == Outcome::Done {
            return Ok(Saved { data_id: id, saved: record.saved, instances: record.instances });
        }
    }
    Err(in_the_way("others keep saving the same form").into())
}

/// A form that a record holds.
pub(super) fn check_length(data: &Map<String, Value>) -> std::result::Result<(), Failure> {
    let length = serde_json::to_vec(data).map_or(usize::MAX, |bytes| bytes.len());
    if length <= MAX_FORM_BYTES {
        return Ok(());
    }
    let (zh, en) = (
        format!("表单数据超过{}KB", MAX_FORM_BYTES / 1024),
        format!("a form's data has at most {} KB", MAX_FORM_BYTES / 1024),
    );
    Err(Failure::refused("process.form-too-long", zh, en))
}

fn writes(
    ctx: &Context,
    tenant: &TenantId,
    (flow, id): (&str, &str),
    stored: Option<Stored<FormRecord>>,
    (data, by): (&Map<String, Value>, &str),
) -> Result<(FormRecord, Vec<Write>)> {
    let now = ctx.now_ms();
    let expect = stored.as_ref().map_or(Expect::AbsentAt(now), |stored| Expect::Version(stored.version));
    let fresh =
        || FormRecord { flow: flow.to_owned(), data_id: id.to_owned(), created_ms: now, ..FormRecord::default() };
    let mut record = stored.map_or_else(fresh, |stored| stored.data);
    record.data.clone_from(data);
    record.saved += 1;
    record.by = by.to_owned();
    record.updated_ms = now;
    let mut writes = vec![Write::put(keys::form(tenant, flow, id), &record, expect)?];
    for number in &record.instances {
        writes.push(Write::put(keys::data(tenant, number), &record.copy(), Expect::Anything)?);
    }
    Ok((record, writes))
}
