//! Who may call: an app of `[[aiflow_apps]]`, by its signature over the raw body. Whatever is wrong has one answer.

use crate::calls;
use async_trait::async_trait;
use lambda_http::Request;
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_crypto::aiflow::Header;
use tenon_model::config::AiflowApp;
use tenon_model::{TenantId, network};
use tenon_platform::dispatch::{Authenticator, Ended};
use tenon_platform::idempotency::Scope;
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, Rejection, request};

/// How far a timestamp may lie from our time, in ms, either way.
const WINDOW_MS: i64 = 5 * 60_000;
/// The headers a signature stands in; documents and code samples differ.
const HEADERS: [&str; 2] = ["a-signature", "x-a-signature"];

/// ERPs that call aiflow's interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErpApp;

/// An ERP that was let in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The app.
    pub app: Arc<AiflowApp>,
    /// Whose data it works on.
    pub tenant: TenantId,
    /// The signature of this call.
    pub signature: String,
}

impl Caller {
    /// The enterprise it calls for.
    pub fn enterprise(&self) -> &str {
        &self.app.enterprise_code
    }

    /// What it is called in the history of what it changes.
    pub fn name(&self) -> String {
        name(&self.app)
    }
}

fn name(app: &AiflowApp) -> String {
    format!("aiflow/{}/{}", app.enterprise_code, app.app_id)
}

/// What is noted of a call.
#[derive(Debug)]
pub struct Noted {
    pub(crate) begun_ms: i64,
    pub(crate) begun_elapsed_ms: i64,
    /// The app, once it has proven itself.
    pub(crate) app: Option<Arc<AiflowApp>>,
    /// Why it was not let in.
    pub(crate) refused: Option<&'static str>,
}

#[async_trait]
impl Authenticator for ErpApp {
    type Caller = Caller;
    type Note = Noted;
    const READS_BODY: bool = true;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Aiflow)
    }

    fn begin(&self, ctx: &Context) -> Noted {
        Noted { begun_ms: ctx.now_ms(), begun_elapsed_ms: ctx.clock.elapsed_ms(), app: None, refused: None }
    }

    async fn authenticate(
        &self,
        ctx: &Context,
        _: &Route,
        request: &Request,
        note: &mut Noted,
    ) -> Result<Caller, Rejection> {
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let (app, signature) = proven(loaded.aiflow_apps(), request, ctx.now_ms()).map_err(|reason| {
            note.refused = Some(reason);
            Rejection::Unauthenticated { message: "签名验证失败", reason, hint: None }
        })?;
        let app = Arc::new(app.clone());
        note.app = Some(Arc::clone(&app));
        let tenant = app.tenant();
        count(ctx, &app, &tenant).await.inspect_err(|_| note.refused = Some("rate"))?;
        Ok(Caller { app, tenant, signature })
    }

    fn scope(&self, caller: &Caller) -> Option<Scope> {
        Some(Scope { tenant: caller.tenant.clone(), caller: caller.name() })
    }

    fn call_name<'c>(&self, caller: &'c Caller) -> Option<&'c str> {
        Some(&caller.signature)
    }

    async fn answered(&self, ctx: &Context, ended: Ended<'_, Noted>) {
        calls::keep(ctx, ended).await;
    }
}

/// The app whose call it is, and the signature; otherwise what is wrong, for the log alone.
fn proven<'a>(apps: &'a [AiflowApp], request: &Request, now_ms: i64) -> Result<(&'a AiflowApp, String), &'static str> {
    let signature = presented(apps, request)?;
    let header = Header::parse(&signature).map_err(|_| "header")?;
    let claim = header.claim();
    let app = apps.iter().find(|app| app.enterprise_code == claim.enterprise_code && app.app_id == claim.app_id);
    let body = request::bytes(request);
    // As much work for an app that nobody knows, so that time tells nothing about which there are.
    let verified = header.verify(app.map_or("nobody", |app| app.app_secret.expose()), body);
    let app = app.ok_or("app")?;
    verified.map_err(|_| "signature")?;
    if claim.timestamp_ms.abs_diff(now_ms) > WINDOW_MS.unsigned_abs() {
        return Err("timestamp");
    }
    if !network::allowed(&app.allow_ips, request::source_ip(request)) {
        return Err("ip");
    }
    // One and the same call, however its hexadecimal digits are written.
    Ok((app, signature.to_ascii_uppercase()))
}

/// The signature, in whichever of the headers it stands. Two that differ are none: which is meant cannot be known.
fn presented(apps: &[AiflowApp], request: &Request) -> Result<String, &'static str> {
    let names = HEADERS.into_iter().chain(apps.iter().map(|app| app.header.as_str()));
    let mut found: Option<&str> = None;
    for name in names.filter(|name| request.headers().contains_key(*name)) {
        let value = request::header(request, name).map(str::trim).ok_or("header repeated")?;
        if found.is_some_and(|found| found != value) {
            return Err("headers differ");
        }
        found = Some(value);
    }
    found.map(str::to_owned).ok_or("no header")
}

/// Counts a call of an app's minute, if it may be made.
async fn count(ctx: &Context, app: &AiflowApp, tenant: &TenantId) -> Result<(), Rejection> {
    if app.rate_per_minute == 0 {
        return Ok(());
    }
    let now_s = ctx.now_ms().div_euclid(1000);
    let minute = now_s.div_euclid(60);
    let key = Key::new(tenant, "AIFLOW-RATE", &[&app.enterprise_code, &app.app_id], minute.to_string());
    let count = Count::new(key)
        .add("calls", 1)
        .below("calls", i64::from(app.rate_per_minute))
        .expiring(Some((minute + 2) * 60 + 3600));
    match ctx.table.count(count).await? {
        Counted::Done(_) => Ok(()),
        Counted::Full(_) => {
            let after_s = ((minute + 1) * 60 - now_s).max(1);
            Err(Rejection::TooOften { message: "调用过于频繁，请稍后重试", after_s })
        }
    }
}
