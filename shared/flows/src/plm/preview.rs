//! What a push would write: reads and maps, writes nothing.

use super::job::{Job, Work};
use super::{bodies, body, components, fit, record, same, trees};
use crate::kinds::Scope;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tenon_model::DocumentKey;
use tenon_model::config::{PlmFlow, Receives};
use tenon_model::plm::PlmState;
use tenon_platform::{Error, Result};

/// What a body would write.
pub async fn pushed(at: Scope<'_>, flow: &PlmFlow, bytes: &[u8]) -> Result<Value> {
    let records = body::records(flow, bytes).map_err(|bad| Error::permanent("plm.record", bad.to_string()))?;
    let fits = fit::all(flow, &records);
    let mut problems = Vec::new();
    let mut found: BTreeMap<usize, Value> = BTreeMap::new();
    let mut kept = Vec::new();
    for fit in fits {
        match fit {
            Ok(fit) => kept.push(fit),
            Err(unfit) => {
                let name =
                    if unfit.shown.is_empty() { format!("第{}条", unfit.place + 1) } else { unfit.shown.clone() };
                if let Some(error) = &unfit.error {
                    problems.push(format!("{name}: {}", error.message));
                }
                let error = unfit.error.map(|error| error.message);
                found.insert(unfit.place, json!({ "key": unfit.shown, "error": error, "warnings": unfit.warnings }));
            }
        }
    }
    if flow.receives == Receives::Boms {
        let cycles = trees::cycles(&kept.iter().map(fit::Fit::tree).collect::<Vec<_>>());
        for way in cycles.values().collect::<BTreeSet<_>>() {
            problems.push(format!("BOM循环：{way}"));
        }
    }
    let work = Work::new((at.ctx, at.ctx), at.tenant, at.loaded, flow, false)?;
    problems.extend(missing_items(&work, &kept).await?);
    let keys: Vec<DocumentKey> = kept.iter().map(|fit| fit.key.clone()).collect();
    let seen = if keys.is_empty() { Default::default() } else { one_by_one(&work, &keys).await? };
    for fit in kept {
        let row = seen.get(&fit.key);
        found.insert(fit.place, would(flow, &fit.key, &fit.fields, row, &fit.warnings));
    }
    let records: Vec<Value> = found.into_values().collect();
    Ok(json!({ "flow": flow.id, "object": flow.object(), "records": records, "problems": problems }))
}

/// Items that trees name and the ERP does not have.
async fn missing_items(work: &Work<'_>, fits: &[fit::Fit]) -> Result<Vec<String>> {
    if work.flow.receives != Receives::Boms {
        return Ok(Vec::new());
    }
    let parts = fits.iter().flat_map(|fit| components::codes(&fit.fields).map(str::to_owned));
    let all: BTreeSet<String> = fits.iter().map(|fit| fit.key.to_string()).chain(parts).collect();
    let keys: Vec<DocumentKey> = all.into_iter().map(DocumentKey::Text).collect();
    let items = work.look("Items", "ItemCode", &keys, &BTreeSet::new()).await?;
    let missing = keys.iter().filter(|key| !items.contains_key(key));
    Ok(missing.map(|key| format!("B1中没有物料 {key}")).collect())
}

async fn one_by_one(work: &Work<'_>, keys: &[DocumentKey]) -> Result<BTreeMap<DocumentKey, Map<String, Value>>> {
    let mut found = BTreeMap::new();
    for key in keys {
        if let Some(shown) = work.look_at(key).await? {
            found.insert(key.clone(), shown.row);
        }
    }
    Ok(found)
}

fn would(
    flow: &PlmFlow,
    key: &DocumentKey,
    fields: &Map<String, Value>,
    row: Option<&Map<String, Value>>,
    warnings: &[String],
) -> Value {
    match row {
        None => json!({ "key": key, "would_create": bodies::create(flow, fields), "warnings": warnings }),
        Some(row) => {
            let body = bodies::change(flow, fields, Some(row));
            let unchanged = same::covers(row, fields);
            let replaces = bodies::replaces(flow, &body);
            json!({ "key": key, "would_change": body, "replaces_lines": replaces, "unchanged": unchanged, "warnings": warnings })
        }
    }
}

/// What is stored of a record that is not done with, and what it would write.
pub async fn stored(at: Scope<'_>, flow: &PlmFlow, key: Option<DocumentKey>) -> Result<Value> {
    let Some(key) = key else {
        let message = format!(
            "records of flow {} are pushed; name the file of a pushed body with --body, or a record that is left with \
             --document",
            flow.id
        );
        return Err(Error::permanent("flow.kind", message));
    };
    let stored = record::get(at.ctx, at.tenant, flow, &key).await?.map(|stored| stored.data);
    let record = stored.filter(|record| record.state != PlmState::Done);
    let job = record.as_ref().and_then(|record| Job::stored(0, record)).ok_or_else(|| {
        let message = format!("nothing of record {key} is kept: it was not pushed, or the ERP has it");
        Error::permanent("flow.document", message)
    })?;
    let work = Work::new((at.ctx, at.ctx), at.tenant, at.loaded, flow, false)?;
    let row = work.look_at(&key).await?.map(|shown| shown.row);
    let record = would(flow, &key, &job.fields, row.as_ref(), &[]);
    Ok(json!({ "flow": flow.id, "object": flow.object(), "records": [record], "problems": [] }))
}
