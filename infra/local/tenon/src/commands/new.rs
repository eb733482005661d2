//! `tenon new flow`: write a flow by reading both sides.

mod remote;

pub use remote::remote;

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tenon_flows::kinds::Scope;
use tenon_flows::new_flow::{self, Drafted, NeededField, Wanted};
use tenon_mapping::{Line, Plan};
use tenon_model::schema::{UserFieldKind, UserFieldState};
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_operations::At;
use tenon_operations::mapping::{FieldOutcome, MadeField, make_fields, plan_view};
use tenon_platform::audit::Actor;

const AFTER: &str = "\
Reads the fields of the ERP's object and the controls of the OA's form, and writes what fits into the configuration, \
with a score and a reason for each line. What is not sure is a comment (# ?), as is a control that must be filled in and \
for which nothing was found (# !). Lines that are there are not touched: run it again after the form or the ERP has \
changed, and what is new is added. Nothing is stored; the flow is written switched off.

With --api no file is written: the flow is stored there with what is sure, switched off, as its page stores it. A flow of \
the same id is not written over. --dry-run only shows what would be mapped; with --json its `choices` can be changed and \
sent with --choices.

Example:
  tenon new flow --erp b1-main --object PurchaseOrders --oa wecom-main --template 3TmALk1oj
  tenon new flow --erp b1-main --object Drafts --draft-of PurchaseRequests --oa ding-main --template PROC-…
  tenon new flow --erp b1-main --object ITEM --oa weaver-main --template 24 --create-fields
  tenon --api https://… new flow --erp b1-main --object ITEM --oa weaver-main --template 24 --create-fields

Next:
  tenon apply --config tenon.toml --dry-run   is the file sound?
  tenon check                                 has the form changed since?";

/// Write a part of the configuration.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct NewArgs {
    #[command(subcommand)]
    command: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// A flow that takes documents of the ERP to a form of the OA.
    Flow(FlowArgs),
}

/// Which flow.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct FlowArgs {
    /// The ERP's connection.
    #[arg(long, value_name = "CONNECTION")]
    pub erp: String,
    /// Its entity set: PurchaseOrders, Drafts, the code of a custom object.
    #[arg(long, value_name = "SET")]
    pub object: String,
    /// The kind of document that drafts are of: its entity set or object code.
    #[arg(long, value_name = "SET")]
    pub draft_of: Option<String>,
    /// The OA's connection.
    #[arg(long, value_name = "CONNECTION")]
    pub oa: String,
    /// The form: DingTalk's processCode, WeCom's template id, Weaver's workflow id.
    #[arg(long, value_name = "TEMPLATE")]
    pub template: String,
    /// The flow's id; without it made of the object and the OA.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The configuration that the flow is written into; made when it is not there.
    #[arg(long, visible_alias = "file", alias = "out", value_name = "FILE", default_value = "tenon.toml")]
    pub config: PathBuf,
    /// Make the fields that the flow needs and that the ERP does not have.
    #[arg(long)]
    pub create_fields: bool,
    /// Switch the flow on, so that it runs once it is applied. Not with --api, where a flow is looked at before.
    #[arg(long)]
    pub enabled: bool,
    /// With --api: what fills which control, as a JSON file; `choices` of what --dry-run --json tells.
    #[arg(long, value_name = "FILE")]
    pub choices: Option<PathBuf>,
    /// Write no file; print what would stand in it.
    #[arg(long)]
    pub dry_run: bool,
    /// Map a document as the flow would: the one of this key, or `first`.
    #[arg(long, value_name = "KEY")]
    pub preview: Option<String>,
}

impl NewArgs {
    /// A flow.
    pub fn flow(args: FlowArgs) -> Self {
        Self { command: What::Flow(args) }
    }
}

/// The command.
///
/// # Errors
/// What the ERP and the OA refuse; usage for a file that nothing can be added to.
pub async fn new(args: &NewArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let What::Flow(args) = &args.command;
    if args.choices.is_some() {
        let hint = "lines that stand in the flow of the file count: write them there and run it again";
        return Err(Failure::usage("--choices means nothing without --api").with_hint(hint));
    }
    let environment = Environment::open(place).await?;
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    let loaded = ctx.config.load(&tenant).await?;
    let at = Scope { ctx, tenant: &tenant, loaded: &loaded };
    let wanted = wanted(args)?;
    let done = work(at, args, &wanted, out).await;
    tenon_connectors::erp::release(ctx).await;
    done
}

async fn work(at: Scope<'_>, args: &FlowArgs, wanted: &Wanted, out: &Out) -> Result<(), Failure> {
    let before = read(&args.config)?;
    let mut drafted = Box::pin(new_flow::draft(at, wanted, &before)).await?;
    if !args.dry_run && drafted.changed {
        write(&args.config, &drafted.text)?;
    }
    let not_made = if args.create_fields && !args.dry_run {
        create_fields(at, wanted, &mut drafted.fields).await?
    } else {
        Vec::new()
    };
    let preview = match &args.preview {
        Some(key) => {
            let key = (key != "first").then(|| DocumentKey::parse(key));
            Some(Box::pin(new_flow::preview(at, wanted, &drafted, key)).await?)
        }
        None => None,
    };
    out.result(
        || document(args, wanted, &drafted, preview.as_ref()),
        || render(args, wanted, &drafted, preview.as_ref()),
    );
    for note in &drafted.notes {
        out.note(&format!("note: {note}"));
    }
    all_made(&not_made)
}

/// Makes what is missing, and tells what was not made and why.
async fn create_fields(at: Scope<'_>, wanted: &Wanted, fields: &mut [NeededField]) -> Result<Vec<String>, Failure> {
    let by = Actor::command();
    let change = At { ctx: at.ctx, tenant: at.tenant, by: &by };
    let asked = make_fields(&change, at.loaded, (&wanted.id, &wanted.erp), fields.to_vec());
    let made = Box::pin(asked).await.map_err(super::refused)?;
    let mut not_made = Vec::new();
    for (needed, MadeField { field, outcome }) in fields.iter_mut().zip(made) {
        match outcome {
            FieldOutcome::Is(state) => needed.is = Some(state),
            FieldOutcome::Failed(why) => not_made.push(format!("{} of {}: {why}", field.name, field.table)),
            FieldOutcome::NotBegun => not_made.push(format!("{} of {}: not begun", field.name, field.table)),
        }
    }
    Ok(not_made)
}

/// A failure that names the fields that were not made.
fn all_made(not_made: &[String]) -> Result<(), Failure> {
    if not_made.is_empty() {
        return Ok(());
    }
    let message = format!("fields that were not made in the ERP: {}", not_made.join("; "));
    Err(Failure::partly(message).with_hint("run it again when the cause is mended: what is there is left as it is"))
}

fn wanted(args: &FlowArgs) -> Result<Wanted, Failure> {
    let oa = ConnectionId::new(args.oa.as_str());
    let id = args.id.clone().unwrap_or_else(|| new_flow::made_id(&args.object, args.draft_of.as_deref(), &oa));
    if !new_flow::is_id(&id) {
        return Err(Failure::usage(format!("{id} is no id of a flow: use 1 to 64 letters, digits and dashes (--id)")));
    }
    Ok(Wanted {
        id: FlowId::new(id),
        erp: ConnectionId::new(args.erp.as_str()),
        object: args.object.clone(),
        draft_of: args.draft_of.clone(),
        oa,
        template: args.template.trim().to_owned(),
        enabled: args.enabled,
    })
}

/// Nothing of a file that is not there yet.
fn read(file: &Path) -> Result<String, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::usage(format!("{} cannot be read: {error}", file.display()))),
    }
}

/// In the place of the former file, whole or not at all.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut new, text.as_bytes()).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    if let Ok(about) = std::fs::metadata(file) {
        new.as_file().set_permissions(about.permissions()).map_err(failed)?;
    }
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

fn document(args: &FlowArgs, wanted: &Wanted, drafted: &Drafted, preview: Option<&Value>) -> Value {
    let mut document = json!({
        "flow": wanted.id, "config": args.config, "written": drafted.changed && !args.dry_run, "changed": drafted.changed,
        "fingerprint": drafted.seen.fingerprint, "fields": drafted.fields, "notes": drafted.notes,
    });
    if let Value::Object(members) = &mut document {
        members.extend(plan_view(&drafted.plan));
        if args.dry_run {
            members.insert("text".to_owned(), json!(drafted.text));
        }
        if let Some(preview) = preview {
            members.insert("preview".to_owned(), preview.clone());
        }
    }
    document
}

fn render(args: &FlowArgs, wanted: &Wanted, drafted: &Drafted, preview: Option<&Value>) -> String {
    if args.dry_run {
        return drafted.text.clone();
    }
    let done = if drafted.changed { "written" } else { "unchanged" };
    let mut text = format!("flow {} ({}): {}\n", wanted.id, args.config.display(), done);
    text.push_str(&counted(&drafted.plan));
    let required = drafted.plan.unmatched.iter().chain(drafted.plan.tables.iter().flat_map(|table| &table.unmatched));
    for control in required.filter(|control| control.required) {
        text.push_str(&format!("  must be filled in, and nothing was found: {} ({})\n", control.label, control.to));
    }
    text.push_str(&fields_text(&drafted.fields));
    if let Some(preview) = preview {
        text.push_str(&format!("preview:\n{preview:#}\n"));
    }
    text
}

fn counted(plan: &Plan) -> String {
    let all: Vec<&Line> = plan.lines.iter().chain(plan.tables.iter().flat_map(|table| &table.lines)).collect();
    let sure = all.iter().filter(|line| line.is_sure()).count();
    let left: usize = plan.unmatched.len() + plan.tables.iter().map(|table| table.unmatched.len()).sum::<usize>();
    format!("  {sure} mapped, {} proposed (# ?), {left} without a field, now\n", all.len() - sure)
}

fn fields_text(fields: &[NeededField]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let mut table = Table::bare();
    for needed in fields {
        let kind = match needed.field.kind {
            UserFieldKind::Alphanumeric => format!("alphanumeric, {}", needed.field.size),
            UserFieldKind::Memo => "text".to_owned(),
            UserFieldKind::Date => "date".to_owned(),
        };
        let is = match &needed.is {
            None => "not looked up".to_owned(),
            Some(UserFieldState::Missing) => "missing; --create-fields makes it".to_owned(),
            Some(UserFieldState::Created) => "created".to_owned(),
            Some(UserFieldState::Found { differs }) if differs.is_empty() => "there".to_owned(),
            Some(UserFieldState::Found { differs }) => format!("there, but {}", differs.join("; ")),
        };
        table.row([needed.field.name.clone(), needed.field.table.clone(), kind, is]);
    }
    format!("  fields that the flow needs in the ERP:\n{}", table.text(4))
}
