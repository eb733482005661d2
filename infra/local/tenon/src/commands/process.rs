//! `tenon process`: checks a definition, shows an instance, has what stopped tried again.

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use crate::remote::{Remote, segment};
use clap::Subcommand;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tenon_model::TenantId;
use tenon_platform::audit::{self, Actor};
use tenon_process::check::{self, Finding, Severity};
use tenon_process::form::Schema;
use tenon_process::run::{Entry, Event, Instance};
use tenon_process::store::{self, Failure as Refusal};
use tenon_task_center::process::{TenantHost, flows_of};

const AFTER: &str = "\
A definition is BPMN 2.0; docs/PROCESS.md says which elements are run and has every finding. Errors \
stand in its way, warnings do not. Without --form it is not known which fields conditions may use, \
so unknown names are warnings then.

Example:
  tenon process check purchase.bpmn --form purchase.json
  tenon process show purchase_202611_0001
  tenon process retry purchase_202611_0001

Next:
  POST /aflow/api/flow/create and /flow/publish store and publish a definition";

/// The code of a finding that depends on the form.
const UNKNOWN_NAME: &str = "unknown-name";
/// Steps of a history that are read at once.
const STEPS: u32 = 200;

/// Checks definitions of processes, shows instances.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct ProcessArgs {
    /// What.
    #[command(subcommand)]
    pub what: What,
}

/// What is done.
#[derive(Subcommand, Clone, Debug)]
pub enum What {
    /// Print what is wrong with a BPMN file, with line numbers. Reads the file and nothing else.
    Check {
        /// The file.
        #[arg(value_name = "FILE.bpmn")]
        file: PathBuf,
        /// The form's schema, as JSON.
        #[arg(long, value_name = "FILE.json")]
        form: Option<PathBuf>,
    },
    /// Show an instance with its history.
    Show {
        /// Its running number.
        #[arg(value_name = "INSTANCE")]
        number: String,
        /// Whose it is; the operator's own without it.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
    },
    /// Have what stopped tried again, once its cause is mended.
    Retry {
        /// Its running number.
        #[arg(value_name = "INSTANCE")]
        number: String,
        /// Whose it is; the operator's own without it.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
    },
}

/// The command.
///
/// # Errors
/// Usage for a definition that cannot be run; not found for an unknown instance; what the table refuses.
pub async fn process(args: &ProcessArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    match &args.what {
        What::Check { file, form } => check_file(file, form.as_deref(), out),
        What::Show { number, tenant } => show(number, &tenant_of(tenant.as_ref()), place, out).await,
        What::Retry { number, tenant } => retry(number, &tenant_of(tenant.as_ref()), place, out).await,
    }
}

fn tenant_of(named: Option<&String>) -> TenantId {
    named.map_or_else(TenantId::operator, |tenant| TenantId::new(tenant.clone()))
}

/// `tenon process check`, which needs no data.
///
/// # Errors
/// Usage for a file that cannot be read, or a definition that cannot be run.
pub fn check_file(file: &Path, form: Option<&Path>, out: &Out) -> Result<(), Failure> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|e| Failure::usage(format!("{} cannot be read: {e}", path.display())))
    };
    let bytes = read(file)?;
    let xml = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::usage(format!("{} is no text of UTF-8; save it as UTF-8", file.display())))?;
    let fields = match form {
        None => BTreeSet::new(),
        Some(path) => {
            let schema: Value = tenon_model::json::from_slice(&read(path)?)
                .map_err(|e| Failure::usage(format!("{} is no JSON: {e}", path.display())))?;
            let schema = Schema::read(&schema).map_err(|wrong| {
                let problems: Vec<String> = wrong.iter().map(ToString::to_string).collect();
                Failure::usage(format!("{}: {}", path.display(), problems.join("; ")))
            })?;
            schema.fields.into_iter().map(|field| field.name).collect()
        }
    };
    let https = |address: &str| address.starts_with("https://");
    let checked = check::check(xml, &check::Options { fields: &fields, may_call: &https });
    let mut findings = checked.findings;
    if form.is_none() {
        findings.iter_mut().filter(|f| f.code == UNKNOWN_NAME).for_each(|f| f.severity = Severity::Warning);
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Blocking).count();
    out.result(
        || json!({ "file": file, "sound": errors == 0, "findings": findings }),
        || findings.iter().map(|finding| render(file, finding)).collect(),
    );
    match errors {
        0 => {
            out.note(&format!("{} can be run; {} warnings", file.display(), findings.len()));
            Ok(())
        }
        errors => Err(Failure::usage(format!("{}: {errors} errors stand in its way", file.display()))),
    }
}

/// As compilers write it, so that editors find the place.
fn render(file: &Path, finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Blocking => "error",
        Severity::Warning => "warning",
    };
    let element = finding.element.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
    let Finding { code, en, zh, line, .. } = finding;
    format!("{}:{}: {severity}: {code}{element}: {en} ({zh})\n", file.display(), line.unwrap_or(1))
}

async fn show(number: &str, tenant: &TenantId, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    let host = TenantHost::new(ctx, tenant).await?;
    let instance = flows_of(ctx, tenant, &host).instance(number).await?.ok_or_else(|| unknown(number))?;
    let (mut history, mut from) = (Vec::new(), 0);
    loop {
        let page = store::history(ctx, tenant, number, from, STEPS).await?;
        let Some(last) = page.last() else { break };
        from = last.seq + 1;
        history.extend(page);
    }
    print_instance(&instance, &history, out);
    Ok(())
}

fn print_instance(instance: &Instance, history: &[Entry], out: &Out) {
    out.result(|| json!({ "instance": instance, "history": history }), || shown(instance, history, &zone()));
    if instance.incidents().next().is_some() {
        out.note(&format!("when the cause is mended: tenon process retry {}", instance.number));
    }
}

/// The same through the API; a definition is checked without it.
///
/// # Errors
/// As [`process`]; what the API says.
pub async fn remote(args: &ProcessArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    #[derive(serde::Deserialize)]
    struct Page {
        instance: Instance,
        history: Vec<Entry>,
        #[serde(default)]
        next: Option<String>,
    }
    #[derive(serde::Deserialize)]
    struct Acted {
        instance: Instance,
    }
    let of = |tenant: &Option<String>| tenant.clone().map(|tenant| ("tenantId", tenant));
    match &args.what {
        What::Check { file, form } => check_file(file, form.as_deref(), out),
        What::Show { number, tenant } => {
            let path = format!("/admin/v1/processes/{}", segment(number));
            let (mut history, mut cursor): (Vec<Entry>, Option<String>) = (Vec::new(), None);
            loop {
                let mut query: Vec<(&str, String)> = of(tenant).into_iter().collect();
                query.extend(cursor.map(|cursor| ("cursor", cursor)));
                let page: Page = remote.get(&path, &query).await?;
                history.extend(page.history);
                if page.next.is_none() {
                    print_instance(&page.instance, &history, out);
                    return Ok(());
                }
                cursor = page.next;
            }
        }
        What::Retry { number, tenant } => {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(of(tenant)).finish();
            let query = if query.is_empty() { query } else { format!("?{query}") };
            let path = format!("/admin/v1/processes/{}/retry{query}", segment(number));
            let acted: Acted = remote.post(&path, &json!({})).await?;
            print_progress(number, &acted.instance, super::elsewhere(out), out);
            Ok(())
        }
    }
}

fn print_progress(number: &str, instance: &Instance, worked_by: &'static str, out: &Out) {
    out.result(
        || json!({ "instance": instance, "worked_by": worked_by }),
        || format!("{number} goes on where it stopped"),
    );
}

async fn retry(number: &str, tenant: &TenantId, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    let host = TenantHost::new(ctx, tenant).await?;
    let by = Actor::command();
    if store::instance(ctx, tenant, number).await?.is_none() {
        return Err(unknown(number));
    }
    audit::note(ctx, tenant, &by, ("retry-process", number), Value::Null).await?;
    let event = Event::Retry { by: by.name, token: None };
    let done = flows_of(ctx, tenant, &host).act(number, &event).await;
    let acted = done.map_err(|refusal| match refusal {
        Refusal::Refused(refused) if refused.code == "process.unknown-instance" => unknown(number),
        Refusal::Refused(refused) => Failure::usage(refused.words.en),
        Refusal::Unsound(_) => Failure::usage("the definition is not run any more"),
        Refusal::Failed(error) => error.into(),
    })?;
    let worked_by = super::follow_up(&environment, place, out).await?;
    print_progress(number, &acted.instance, worked_by, out);
    Ok(())
}

fn unknown(number: &str) -> Failure {
    Failure::not_found(format!("there is no instance {number}"))
}

fn shown(instance: &Instance, history: &[Entry], zone: &TimeZone) -> String {
    let mut head = Table::bare();
    let mut row = |name: &str, value: String| head.row([name.to_owned(), value]);
    row("instance", instance.number.clone());
    row("order", instance.order.to_string());
    row("flow", format!("{} ({}), version {}", instance.flow, instance.name, instance.version));
    row("started by", format!("{} {}", instance.initiator.code, instance.initiator.name));
    row("state", format!("{}, round {}", instance.state.word(), instance.round));
    row("form", instance.data_id.clone());
    row("started", local(instance.created_ms, zone));
    for task in instance.open_tasks() {
        row("open task", format!("{} {} for {}", task.id, task.name, task.assignees.join(", ")));
    }
    for (token, incident) in instance.incidents() {
        row("stopped at", format!("{}: {}: {}", token.node, incident.code, incident.words.en));
    }
    let mut text = head.text(0);
    text.push('\n');
    for entry in history {
        text.push_str(&line(entry, zone));
    }
    text
}

fn line(entry: &Entry, zone: &TimeZone) -> String {
    let did = serde_json::to_value(entry.did).ok();
    let did = did.as_ref().and_then(Value::as_str).unwrap_or_default();
    let mut parts = vec![format!("{:>5}  {}  {did}", entry.seq, local(entry.at_ms, zone))];
    parts.extend(entry.name.as_ref().or(entry.node.as_ref()).cloned());
    parts.extend(entry.to.as_ref().map(|to| format!("→ {to}")));
    if !entry.by.is_empty() {
        parts.push(format!("by {}", entry.by));
    }
    if !entry.people.is_empty() {
        parts.push(format!("for {}", entry.people.join(", ")));
    }
    for change in &entry.changes {
        parts.push(format!("{}: {} → {}", change.field, change.from, change.to));
    }
    if !entry.comment.is_empty() {
        parts.push(format!("“{}”", entry.comment.replace('\n', " ")));
    }
    format!("{}\n", parts.join("  "))
}
