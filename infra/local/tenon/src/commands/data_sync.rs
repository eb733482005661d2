//! `tenon data-sync run`: make the table of a form, or update it, and watch it.

use super::note;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration};
use serde_json::json;
use std::time::Duration;
use tenon_flows::data_sync::plan::Plan;
use tenon_flows::data_sync::record::{self, Sync, What};
use tenon_flows::data_sync::{begin, flow_of};
use tenon_flows::kinds::Scope;
use tenon_model::TenantId;
use tenon_model::run::Trigger;
use tenon_platform::Retry;
use tenon_tables::{Foreseen, Slice};

const AFTER: &str = "\
A running `tenon up` on this data, or the deployed functions, do the work while this command watches; \
without either it is done here. It may be interrupted: `tenon up` goes on with it, and so does `tenon retry RUN`.

Example:
  tenon data-sync run SAL_SaleOrder --dry-run   columns and counts; writes nothing
  tenon data-sync run SAL_SaleOrder --create    make the table anew (慎用)
  tenon data-sync run SAL_SaleOrder             update it

Next:
  tenon show RUN    how a run stands";

/// Make the table of an ERP form, or update it.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct DataSyncArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    /// Do it now, whatever the schedule says.
    Run(RunArgs),
}

/// Make the table of a form, or update it.
#[derive(clap::Args, Clone, Debug)]
pub struct RunArgs {
    /// The form: SAL_SaleOrder.
    #[arg(value_name = "FORM")]
    pub form: String,
    /// Make the table anew, in the place of the one that is there.
    #[arg(long)]
    pub create: bool,
    /// Tell the columns and how many rows there are, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl DataSyncArgs {
    /// `data-sync run`.
    pub fn run(args: RunArgs) -> Self {
        Self { command: Command::Run(args) }
    }
}

/// The command.
///
/// # Errors
/// What the ERP, the database or the table refuse.
pub async fn data_sync(args: &DataSyncArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let Command::Run(args) = &args.command;
    let environment = Environment::open(place).await?;
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    let loaded = ctx.config.load(&tenant).await?;
    let at = Scope { ctx, tenant: &tenant, loaded: &loaded };
    let flow = flow_of(&loaded, &args.form)?;
    let what = if args.create { What::Create } else { What::Update };
    if args.dry_run {
        let foreseen = Box::pin(tenon_tables::foresee(at, flow, &args.form, what)).await?;
        out.result(|| document(&foreseen), || render(&foreseen));
        return Ok(());
    }
    note::change(ctx, ("run-data-sync", &args.form), json!({ "create": args.create })).await?;
    let elsewhere = place.deployed || environment.served;
    let later = if elsewhere { Duration::ZERO } else { Duration::from_secs(60) };
    let begun = Box::pin(begin::begin(at, flow, &args.form, what, Trigger::Operator, later)).await?;
    out.note(&format!("run {} has begun", begun.run));
    let ended = if elsewhere { watch(&environment, begun, out).await? } else { work(&environment, begun, out).await? };
    out.end_progress();
    report(&ended, out)
}

/// Does it here, slice by slice.
async fn work(environment: &Environment, begun: Sync, out: &Out) -> Result<Sync, Failure> {
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    loop {
        let slice = Box::pin(tenon_tables::work(ctx, &tenant, &begun.run, Some(Duration::from_secs(1)))).await;
        let sync = record::get(ctx, &tenant, &begun.run).await?.map_or_else(|| begun.clone(), |stored| stored.data);
        out.progress(&bar(&sync, ctx.now_ms()));
        match slice {
            Ok(Slice::OutOfTime) => {}
            Ok(Slice::Done | Slice::Ended) => return Ok(sync),
            Err(error) if matches!(error.retry, Retry::Permanent | Retry::Blocked(_)) => {
                tenon_tables::fail(ctx, &tenant, &begun.run, &error).await?;
                return Err(error.into());
            }
            Err(error) => {
                out.note(&format!("{error}; `tenon up` goes on with it, or `tenon retry {}`", begun.run));
                return Err(error.into());
            }
        }
    }
}

/// Looks how far others are with it.
async fn watch(environment: &Environment, begun: Sync, out: &Out) -> Result<Sync, Failure> {
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    loop {
        ctx.clock.sleep(Duration::from_secs(1)).await;
        let Some(stored) = record::get(ctx, &tenant, &begun.run).await? else { return Ok(begun) };
        out.progress(&bar(&stored.data, ctx.now_ms()));
        if stored.data.ended_ms.is_some() {
            return Ok(stored.data);
        }
    }
}

/// `[#####.....] 12000 of about 24000 rows, 3100 a second`. How many there will be is known of the table before alone.
fn bar(sync: &Sync, now_ms: i64) -> String {
    const WIDTH: u64 = 30;
    let (rows, whole) = (sync.did.rows, sync.did.in_table);
    let took = (sync.ended_ms.unwrap_or(now_ms) - sync.started_ms).max(1);
    let speed = rows.saturating_mul(1_000) / u64::try_from(took).unwrap_or(1);
    if sync.what == What::Update || whole == 0 {
        return format!("{rows} rows, {} pages, {speed} rows a second", sync.did.pages);
    }
    let done = (rows.saturating_mul(WIDTH) / whole).min(WIDTH);
    let (full, empty) = (usize::try_from(done).unwrap_or(0), usize::try_from(WIDTH - done).unwrap_or(0));
    format!("[{}{}] {rows} of about {whole} rows, {speed} rows a second", "#".repeat(full), ".".repeat(empty))
}

fn report(sync: &Sync, out: &Out) -> Result<(), Failure> {
    let took = sync.ended_ms.unwrap_or(sync.started_ms) - sync.started_ms;
    let failure = sync.error.as_ref().map(|error| Failure::outside(error.clone()));
    out.result(
        || json!({ "run": sync }),
        || {
            let mut table = Table::bare();
            let tables: Vec<&str> =
                sync.plan.iter().flat_map(|plan| &plan.tables).map(|table| table.name.as_str()).collect();
            table.row(["run".to_owned(), sync.run.to_string()]);
            table.row(["tables".to_owned(), tables.join(", ")]);
            table.row(["rows written".to_owned(), sync.did.rows.to_string()]);
            table.row(["rows deleted".to_owned(), sync.did.deleted.to_string()]);
            table.row(["rows in all".to_owned(), sync.did.in_table.to_string()]);
            table.row(["took".to_owned(), duration(took)]);
            for (name, list) in [
                ("columns gone with the old table", &sync.told.foreign_columns),
                ("rights gone with the old table", &sync.told.grants),
                ("indexes and triggers gone", &sync.told.indexes),
                ("columns of yours, kept", &sync.told.only_in_table),
                ("fields without a column", &sync.told.only_in_erp),
                ("note", &sync.told.notes),
            ] {
                if !list.is_empty() {
                    table.row([name.to_owned(), list.join(", ")]);
                }
            }
            table.text(0)
        },
    );
    failure.map_or(Ok(()), Err)
}

fn document(foreseen: &Foreseen) -> serde_json::Value {
    json!({
        "dry_run": true, "form": foreseen.plan.form, "caption": foreseen.plan.caption, "tables": foreseen.plan.tables,
        "organisations": foreseen.organisations, "rows": foreseen.rows, "more": foreseen.more,
        "rows_in_table": foreseen.in_table, "told": foreseen.told,
        "stopped": foreseen.stopped.as_ref().map(|error| json!({ "code": error.code, "message": error.to_string() })),
    })
}

fn render(foreseen: &Foreseen) -> String {
    let Plan { form, caption, tables, .. } = &foreseen.plan;
    let more = if foreseen.more { "more than " } else { "" };
    let mut text = format!(
        "{form} ({caption}): {more}{} rows in the window, {} in the table now\n",
        foreseen.rows, foreseen.in_table
    );
    if let Some(error) = &foreseen.stopped {
        text.push_str(&format!("it would stop: {error} ({})\n", error.code));
    }
    for table in tables {
        text.push_str(&format!("\n{}\n", table.name));
        let mut columns = Table::bare();
        for column in &table.columns {
            let kind = serde_json::to_value(column.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
            let code = column.code.as_ref().map(|code| format!("type {code} is not known")).unwrap_or_default();
            columns.row([column.name.clone(), kind.unwrap_or_default(), column.caption.clone(), code]);
        }
        text.push_str(&columns.text(2));
    }
    text
}
