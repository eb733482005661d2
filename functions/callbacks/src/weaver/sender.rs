//! Who may push: the app that the connection names, by its code, from where it may call. Whatever is wrong has one
//! answer, and nothing of the request has been read by then.

use async_trait::async_trait;
use lambda_http::Request;
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_model::config::{Connection, WeaverConnection};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::dispatch::{AppCode, Authenticator};
use tenon_platform::{Context, Rejection, request};

/// An E-cology, known by the app code of its connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender;

/// The E-cology that was let in.
pub struct Caller {
    /// The configuration.
    pub loaded: Arc<Loaded>,
    /// Its connection.
    pub connection: WeaverConnection,
}

#[async_trait]
impl Authenticator for Sender {
    type Caller = Caller;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::ConnectionApp)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Caller, Rejection> {
        let caller = AppCode.authenticate(ctx, route, request, &mut ()).await?;
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let id = ConnectionId::new(request::path_parameter(request, "connection"));
        let connection = loaded.connection_of_caller(&id, Rejection::unauthenticated("no such connection"))?;
        match connection.as_ref() {
            Connection::Weaver(connection) if connection.app.as_deref() == Some(caller.id.as_str()) => {
                Ok(Caller { connection: (**connection).clone(), loaded })
            }
            _ => Err(Rejection::unauthenticated("not the app of this connection")),
        }
    }
}
