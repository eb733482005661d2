//! What a report would become, and the flow held against both systems.

use super::post::{Planned, Poster};
use super::{KEY, RECEIPTS};
use crate::compare::Findings;
use crate::kinds::Scope;
use crate::manufacturing::records;
use serde_json::{Value, json};
use tenon_model::DocumentKey;
use tenon_model::blacklake::Report;
use tenon_model::config::ProductionReceiptsFlow;
use tenon_model::manufacturing::ReportWork;
use tenon_platform::clock::millis;
use tenon_platform::{Error, ErrorKind, Result};

/// The longest time that is asked for at once.
const WINDOW_MS: i64 = 6 * 3_600_000;

/// Reads both systems and decides, writes nothing. Without a key the newest report is taken that becomes a receipt, or else
/// the newest.
pub(super) async fn preview(at: Scope<'_>, flow: &ProductionReceiptsFlow, key: Option<DocumentKey>) -> Result<Value> {
    let poster = Poster::open(at, flow)?;
    let now = at.ctx.now_ms();
    let begin = now - millis(flow.source.sweep);
    // What is reported in this very moment is shown too.
    let (mut end, mut newest) = (now + 1, None);
    while end > begin {
        let from = (end - WINDOW_MS).max(begin);
        let page = poster.mes.reports((from, end), 1, flow.source.page_size).await?;
        for report in page.rows.into_iter().flatten() {
            match &key {
                Some(key) if *key == DocumentKey::Number(report.id) => return shown(at, flow, &poster, &report).await,
                Some(_) => {}
                None if matches!(poster.plan(&report).await, Ok(Planned::Post(_))) => {
                    return shown(at, flow, &poster, &report).await;
                }
                None => newest = newest.or(Some(report)),
            }
        }
        end = from;
    }
    match (key, newest) {
        (None, Some(report)) => shown(at, flow, &poster, &report).await,
        (Some(key), _) => {
            let message =
                format!("the MES shows no report {key} of the last {} hours", flow.source.sweep.as_secs() / 3_600);
            Err(Error::permanent("flow.document", message))
        }
        (None, None) => Err(Error::permanent("flow.nothing", format!("flow {} finds no report", flow.id))),
    }
}

async fn shown(at: Scope<'_>, flow: &ProductionReceiptsFlow, poster: &Poster<'_>, report: &Report) -> Result<Value> {
    let key = DocumentKey::Number(report.id);
    let kept = records::get::<ReportWork>(at.ctx, at.tenant, &flow.id, &key).await?.map(|stored| stored.data);
    let would = match poster.plan(report).await? {
        Planned::Post(body) => json!({ "object": RECEIPTS, "body": body }),
        Planned::PassOver(why) => json!({ "passed_over": why }),
        Planned::Wait(why) => json!({ "waits": why }),
    };
    Ok(json!({
        "flow": flow.id,
        "report": report,
        "already_received": kept.and_then(|kept| kept.of.receipt),
        "would_post": would,
    }))
}

/// Holds the flow against both systems: the field that carries the report's id, and the list of reports.
pub(super) async fn compare(at: Scope<'_>, flow: &ProductionReceiptsFlow) -> Result<Findings> {
    let poster = Poster::open(at, flow)?;
    let mut findings = Findings::default();
    match poster.erp.made(RECEIPTS, KEY, &flow.key_field, "-").await {
        Ok(_) => findings.compared.push(format!("{RECEIPTS}.{}", flow.key_field)),
        Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => {
            findings.problems.push(format!(
                "{RECEIPTS} cannot be looked up by {}, the field that carries the report's id; create it in B1 \
                 (alphanumeric, 50), or name another in key_field: {error}",
                flow.key_field
            ));
        }
        Err(error) => return Err(error),
    }
    if !flow.inbound_field.is_empty() {
        match poster.erp.made(RECEIPTS, KEY, &flow.inbound_field, "-").await {
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => {
                findings.problems.push(format!(
                    "{} is no field of {RECEIPTS}; create it in B1, or set inbound_field = \"\"",
                    flow.inbound_field
                ));
            }
            _ => {}
        }
    }
    let now = at.ctx.now_ms();
    match poster.mes.reports((now - WINDOW_MS, now), 1, 20).await {
        Ok(_) => findings.compared.push("the MES's list of reports".to_owned()),
        Err(error) => findings.problems.push(format!("the MES's reports cannot be listed: {error}")),
    }
    let is_fed = at.loaded.flows().iter().filter_map(|flow| flow.as_mes_work_orders());
    if !is_fed.into_iter().any(|orders| orders.erp == flow.erp && orders.mes == flow.mes) {
        findings.warnings.push(format!(
            "no flow of kind mes-work-orders takes orders of {} to {}, so every report is passed over",
            flow.erp, flow.mes
        ));
    }
    Ok(findings)
}
