//! The one way of an HTTP request to its work and of the work's answer back.
//!
//! An operation is its route and its act. The catalog's route says who may call; the [`Authenticator`] of that
//! kind, from the crate that owns it, lets the caller in; the act's parameter says what is read of the request;
//! the [`Envelope`] says in what form it is answered. All else is here: finding the operation, the body's
//! limit, calls that are repeated, the rejection, the request id, the log, cross-origin calls.

pub mod app_calls;
mod app_code;
mod authenticator;
mod cors;
mod envelope;
mod input;
mod operation;
mod output;
mod permitted_app;
mod plain_service;
mod state;
#[cfg(test)]
mod tests;

pub use app_code::AppCode;
pub use authenticator::{Anyone, Authenticator, Ended, Open};
pub use cors::Cors;
pub use envelope::Envelope;
pub use input::{Body, Input, Params, Path, Query, RawBody};
pub use operation::{Call, Operation, on};
pub use output::{Output, Reply};
pub use permitted_app::{Permitted, PermittedApp};
pub use plain_service::{PlainService, ServiceCaller};
pub use state::State;

use crate::context::Context;
use crate::error::Error;
use crate::idempotency::{self, Entered};
use crate::rejection::Rejection;
use crate::request;
use crate::router::Router;
use async_trait::async_trait;
use lambda_http::{Body as Bytes, Request, RequestExt, Response};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tenon_catalog::{Function, Route};

/// An HTTP function, whoever may call it. `W` is what its acts work with: `()` for those that need none.
#[async_trait]
pub trait Dispatch<W = Context>: Send + Sync {
    /// Answers one request.
    async fn answer(&self, state: &W, request: Request) -> Response<Bytes>;

    /// What is wrong with its declaration, when its routes shall be these: routes without an operation, operations
    /// at other routes, routes whose callers its authenticator does not know.
    fn faults(&self, routes: &[Route]) -> Vec<String>;
}

/// One HTTP function: its routes, who is let in, in what form they are answered, and what is done.
pub struct Service<A: Authenticator<W>, W: State = Context> {
    operations: fn() -> Vec<Operation<A::Caller, W>>,
    authenticator: A,
    envelope: Envelope,
    body_limit: usize,
    cors: Cors,
    table: OnceLock<Table<A::Caller, W>>,
}

/// The operations behind their routes.
struct Table<C, W> {
    router: Router<Operation<C, W>>,
    routes: Vec<Route>,
    faults: Vec<String>,
    /// The function of the catalog that these are routes of.
    function: Option<&'static Function>,
}

impl<A: Authenticator<W>, W: State> Service<A, W> {
    /// A function with these operations. Its answers are in the [standard](Envelope::Standard)
    /// envelope, its bodies have 64 KB at most, and pages of other origins may not call it.
    pub const fn new(authenticator: A, operations: fn() -> Vec<Operation<A::Caller, W>>) -> Self {
        Self {
            operations,
            authenticator,
            envelope: Envelope::Standard,
            body_limit: 64 * 1024,
            cors: Cors::Never,
            table: OnceLock::new(),
        }
    }

    /// Answers in this form.
    #[must_use]
    pub const fn answering(mut self, envelope: Envelope) -> Self {
        self.envelope = envelope;
        self
    }

    /// Takes bodies of at most so many bytes.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Lets pages of other origins call.
    #[must_use]
    pub const fn with_cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    fn table(&self) -> &Table<A::Caller, W> {
        self.table.get_or_init(|| Table::of((self.operations)()))
    }

    /// The request with its path's parameters, where whoever handed it over did not give them.
    fn with_parameters(&self, request: Request) -> Request {
        if request.path_parameters_ref().is_some_and(|given| !given.is_empty()) {
            return request;
        }
        let found = self.table().router.find(request.method().as_str(), request::raw_path(&request));
        match found.and_then(|found| found.decoded()) {
            Some(parameters) => {
                let parameters: HashMap<String, String> = parameters.into_iter().collect();
                request.with_path_parameters(parameters)
            }
            None => request,
        }
    }

    /// The answer, or why there is none.
    async fn outcome(
        &self,
        state: &W,
        request: Arc<Request>,
        request_id: &str,
        note: &mut A::Note,
    ) -> Result<Response<Bytes>, Rejection> {
        let path = request::raw_path(&request);
        let found = self.table().router.find(request.method().as_str(), path).ok_or_else(Rejection::not_found)?;
        let operation = found.value;
        let route = &operation.route;
        if A::READS_BODY {
            self.limit(&request)?;
        }
        if !self.authenticator.knows(&route.auth) {
            // The route's declaration is what counts: what nobody can check, nobody may do.
            let message = format!("{} {} is served by an authenticator of other callers", route.method, route.path);
            return Err(Error::permanent("platform.route", message).into());
        }
        let by = self.authenticator.authenticate(state, route, &request, note).await?;
        self.limit(&request)?;
        let entered = match (state.context(), self.authenticator.scope(&by)) {
            (Some(ctx), Some(scope)) if route.is_carried_out_once() => {
                let name = self.authenticator.call_name(&by);
                idempotency::enter(ctx, &scope, route, (&request, name)).await?
            }
            _ => Entered::Plain,
        };
        let call = Call { ctx: state.clone(), by, request: Arc::clone(&request), request_id: request_id.to_owned() };
        match (entered, state.context()) {
            (Entered::Before(response), _) => Ok(response),
            (Entered::Claimed(claim), Some(ctx)) => {
                let call = Call { ctx: call.ctx.with_once(claim.once.clone()), ..call };
                let outcome = operation.carry_out(call, self.envelope).await;
                claim.settle(ctx, &outcome).await;
                outcome
            }
            (Entered::Plain | Entered::Claimed(_), _) => operation.carry_out(call, self.envelope).await,
        }
    }

    fn limit(&self, request: &Request) -> Result<(), Rejection> {
        if request::bytes(request).len() > self.body_limit { Err(Rejection::TooLong(self.body_limit)) } else { Ok(()) }
    }
}

impl<C, W> Table<C, W> {
    fn of(operations: Vec<Operation<C, W>>) -> Self {
        let (mut router, mut faults, mut routes) = (Router::default(), Vec::new(), Vec::new());
        for operation in operations {
            let route = operation.route;
            match router.insert(route.method, route.path, operation) {
                Ok(()) => routes.push(route),
                Err(error) => faults.push(error.to_string()),
            }
        }
        let function = routes.first().and_then(tenon_catalog::behind);
        Self { router, routes, faults, function }
    }
}

#[async_trait]
impl<A: Authenticator<W>, W: State> Dispatch<W> for Service<A, W> {
    async fn answer(&self, state: &W, request: Request) -> Response<Bytes> {
        let request = Arc::new(self.with_parameters(request));
        if let Some(allowed) = self.cors.preflight(&request, || self.table().router.methods(request.uri().path())) {
            return allowed;
        }
        let state = &self.table().function.map_or_else(|| state.clone(), |function| state.of_function(function));
        let request_id = self.authenticator.request_id(state, &request);
        let mut note = self.authenticator.begin(state);
        let outcome = self.outcome(state, Arc::clone(&request), &request_id, &mut note).await;
        let (mut response, rejection) = match outcome {
            Ok(response) => (response, None),
            Err(rejection) => {
                rejection.log(request::raw_path(&request), &request_id);
                (self.envelope.rejected(&rejection, &request_id), Some(rejection))
            }
        };
        let ended = Ended {
            request: &request,
            request_id: &request_id,
            rejection: rejection.as_ref(),
            note,
            response: &mut response,
        };
        self.authenticator.answered(state, ended).await;
        self.cors.admit(&mut response);
        response
    }

    fn faults(&self, routes: &[Route]) -> Vec<String> {
        let table = self.table();
        let named = |route: &&Route, what: &str| format!("{} {} {what}", route.method, route.path);
        let missing = routes.iter().filter(|route| !table.routes.contains(route));
        let others = table.routes.iter().filter(|route| !routes.contains(route));
        let unknown = table.routes.iter().filter(|route| !self.authenticator.knows(&route.auth));
        let mut faults = table.faults.clone();
        faults.extend(missing.map(|route| named(&route, "has no operation")));
        faults.extend(others.map(|route| named(&route, "is no route of this function")));
        faults.extend(unknown.map(|route| named(&route, "is for callers nobody here checks")));
        faults
    }
}
