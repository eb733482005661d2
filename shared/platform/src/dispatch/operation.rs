//! An operation: its route and its act.

use super::envelope::Envelope;
use super::input::Input;
use super::output::Output;
use crate::context::Context;
use crate::rejection::Rejection;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use std::sync::Arc;
use tenon_catalog::Route;

/// One call of a caller who was let in.
#[derive(Clone)]
pub struct Call<C, W = Context> {
    /// What the function works with.
    pub ctx: W,
    /// Who calls.
    pub by: C,
    /// The request.
    pub request: Arc<Request>,
    /// Finds the call in the logs.
    pub request_id: String,
}

type Act<C, W> = dyn Fn(Call<C, W>, Envelope) -> BoxFuture<'static, Result<Response<Body>, Rejection>> + Send + Sync;

/// One route and what is done there. Who may call, the route says.
pub struct Operation<C, W = Context> {
    pub(super) route: Route,
    act: Box<Act<C, W>>,
}

/// What is done at a route of the catalog: a function from what it reads of the request to its answer.
pub fn on<C, W, I, O, E, F, Fut>(route: Route, act: F) -> Operation<C, W>
where
    C: Send + 'static,
    W: Send + 'static,
    I: Input,
    O: Output,
    E: Into<Rejection>,
    F: Fn(Call<C, W>, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, E>> + Send + 'static,
{
    let act = move |call: Call<C, W>, envelope: Envelope| {
        let request_id = call.request_id.clone();
        let work = I::read(&call.request).map(|input| act(call, input));
        async move { Ok(work?.await.map_err(Into::into)?.reply(envelope, &request_id)) }.boxed()
    };
    Operation { route, act: Box::new(act) }
}

impl<C: Send + 'static, W: Send + 'static> Operation<C, W> {
    pub(super) fn carry_out(
        &self,
        call: Call<C, W>,
        envelope: Envelope,
    ) -> BoxFuture<'static, Result<Response<Body>, Rejection>> {
        (self.act)(call, envelope)
    }
}
