//! DingTalk's event push: `POST /callbacks/dingtalk/{connection}`.
//!
//! DingTalk drops a callback that is not answered within 1500 ms, so nothing is called here but the
//! table and the queue: verify, decrypt, remember, queue, reply with the sealed `success`.

use async_trait::async_trait;
use lambda_http::{Request, RequestExt};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenon_catalog::areas::callbacks::dingtalk as routes;
use tenon_catalog::{Auth, Route};
use tenon_connectors::dingtalk;
use tenon_crypto::envelope::Codec;
use tenon_flows::decisions::intake;
use tenon_flows::decisions::message::EventSource;
use tenon_model::config::{Connection, DingtalkConnection};
use tenon_model::dingtalk::Event;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::body::BadBody;
use tenon_platform::config_store::Loaded;
use tenon_platform::dispatch::{Authenticator, Call, Envelope, Service, on};
use tenon_platform::{Context, Error, Rejection, clock::millis, request, telemetry};

/// The function. DingTalk's events are a few kilobytes; what cannot be taken in now, it shall send again.
pub static SERVICE: Service<Sender> =
    Service::new(Sender, || vec![on(routes::EVENT, take_in)]).answering(Envelope::Pushed).with_body_limit(1024 * 1024);

/// The pushed body.
#[derive(Deserialize)]
struct Pushed {
    encrypt: String,
}

/// The reply DingTalk wants; the signature covers exactly these values.
#[derive(Serialize)]
struct Sealed {
    msg_signature: String,
    #[serde(rename = "timeStamp")]
    timestamp: String,
    nonce: String,
    encrypt: String,
}

/// The signed query.
struct Signed<'q> {
    signature: &'q str,
    timestamp: &'q str,
    nonce: &'q str,
}

/// DingTalk, known by its envelope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender;

/// An event that is DingTalk's, and what it came with.
pub struct Opened {
    loaded: Arc<Loaded>,
    connection: DingtalkConnection,
    codec: Codec,
    event: Event,
}

#[async_trait]
impl Authenticator for Sender {
    type Caller = Opened;
    type Note = ();
    const READS_BODY: bool = true;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::DingTalkEnvelope)
    }

    fn begin(&self, _: &Context) {}

    async fn authenticate(
        &self,
        ctx: &Context,
        _: &Route,
        request: &Request,
        (): &mut (),
    ) -> Result<Opened, Rejection> {
        let (id, signed, pushed) = parse(request)?;
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let connection = loaded.connection_of_caller(&id, not_authentic("no such connection"))?;
        let Connection::Dingtalk(connection) = connection.as_ref() else {
            return Err(not_authentic("no such connection"));
        };
        let connection = connection.clone();
        let (codec, event) = open(ctx, &connection, &signed, &pushed.encrypt)?;
        Ok(Opened { loaded, connection, codec, event })
    }
}

/// One answer for every failed authentication, so that a stranger learns nothing from it.
fn not_authentic(reason: &'static str) -> Rejection {
    Rejection::Unauthenticated { message: "the callback could not be authenticated", reason, hint: None }
}

fn malformed(message: &str) -> Rejection {
    BadBody::field("", message).into()
}

async fn take_in(call: Call<Opened>, (): ()) -> Result<Sealed, Rejection> {
    let answer = take(&call.ctx, &TenantId::operator(), &call.by).await?;
    seal(&call.ctx, &call.by.codec, answer.as_deref().unwrap_or("success"))
}

fn parse(request: &Request) -> Result<(ConnectionId, Signed<'_>, Pushed), Rejection> {
    let id = request.path_parameters_ref().and_then(|p| p.first("connection")).unwrap_or_default();
    let signed = Signed {
        signature: query(request, &["msg_signature", "signature"])?,
        timestamp: query(request, &["timestamp", "timeStamp"])?,
        nonce: query(request, &["nonce"])?,
    };
    let pushed = tenon_model::json::from_slice(request::bytes(request))
        .and_then(serde_json::from_value)
        .map_err(|_| malformed("the body must be JSON with a text `encrypt`, as DingTalk sends it"))?;
    Ok((ConnectionId::new(id), signed, pushed))
}

/// One value under one of these names. DingTalk has used both spellings and sends both with the same
/// value; a repeated name, or two that differ, could be read differently by a proxy and by us.
fn query<'r>(request: &'r Request, names: &[&str]) -> Result<&'r str, Rejection> {
    let parameters = request.query_string_parameters_ref();
    let mut found: Option<&str> = None;
    for name in names {
        let values = parameters.and_then(|p| p.all(name)).unwrap_or_default();
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 || found.is_some_and(|f| f != value) {
                return Err(malformed("a query parameter is repeated or given in two spellings that differ"));
            }
            found = Some(value);
        }
    }
    found.filter(|v| !v.is_empty()).ok_or_else(|| {
        malformed("the query must have msg_signature (or signature), timestamp (or timeStamp) and nonce")
    })
}

/// Signature, freshness and owner; what is decrypted is only looked at when all hold.
fn open(
    ctx: &Context,
    connection: &DingtalkConnection,
    signed: &Signed<'_>,
    encrypt: &str,
) -> Result<(Codec, Event), Rejection> {
    let codec = Codec::new(connection.token.expose(), connection.aes_key.expose(), connection.owner())
        .map_err(|e| Rejection::Failed(Error::permanent("config.connection", format!("aes_key: {e}"))))?;
    let sent_ms = timestamp_ms(signed.timestamp).ok_or_else(|| not_authentic("timestamp"))?;
    let plain = codec
        .open_bytes(signed.signature, signed.timestamp, signed.nonce, encrypt)
        .map_err(|e| not_authentic(e.name()))?;
    if (ctx.now_ms() - sent_ms).abs() > millis(connection.freshness) {
        return Err(not_authentic("stale"));
    }
    let body = tenon_model::json::from_slice(&plain).map_err(|_| not_authentic("plaintext is no JSON"))?;
    let event = Event::from_json(&body).ok_or_else(|| not_authentic("plaintext is no event"))?;
    Ok((codec, event))
}

/// Milliseconds have 13 digits; DingTalk's documents also show seconds, which have 10.
fn timestamp_ms(text: &str) -> Option<i64> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        13 => Some(number),
        10 => Some(number * 1000),
        _ => None,
    }
}

/// Takes the event in; returns what to answer with when it is not `success`.
async fn take(ctx: &Context, tenant: &TenantId, opened: &Opened) -> Result<Option<String>, Rejection> {
    let Opened { loaded, connection, event, .. } = opened;
    match event.event_type.as_str() {
        "check_url" => return Ok(None),
        "check_create_suite_url" | "check_update_suite_url" => return Ok(event.random.clone()),
        _ => {}
    }
    let taken = match dingtalk::event(event, connection.corp_id.as_deref()) {
        None => intake::Ingested::Ignored,
        Some(event) => intake::ingest(ctx, tenant, loaded, &connection.id, event, EventSource::Callback).await?,
    };
    telemetry::count(&ctx.clock, "DingtalkEvents", ("Outcome", taken.word()), 1);
    tracing::info!(
        connection = %connection.id,
        event.kind = %event.event_type,
        event.change = event.change.as_deref().unwrap_or_default(),
        instance = event.process_instance_id.as_deref().unwrap_or_default(),
        outcome = taken.word(),
        "callback taken in"
    );
    Ok(None)
}

fn seal(ctx: &Context, codec: &Codec, answer: &str) -> Result<Sealed, Rejection> {
    let timestamp = ctx.now_ms().to_string();
    let nonce = tenon_crypto::digest::hex_lower(&ctx.entropy.bytes::<8>()?);
    let random = ctx.entropy.bytes::<16>()?;
    let sealed = codec.seal(answer, &timestamp, &nonce, random);
    Ok(Sealed { msg_signature: sealed.signature, timestamp, nonce, encrypt: sealed.encrypt })
}

#[cfg(test)]
mod tests {
    use super::timestamp_ms;

    #[test]
    fn both_widths_of_a_timestamp_are_read_and_nothing_else() {
        assert_eq!(timestamp_ms("1717171717171"), Some(1_717_171_717_171));
        assert_eq!(timestamp_ms("1717171717"), Some(1_717_171_717_000));
        for wrong in ["", "17171717171712", "171717171", "+717171717", "1717171717.1", "１７１７１７１７１７"]
        {
            assert_eq!(timestamp_ms(wrong), None, "{wrong}");
        }
    }
}
