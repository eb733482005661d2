//! Who may push: an app of the operator's own, by its code, from where it may call, to the connections it may name.
//! Whatever is wrong has one answer, and nothing of the request has been read by then.

use async_trait::async_trait;
use lambda_http::Request;
use tenon_catalog::{Auth, Route};
use tenon_model::config::Connection;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::dispatch::{AppCode, Authenticator};
use tenon_platform::{Context, Rejection, Retry, request};

/// A PLM, known by its app code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pusher;

/// What was named by a PLM that was let in.
pub struct Site {
    /// The ERP connection in the path.
    pub connection: ConnectionId,
}

#[async_trait]
impl Authenticator for Pusher {
    type Caller = Site;
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
    ) -> Result<Site, Rejection> {
        let caller = AppCode.authenticate(ctx, route, request, &mut ()).await?;
        let id = ConnectionId::new(request::path_parameter(request, "connection"));
        // Who acts for a tenant calls for none of the operator's connections.
        if caller.tenant.is_some() || !caller.may_use(&id) {
            return Err(Rejection::unauthenticated("not a connection of this app"));
        }
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let connection = loaded.connection(&id).map_err(|error| match error.retry {
            Retry::Permanent => Rejection::unauthenticated("no such connection"),
            _ => Rejection::Failed(error),
        })?;
        if !Connection::ERPS.contains(&connection.kind()) {
            return Err(Rejection::unauthenticated("not a connection of an ERP"));
        }
        Ok(Site { connection: id })
    }
}
