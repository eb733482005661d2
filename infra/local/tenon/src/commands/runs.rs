//! `tenon runs`: the history.

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration, local, zone};
use crate::remote::{Remote, segment};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tenon_model::run::{Run, Trigger};
use tenon_model::{FlowId, TenantId};
use tenon_operations::page::MAX_PAGE_SIZE;
use tenon_platform::runs as history;

const AFTER: &str = "\
Times are local. A run of one document stays `running` while it waits for the decision in the OA.

Example:
  tenon runs
  tenon runs purchase-request --limit 50

Next:
  tenon show RUN     one run with its steps
  tenon retry RUN    continue one that failed";

/// Shows the newest runs.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct RunsArgs {
    /// Only runs of this flow; also one that is no longer configured.
    #[arg(value_name = "FLOW")]
    pub flow: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

/// The command.
///
/// # Errors
/// Not found for a flow that is unknown and has no history.
pub async fn runs(args: &RunsArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let tenant = TenantId::operator();
    let loaded = environment.ctx.config.load(&tenant).await?;
    let flows: Vec<FlowId> = match &args.flow {
        Some(flow) => vec![FlowId::new(flow.as_str())],
        None => loaded.flows().iter().map(|f| f.id().clone()).collect(),
    };
    let mut found = Vec::new();
    for flow in &flows {
        found.extend(history::newest(&environment.ctx, &tenant, flow, args.limit).await?);
    }
    if let (Some(flow), true) = (&args.flow, found.is_empty()) {
        loaded.flow(&FlowId::new(flow.as_str()))?;
    }
    found.sort_by(|a, b| (b.started_ms, &b.id).cmp(&(a.started_ms, &a.id)));
    found.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    shown(&found, out);
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// Not found for a flow that is unknown and has no history; what the API says.
pub async fn remote(args: &RunsArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    #[derive(serde::Deserialize)]
    struct Page {
        runs: Vec<Run>,
        #[serde(default)]
        next: Option<String>,
    }
    let most = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let (mut found, mut cursor) = (Vec::new(), None);
    while found.len() < most {
        let limit = (most - found.len()).min(MAX_PAGE_SIZE);
        let mut query = vec![("limit", limit.to_string())];
        query.extend(args.flow.clone().map(|flow| ("flow", flow)));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: Page = remote.get("/admin/v1/runs", &query).await?;
        found.extend(page.runs);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if let (Some(flow), true) = (&args.flow, found.is_empty()) {
        let _: Value = remote.get(&format!("/admin/v1/flows/{}", segment(flow)), &[]).await?;
    }
    shown(&found, out);
    Ok(())
}

fn shown(found: &[Run], out: &Out) {
    if found.is_empty() {
        out.note("no runs yet; `tenon run FLOW` makes one now, `tenon up` by the schedule");
    }
    out.result(|| json!({ "runs": found }), || if found.is_empty() { String::new() } else { render(found, &zone()) });
}

fn render(found: &[Run], zone: &TimeZone) -> String {
    let mut table = Table::new(&["RUN", "FLOW", "DOCUMENT", "STATUS", "STARTED", "TOOK", "BY", "MESSAGE"]);
    for run in found {
        table.row([
            run.id.to_string(),
            run.flow.to_string(),
            run.document.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            run.status.word().to_owned(),
            local(run.started_ms, zone),
            run.ended_ms.map_or_else(|| "-".to_owned(), |end| duration(end - run.started_ms)),
            by(run.trigger).to_owned(),
            run.message.clone(),
        ]);
    }
    table.text(0)
}

/// The word for what started a run.
pub(super) fn by(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Schedule => "schedule",
        Trigger::Operator => "operator",
        Trigger::Callback => "callback",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::run::RunStatus;
    use tenon_model::{DocumentKey, RunId};

    #[test]
    fn a_run_is_a_row_in_local_time() {
        let run = Run {
            id: RunId::new("r-1"),
            flow: FlowId::new("purchase-request"),
            document: Some(DocumentKey::Number(16)),
            instance: None,
            trigger: Trigger::Schedule,
            status: RunStatus::Succeeded,
            started_ms: 1_795_368_600_000,
            ended_ms: Some(1_795_368_601_500),
            message: "written back".to_owned(),
            code: None,
            counts: std::collections::BTreeMap::default(),
        };
        let text = render(&[run], &TimeZone::get("Asia/Shanghai").unwrap());
        let row = text.lines().nth(1).unwrap();
        assert_eq!(
            row,
            "r-1  purchase-request  16        succeeded  2026-11-23 01:30:00  1.5 s  schedule  written back"
        );
        assert_eq!(text.lines().next().unwrap().find("STATUS"), row.find("succeeded"));
    }
}
