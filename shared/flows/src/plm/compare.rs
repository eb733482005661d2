//! A flow held against the ERP: its object, and the fields that it names.

use crate::compare::Findings;
use crate::kinds::Scope;
use crate::map::nearest;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tenon_connectors::erp::Erp;
use tenon_model::config::PlmFlow;
use tenon_platform::{ErrorKind, Result};

/// Asks the ERP for the object with the fields that the flow names, which writes nothing.
pub async fn compare(at: Scope<'_>, flow: &PlmFlow) -> Result<Findings> {
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
    let (object, key) = (flow.object(), flow.key_field());
    let mut findings = Findings::default();
    match select(&erp, object, &[key]).await? {
        Err(why) => {
            findings.problems.push(format!(
                "{object} cannot be read by {key}; see that object and key are right, and that the connection's user may read it: {why}"
            ));
            return Ok(findings);
        }
        Ok(_) => findings.compared.push(format!("object {object}")),
    }
    let named: BTreeSet<&str> = flow.form.fields.iter().map(|field| field.to.as_str()).collect();
    let constant: BTreeSet<&str> = flow.constants.keys().map(String::as_str).collect();
    let collections = flow.form.lines.iter().map(|lines| flow.collection_of(lines));
    let collections: BTreeSet<&str> = collections.chain(flow.collections.iter().map(String::as_str)).collect();
    for name in named.iter().chain(&constant).chain(&collections).filter(|name| **name != key) {
        if let Err(why) = select(&erp, object, &[key, name]).await? {
            findings.problems.push(format!(
                "{object} has no field {name}; create it in the ERP, or name another in form or constants: {why}"
            ));
        }
    }
    lines(&erp, flow, &mut findings).await?;
    Ok(findings)
}

/// The fields of lines can be seen in a row only.
async fn lines(erp: &Erp<'_>, flow: &PlmFlow, findings: &mut Findings) -> Result<()> {
    for lines in &flow.form.lines {
        let collection = flow.collection_of(lines);
        let rows = match select(erp, flow.object(), &[flow.key_field(), collection]).await? {
            Ok(rows) => rows,
            Err(_) => continue,
        };
        let line = rows.iter().find_map(|row| row.get(collection)?.as_array()?.first()?.as_object());
        let Some(line) = line else {
            findings
                .warnings
                .push(format!("no {} has a row in {collection}, so its fields were not compared", flow.object()));
            continue;
        };
        for field in lines.fields.iter().filter(|field| !line.contains_key(&field.to)) {
            let near = nearest(&field.to, line.keys().map(String::as_str));
            let remedy = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            findings.warnings.push(format!("{} is no field of {collection} as it is shown{remedy}", field.to));
        }
    }
    Ok(())
}

type Rows = Vec<Map<String, Value>>;

/// Rows with these fields; `Err` with the ERP's words when it does not take the question.
async fn select(erp: &Erp<'_>, object: &str, select: &[&str]) -> Result<std::result::Result<Rows, String>> {
    match erp.some(object, select).await {
        Ok(rows) => Ok(Ok(rows)),
        Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}
