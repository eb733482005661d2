//! Holders of bearer tokens.

use crate::access::{self, Caller};
use crate::call_rate;
use async_trait::async_trait;
use tenon_catalog::{Auth, Route};
use tenon_platform::dispatch::Authenticator;
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

/// What is never reached: the dispatcher asks before whether these callers are known.
pub(super) fn other_callers(route: &Route) -> Rejection {
    Error::permanent("platform.route", format!("{} {} is for other callers", route.method, route.path)).into()
}
