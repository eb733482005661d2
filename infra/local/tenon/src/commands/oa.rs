//! `tenon oa`: users of the OA integration, and whom an assistant's user is among them.

use super::note;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use serde_json::json;
use std::path::{Path, PathBuf};
use tenon_model::TenantId;
use tenon_oa_users::{Batch, Binding, Kind, OaUser, Problem, Store, from_csv, from_json};
use tenon_platform::Context;
use tenon_platform::dispatch::app_calls;

const AFTER: &str = "\
A JSON file has lists named users, bindings, departments, positions, roles, data_auth. A CSV file has one kind; its first \
line names the columns, and users may have a column assistant_user_id, which binds them. What a file has is \
added or replaced, everything else stays. A file with one wrong line is not stored at all.

Example:
  tenon oa import users.csv
  tenon oa import --kind departments departments.csv
  tenon oa import all.json
  tenon oa bind U001 1
  tenon oa calls assistant

Next:
  curl -H 'X-ApiG-AppCode: …' -d '{\"assistant_user_id\":\"U001\"}' http://127.0.0.1:8787/api/oa_integration/get_token";

/// Hand in users of the OA integration, and bind assistants' users to them.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct OaArgs {
    /// The tenant; the operator's own when absent.
    #[arg(long, global = true, value_name = "ID")]
    tenant: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Action {
    /// Store the users, bindings and rights of a file.
    #[command(after_help = AFTER)]
    Import {
        /// A file with the ending .json or .csv.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What the lines of a CSV file are, where its columns do not tell.
        #[arg(long, value_name = "KIND", value_parser = Kind::ALL.map(Kind::name))]
        kind: Option<String>,
        /// Read and check the file, and store nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Say whom an assistant's user is in the OA.
    #[command(after_help = AFTER)]
    Bind {
        /// The assistant platform's user id.
        #[arg(value_name = "ASSISTANT")]
        assistant: String,
        /// The OA's user id.
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Take a binding away. Tokens that were issued by it count no longer.
    #[command(after_help = AFTER)]
    Unbind {
        /// The assistant platform's user id.
        #[arg(value_name = "ASSISTANT")]
        assistant: String,
    },
    /// Show the latest calls of plain services by an app: for whom it had tokens, from where, what it was told.
    #[command(after_help = AFTER)]
    Calls {
        /// One of the configuration's apps.
        #[arg(value_name = "APP")]
        app: String,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        most: u32,
    },
}

/// The command.
///
/// # Errors
/// Usage for a file that is not sound; not found for a binding that is not there; what the table refuses.
pub async fn oa(args: &OaArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let tenant = args.tenant.as_deref().map_or_else(TenantId::operator, TenantId::new);
    if let Action::Import { file, kind, dry_run: true } = &args.action {
        let batch = read(file, kind.as_deref())?;
        let counts = json!({ "users": batch.users.len(), "bindings": batch.bindings.len() });
        out.result(|| json!({ "file": file, "sound": counts }), || "the file is sound; nothing was stored".to_owned());
        return Ok(());
    }
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    match &args.action {
        Action::Import { file, kind, .. } => import(ctx, &tenant, &read(file, kind.as_deref())?, out).await,
        Action::Bind { assistant, user } => bind(ctx, &tenant, assistant, user, out).await,
        Action::Unbind { assistant } => unbind(ctx, &tenant, assistant, out).await,
        Action::Calls { app, most } => calls(ctx, &tenant, (app, *most), out).await,
    }
}

fn read(file: &Path, kind: Option<&str>) -> Result<Batch, Failure> {
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|why| Failure::usage(format!("{shown} cannot be read: {why}")))?;
    let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let batch = match ending.as_deref() {
        Some("json") => from_json(&bytes),
        Some("csv") => from_csv(&bytes, kind.and_then(Kind::named)),
        _ => return Err(Failure::usage(format!("{shown} is neither .json nor .csv"))),
    };
    batch.map_err(|problems: Vec<Problem>| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{shown}: {problem}")).collect();
        Failure::usage(lines.join("\n")).with_hint("nothing was stored; mend these and import again")
    })
}

async fn import(ctx: &Context, tenant: &TenantId, batch: &Batch, out: &Out) -> Result<(), Failure> {
    let counts = json!({ "users": batch.users.len(), "bindings": batch.bindings.len() });
    note::change_of(ctx, tenant, ("import-oa-users", "file"), counts).await?;
    let stored = Store::new(ctx, tenant).put_all(batch).await?;
    let summary = || {
        let each: Vec<String> = stored.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if each.is_empty() { "the file has nothing to store".to_owned() } else { format!("stored {}", each.join(", ")) }
    };
    out.result(|| json!({ "stored": stored }), summary);
    Ok(())
}

async fn bind(ctx: &Context, tenant: &TenantId, assistant: &str, user: &str, out: &Out) -> Result<(), Failure> {
    let store = Store::new(ctx, tenant);
    let named = format!("{}/{assistant}", Kind::Bindings.name());
    note::change_of(ctx, tenant, ("put-oa-record", &named), json!({ "oa_user_id": user })).await?;
    let binding = Binding { assistant_user_id: assistant.to_owned(), oa_user_id: user.to_owned(), active: true };
    store.put_all(&Batch { bindings: vec![binding], ..Batch::default() }).await?;
    if store.get::<OaUser>(user).await?.is_none() {
        out.note(&format!("no user {user} was handed in; unless the directory has that person, there is no token"));
    }
    out.result(
        || json!({ "bound": { "assistant_user_id": assistant, "oa_user_id": user } }),
        || format!("{assistant} is {user}"),
    );
    Ok(())
}

async fn unbind(ctx: &Context, tenant: &TenantId, assistant: &str, out: &Out) -> Result<(), Failure> {
    let named = format!("{}/{assistant}", Kind::Bindings.name());
    note::change_of(ctx, tenant, ("remove-oa-record", &named), json!({})).await?;
    if !Store::new(ctx, tenant).remove(Kind::Bindings, assistant).await? {
        return Err(Failure::not_found(format!("there is no binding of {assistant}")));
    }
    out.result(|| json!({ "unbound": assistant }), || format!("{assistant} is nobody"));
    Ok(())
}

async fn calls(ctx: &Context, tenant: &TenantId, (app, most): (&str, u32), out: &Out) -> Result<(), Failure> {
    let all = app_calls::latest(ctx, tenant, app, most).await?;
    if all.is_empty() {
        out.note(&format!("no calls of {app}; its id is that of one of [[apps]]"));
    }
    let summary = || {
        let mut table = Table::new(&["AT", "CALL", "STATUS", "FROM", "ABOUT"]);
        for call in &all {
            let about = call.about.as_deref().or(call.message.as_deref()).unwrap_or_default();
            let named = format!("{} {}", call.method, call.path);
            table.row([
                local(call.at_ms, &zone()),
                named,
                call.http_status.to_string(),
                call.client_ip.clone(),
                about.to_owned(),
            ]);
        }
        table.text(0)
    };
    out.result(|| json!({ "app": app, "calls": all }), summary);
    Ok(())
}
