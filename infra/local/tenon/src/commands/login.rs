//! `tenon login`: a link that signs in to the console once.

use super::note;
use crate::environment::{Environment, Place, Running};
use crate::output::{Failure, Out, local, zone};
use serde_json::json;
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::Rejection;
use tenon_tenants::access::session::{self, LASTS_MS, LINK_LASTS_MS};
use tenon_tenants::access::{self, NewToken};

const AFTER: &str = "\
The link is good for a minute and once. Its session ends after 30 minutes without use and after eight hours, or when
its token is revoked.

Example:
  tenon login
  tenon login --tenant t-1
  tenon --deployed login --url https://tenon.example.com

Next:
  open the link in a browser; `tenon token list` shows the session's token, `tenon token revoke ID` ends it";

/// Print a link that signs in to the console's pages, once, within a minute.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct LoginArgs {
    /// Sign in as an administrator of this tenant; as an operator when absent.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Where the console is reached; the running `tenon up` when absent.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// The command.
///
/// # Errors
/// Usage when it is not known where the console is; what the table refuses.
pub async fn login(args: &LoginArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    let url = place_of(args, place, environment.served)?;
    let tenant = args.tenant.as_deref().map(access::tenant_id).transpose();
    let tenant: Option<TenantId> = tenant.map_err(|bad| failure(bad.into()))?;
    let role = if tenant.is_some() { Role::TenantAdmin } else { Role::Operator };
    let now = ctx.now_ms();
    let expires_ms = Some(now + LASTS_MS + LINK_LASTS_MS);
    let new = NewToken { name: "tenon login".to_owned(), role, tenant, scopes: Vec::new(), expires_ms };
    note::change(ctx, ("issue-login", &new.name), json!({ "role": new.role, "tenant": new.tenant })).await?;
    let (token, record) = access::issue(ctx, new).await.map_err(failure)?;
    let code = session::link(ctx, token.expose()).await.map_err(failure)?;
    let link = format!("{url}/system/login?code={}", code.expose());
    let until = local(now + LINK_LASTS_MS, &zone());
    out.note("open the link now: it is good once, for a minute");
    out.result(
        || json!({ "url": link, "tokenId": record.id, "expireTime": until }),
        || format!("{link}\n{}, until {until}", record.id),
    );
    Ok(())
}

/// Where the console is reached.
fn place_of(args: &LoginArgs, place: &Place, served: bool) -> Result<String, Failure> {
    if let Some(url) = &args.url {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let running = std::fs::read(place.data.join("running.json")).ok().filter(|_| served && !place.deployed);
    let running: Option<Running> = running.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    running.map(|running| running.url).ok_or_else(|| {
        Failure::usage("nobody serves this data, so it is not known where the console is")
            .with_hint("start `tenon up`, or name the place: `tenon login --url https://YOUR-HOST`")
    })
}

fn failure(refusal: Rejection) -> Failure {
    match refusal {
        Rejection::Failed(error) => error.into(),
        other => Failure::usage(other.message()),
    }
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
        args: LoginArgs,
    }

    #[tokio::test]
    async fn a_link_names_the_console_and_signs_in_once() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { data: dir.path().to_owned(), deployed: false };
        let args = |line: &str| Alone::try_parse_from(line.split_whitespace()).unwrap().args;
        let kept = Kept::default();
        let unknown = login(&args("login"), &place, &kept.out(true)).await;
        assert!(unknown.unwrap_err().to_string().contains("not known where the console is"));
        let kept = Kept::default();
        let line = "login --tenant t-1 --url https://tenon.example.com/";
        login(&args(line), &place, &kept.out(true)).await.unwrap();
        let printed: Value = serde_json::from_str(&kept.stdout()).unwrap();
        let code =
            printed["url"].as_str().unwrap().strip_prefix("https://tenon.example.com/system/login?code=").unwrap();
        let environment = Environment::open(&place).await.unwrap();
        let begun = session::begin_by_link(&environment.ctx, code).await.unwrap();
        assert_eq!(begun.principal.own_tenant().map(TenantId::as_str), Some("t-1"));
        assert_eq!(begun.principal.token, printed["tokenId"].as_str().unwrap());
        session::begin_by_link(&environment.ctx, code).await.unwrap_err();
    }
}
