//! A base data flow held against a record, and its interface asked for that record's row.

use super::preview::first;
use super::reading;
use super::rows::{key_of, mapped};
use super::work::Work;
use crate::compare::Findings;
use crate::kinds::Scope;
use tenon_model::config::{BaseDataFlow, OnLost};
use tenon_platform::Result;

/// Holds the flow against the first record there is to send, and lists its row, which needs what saving needs: system
/// id, password and operator. Writes nothing.
pub async fn compare(at: Scope<'_>, flow: &BaseDataFlow) -> Result<Findings> {
    let work = Work::new(at, flow, "")?;
    let mut findings = Findings::default();
    let mut wanted = flow.key_field().map(|field| (field.to.clone(), "-".to_owned()));
    match first(&work.erp, flow).await? {
        None => findings.warnings.push("no record is there to send, so no fields were compared".to_owned()),
        Some(key) => {
            if let Some(reading) = reading::read(&work.erp, flow, &key).await? {
                findings.compared.push(format!("record {key}"));
                if !reading.fields.contains_key(&flow.marks.synced) {
                    findings.problems.push(format!("{} is no field of the record", flow.marks.synced));
                }
                match mapped(flow, &reading) {
                    Ok(mapped) => wanted = key_of(flow, &mapped).or(wanted),
                    Err(error) => findings.problems.push(error.message),
                }
            }
        }
    }
    let Some((column, text)) = wanted else { return Ok(findings) };
    let listing = work.listing();
    match work.target.find(listing, &column, &text).await {
        Ok(rows) if rows.len() > 1 => {
            findings.warnings.push(format!("{} rows have {column} {text}; a record has one", rows.len()));
        }
        Ok(_) => findings.compared.push(format!("interface {}", listing.name)),
        Err(error) if work.target.is_about_credentials(&error) => {
            findings.problems.push(format!("system_id and system_password of {} do not work: {error}", flow.oa));
        }
        Err(error) if flow.form.on_lost == OnLost::Repeat => {
            findings.warnings.push(format!("interface {} was not asked: {error}", listing.name));
        }
        Err(error) => findings.warnings.push(format!(
            "rows cannot be listed by interface {}, so a record whose saving is not answered waits for a person; name \
             the interface in form.look_up: {error}",
            listing.name
        )),
    }
    Ok(findings)
}
