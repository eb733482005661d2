//! `tenon apply`: check a configuration file and store it.

use crate::commands::{note, openapi_apps};
use crate::config_file::{self, Literals};
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, local, zone};
use crate::secrets::System;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use tenon_model::TenantId;
use tenon_model::config::{self, Config, Connection};
use tenon_platform::{Context, arrivals, data_key};

const AFTER: &str = "\
Secrets are given as \"env:NAME\" (an environment variable, read now) or \"secret:NAME\" (AWS Secrets \
Manager, read now); they are stored sealed. A literal secret is taken for local data only.

What the file no longer has is removed from the store, but for tenant apps, which stay until they are deleted. \
A file that has nothing of what is stored needs --prune; --dry-run tells what would go. Nothing is stored unless \
the whole file is sound. Flows are on or off as the file has them from then on, however they were switched before, \
which is told. A flow that a page stored stays, unless the file has one of its id.

Example:
  B1_PASSWORD=… tenon apply --config tenon.toml
  tenon apply --config tenon.toml --dry-run

Next:
  tenon check           see whether the connections work
  tenon preview FLOW    see what a flow would write";

/// Checks a configuration file and stores its connections, flows and callers.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct ApplyArgs {
    /// The configuration; docs/FLOWS.md is its reference.
    #[arg(long, value_name = "FILE", default_value = "tenon.toml")]
    pub config: PathBuf,
    /// Check the file and resolve its secrets, and store nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Remove everything that is stored, when nothing of it is in the file.
    #[arg(long)]
    pub prune: bool,
    /// Take the master key of this environment as the data's from now on: the former one is lost.
    /// Connections are sealed with it anew; secrets of tenants' apps and endpoints have to be reset.
    #[arg(long)]
    pub new_key: bool,
}

/// What was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Ids of the connections.
    pub connections: Vec<String>,
    /// Ids of the SQL databases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    /// Ids of the flows.
    pub flows: Vec<String>,
    /// Ids of the callers with an app code.
    pub apps: Vec<String>,
    /// Connections with a barcode application.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub barcode: Vec<String>,
    /// Callers of aiflow's interface: `ENTERPRISE/APP`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aiflow_apps: Vec<String>,
    /// Keys of the tenant apps.
    pub openapi_apps: Vec<String>,
    /// What was in the store and is not in the file: `flow purchase-request`.
    pub removed: Vec<String>,
    /// What may not be as it was meant.
    pub warnings: Vec<String>,
}

/// The command.
///
/// # Errors
/// Usage failures of the file; failures of the store.
pub async fn apply(args: &ApplyArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let beside = if args.dry_run { stored_beside(&args.config, place).await? } else { None };
    let (config, mut applied) = prepare(&args.config, place.deployed, beside.as_ref()).await?;
    if args.dry_run && beside.is_some() {
        out.note("the file has flows alone; they were checked beside the connections that are stored");
    } else if args.dry_run {
        foresee(&config, &mut applied, place).await?;
    } else {
        let environment =
            if args.new_key { Environment::open_for_new_key(place).await? } else { Environment::open(place).await? };
        if args.new_key {
            note::change(&environment.ctx, ("take-master-key", "data"), json!({})).await?;
        }
        data_key::establish(&environment.ctx).await?;
        store(&environment.ctx, config, &mut applied, args.prune).await?;
        if environment.served {
            out.note("functions that are running see it within half a minute");
        }
    }
    for warning in &applied.warnings {
        out.note(&format!("warning: {warning}"));
    }
    out.result(
        || json!({ "applied": !args.dry_run, "config": args.config, "result": applied }),
        || render(&applied, args.dry_run),
    );
    Ok(())
}

/// Stores a file into an open world, telling what was done as remarks; for commands that go on.
///
/// # Errors
/// As [`apply`].
pub async fn apply_file(ctx: &Context, file: &Path, deployed: bool, out: &Out) -> Result<(), Failure> {
    let (config, mut applied) = prepare(file, deployed, None).await?;
    store(ctx, config, &mut applied, false).await?;
    for warning in &applied.warnings {
        out.note(&format!("warning: {warning}"));
    }
    out.note(render(&applied, false).trim_end());
    Ok(())
}

/// The connections that flows of a file without any are to be held against: those that are stored. Only to check it: a
/// file is stored whole.
async fn stored_beside(file: &Path, place: &Place) -> Result<Option<Vec<Connection>>, Failure> {
    let config = config_file::load(file)?;
    let flows_alone = Config { flows: config.flows.clone(), ..Config::default() };
    if config.flows.is_empty() || config != flows_alone || (!place.deployed && !place.data.exists()) {
        return Ok(None);
    }
    let environment = Environment::open(place).await?;
    let loaded = environment.ctx.config.load(&TenantId::operator()).await?;
    let all: Vec<Connection> = loaded.connections().map(|connection| connection.as_ref().clone()).collect();
    Ok(Some(all).filter(|all| !all.is_empty()))
}

/// Reads, checks and resolves a file; stores nothing yet.
async fn prepare(file: &Path, deployed: bool, beside: Option<&Vec<Connection>>) -> Result<(Config, Applied), Failure> {
    let mut config = config_file::load(file)?;
    let whole = Config { connections: beside.cloned().unwrap_or_else(|| config.connections.clone()), ..config.clone() };
    let problems = config::check(&whole).into_iter().chain(tenon_flows::barcode::settings::check(&whole));
    // What is stored was checked when it was.
    let problems = problems.filter(|problem| beside.is_none() || problem.path.starts_with("flows"));
    let (warnings, errors): (Vec<_>, Vec<_>) = problems.partition(|p| p.warning);
    if !errors.is_empty() {
        let messages: Vec<String> = errors.iter().map(|problem| format!("{}: {problem}", file.display())).collect();
        return Err(
            Failure::usage(messages.join("\n")).with_hint("nothing was stored; docs/FLOWS.md describes every key")
        );
    }
    let mut warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    if config.connections.is_empty() && config.flows.is_empty() {
        warnings.push(format!("{}: has no connection and no flow", file.display()));
    }
    let mut applied = Applied { warnings, ..Applied::default() };
    if deployed && !config.openapi_apps.is_empty() {
        let message = format!(
            "{}: openapi_apps are for local data; a deployed table has its apps from the app store",
            file.display()
        );
        return Err(Failure::usage(message).with_hint("nothing was stored; take [[openapi_apps]] out of the file"));
    }
    let literals = if deployed { Literals::Refused } else { Literals::Allowed };
    let folder = file.parent().unwrap_or(Path::new(""));
    config_file::resolve(&mut config, folder, literals, &System::default()).await?;
    applied.connections = config.connections.iter().map(|c| c.id().to_string()).collect();
    applied.databases = config.databases.iter().map(|d| d.id().to_string()).collect();
    applied.flows = config.flows.iter().map(|f| f.id().to_string()).collect();
    applied.apps = config.apps.iter().map(|a| a.id.clone()).collect();
    applied.barcode = config.barcode.iter().map(|b| b.connection.to_string()).collect();
    applied.aiflow_apps = config.aiflow_apps.iter().map(|a| format!("{}/{}", a.enterprise_code, a.app_id)).collect();
    applied.openapi_apps = config.openapi_apps.iter().map(|a| a.app_key.clone()).collect();
    Ok((config, applied))
}

/// What storing the file would remove, where there is data already.
async fn foresee(config: &Config, applied: &mut Applied, place: &Place) -> Result<(), Failure> {
    if place.deployed || !place.data.exists() {
        return Ok(());
    }
    let environment = Environment::open(place).await?;
    let stored = environment.ctx.config.stored(&TenantId::operator()).await?;
    applied.removed = named(&going(&stored, config));
    applied.warnings.extend(overruled(&environment.ctx, config).await?);
    Ok(())
}

/// Flows that were switched otherwise than the file has them, by whom and when: the file counts.
async fn overruled(ctx: &Context, config: &Config) -> Result<Vec<String>, Failure> {
    let switches = ctx.config.switches(&TenantId::operator()).await?;
    let word = |on: bool| if on { "on" } else { "off" };
    let messages = config.flows.iter().filter_map(|flow| {
        let own = switches.get(flow.id()).filter(|own| own.enabled != flow.is_enabled())?;
        let (was, at) = (word(own.enabled), local(own.at_ms, &zone()));
        let is = word(flow.is_enabled());
        Some(format!("flow {}: was switched {was} by {} at {at}; this file has it {is}", flow.id(), own.by.name))
    });
    Ok(messages.collect())
}

async fn store(ctx: &Context, config: Config, applied: &mut Applied, prune: bool) -> Result<(), Failure> {
    let stored = ctx.config.stored(&TenantId::operator()).await?;
    let going = going(&stored, &config);
    if !prune && !going.is_empty() && going.len() == stored.len() {
        let message =
            format!("the file has nothing of what is stored; this would be removed: {}", named(&going).join(", "));
        return Err(Failure::usage(message)
            .with_hint("nothing was changed; if all of it shall go, say so with `tenon apply --prune`"));
    }
    openapi_apps::check(ctx, &config.openapi_apps).await?;
    for app in &config.openapi_apps {
        openapi_apps::store(ctx, app).await?;
    }
    if arrivals::from_loopback(ctx).await? && limited(&config) {
        applied.warnings.push(format!("apps.allow_ips: {}", arrivals::ADVICE));
    }
    applied.warnings.extend(overruled(ctx, &config).await?);
    let flows: Vec<&str> = config.flows.iter().map(|flow| flow.id().as_str()).collect();
    note::change(ctx, ("apply-configuration", "tenon.toml"), json!({ "flows": flows, "removes": named(&going) }))
        .await?;
    let removed = ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
    applied.removed = named(&removed);
    Ok(())
}

/// Whether a caller may come from some addresses only.
fn limited(config: &Config) -> bool {
    config.apps.iter().any(|app| !app.allow_ips.is_empty())
        || config.aiflow_apps.iter().any(|app| !app.allow_ips.is_empty())
        || config.oa_integration.iter().any(|oa| !oa.allow_ips.is_empty())
}

/// What is stored and not in the file.
fn going(stored: &[String], config: &Config) -> Vec<String> {
    let connections = config.connections.iter().map(|c| format!("connection#{}", c.id()));
    let flows = config.flows.iter().map(|f| format!("flow#{}", f.id()));
    let apps = config.apps.iter().map(|a| format!("app#{}", a.id));
    let barcode = config.barcode.iter().map(|b| format!("barcode#{}", b.connection));
    let aiflow = config.aiflow_apps.iter().map(|a| format!("aiflow#{}#{}", a.enterprise_code, a.app_id));
    let sso = config.sso.iter().map(|_| "sso#main".to_owned());
    let notices = config.notices.iter().map(|_| "notices#-".to_owned());
    let oa = config.oa_integration.iter().map(|_| "oa-integration#-".to_owned());
    let databases = config.databases.iter().map(|d| format!("database#{}", d.id()));
    let connections = connections.chain(databases);
    let kept: Vec<String> =
        connections.chain(flows).chain(apps).chain(barcode).chain(aiflow).chain(sso).chain(notices).chain(oa).collect();
    stored.iter().filter(|sort| !kept.contains(sort)).cloned().collect()
}

fn named(records: &[String]) -> Vec<String> {
    records.iter().map(|sort| sort.trim_end_matches("#-").replacen('#', " ", 1)).collect()
}

fn render(applied: &Applied, dry_run: bool) -> String {
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let done = if dry_run { "sound, not stored" } else { "stored" };
    let mut text = format!("{done}: connections {}; flows {}\n", list(&applied.connections), list(&applied.flows));
    for (name, list) in [
        ("databases", &applied.databases),
        ("apps", &applied.apps),
        ("barcode", &applied.barcode),
        ("aiflow_apps", &applied.aiflow_apps),
        ("openapi_apps", &applied.openapi_apps),
    ] {
        if !list.is_empty() {
            text.push_str(&format!("{name}: {}\n", list.join(", ")));
        }
    }
    if !applied.removed.is_empty() {
        let done = if dry_run { "would be removed" } else { "removed" };
        text.push_str(&format!("{done}: {}\n", applied.removed.join(", ")));
    }
    text
}
