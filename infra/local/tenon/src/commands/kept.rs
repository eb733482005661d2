//! `tenon kept`: what waits for a person, and what reconciliation fails at.

use super::refused;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use crate::remote::{Remote, segment};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_flows::unit_failures::UnitFailure;
use tenon_model::{ConnectionId, TenantId};
use tenon_operations::At;
use tenon_operations::kept::{self as operations, All, Whole};
use tenon_platform::audit::Actor;
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
        None => {
            all(&operations::list(&environment.ctx, &TenantId::operator()).await.map_err(refused)?, out);
            Ok(())
        }
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
        let by = Actor::command();
        let at = At { ctx: &environment.ctx, tenant: &tenant, by: &by };
        operations::forget(&at, id).await.map_err(refused)?;
        forgotten(id, out);
        return Ok(());
    }
    shown(&Whole { kept: found, text: String::from_utf8_lossy(&bytes).into_owned() }, out);
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// As [`kept`]; what the API says.
pub async fn remote(args: &KeptArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    let Some(id) = &args.id else {
        all(&remote.get("/admin/v1/kept", &[]).await?, out);
        return Ok(());
    };
    let path = format!("/admin/v1/kept/{}", segment(id));
    if args.forget {
        let _: Value = remote.delete(&path).await?;
        forgotten(id, out);
    } else {
        shown(&remote.get(&path, &[]).await?, out);
    }
    Ok(())
}

fn forgotten(id: &str, out: &Out) {
    out.result(|| json!({ "forgotten": id }), || format!("{id} is forgotten"));
}

fn shown(whole: &Whole, out: &Out) {
    out.result(|| json!(whole), || whole.text.clone());
}

fn all(All { kept, failing }: &All, out: &Out) {
    if kept.is_empty() && failing.is_empty() {
        out.note("nothing is kept, and nothing fails");
    }
    out.result(|| json!({ "kept": kept, "failing": failing }), || render(kept, failing, &zone()));
}

fn render(found: &[Kept], failing: &BTreeMap<ConnectionId, Vec<UnitFailure>>, zone: &TimeZone) -> String {
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
