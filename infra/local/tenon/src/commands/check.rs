//! `tenon check`: use each connection and say what answered.

mod databases;
mod oa;
mod sso;
mod status;

use super::refused;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration};
use crate::remote::{Remote, segment};
use serde_json::{Value, json};
use tenon_flows::certificates;
use tenon_flows::compare::Findings;
use tenon_flows::reconcile::recovered;
use tenon_model::{ConnectionId, FlowId, TenantId};
use tenon_operations::check::{self, Examined, Fault, Outcome, Plan};
use tenon_operations::status::InstallationStatus;
use tenon_operations::{At, connections, flows};
use tenon_platform::audit::Actor;
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

/// When its certificate is about to end.
fn certificate_note(found: &Examined) -> Option<String> {
    let days = certificates::days_left(found.certificate_ms?, found.now_ms)?;
    Some(match days {
        0.. => format!(
            "its certificate, or one of its authorities, ends in {days} days; calls fail from then on, have it renewed"
        ),
        past => format!("its certificate, or one of its authorities, ended {} days ago; have it renewed", -past),
    })
}

/// What reconciliation found that callbacks should have told, when it is more than usual.
fn recovered_note(found: &Examined) -> Option<String> {
    let most = found.recovered.first().filter(|most| **most > recovered::USUAL)?;
    let all: i64 = found.recovered.iter().sum();
    Some(format!(
        "callbacks do not arrive: reconciliation found {all} decisions in the last 24 hours by itself, {most} of them \
         within one; look at the callback's address in the vendor's console"
    ))
}

/// What it carried of notices today, and what it did not.
fn notices_note(found: &Examined) -> Option<String> {
    let each: Vec<String> = found.notices.iter().map(|(what, count)| format!("{count} {what}")).collect();
    (!each.is_empty()).then(|| format!("notices today: {}", each.join(", ")))
}

/// What the breaker was, and what this check makes of it.
fn breaker_note(found: &Examined) -> Option<String> {
    let open = found.breaker.as_ref()?;
    let state = if open.is_half_open(found.now_ms) { "half open" } else { "open" };
    let since = duration(found.now_ms - open.since_ms);
    let next = if found.outcome.is_ok() { "this check closed it" } else { "its work waits for a probe" };
    Some(format!("breaker {state} for {since} ({}): {next}", open.why))
}

/// What was found, from wherever it was looked at.
#[derive(Default)]
struct Found {
    connections: Vec<Examined>,
    flows: Vec<(FlowId, Findings)>,
    sso: Option<tenon_sso::check::Findings>,
    notices_warning: Option<String>,
    databases: Vec<tenon_probes::database::Found>,
    oa: Option<tenon_probes::oa_integration::Findings>,
    status: Option<status::StatusReport>,
}

/// The command.
///
/// # Errors
/// Not found for an unknown connection; partly when one does not work.
pub async fn check(args: &CheckArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    let loaded = ctx.config.load(&TenantId::operator()).await?;
    let plan = check::plan(&loaded);
    let wanted = match &args.connection {
        Some(id) => vec![known(&loaded, ConnectionId::new(id.as_str()))?],
        None => plan.connections.clone(),
    };
    if wanted.is_empty() && plan == Plan::default() {
        return Err(nothing());
    }
    let mut found = Found::default();
    let (tenant, by) = (TenantId::operator(), Actor::command());
    let at = At { ctx, tenant: &tenant, by: &by };
    for id in wanted {
        let (_, examined) = connections::examine(&at, &id).await.map_err(refused)?;
        found.add(examined, out);
    }
    if args.connection.is_none() {
        for flow in found.that_work(&plan.flows, |flow| &flow.connections) {
            found.add_flow(flow.id.clone(), flows::findings(ctx, &tenant, &flow.id).await, out);
        }
        for barcode in found.that_work(&plan.barcodes, std::slice::from_ref) {
            let (id, findings) = check::barcode(&at, barcode).await.map_err(refused)?;
            found.add_flow(id, findings, out);
        }
    }
    connections::release(ctx).await;
    if args.connection.is_none() {
        if plan.login_server {
            found.add_login_server(sso::look(&at, &loaded).await?, out);
        }
        found.warn_of_notices(plan.notices, out);
        for id in &plan.databases {
            let (_, database) = Box::pin(tenon_probes::database::check(&at, id)).await.map_err(refused)?;
            found.add_database(database, out);
        }
        if plan.oa_integration {
            let (_, oa) = Box::pin(tenon_probes::oa_integration::check(&at)).await.map_err(refused)?;
            found.add_oa(oa, out);
        }
        let facts = tenon_operations::status::read(ctx, &loaded, place.deployed).await;
        found.status = Some(status::StatusReport::of(facts, environment.ages.as_ref()).await);
    }
    found.end(out)
}

/// The same through the API, each by the function that may reach it.
///
/// # Errors
/// As [`check`]; what the API says.
pub async fn remote(args: &CheckArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    let mut found = Found::default();
    let Some(connection) = &args.connection else {
        let plan: Plan = remote.get("/admin/v1/check", &[]).await?;
        if plan == Plan::default() {
            return Err(nothing());
        }
        for id in &plan.connections {
            found.add(examined(remote, id.as_str()).await?, out);
        }
        for flow in found.that_work(&plan.flows, |flow| &flow.connections) {
            let path = format!("/admin/v1/flows/{}/check", segment(flow.id.as_str()));
            let Compared { flow, findings } = remote.post(&path, &json!({})).await?;
            found.add_flow(flow, findings, out);
        }
        for barcode in found.that_work(&plan.barcodes, std::slice::from_ref) {
            let path = format!("/admin/v1/connections/{}/barcode/check", segment(barcode.as_str()));
            let Compared { flow, findings } = remote.post(&path, &json!({})).await?;
            found.add_flow(flow, findings, out);
        }
        if plan.login_server {
            found.add_login_server(checked(remote, "/admin/v1/login-server/check").await?, out);
        }
        found.warn_of_notices(plan.notices, out);
        for id in &plan.databases {
            let path = format!("/admin/v1/databases/{}/check", segment(id.as_str()));
            found.add_database(checked(remote, &path).await?, out);
        }
        if plan.oa_integration {
            found.add_oa(checked(remote, "/admin/v1/oa-integration/check").await?, out);
        }
        let facts: InstallationStatus = remote.get("/admin/v1/standing", &[]).await?;
        if facts.deployed {
            out.note(NO_AGES);
        }
        found.status = Some(status::StatusReport::of(facts, None).await);
        return found.end(out);
    };
    found.add(examined(remote, connection).await?, out);
    found.end(out)
}

/// What SQS tells nobody who asks for the attributes of a queue.
const NO_AGES: &str = "not checked: how long the oldest messages of the queues wait: SQS tells CloudWatch alone, which the functions \
                       of the API do not ask; the queues' alarms do";

/// A flow as the API compared it.
#[derive(serde::Deserialize)]
struct Compared {
    flow: FlowId,
    findings: Findings,
}

async fn examined(remote: &Remote, connection: &str) -> Result<Examined, Failure> {
    checked(remote, &format!("/admin/v1/connections/{}/check", segment(connection))).await
}

/// What a check of the API found.
async fn checked<T: serde::de::DeserializeOwned>(remote: &Remote, path: &str) -> Result<T, Failure> {
    #[derive(serde::Deserialize)]
    struct Checked<T> {
        found: T,
    }
    let checked: Checked<T> = remote.post(path, &json!({})).await?;
    Ok(checked.found)
}

fn nothing() -> Failure {
    Failure::not_found("no connection is stored")
        .with_hint("`tenon apply --config tenon.toml` stores connections and flows")
}

impl Found {
    fn add(&mut self, examined: Examined, out: &Out) {
        if !out.is_json() {
            out.line(render(&examined).trim_end());
        }
        self.connections.push(examined);
    }

    fn add_flow(&mut self, id: FlowId, findings: Findings, out: &Out) {
        if !out.is_json() {
            out.line(flow_text(&id, &findings).trim_end());
        }
        self.flows.push((id, findings));
    }

    fn add_login_server(&mut self, found: tenon_sso::check::Findings, out: &Out) {
        sso::tell(&found, out);
        self.sso = Some(found);
    }

    fn add_database(&mut self, found: tenon_probes::database::Found, out: &Out) {
        databases::tell(&found, out);
        self.databases.push(found);
    }

    fn add_oa(&mut self, found: tenon_probes::oa_integration::Findings, out: &Out) {
        oa::tell(&found, out);
        self.oa = Some(found);
    }

    fn warn_of_notices(&mut self, why: Option<String>, out: &Out) {
        if let Some(why) = why.as_ref().filter(|_| !out.is_json()) {
            out.line(&format!("note    notices: {why}"));
        }
        self.notices_warning = why;
    }

    /// Whether these were looked at and work.
    fn all_work(&self, connections: &[ConnectionId]) -> bool {
        let works = |id: &ConnectionId| self.connections.iter().any(|found| found.id == *id && found.outcome.is_ok());
        connections.iter().all(works)
    }

    /// Those whose connections work.
    fn that_work<'p, T>(&self, all: &'p [T], needs: impl Fn(&'p T) -> &'p [ConnectionId]) -> Vec<&'p T> {
        all.iter().filter(|one| self.all_work(needs(one))).collect()
    }

    fn document(&self) -> Value {
        let connections: Vec<Value> = self.connections.iter().map(document).collect();
        let flows: Vec<Value> = self.flows.iter().map(|(id, found)| json!({ "flow": id, "findings": found })).collect();
        let mut document = json!({ "connections": connections, "flows": flows });
        let Value::Object(members) = &mut document else { return document };
        if let Some(status) = &self.status {
            members.extend(status.document().into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        let notices_warning = self.notices_warning.as_ref().map(|why| json!({ "warnings": [why] }));
        let more = [
            ("sso", self.sso.as_ref().map(|sso| json!(sso))),
            ("notices", notices_warning),
            ("databases", (!self.databases.is_empty()).then(|| json!(self.databases))),
            ("oa_integration", self.oa.as_ref().map(|oa| json!(oa))),
        ];
        members.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        document
    }

    /// Tells the rest, and whether everything is as it should be.
    fn end(self, out: &Out) -> Result<(), Failure> {
        if out.is_json() {
            out.result(|| self.document(), String::new);
        } else if let Some(status) = &self.status {
            out.line(status.text().trim_end());
        }
        let wrong = self.flows.iter().filter(|(_, found)| !found.problems.is_empty()).count();
        let broken = self.connections.iter().filter(|found| !found.outcome.is_ok()).count();
        if wrong > 0 && broken == 0 {
            return Err(Failure::partly(format!("flows that name what is not there: {wrong} of {}", self.flows.len())));
        }
        let wrong_sso = self.sso.as_ref().is_some_and(|found| !found.problems.is_empty());
        match broken {
            0 if self.oa.as_ref().is_some_and(|found| !found.problems.is_empty()) => {
                Err(Failure::partly("the OA integration does not work as it is set up"))
            }
            0 if self.databases.iter().any(|database| !database.ok) => {
                Err(Failure::partly("databases that do not answer"))
            }
            0 if wrong_sso => Err(Failure::partly("single sign-on does not work as it is set up")),
            0 => Ok(()),
            broken => {
                Err(Failure::partly(format!("connections that do not work: {broken} of {}", self.connections.len())))
            }
        }
    }
}

/// A connection that is stored, whether or not it opens.
fn known(loaded: &Loaded, id: ConnectionId) -> Result<ConnectionId, Failure> {
    if !loaded.broken().any(|(broken, _)| *broken == id) {
        loaded.connection(&id)?;
    }
    Ok(id)
}

fn flow_text(id: &FlowId, found: &Findings) -> String {
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

fn render(found: &Examined) -> String {
    let mut text = outcome_text(found);
    if let Some(noted) = breaker_note(found) {
        text = format!("{}\n        {noted}\n", text.trim_end());
    }
    let noted = [certificate_note(found), recovered_note(found), found.events.clone(), notices_note(found)];
    for noted in noted.into_iter().flatten() {
        text = format!("{}\n        note: {noted}\n", text.trim_end());
    }
    text
}

fn outcome_text(found: &Examined) -> String {
    let name = found.kind.as_ref().map_or_else(|| found.id.to_string(), |kind| format!("{} ({kind})", found.id));
    match &found.outcome {
        Outcome::Works { answered, took_ms, steps } => {
            let mut table = Table::bare();
            for step in steps {
                table.row([step.name.clone(), duration(step.took_ms)]);
            }
            format!("ok      {name}: {answered}, in {}\n{}", duration(*took_ms), table.text(8))
        }
        Outcome::Fails(Fault { code, message, hint }) => {
            let mend = hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default();
            let why = format!("{message} [{code}]{mend}").replace('\n', "\n      ");
            format!("FAILED  {name}, after {}\n        {why}\n", duration(found.took_ms))
        }
    }
}

fn document(found: &Examined) -> Value {
    let mut document = outcome_document(found);
    let breaker = match &found.breaker {
        None => json!({ "state": "closed" }),
        Some(open) => json!({
            "state": if open.is_half_open(found.now_ms) { "half-open" } else { "open" }, "since_ms": open.since_ms,
            "next_probe_ms": open.until_ms, "why": open.why, "closed_by_this_check": found.outcome.is_ok(),
        }),
    };
    if let Value::Object(fields) = &mut document {
        fields.insert("breaker".to_owned(), breaker);
        let all: i64 = found.recovered.iter().sum();
        fields.insert("recovered_24h".to_owned(), all.into());
        fields.insert("events".to_owned(), found.events.clone().into());
        fields.insert("notices_today".to_owned(), json!(found.notices));
        fields.insert("certificate_ends_ms".to_owned(), found.certificate_ms.into());
    }
    document
}

fn outcome_document(found: &Examined) -> Value {
    let (id, kind, took_ms) = (&found.id, &found.kind, found.took_ms);
    match &found.outcome {
        Outcome::Works { answered, took_ms, steps } => json!({
            "connection": id, "kind": kind, "ok": true, "took_ms": took_ms, "answered": answered, "steps": steps,
        }),
        Outcome::Fails(Fault { code, message, hint }) => json!({
            "connection": id, "kind": kind, "ok": false, "took_ms": took_ms,
            "error": { "code": code, "message": message, "hint": hint },
        }),
    }
}
