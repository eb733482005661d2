//! Who may push: an app that may use the connection, which is one of an ERP.

use async_trait::async_trait;
use lambda_http::Request;
use tenon_catalog::{Auth, Route};
use tenon_model::config::Connection;
use tenon_platform::dispatch::{Authenticator, Permitted, PermittedApp};
use tenon_platform::{Context, Rejection};

/// A PLM, known by its app code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pusher;

#[async_trait]
impl Authenticator for Pusher {
    type Caller = Permitted;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        PermittedApp.knows(auth)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Permitted, Rejection> {
        let permitted = PermittedApp.authenticate(ctx, route, request, &mut ()).await?;
        if !Connection::ERPS.contains(&permitted.connection.kind()) {
            return Err(Rejection::unauthenticated("not a connection of an ERP"));
        }
        Ok(permitted)
    }
}
