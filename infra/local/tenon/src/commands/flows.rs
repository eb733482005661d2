//! `tenon flows`: how the flows stand, and switching them.

use super::{note, refused};
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use crate::remote::{Remote, segment};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tenon_model::{FlowId, TenantId};
use tenon_operations::page::MAX_PAGE_SIZE;
use tenon_platform::audit::Actor;

const AFTER: &str = "\
A flow that is switched here stays so until a configuration is applied: then the file counts, and tells what it \
overrules. A flow of the file goes with a file that lacks it; one that a page stored is removed here. Functions that \
are running see it within half a minute.

Example:
  tenon flows
  tenon flows --off purchase-request
  tenon --api https://tenon.example.com flows

Next:
  tenon runs FLOW    its runs
  tenon run FLOW     look for its documents now";

/// Shows how the flows stand, or switches one.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct FlowsArgs {
    /// Switch this flow on.
    #[arg(long, value_name = "FLOW")]
    pub on: Option<String>,
    /// Switch this flow off.
    #[arg(long, value_name = "FLOW", conflicts_with = "on")]
    pub off: Option<String>,
    /// Remove this flow, which a page stored.
    #[arg(long, value_name = "FLOW", conflicts_with_all = ["on", "off"])]
    pub remove: Option<String>,
}

impl FlowsArgs {
    fn switched(&self) -> Option<(&str, bool)> {
        self.on.as_deref().map(|flow| (flow, true)).or_else(|| self.off.as_deref().map(|flow| (flow, false)))
    }
}

/// The command.
///
/// # Errors
/// Not found for an unknown flow; those of the table.
pub async fn flows(args: &FlowsArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    if let Some(flow) = &args.remove {
        let (by, id) = (Actor::command(), FlowId::new(flow.as_str()));
        if tenon_operations::flows::under_way(ctx, &tenant, &id, 1).await.map_err(refused)? > 0 {
            return Err(under_way(flow));
        }
        match ctx.config.remove_flow(ctx, &tenant, &id, &by).await? {
            Some(true) => {}
            Some(false) => return Err(of_the_file(flow)),
            None => return Err(unknown(flow)),
        }
        removed(flow, out);
        return Ok(());
    }
    if let Some((flow, on)) = args.switched() {
        let id = FlowId::new(flow);
        let known = ctx.config.switch_flow(ctx, &tenant, (&id, on), &Actor::command()).await?;
        known.ok_or_else(|| unknown(flow))?;
        switched(flow, on, out);
        return Ok(());
    }
    let (mut all, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let page = tenon_operations::flows::list(ctx, &tenant, None, after.as_deref(), MAX_PAGE_SIZE)
            .await
            .map_err(refused)?;
        all.extend(page.items.iter().map(|flow| json!(flow)));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    shown(&all, out);
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// What the API says.
pub async fn remote(args: &FlowsArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    if let Some(flow) = &args.remove {
        let _: Value = remote.delete(&format!("/admin/v1/flows/{}", segment(flow))).await?;
        removed(flow, out);
        return Ok(());
    }
    if let Some((flow, on)) = args.switched() {
        let word = if on { "on" } else { "off" };
        let _: Value = remote.post(&format!("/admin/v1/flows/{}/{word}", segment(flow)), &json!({})).await?;
        switched(flow, on, out);
        return Ok(());
    }
    let (mut all, mut query): (Vec<Value>, _) = (Vec::new(), vec![("limit", MAX_PAGE_SIZE.to_string())]);
    loop {
        let page: Value = remote.get("/admin/v1/flows", &query).await?;
        all.extend(page.get("flows").and_then(Value::as_array).into_iter().flatten().cloned());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => query = vec![("limit", MAX_PAGE_SIZE.to_string()), ("cursor", next.to_owned())],
            None => break,
        }
    }
    shown(&all, out);
    Ok(())
}

fn unknown(flow: &str) -> Failure {
    Failure::not_found(format!("there is no flow {flow}")).with_hint("`tenon flows` lists them")
}

fn of_the_file(flow: &str) -> Failure {
    Failure::usage(format!("flow {flow} is of the configuration file"))
        .with_hint("take it out of the file and apply that; `tenon flows --off` switches it off meanwhile")
}

fn under_way(flow: &str) -> Failure {
    Failure::usage(format!("flow {flow} has runs that are under way, whose decisions would not be written"))
        .with_hint("`tenon flows --off` switches it off; remove it once they have ended (`tenon runs`)")
}

fn removed(flow: &str, out: &Out) {
    out.result(|| json!({ "flow": flow, "removed": true }), || format!("flow {flow} is removed"));
    note::half_a_minute(out);
}

fn switched(flow: &str, on: bool, out: &Out) {
    let word = if on { "on" } else { "off" };
    out.result(|| json!({ "flow": flow, "enabled": on }), || format!("flow {flow} is {word}"));
    note::half_a_minute(out);
}

fn shown(all: &[Value], out: &Out) {
    if all.is_empty() {
        out.note("no flows are stored; `tenon apply --config tenon.toml` stores them");
    }
    out.result(|| json!({ "flows": all }), || if all.is_empty() { String::new() } else { render(all, &zone()) });
}

fn render(all: &[Value], zone: &TimeZone) -> String {
    let mut table = Table::new(&["FLOW", "KIND", "STATE", "LOOKED", "LATE", "LAST RUN", "LAST SUCCESS", "ERROR"]);
    for flow in all {
        let text = |name: &str| flow.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
        let time =
            |name: &str| flow.get(name).and_then(Value::as_i64).map_or_else(|| "-".to_owned(), |ms| local(ms, zone));
        let late = flow.get("lag_ms").and_then(Value::as_i64).filter(|ms| *ms > 0);
        let last = flow.pointer("/last_run/status").and_then(Value::as_str).unwrap_or("-");
        table.row([
            text("id"),
            text("kind"),
            if flow.get("enabled") == Some(&Value::Bool(true)) { "on".to_owned() } else { "off".to_owned() },
            time("last_poll_ms"),
            late.map_or_else(|| "-".to_owned(), crate::output::duration),
            last.to_owned(),
            time("last_success_ms"),
            text("error"),
        ]);
    }
    table.text(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_a_row() {
        let flow = json!({ "id": "pr", "kind": "approval", "enabled": false, "lag_ms": 0,
            "last_success_ms": 1_795_368_600_000_i64, "last_run": { "status": "failed" } });
        let text = render(&[flow], &TimeZone::get("Asia/Shanghai").unwrap());
        assert_eq!(
            text.lines().nth(1).unwrap(),
            "pr    approval  off    -       -     failed    2026-11-23 01:30:00  -"
        );
    }
}
