//! `tenon calls`: what ERPs called of aiflow's interface, and what they were answered.

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration, local, zone};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tenon_model::TenantId;
use tenon_model::config::AiflowApp;
use tenon_task_center::calls::{CallEntry, latest};

const AFTER: &str = "\
Calls of apps that have proven themselves are kept for ninety days, without their bodies. Calls whose signature, clock or address was wrong \
are in the log of the functions (`aiflow call answered`, with the reason) and counted as AiflowRefused. Times are local.

Example:
  tenon calls
  tenon calls COMPANY001/APP001 --failed

Next:
  tenon sign aiflow    the signature that a body should have";

/// Calls that are looked through for those that failed.
const LOOKED_THROUGH: u32 = 1_000;

/// Shows the newest calls of ERPs to aiflow's interface, and what they were answered.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct CallsArgs {
    /// Only those of this app, as ENTERPRISE/APP; or of all apps of an ENTERPRISE.
    #[arg(value_name = "APP")]
    pub app: Option<String>,
    /// Only those that were not carried out.
    #[arg(long)]
    pub failed: bool,
    /// How many at most.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

/// The command.
///
/// # Errors
/// Not found for an app that is not configured; those of the table.
pub async fn calls(args: &CallsArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let loaded = environment.ctx.config.load(&TenantId::operator()).await?;
    let apps: Vec<&AiflowApp> = loaded.aiflow_apps().iter().filter(|app| is_meant(app, args.app.as_deref())).collect();
    if apps.is_empty() {
        let which = args.app.as_ref().map_or_else(|| "no app".to_owned(), |app| format!("no app {app}"));
        return Err(Failure::not_found(format!("{which} is configured that calls aiflow's interface"))
            .with_hint("[[aiflow_apps]] in the configuration names them"));
    }
    let most = if args.failed { LOOKED_THROUGH } else { args.limit };
    let mut found: Vec<(&AiflowApp, CallEntry)> = Vec::new();
    for app in apps {
        let names = (app.enterprise_code.as_str(), app.app_id.as_str());
        let calls = latest(&environment.ctx, &app.tenant(), names, most).await?;
        found.extend(calls.into_iter().filter(|call| !args.failed || call.status != 0).map(|call| (app, call)));
    }
    found.sort_by(|(_, one), (_, other)| (other.at_ms, &other.request_id).cmp(&(one.at_ms, &one.request_id)));
    found.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    if found.is_empty() {
        out.note("no calls; `tenon sign aiflow` shows what a client should send");
    }
    let documents: Vec<Value> = found.iter().map(|(app, call)| document(app, call)).collect();
    let text = if found.is_empty() { String::new() } else { render(&found, &zone()) };
    out.result(|| json!({ "calls": documents }), || text);
    Ok(())
}

fn is_meant(app: &AiflowApp, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        wanted == app.enterprise_code
            || wanted
                .split_once('/')
                .is_some_and(|(enterprise, id)| enterprise == app.enterprise_code && id == app.app_id)
    })
}

fn document(app: &AiflowApp, call: &CallEntry) -> Value {
    let mut document = json!(call);
    if let Value::Object(fields) = &mut document {
        fields.insert("enterprise_code".to_owned(), app.enterprise_code.as_str().into());
    }
    document
}

fn render(found: &[(&AiflowApp, CallEntry)], zone: &TimeZone) -> String {
    let mut table = Table::new(&["AT", "APP", "CALL", "HTTP", "STATUS", "TOOK", "BYTES", "FROM", "REQUEST", "MESSAGE"]);
    for (app, call) in found {
        table.row([
            local(call.at_ms, zone),
            format!("{}/{}", app.enterprise_code, app.app_id),
            format!("{} {}", call.method, call.path),
            call.http_status.to_string(),
            call.status.to_string(),
            duration(call.duration_ms),
            call.body_bytes.to_string(),
            call.client_ip.clone(),
            call.request_id.clone(),
            call.message.clone().unwrap_or_default(),
        ]);
    }
    table.text(0)
}
