//! WeCom's push: `POST /callbacks/wecom/{connection}`, and `GET` of the same address when it is entered in WeCom's
//! console. Both are served at all times.
//!
//! WeCom waits one second for the address's check and five for an event, and repeats an event twice. Nothing is
//! called here but the table and the queue: verify, decrypt, remember, queue, answer with nothing.

use async_trait::async_trait;
use lambda_http::{Body, Request, RequestExt, Response};
use std::borrow::Cow;
use std::sync::Arc;
use tenon_catalog::areas::callbacks::wecom as routes;
use tenon_catalog::{Auth, Route};
use tenon_crypto::envelope::Codec;
use tenon_flows::decisions::intake;
use tenon_flows::decisions::message::EventSource;
use tenon_model::config::{Connection, WecomConnection};
use tenon_model::wecom::{Event, sealed};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::body::BadBody;
use tenon_platform::config_store::Loaded;
use tenon_platform::dispatch::{Authenticator, Call, Envelope, Reply, Service, on};
use tenon_platform::kept::{self, Kind};
use tenon_platform::{Context, Error, Rejection, clock::millis, request, telemetry};

/// The function. An event with a hundred approvers has some ten kilobytes; what cannot be taken in now, WeCom
/// shall send again.
pub static SERVICE: Service<Sender> =
    Service::new(Sender, || vec![on(routes::EVENT, take_in), on(routes::CHECK, confirm)])
        .answering(Envelope::Pushed)
        .with_body_limit(1024 * 1024);

/// WeCom, known by its envelope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender;

/// What WeCom sealed, and the connection it is for.
pub struct Opened {
    loaded: Arc<Loaded>,
    connection: WecomConnection,
    plain: Vec<u8>,
}

/// The signed query.
struct Signed<'q> {
    signature: &'q str,
    timestamp: &'q str,
    nonce: &'q str,
}

#[async_trait]
impl Authenticator for Sender {
    type Caller = Opened;
    type Note = ();
    const READS_BODY: bool = true;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::WecomEnvelope)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Opened, Rejection> {
        let id = request.path_parameters_ref().and_then(|p| p.first("connection")).unwrap_or_default();
        let signed = Signed {
            signature: query(request, "msg_signature")?,
            timestamp: query(request, "timestamp")?,
            nonce: query(request, "nonce")?,
        };
        let encrypt = if route.method == routes::CHECK.method {
            Cow::Borrowed(query(request, "echostr")?)
        } else {
            sealed(request::bytes(request))
                .map_err(|_| malformed("the body must be XML or JSON with `Encrypt`, as WeCom sends it"))?
        };
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let connection = loaded.connection_of_caller(&ConnectionId::new(id), not_authentic("no such connection"))?;
        let Connection::Wecom(connection) = connection.as_ref().clone() else {
            return Err(not_authentic("no such connection"));
        };
        let plain = open(ctx, &connection, &signed, &encrypt)?;
        Ok(Opened { loaded, connection, plain })
    }
}

/// One answer for every failed authentication, so that a stranger learns nothing from it.
fn not_authentic(reason: &'static str) -> Rejection {
    Rejection::Unauthenticated { message: "the callback could not be authenticated", reason, hint: None }
}

fn malformed(message: &str) -> Rejection {
    BadBody::field("", message).into()
}

/// One value; a repeated name could be read differently by a proxy and by us.
fn query<'r>(request: &'r Request, name: &str) -> Result<&'r str, Rejection> {
    let values = request.query_string_parameters_ref().and_then(|p| p.all(name)).unwrap_or_default();
    match values.as_slice() {
        [one] if !one.is_empty() => Ok(one),
        [] | [_] => Err(malformed("the query must have msg_signature, timestamp and nonce, and a check echostr")),
        _ => Err(malformed("a query parameter is repeated")),
    }
}

/// Signature, freshness and owner; what is decrypted is only looked at when all hold. Who the unsigned part of the
/// body names does not count.
fn open(ctx: &Context, connection: &WecomConnection, signed: &Signed<'_>, encrypt: &str) -> Result<Vec<u8>, Rejection> {
    let codec = Codec::new(connection.token.expose(), connection.aes_key.expose(), &connection.corp_id)
        .map_err(|e| Rejection::Failed(Error::permanent("config.connection", format!("aes_key: {e}"))))?;
    let sent_ms = timestamp_ms(signed.timestamp).ok_or_else(|| not_authentic("timestamp"))?;
    let plain = codec
        .open_bytes(signed.signature, signed.timestamp, signed.nonce, encrypt)
        .map_err(|e| not_authentic(e.name()))?;
    if (ctx.now_ms() - sent_ms).abs() > millis(connection.freshness) {
        return Err(not_authentic("stale"));
    }
    Ok(plain)
}

/// Ten digits of seconds. Timestamp and nonce are signed without anything between them, so that another width
/// could be a piece of the nonce.
fn timestamp_ms(text: &str) -> Option<i64> {
    let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse::<i64>().ok().filter(|_| digits).map(|seconds| seconds * 1000)
}

/// The check of the address: exactly what was sealed, and nothing around it.
async fn confirm(call: Call<Opened>, (): ()) -> Result<Reply, Rejection> {
    let text = String::from_utf8(call.by.plain.clone()).map_err(|_| not_authentic("plaintext is no text"))?;
    tracing::info!(connection = %call.by.connection.id, "callback address checked");
    Ok(plain_text(200, Body::Text(text)))
}

async fn take_in(call: Call<Opened>, (): ()) -> Result<Reply, Rejection> {
    let Opened { loaded, connection, plain } = &call.by;
    let event = match Event::read(plain) {
        Ok(event) => event,
        Err(why) => return keep(&call, &why.to_string()).await,
    };
    let outcome = match event.neutral() {
        Some(news) => {
            let (ctx, tenant) = (&call.ctx, TenantId::operator());
            intake::ingest(ctx, &tenant, loaded, &connection.id, news, EventSource::Callback).await?.word()
        }
        None => "ignored",
    };
    telemetry::count(&call.ctx.clock, "WecomEvents", ("Outcome", outcome), 1);
    tracing::info!(
        connection = %connection.id,
        event.kind = %event.kind,
        event.status = event.status.unwrap_or_default(),
        event.change = event.change.unwrap_or_default(),
        instance = event.sp_no.as_deref().unwrap_or_default(),
        outcome,
        "callback taken in"
    );
    Ok(plain_text(200, Body::Empty))
}

/// WeCom sealed it, and nobody here understands it: sent again it would be the same. A person can read it.
async fn keep(call: &Call<Opened>, why: &str) -> Result<Reply, Rejection> {
    let Opened { connection, plain, .. } = &call.by;
    let source = connection.id.as_str();
    let kept = kept::keep(&call.ctx, &TenantId::operator(), Kind::Entry, source, why, plain).await?;
    telemetry::count(&call.ctx.clock, "CallbacksNotUnderstood", ("From", "callback"), 1);
    telemetry::count(&call.ctx.clock, "WecomEvents", ("Outcome", "kept"), 1);
    tracing::error!(connection = %connection.id, kept = %kept.id, why, "a callback is not understood and kept");
    Ok(plain_text(200, Body::Empty))
}

/// An answer of bare text.
pub(crate) fn plain_text(status: u16, body: Body) -> Reply {
    let mut response = Response::new(body);
    *response.status_mut() = lambda_http::http::StatusCode::from_u16(status).unwrap_or_default();
    let kind = lambda_http::http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(lambda_http::http::header::CONTENT_TYPE, kind);
    Reply(response)
}

#[cfg(test)]
mod tests {
    use super::timestamp_ms;

    #[test]
    fn a_timestamp_has_ten_digits() {
        assert_eq!(timestamp_ms("1733279400"), Some(1_733_279_400_000));
        for wrong in
            ["", "173327940", "17332794001", "1733279400000", "+173327940", "-173327940", "１７３３２７９４００"]
        {
            assert_eq!(timestamp_ms(wrong), None, "{wrong}");
        }
    }
}
