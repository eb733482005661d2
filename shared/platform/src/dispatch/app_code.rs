//! Systems of the operator's own, with an app code in `X-ApiG-AppCode`: the configuration's `[[apps]]`.

use super::Authenticator;
use crate::context::Context;
use crate::idempotency::Scope;
use crate::rejection::Rejection;
use crate::request;
use async_trait::async_trait;
use lambda_http::Request;
use tenon_catalog::{Auth, Route};
use tenon_model::TenantId;
use tenon_model::config::AppCaller;

/// Lets the operator's own systems in, each from where it may call.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppCode;

#[async_trait]
impl Authenticator for AppCode {
    type Caller = AppCaller;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::AppCode)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<AppCaller, Rejection> {
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let code = request::header(request, "x-apig-appcode").filter(|code| !code.is_empty());
        let code = code.ok_or(Rejection::unauthenticated("no code"))?;
        let caller = loaded.caller(code, request::source_ip(request));
        let caller = caller.cloned().ok_or(Rejection::unauthenticated("no such code, or not from there"))?;
        // An OA that pushes its results is let in for these alone.
        let bound = loaded.connections().any(|connection| connection.app() == Some(caller.id.as_str()));
        if bound && matches!(route.auth, Auth::AppCode | Auth::PermittedApp) {
            return Err(Rejection::unauthenticated("the code of a connection's app"));
        }
        Ok(caller)
    }

    fn scope(&self, caller: &AppCaller) -> Option<Scope> {
        let tenant = caller.tenant.clone().unwrap_or_else(TenantId::operator);
        Some(Scope { tenant, caller: format!("app/{}", caller.id) })
    }
}
