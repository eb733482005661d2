//! `tenon kept`: what waits for a person, and what reconciliation fails at.

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::BTreeMap;
use tenon_flows::unit_failures::{self, UnitFailure};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::kept::{self, Kept, Kind};

const AFTER: &str = "\
A list of failed callbacks is removed by its read, so it is kept until all of it is taken in; an entry of it \
that was not understood is kept for you, and so is the whole text of an error that is shown in part. All of it \
is sealed, and forgotten after 90 days.

Example:
  tenon kept
  tenon kept ke-…             print one
  tenon kept ke-… --forget    it is dealt with

Next:
  tenon retry RUN    when what is kept tells of a document's decision";

/// Shows what was kept for a person, and what reconciliation fails at.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct KeptArgs {
    /// Print this one, whole.
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Forget it: it is dealt with.
    #[arg(long, requires = "id")]
    pub forget: bool,
}

/// The command.
///
/// # Errors
/// Not found for an unknown id; usage for a list that is not taken in yet.
pub async fn kept(args: &KeptArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    match &args.id {
        Some(id) => one(&environment, id, args.forget, out).await,
        None => all(&environment, out).await,
    }
}

async fn one(environment: &Environment, id: &str, forget: bool, out: &Out) -> Result<(), Failure> {
    let tenant = TenantId::operator();
    let (found, bytes) = kept::open(&environment.ctx, &tenant, id).await?.ok_or_else(|| {
        Failure::not_found(format!("nothing is kept as {id}")).with_hint("`tenon kept` lists what is kept")
    })?;
    if forget {
        if found.kind == Kind::List {
            return Err(Failure::usage(format!("{id} is taken in by the next reconciliation, and forgotten then")));
        }
        kept::forget(&environment.ctx, &tenant, &found).await?;
        out.result(|| json!({ "forgotten": id }), || format!("{id} is forgotten"));
        return Ok(());
    }
    let text = String::from_utf8_lossy(&bytes);
    out.result(|| json!({ "kept": found, "text": text }), || text.clone().into_owned());
    Ok(())
}

async fn all(environment: &Environment, out: &Out) -> Result<(), Failure> {
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    let mut found = Vec::new();
    for kind in Kind::ALL {
        found.extend(kept::of_kind(ctx, &tenant, kind).await?);
    }
    let loaded = ctx.config.load(&tenant).await?;
    let mut failing = BTreeMap::new();
    for connection in loaded.connections().filter(|c| c.oa_times().is_some()) {
        let units = unit_failures::of(ctx, &tenant, connection.id()).await?;
        if !units.is_empty() {
            failing.insert(connection.id().clone(), units);
        }
    }
    if found.is_empty() && failing.is_empty() {
        out.note("nothing is kept, and nothing fails");
    }
    out.result(|| json!({ "kept": found, "failing": failing }), || told(&found, &failing, &zone()));
    Ok(())
}

fn told(found: &[Kept], failing: &BTreeMap<ConnectionId, Vec<UnitFailure>>, zone: &TimeZone) -> String {
    let mut text = String::new();
    if !found.is_empty() {
        let mut table = Table::new(&["KEPT", "SINCE", "BYTES", "FROM", "WHY"]);
        for kept in found {
            let since = local(kept.at_ms, zone);
            table.row([kept.id.clone(), since, kept.bytes.to_string(), kept.source.clone(), kept.why.clone()]);
        }
        text.push_str(&table.text(0));
    }
    if !failing.is_empty() {
        let mut table = Table::new(&["FAILING", "CONNECTION", "SINCE", "TIMES", "NEXT", "CODE", "MESSAGE"]);
        for (connection, unit) in failing.iter().flat_map(|(c, units)| units.iter().map(move |u| (c, u))) {
            table.row([
                unit.unit.clone(),
                connection.to_string(),
                local(unit.since_ms, zone),
                unit.failures.to_string(),
                local(unit.next_ms, zone),
                unit.code.clone(),
                unit.message.clone(),
            ]);
        }
        text.push_str(&table.text(0));
    }
    text
}
