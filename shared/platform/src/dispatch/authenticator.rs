//! Who may call. The crate that owns a kind of credentials owns its authenticator.

use crate::context::Context;
use crate::idempotency::Scope;
use crate::rejection::Rejection;
use crate::reply;
use async_trait::async_trait;
use lambda_http::{Body, Request, Response};
use tenon_catalog::{Auth, Route};

/// Lets the callers of one or several kinds of [`Auth`] in.
#[async_trait]
pub trait Authenticator<W: Sync = Context>: Send + Sync + 'static {
    /// Who was let in.
    type Caller: Send + 'static;
    /// What is noted of a request on its way, for [`answered`](Self::answered).
    type Note: Send;
    /// Whether the body is part of what is checked, so that its limit comes first.
    const READS_BODY: bool = false;

    /// Whether it can tell the callers of this kind.
    fn knows(&self, auth: &Auth) -> bool;

    /// A request has come.
    fn begin(&self, state: &W) -> Self::Note;

    /// What finds the request in the logs: the gateway's id.
    fn request_id(&self, _world: &W, request: &Request) -> String {
        reply::request_id(request)
    }

    /// Lets the caller in, by what the route declares; `route.auth` is of a kind that it [knows](Self::knows).
    ///
    /// # Errors
    /// [`Rejection::Unauthenticated`], one and the same for the caller whatever is wrong; `Forbidden` for
    /// somebody who is known and may not do this.
    async fn authenticate(
        &self,
        state: &W,
        route: &Route,
        request: &Request,
        note: &mut Self::Note,
    ) -> Result<Self::Caller, Rejection>;

    /// Whose the idempotency keys of this caller are; `None` where calls cannot be named by one.
    fn scope(&self, _caller: &Self::Caller) -> Option<Scope> {
        None
    }

    /// What names this call where its caller sends no key for it: its signature, say.
    fn call_name<'c>(&self, _caller: &'c Self::Caller) -> Option<&'c str> {
        None
    }

    /// The answer is made and has not left: what is kept of each request, what is told in its headers.
    async fn answered(&self, _world: &W, _ended: Ended<'_, Self::Note>)
    where
        Self::Note: 'async_trait,
    {
    }
}

/// A request that is answered.
pub struct Ended<'e, N> {
    /// The request.
    pub request: &'e Request,
    /// Its id.
    pub request_id: &'e str,
    /// Why it was not carried out; none when it was.
    pub rejection: Option<&'e Rejection>,
    /// What was noted.
    pub note: N,
    /// The answer.
    pub response: &'e mut Response<Body>,
}

/// Lets anyone in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

/// A caller that nobody asks for a name.
#[derive(Clone, Copy, Debug)]
pub struct Anyone;

#[async_trait]
impl<W: Sync> Authenticator<W> for Open {
    type Caller = Anyone;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Open)
    }

    fn begin(&self, _: &W) {}

    async fn authenticate(&self, _: &W, _: &Route, _: &Request, (): &mut ()) -> Result<Anyone, Rejection> {
        Ok(Anyone)
    }
}
