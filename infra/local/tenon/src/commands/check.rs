//! `tenon check`: use each connection and say what answered.

mod databases;
mod oa;
mod people;
mod sso;
mod standing;

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration};
use serde_json::{Value, json};
use tenon_connectors::CheckReport;
use tenon_flows::certificates;
use tenon_flows::compare::{self, Findings};
use tenon_flows::issues::seen::{self, Seen};
use tenon_flows::reconcile::recovered;
use tenon_model::config::Flow;
use tenon_model::{ConnectionId, FlowId, TenantId};
use tenon_operations::connections;
use tenon_platform::Context;
use tenon_platform::breaker;
use tenon_platform::config_store::Loaded;

const AFTER: &str = "\
A SAP Business One connection is logged in, one user is read, and the session is closed. A DingTalk \
connection gets an access token and reads the departments, a WeCom one the last minute's approvals, a DI API \
is asked for an empty statement, one of \
Black Lake its materials and the last minute's reports. \
Nothing is written. A refused login is \
tried once and no more, so that no account gets locked; a login that works lets waiting work go on. \
A connection that failed many times in a row shows its breaker, which a check that works closes. \
Without CONNECTION every enabled flow is then held against its form and the first document it finds: \
controls that are gone, required ones that nothing fills, and whether approved drafts may be added. \
Then the login server of [sso] is called, with nothing that anybody could use, and what is wrong with its \
addresses is said. Each SQL database is asked one thing, and an OA's own each query of [oa_integration]. At last it says how the installation stands: schedules that are silent, messages that wait too long or \
were given up, what is promised and not queued, breakers that are open, each with its remedy.

Example:
  tenon check
  tenon check b1-main --json

Next:
  tenon preview FLOW    see what a flow would write
Exit code 4 when a connection does not work, or a flow names a field or control that is not there.";

/// Uses each connection, and says what answered or what is wrong.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct CheckArgs {
    /// Only this connection.
    #[arg(value_name = "CONNECTION")]
    pub connection: Option<String>,
}

struct Checked {
    id: ConnectionId,
    /// Absent when what is stored does not open.
    kind: Option<&'static str>,
    outcome: Result<CheckReport, Failure>,
    took_ms: i64,
    /// The connection's breaker before the check, when it was not closed.
    breaker: Option<breaker::Open>,
    /// What reconciliation found in each hour of the last day that no callback told, the greatest first.
    recovered: Vec<i64>,
    /// Epoch ms until which the certificate counts that it showed.
    certificate_ms: Option<i64>,
    /// What came of the latest event that the vendor pushed, where that is noted.
    events: Seen,
    /// Notices that it carried today, by what came of them.
    notices: tenon_notices::Counted,
    now_ms: i64,
}

impl Checked {
    /// When its certificate is about to end.
    fn certificate_said(&self) -> Option<String> {
        let days = certificates::days_left(self.certificate_ms?, self.now_ms)?;
        Some(match days {
            0.. => format!(
                "its certificate, or one of its authorities, ends in {days} days; calls fail from then on, have it renewed"
            ),
            past => format!("its certificate, or one of its authorities, ended {} days ago; have it renewed", -past),
        })
    }

    /// What reconciliation found that callbacks should have told, when it is more than usual.
    fn recovered_said(&self) -> Option<String> {
        let most = self.recovered.first().filter(|most| **most > recovered::USUAL)?;
        let all: i64 = self.recovered.iter().sum();
        Some(format!(
            "callbacks do not arrive: reconciliation found {all} decisions in the last 24 hours by itself, {most} of them \
             within one; look at the callback's address in the vendor's console"
        ))
    }

    /// What it carried of notices today, and what it did not.
    fn notices_said(&self) -> Option<String> {
        let each: Vec<String> = self.notices.iter().map(|(what, count)| format!("{count} {what}")).collect();
        (!each.is_empty()).then(|| format!("notices today: {}", each.join(", ")))
    }

    /// What the breaker was, and what this check makes of it.
    fn breaker_said(&self) -> Option<String> {
        let open = self.breaker.as_ref()?;
        let state = if open.is_half_open(self.now_ms) { "half open" } else { "open" };
        let since = duration(self.now_ms - open.since_ms);
        let next = if self.outcome.is_ok() { "this check closed it" } else { "its work waits for a probe" };
        Some(format!("breaker {state} for {since} ({}): {next}", open.why))
    }
}

/// The command.
///
/// # Errors
/// Not found for an unknown connection; partly when one does not work.
pub async fn check(args: &CheckArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    let loaded = ctx.config.load(&TenantId::operator()).await?;
    let wanted = match &args.connection {
        Some(id) => vec![known(&loaded, ConnectionId::new(id.as_str()))?],
        None => sorted(&loaded),
    };
    if wanted.is_empty() && !loaded.sso().is_ok_and(|sso| sso.is_some()) && loaded.databases().next().is_none() {
        return Err(Failure::not_found("no connection is stored")
            .with_hint("`tenon apply --config tenon.toml` stores connections and flows"));
    }
    let mut all = Vec::new();
    for id in wanted {
        let checked = one(ctx, &loaded, id).await;
        if !out.is_json() {
            out.line(told(&checked).trim_end());
        }
        all.push(checked);
    }
    let flows = if args.connection.is_none() { flows(ctx, &loaded, &all, out).await } else { Vec::new() };
    let sso = if args.connection.is_none() { sso::look(ctx, &loaded, out).await } else { None };
    let untold = if args.connection.is_none() { people::untold(&loaded) } else { None };
    if let Some(why) = untold.as_ref().filter(|_| !out.is_json()) {
        out.line(&format!("note    notices: {why}"));
    }
    let databases = if args.connection.is_none() { databases::look(&loaded, out).await } else { Vec::new() };
    let oa = if args.connection.is_none() { oa::look(&loaded, out).await } else { None };
    let stands = match args.connection {
        None => Some(standing::look(ctx, &loaded, place.deployed, environment.ages.as_ref()).await),
        Some(_) => None,
    };
    if out.is_json() {
        let documents: Vec<Value> = all.iter().map(document).collect();
        let flows: Vec<Value> = flows.iter().map(|(id, found)| json!({ "flow": id, "findings": found })).collect();
        let mut document = json!({ "connections": documents, "flows": flows });
        if let (Value::Object(members), Some(stands)) = (&mut document, &stands) {
            members.extend(stands.document().into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        if let (Value::Object(members), Some(sso)) = (&mut document, &sso) {
            members.insert("sso".to_owned(), json!(sso));
        }
        if let (Value::Object(members), Some(why)) = (&mut document, &untold) {
            members.insert("notices".to_owned(), json!({ "warnings": [why] }));
        }
        if let (Value::Object(members), false) = (&mut document, databases.is_empty()) {
            members.insert("databases".to_owned(), json!(databases));
        }
        if let (Value::Object(members), Some(oa)) = (&mut document, &oa) {
            members.insert("oa_integration".to_owned(), json!(oa));
        }
        out.result(|| document, String::new);
    } else if let Some(stands) = &stands {
        out.line(stands.told().trim_end());
    }
    let wrong = flows.iter().filter(|(_, found)| !found.problems.is_empty()).count();
    if wrong > 0 && all.iter().all(|c| c.outcome.is_ok()) {
        return Err(Failure::partly(format!("flows that name what is not there: {wrong} of {}", flows.len())));
    }
    let wrong_sso = sso.as_ref().is_some_and(|found| !found.problems.is_empty());
    match all.iter().filter(|c| c.outcome.is_err()).count() {
        0 if oa.as_ref().is_some_and(|found| !found.problems.is_empty()) => {
            Err(Failure::partly("the OA integration does not work as it is set up"))
        }
        0 if databases.iter().any(|database| !database.ok) => Err(Failure::partly("databases that do not answer")),
        0 if wrong_sso => Err(Failure::partly("single sign-on does not work as it is set up")),
        0 => Ok(()),
        broken => Err(Failure::partly(format!("connections that do not work: {broken} of {}", all.len()))),
    }
}

fn sorted(loaded: &Loaded) -> Vec<ConnectionId> {
    let usable = loaded.connections().map(|c| c.id().clone());
    let mut all: Vec<ConnectionId> = usable.chain(loaded.broken().map(|(id, _)| id.clone())).collect();
    all.sort();
    all
}

/// A connection that is stored, whether or not it opens.
fn known(loaded: &Loaded, id: ConnectionId) -> Result<ConnectionId, Failure> {
    if !loaded.broken().any(|(broken, _)| *broken == id) {
        loaded.connection(&id)?;
    }
    Ok(id)
}

async fn one(ctx: &Context, loaded: &Loaded, id: ConnectionId) -> Checked {
    let tenant = TenantId::operator();
    let breaker = breaker::state(ctx, &tenant, &id).await.ok().flatten();
    let recovered = recovered::by_hour(ctx, &tenant, &id).await.unwrap_or_default();
    let start = ctx.now_ms();
    let (kind, outcome) = match loaded.connection(&id) {
        Err(error) => (None, Err(error)),
        Ok(connection) => {
            let outcome = connections::used(ctx, &tenant, loaded, &id).await;
            (Some(connection.kind()), outcome)
        }
    };
    if outcome.is_ok() && breaker.is_some() {
        breaker::close(ctx, &tenant, &id).await;
    }
    let events = seen::get(ctx, &tenant, &id).await.unwrap_or_default();
    let notices = tenon_notices::counted(ctx, &tenant, Some(&id)).await.unwrap_or_default();
    let certificate_ms = loaded.connection(&id).ok().and_then(|connection| certificates::of(ctx, &connection));
    let now_ms = ctx.now_ms();
    Checked {
        id,
        kind,
        outcome: outcome.map_err(Failure::from),
        took_ms: now_ms - start,
        breaker,
        recovered,
        certificate_ms,
        events,
        notices,
        now_ms,
    }
}

/// Holds every enabled flow whose connections work against its form and a document.
async fn flows(ctx: &Context, loaded: &Loaded, all: &[Checked], out: &Out) -> Vec<(FlowId, Findings)> {
    let works = |id: &ConnectionId| all.iter().any(|c| c.id == *id && c.outcome.is_ok());
    let mut found = Vec::new();
    let all_work = |flow: &Flow| flow.connections().iter().all(|needed| works(needed.id));
    // One that the program wrote is looked at before it is switched on, too.
    let is_looked_at =
        |flow: &Flow| flow.is_enabled() || flow.as_approval().is_some_and(|flow| flow.form.seen.is_some());
    for flow in loaded.flows().iter().filter(|flow| is_looked_at(flow) && all_work(flow)) {
        let findings = compare::flow(ctx, &TenantId::operator(), flow.id()).await.unwrap_or_else(|error| Findings {
            warnings: vec![format!("was not compared: {error}")],
            ..Findings::default()
        });
        if !out.is_json() {
            out.line(told_of_flow(flow.id(), &findings).trim_end());
        }
        found.push((flow.id().clone(), findings));
    }
    for barcode in loaded.barcodes().filter(|barcode| works(&barcode.connection)) {
        let (id, findings) = tenon_flows::barcode::compare(ctx, &TenantId::operator(), loaded, barcode).await;
        if !out.is_json() {
            out.line(told_of_flow(&id, &findings).trim_end());
        }
        found.push((id, findings));
    }
    tenon_connectors::erp::release(ctx).await;
    found
}

fn told_of_flow(id: &FlowId, found: &Findings) -> String {
    let word = if found.problems.is_empty() { "ok      " } else { "WRONG   " };
    let against = if found.compared.is_empty() { "nothing".to_owned() } else { found.compared.join(" and ") };
    let mut text = format!("{word}flow {id}: compared with {against}\n");
    for line in &found.problems {
        text.push_str(&format!("        {line}\n"));
    }
    for line in &found.warnings {
        text.push_str(&format!("        note: {line}\n"));
    }
    text
}

fn told(checked: &Checked) -> String {
    let mut text = outcome_told(checked);
    if let Some(said) = checked.breaker_said() {
        text = format!("{}\n        {said}\n", text.trim_end());
    }
    let said = [checked.certificate_said(), checked.recovered_said(), checked.events.said(), checked.notices_said()];
    for said in said.into_iter().flatten() {
        text = format!("{}\n        note: {said}\n", text.trim_end());
    }
    text
}

fn outcome_told(checked: &Checked) -> String {
    let name = checked.kind.map_or_else(|| checked.id.to_string(), |kind| format!("{} ({kind})", checked.id));
    match &checked.outcome {
        Ok(report) => {
            let mut steps = Table::bare();
            for step in &report.steps {
                steps.row([step.name.clone(), duration(step.took_ms)]);
            }
            format!("ok      {name}: {}, in {}\n{}", report.answered, duration(report.took_ms), steps.text(8))
        }
        Err(failure) => {
            let why = failure.to_string().replace('\n', "\n      ");
            format!("FAILED  {name}, after {}\n        {why}\n", duration(checked.took_ms))
        }
    }
}

fn document(checked: &Checked) -> Value {
    let mut document = outcome_document(checked);
    let state = |open: &breaker::Open| if open.is_half_open(checked.now_ms) { "half-open" } else { "open" };
    let breaker = match &checked.breaker {
        None => json!({ "state": "closed" }),
        Some(open) => json!({
            "state": state(open), "since_ms": open.since_ms, "next_probe_ms": open.until_ms, "why": open.why,
            "closed_by_this_check": checked.outcome.is_ok(),
        }),
    };
    if let Value::Object(fields) = &mut document {
        fields.insert("breaker".to_owned(), breaker);
        let all: i64 = checked.recovered.iter().sum();
        fields.insert("recovered_24h".to_owned(), all.into());
        fields.insert("events".to_owned(), checked.events.said().into());
        fields.insert("notices_today".to_owned(), serde_json::to_value(&checked.notices).unwrap_or_default());
        fields.insert("certificate_ends_ms".to_owned(), checked.certificate_ms.into());
    }
    document
}

fn outcome_document(checked: &Checked) -> Value {
    let (id, kind, took_ms) = (&checked.id, checked.kind, checked.took_ms);
    match &checked.outcome {
        Ok(CheckReport { answered, steps, took_ms, .. }) => json!({
            "connection": id, "kind": kind, "ok": true, "took_ms": took_ms, "answered": answered, "steps": steps,
        }),
        Err(Failure { code, message, hint, .. }) => json!({
            "connection": id, "kind": kind, "ok": false, "took_ms": took_ms,
            "error": { "code": code, "message": message, "hint": hint },
        }),
    }
}
