//! Callers of plain services: one of the configuration's `[[apps]]` that may call the service, by its app code in
//! `X-ApiG-AppCode`, by the same in the query where the app may, or by its address where it has no code. How often
//! each calls is counted, and each call is in the log.

use super::app_calls::{self, Noted};
use super::authenticator::Ended;
use super::{AppCode, Authenticator};
use crate::context::Context;
use crate::idempotency::Scope;
use crate::rejection::Rejection;
use crate::request;
use crate::table::{Count, Counted, Key};
use async_trait::async_trait;
use lambda_http::{Request, RequestExt};
use tenon_catalog::{Auth, Route};
use tenon_model::config::AppCaller;
use tenon_model::{ConnectionId, TenantId};

/// Lets the operator's own systems in, each for the plain services it may call. Whatever is wrong has one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainService;

/// A system that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCaller {
    /// The app.
    pub app: AppCaller,
    /// Whose data it works on.
    pub tenant: TenantId,
}

impl ServiceCaller {
    /// What it is called in the history of what it changes.
    pub fn name(&self) -> String {
        format!("app/{}", self.app.id)
    }

    /// Whether it may use this connection.
    pub fn may_use(&self, connection: &ConnectionId) -> bool {
        self.app.may_use(connection)
    }
}

impl PlainService {
    /// Lets an app in that is known: notes that it calls, and counts it.
    ///
    /// # Errors
    /// That it calls too often.
    pub async fn admit(ctx: &Context, app: &AppCaller, note: &mut Noted) -> Result<ServiceCaller, Rejection> {
        let tenant = app.tenant.clone().unwrap_or_else(TenantId::operator);
        note.let_in(app, &tenant);
        count(ctx, app, &tenant).await?;
        Ok(ServiceCaller { app: app.clone(), tenant })
    }
}

#[async_trait]
impl Authenticator for PlainService {
    type Caller = ServiceCaller;
    type Note = Noted;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Service { .. })
    }

    fn begin(&self, ctx: &Context) -> Noted {
        Noted::begin(ctx)
    }

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        note: &mut Noted,
    ) -> Result<ServiceCaller, Rejection> {
        let Auth::Service { name } = route.auth else {
            return Err(Rejection::unauthenticated("a route of no service"));
        };
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let shown = shown(request).map_err(Rejection::unauthenticated)?;
        let app = loaded.service_caller(shown.code(), name, request::source_ip(request)).filter(|app| match shown {
            Shown::InQuery(_) => app.code_in_query,
            Shown::InHeader(_) | Shown::Nothing => true,
        });
        let app =
            app.cloned().ok_or(Rejection::unauthenticated("no such code, not for this service, or not from there"))?;
        Self::admit(ctx, &app, note).await
    }

    fn scope(&self, caller: &ServiceCaller) -> Option<Scope> {
        AppCode.scope(&caller.app)
    }

    async fn answered(&self, ctx: &Context, ended: Ended<'_, Noted>) {
        app_calls::keep(ctx, ended).await;
    }
}

/// The code a request shows.
#[derive(Clone, Copy)]
enum Shown<'r> {
    Nothing,
    InHeader(&'r str),
    InQuery(&'r str),
}

impl<'r> Shown<'r> {
    fn code(self) -> Option<&'r str> {
        match self {
            Self::Nothing => None,
            Self::InHeader(code) | Self::InQuery(code) => Some(code),
        }
    }
}

/// The code in the header or in the query. Two that differ are none: which is meant cannot be known.
fn shown(request: &Request) -> Result<Shown<'_>, &'static str> {
    let in_header = match request.headers().contains_key("x-apig-appcode") {
        true => Some(request::header(request, "x-apig-appcode").ok_or("header repeated")?),
        false => None,
    };
    let given = request.query_string_parameters_ref().and_then(|query| query.all("appCode"));
    let in_query = match given.as_deref() {
        None | Some([]) => None,
        Some([code]) => Some(*code),
        Some(_) => return Err("query repeated"),
    };
    match (in_header, in_query) {
        (Some(header), Some(query)) if header != query => Err("two codes"),
        (Some(""), _) | (None, Some("")) => Err("an empty code"),
        (Some(code), _) => Ok(Shown::InHeader(code)),
        (None, Some(code)) => Ok(Shown::InQuery(code)),
        (None, None) => Ok(Shown::Nothing),
    }
}

/// Counts a call of an app's minute, if it may be made.
async fn count(ctx: &Context, app: &AppCaller, tenant: &TenantId) -> Result<(), Rejection> {
    if app.rate_per_minute == 0 {
        return Ok(());
    }
    let now_s = ctx.now_ms().div_euclid(1000);
    let minute = now_s.div_euclid(60);
    let key = Key::new(tenant, "APP-RATE", &[&app.id], minute.to_string());
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
