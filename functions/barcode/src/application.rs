//! Who may call, and the form of every answer. Whatever is wrong with a caller has one answer; to one who was let in
//! everything is answered with HTTP 200, what went wrong included, since the application shows nothing else.

use async_trait::async_trait;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use lambda_http::{Body, Request, Response};
use tenon_catalog::{Auth, Route};
use tenon_flows::barcode::{CallFailure, CallOutcome, CompanyCall};
use tenon_model::TenantId;
use tenon_model::config::{Barcode, BarcodeAnswer, Connection};
use tenon_platform::dispatch::{Authenticator, Envelope, Permitted, PermittedApp, Reply};
use tenon_platform::{Context, Rejection, telemetry};

/// The form of answers whose company is not known.
pub(crate) const ENVELOPE: Envelope = Envelope::Page(rejected);

/// A barcode application, known by its app code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Application;

/// An application that was let in, and what it may ask.
#[derive(Debug)]
pub struct Caller {
    /// Who it is.
    pub permitted: Permitted,
    /// What it may ask of the connection in the path.
    pub barcode: Barcode,
}

#[async_trait]
impl Authenticator for Application {
    type Caller = Caller;
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
    ) -> Result<Caller, Rejection> {
        let permitted = PermittedApp.authenticate(ctx, route, request, &mut ()).await?;
        if !matches!(permitted.connection.as_ref(), Connection::B1(_)) {
            return Err(Rejection::unauthenticated("no connection of B1"));
        }
        let barcode = permitted.loaded.barcode(permitted.connection.id())?;
        let barcode = barcode.cloned().ok_or(Rejection::unauthenticated("no barcode application"))?;
        Ok(Caller { permitted, barcode })
    }
}

impl Caller {
    /// One call.
    pub fn company_call<'a>(&'a self, ctx: &'a Context, tenant: &'a TenantId, request_id: &'a str) -> CompanyCall<'a> {
        CompanyCall {
            ctx,
            tenant,
            loaded: &self.permitted.loaded,
            barcode: &self.barcode,
            app: &self.permitted.caller.id,
            request_id,
        }
    }

    /// The answer, in the application's form.
    pub fn reply(&self, ctx: &Context, what: &'static str, result: &CallOutcome, request_id: &str) -> Reply {
        let answer = &self.barcode.answer;
        let (body, outcome, code) = match result {
            Ok(done) => (done.body(answer), "done", ""),
            Err(no) => (no.body(answer, request_id), "not-done", no.code.as_str()),
        };
        telemetry::count(&ctx.clock, "BarcodeCalls", ("Outcome", outcome), 1);
        tracing::info!(
            connection = %self.barcode.connection,
            app = self.permitted.caller.id,
            what,
            outcome,
            code,
            request.id = request_id,
            "barcode call answered"
        );
        Reply(json(200, body))
    }
}

/// One answer for whoever is not let in; the others say what is wrong.
fn rejected(rejection: &Rejection, request_id: &str) -> Response<Body> {
    let usual = BarcodeAnswer::default();
    let (status, no, request_id) = match rejection {
        // Without the request's id: two refusals are alike to the last byte.
        Rejection::Unauthenticated { .. } => (401, CallFailure::new("401", "unauthorized"), ""),
        Rejection::NotFound(_) => (404, CallFailure::new("404", "没有这个接口"), request_id),
        Rejection::TooLong(limit) => {
            (200, CallFailure::new("barcode.too-long", format!("请求体超过 {} KB", limit / 1024)), request_id)
        }
        Rejection::BadRequest(bad) => (200, CallFailure::at("", bad.to_string()), request_id),
        Rejection::Failed(_) => {
            (503, CallFailure::new("internal", "暂时无法处理，请稍后重试；日志记有原因"), request_id)
        }
        other => (200, CallFailure::new("internal", other.message()), request_id),
    };
    json(status, no.body(&usual, request_id))
}

fn json(status: u16, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
