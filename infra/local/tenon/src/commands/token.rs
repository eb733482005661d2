//! `tenon token`: bearer tokens for people and systems that manage tenants.

use super::note;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use jiff::tz::TimeZone;
use serde_json::json;
use tenon_catalog::scope;
use tenon_model::TenantId;
use tenon_model::access::{Role, TokenRecord};
use tenon_platform::{Context, Rejection};
use tenon_tenants::access::{self, NewToken};

const DAY_MS: i64 = 86_400_000;

const AFTER: &str = "\
A token is shown once, when it is made; only its hash is stored.

Example:
  tenon token create --role operator --name console
  tenon token create --role tenant-admin --tenant t-1
  tenon token list
  tenon token revoke tok-0199…

Next:
  curl -H \"Authorization: Bearer tnn_…\" -X POST http://127.0.0.1:8787/api/system/app-store/list";

/// Make, list and revoke bearer tokens.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct TokenArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Action {
    /// Make a token and show it, this once.
    #[command(after_help = AFTER)]
    Create(CreateArgs),
    /// Show every token that is not long dead, never the tokens themselves.
    #[command(after_help = AFTER)]
    List,
    /// Revoke a token, at once and for ever.
    #[command(after_help = AFTER)]
    Revoke {
        /// The token's id, from `tenon token list`.
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(clap::Args, Clone, Debug)]
struct CreateArgs {
    /// What its holder is: an operator runs this installation, a tenant administrator manages one tenant.
    #[arg(long, value_enum)]
    role: RoleArg,
    /// The tenant of a tenant administrator: 1 to 64 letters, digits, `-`, `_`.
    #[arg(long, value_name = "ID", required_if_eq("role", "tenant-admin"))]
    tenant: Option<String>,
    /// What it is for; shown in the list.
    #[arg(long, value_name = "TEXT", default_value = "cli")]
    name: String,
    /// What it may do; may be given several times. Everything the role may have when absent.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope::ALL)]
    scopes: Vec<String>,
    /// Days until it ends.
    #[arg(long, default_value_t = access::DEFAULT_DAYS, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=access::MAX_DAYS))]
    days: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RoleArg {
    Operator,
    TenantAdmin,
}

/// The command.
///
/// # Errors
/// Usage for a token that cannot be made; not found for an unknown id; what the table refuses.
pub async fn token(args: &TokenArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    match &args.action {
        Action::Create(wanted) => create(ctx, wanted, out).await,
        Action::List => list(ctx, out).await,
        Action::Revoke { id } => revoke(ctx, id, out).await,
    }
}

async fn create(ctx: &Context, wanted: &CreateArgs, out: &Out) -> Result<(), Failure> {
    let role = match wanted.role {
        RoleArg::Operator => Role::Operator,
        RoleArg::TenantAdmin => Role::TenantAdmin,
    };
    let new = NewToken {
        name: wanted.name.clone(),
        role,
        tenant: wanted.tenant.as_deref().map(TenantId::new),
        scopes: wanted.scopes.clone(),
        expires_ms: Some(ctx.now_ms() + wanted.days * DAY_MS),
    };
    let input = json!({ "role": new.role, "tenant": new.tenant, "scopes": new.scopes, "days": wanted.days });
    note::change(ctx, ("issue-token", &new.name), input).await?;
    let (token, record) = access::issue(ctx, new).await.map_err(failure)?;
    out.note("keep the token now: it is not shown again");
    let document = || {
        let mut value = access::view(&record, ctx.now_ms());
        if let Some(object) = value.as_object_mut() {
            object.insert("token".to_owned(), token.expose().into());
        }
        value
    };
    let lines = || {
        let until = local(record.expires_ms, &zone());
        format!(
            "{}\n{} for {}, until {until}, may: {}",
            token.expose(),
            record.id,
            holder(&record),
            record.scopes.join(" ")
        )
    };
    out.result(document, lines);
    Ok(())
}

async fn list(ctx: &Context, out: &Out) -> Result<(), Failure> {
    let all = access::list(ctx).await?;
    if all.is_empty() {
        out.note("no tokens yet; `tenon token create --role operator` makes the first");
    }
    let now = ctx.now_ms();
    let lines = || if all.is_empty() { String::new() } else { render(&all, now, &zone()) };
    out.result(|| access::views(&all, now), lines);
    Ok(())
}

async fn revoke(ctx: &Context, id: &str, out: &Out) -> Result<(), Failure> {
    note::change(ctx, ("revoke-token", id), json!({})).await?;
    let revoked = access::revoke(ctx, id).await.map_err(|refusal| match refusal {
        Rejection::NotFound(_) => {
            Failure::not_found(format!("there is no token {id}")).with_hint("see `tenon token list`")
        }
        other => failure(other),
    })?;
    out.result(
        || access::view(&revoked, ctx.now_ms()),
        || format!("{} of {} is revoked", revoked.id, holder(&revoked)),
    );
    Ok(())
}

fn failure(refusal: Rejection) -> Failure {
    match refusal {
        Rejection::Failed(error) => error.into(),
        other => Failure::usage(other.message()),
    }
}

fn holder(token: &TokenRecord) -> String {
    match (&token.role, &token.tenant) {
        (Role::Operator, _) => "an operator".to_owned(),
        (Role::TenantAdmin, tenant) => {
            format!("an administrator of {}", tenant.as_ref().map_or("no tenant", TenantId::as_str))
        }
    }
}

fn render(all: &[TokenRecord], now: i64, zone: &TimeZone) -> String {
    let mut table = Table::new(&["ID", "NAME", "ROLE", "TENANT", "STATUS", "UNTIL", "scope::ALL"]);
    for token in all {
        table.row([
            token.id.clone(),
            token.name.clone(),
            match token.role {
                Role::Operator => "operator".to_owned(),
                Role::TenantAdmin => "tenant-admin".to_owned(),
            },
            token.tenant.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            access::status(token, now).to_owned(),
            local(token.expires_ms, zone),
            token.scopes.join(" "),
        ]);
    }
    table.text(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::Kept;
    use clap::Parser;
    use serde_json::Value;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        args: TokenArgs,
    }

    async fn output_of(line: &str, place: &Place) -> (Value, Result<(), Failure>) {
        let args = Alone::try_parse_from(format!("token {line}").split_whitespace()).unwrap().args;
        let kept = Kept::default();
        let done = token(&args, place, &kept.out(true)).await;
        (serde_json::from_str(&kept.stdout()).unwrap_or_default(), done)
    }

    #[tokio::test]
    async fn a_token_is_made_listed_without_its_text_and_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { data: dir.path().to_owned(), deployed: false };
        let (made, done) =
            output_of("create --role tenant-admin --tenant t-1 --scope MENU_APP_STORE_VIEW --days 3", &place).await;
        done.unwrap();
        let (text, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
        assert!(text.starts_with("tnn_") && text.len() == 47, "{text}");
        assert_eq!(made["scopes"], json!(["MENU_APP_STORE_VIEW"]));
        assert!(made["expireTime"].is_string() && made["createTime"].is_string(), "{made}");

        let (listed, _) = output_of("list", &place).await;
        assert_eq!((&listed["total"], &listed["records"][0]["id"]), (&json!(1), &json!(id)));
        assert_eq!(listed["records"][0]["tenantId"], "t-1");
        assert!(!listed.to_string().contains(text));

        let (revoked, done) = output_of(&format!("revoke {id}"), &place).await;
        done.unwrap();
        assert!(revoked["revokeTime"].is_string() && revoked["status"] == "revoked", "{revoked}");
        let (_, done) = output_of("revoke tok-0", &place).await;
        assert!(done.unwrap_err().to_string().contains("tok-0"));
    }

    #[test]
    fn a_tenant_administrator_needs_a_tenant_and_a_scope_must_exist() {
        let parse = |line: &str| Alone::try_parse_from(line.split_whitespace()).map(|_| ());
        assert!(parse("token create --role operator").is_ok());
        for wrong in [
            "token create",
            "token create --role tenant-admin",
            "token create --role operator --scope X",
            "token create --role operator --days 367",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
