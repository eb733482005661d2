//! Holders of bearer tokens.

use crate::access::{self, Caller};
use crate::call_rate;
use async_trait::async_trait;
use serde_json::Value;
use tenon_catalog::{Auth, Route};
use tenon_platform::audit::{self, Via};
use tenon_platform::dispatch::{Authenticator, Call};
use tenon_platform::idempotency::Scope;
use tenon_platform::request::{self, Request};
use tenon_platform::{Context, Error, Rejection};

/// Lets the holders of bearer tokens in, for the tenant that the query parameter `tenantId` names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bearer;

#[async_trait]
impl Authenticator for Bearer {
    type Caller = Caller;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Bearer { .. })
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Caller, Rejection> {
        let Auth::Bearer { role, scope } = route.auth else { return Err(other_callers(route)) };
        let authorization = request::header(request, "authorization");
        let caller = access::enter(ctx, authorization, (role, scope), request::query(request, "tenantId")).await?;
        if !caller.principal.is_operator() {
            call_rate::admit(ctx, &caller.tenant).await?;
        }
        Ok(caller)
    }

    fn scope(&self, caller: &Caller) -> Option<Scope> {
        Some(Scope { tenant: caller.tenant.clone(), caller: format!("token/{}", caller.principal.token) })
    }
}

/// Notes in the audit log who is about to change what through the API, before it is done.
///
/// # Errors
/// Those of the table: what cannot be noted is not to be done.
pub async fn noted(call: &Call<Caller>, did: &str, of: &str) -> Result<(), Rejection> {
    let by = call.by.principal.actor(Via::Api);
    Ok(audit::note(&call.ctx, &call.by.tenant, &by, (did, of), Value::Null).await?)
}

/// What is never reached: the dispatcher asks before whether these callers are known.
pub(super) fn other_callers(route: &Route) -> Rejection {
    Error::permanent("platform.route", format!("{} {} is for other callers", route.method, route.path)).into()
}
