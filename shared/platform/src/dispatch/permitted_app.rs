//! Systems of the operator's own that call for one connection, which their path names: an app code that may use it.

use super::{AppCode, Authenticator};
use crate::config_store::Loaded;
use crate::context::Context;
use crate::rejection::Rejection;
use crate::request;
use async_trait::async_trait;
use lambda_http::Request;
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_model::config::{AppCaller, Connection};
use tenon_model::{ConnectionId, TenantId};

/// Lets an app in for the connections that it may use. Whatever is wrong has one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct PermittedApp;

/// An app that was let in.
#[derive(Clone, Debug)]
pub struct Permitted {
    /// Who calls.
    pub caller: AppCaller,
    /// The configuration.
    pub loaded: Arc<Loaded>,
    /// The connection in the path.
    pub connection: Arc<Connection>,
}

#[async_trait]
impl Authenticator for PermittedApp {
    type Caller = Permitted;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::PermittedApp)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Permitted, Rejection> {
        let caller = AppCode.authenticate(ctx, route, request, &mut ()).await?;
        let id = ConnectionId::new(request::path_parameter(request, "connection"));
        if !caller.may_use(&id) || caller.tenant.is_some() {
            return Err(Rejection::unauthenticated("not the app's connection"));
        }
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let connection = loaded.connection_of_caller(&id, Rejection::unauthenticated("no such connection"))?;
        Ok(Permitted { caller, loaded, connection })
    }
}
