//! Black Lake's event push: `POST /callbacks/blacklake/{connection}`.
//!
//! How long the vendor waits and how often it repeats is not public, so an event is taken in as fast as may be: opened,
//! remembered, queued, answered. No vendor is called here, and nothing an event says is believed but which records it is
//! about: its envelope proves no integrity.

mod open;

use async_trait::async_trait;
use lambda_http::http::{HeaderValue, header};
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tenon_catalog::areas::callbacks::blacklake as routes;
use tenon_catalog::{Auth, Route};
use tenon_flows::issues::intake::{self, Ingested};
use tenon_model::blacklake::{Event, answer};
use tenon_model::config::{BlacklakeConnection, CallbackCipher, Connection};
use tenon_model::{ConnectionId, TenantId, network};
use tenon_platform::config_store::Loaded;
use tenon_platform::dispatch::{Authenticator, Call, Envelope, Reply, Service, on};
use tenon_platform::{Context, Error, Rejection, request, telemetry};

/// The function. An event of a thousand records has some hundred kilobytes.
pub static SERVICE: Service<Sender> =
    Service::new(Sender, || vec![on(routes::EVENT, take_in)]).answering(Envelope::Pushed).with_body_limit(1024 * 1024);

/// The pushed body. Nothing else in it counts.
#[derive(Deserialize)]
struct Pushed {
    encrypt: String,
}

/// A factory, known by its envelope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender;

/// What a factory sealed, and its connection.
pub struct Opened {
    loaded: Arc<Loaded>,
    connection: BlacklakeConnection,
    plain: String,
    event: Event,
}

#[async_trait]
impl Authenticator for Sender {
    type Caller = Opened;
    type Note = ();
    const READS_BODY: bool = true;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::BlacklakeEnvelope)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        _: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Opened, Rejection> {
        let id = request.path_parameters_ref().and_then(|p| p.first("connection")).unwrap_or_default();
        let tenant = TenantId::operator();
        let loaded = ctx.config.load(&tenant).await?;
        let connection = loaded.connection_of_caller(&ConnectionId::new(id), not_authentic("no such connection"))?;
        let Connection::Blacklake(connection) = connection.as_ref() else {
            return Err(not_authentic("no such connection"));
        };
        if !connection.allow_ips.is_empty() && !network::allowed(&connection.allow_ips, request::source_ip(request)) {
            return Err(not_authentic("not from there"));
        }
        let plain = match opened(connection, request) {
            Ok(plain) => plain,
            Err(reason) => {
                open::note_refused(ctx, &tenant, connection, request::bytes(request), reason).await;
                return Err(not_authentic(reason));
            }
        };
        let event = Event::read(&plain).map_err(|_| not_authentic("what was sealed is no event"))?;
        Ok(Opened { connection: (**connection).clone(), loaded, plain, event })
    }
}

/// One answer for every failed authentication, so that a stranger learns nothing from it.
fn not_authentic(reason: &'static str) -> Rejection {
    Rejection::Unauthenticated { message: "the callback could not be authenticated", reason, hint: None }
}

/// The text of the event: what `encrypt` seals, or the body itself only where the connection says that nothing is sealed.
fn opened(connection: &BlacklakeConnection, request: &Request) -> Result<String, &'static str> {
    let body = request::bytes(request);
    if connection.cipher == CallbackCipher::None {
        return String::from_utf8(body.to_vec()).map_err(|_| "the body is no text");
    }
    let pushed: Pushed = serde_json::from_slice(body).map_err(|_| "the body has no encrypt")?;
    let secret = open::secret(connection)?;
    secret.open(&pushed.encrypt).map_err(|error| error.name())
}

async fn take_in(call: Call<Opened>, (): ()) -> Result<Reply, Rejection> {
    let (Opened { loaded, connection, plain, event }, tenant) = (&call.by, TenantId::operator());
    if event.kind == connection.events.check {
        tracing::info!(
            connection = %connection.id,
            request = %event.request_id,
            event.shape = %shape(&event.data),
            "callback address checked"
        );
        telemetry::count(&call.ctx.clock, "BlacklakeEvents", ("Outcome", "check"), 1);
        open::note_opened(&call.ctx, &tenant, connection).await;
        return replied(&connection.check_reply, event);
    }
    let outcome = Box::pin(intake::ingest(&call.ctx, &tenant, loaded, connection, event, plain)).await?;
    open::note_opened(&call.ctx, &tenant, connection).await;
    if outcome == Ingested::Unknown {
        open::note_unknown(&call.ctx, &tenant, connection, &event.kind).await;
    }
    let outcome = outcome.word();
    telemetry::count(&call.ctx.clock, "BlacklakeEvents", ("Outcome", outcome), 1);
    if outcome == "kept" {
        telemetry::count(&call.ctx.clock, "CallbacksNotUnderstood", ("From", "callback"), 1);
    }
    tracing::info!(
        connection = %connection.id,
        event.kind = %event.kind,
        request = %event.request_id,
        outcome,
        "callback taken in"
    );
    replied(&connection.event_reply, event)
}

/// What is answered, by the connection's template.
fn replied(template: &str, event: &Event) -> Result<Reply, Rejection> {
    let value = answer(template, event).map_err(|why| Error::permanent("config.connection", why))?;
    let mut response = Response::new(Body::Text(value.to_string()));
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(Reply(response))
}

/// What a check's data looks like, without what it says: a person who sets the address up sees what was sent.
fn shape(data: &Value) -> Value {
    match data {
        Value::String(text) => json!(format!("text of {} characters", text.chars().count())),
        Value::Object(fields) => fields.keys().map(String::as_str).collect(),
        Value::Array(items) => json!(format!("list of {}", items.len())),
        Value::Null => json!("nothing"),
        Value::Bool(_) => json!("true or false"),
        Value::Number(_) => json!("number"),
    }
}
