//! DingTalk's event push: `POST /callbacks/dingtalk/{connection}`.
//!
//! DingTalk drops a callback that is not answered within 1500 ms, so nothing is called here but the
//! table and the queue: verify, decrypt, remember, queue, reply with the sealed `success`.

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::{Deserialize, Serialize};
use tenon_connectors::dingtalk;
use tenon_crypto::envelope::Codec;
use tenon_flows::decisions::intake;
use tenon_model::config::{Connection, DingtalkConnection};
use tenon_model::dingtalk::Event;
use tenon_model::message::EventSource;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Retry, clock::millis, reply, telemetry};

/// DingTalk's events are a few kilobytes.
const BODY_LIMIT: usize = 1024 * 1024;

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

/// Why a push is not taken in.
#[derive(Debug)]
enum Refusal {
    /// The request does not have the form of a push.
    Malformed(&'static str),
    /// The body is too long.
    TooLong,
    /// It is not DingTalk's, or not for this connection, or old. The reason is for the log alone.
    NotAuthentic(&'static str),
    /// We cannot take it in now; DingTalk shall send it again.
    Unavailable(Error),
}

/// The signed query.
struct Signed<'q> {
    signature: &'q str,
    timestamp: &'q str,
    nonce: &'q str,
}

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    async move {
        let request_id = reply::request_id(&request);
        match receive(ctx, &request).await {
            Ok(sealed) => reply::json(200, &sealed),
            Err(refusal) => refuse(&refusal, &request_id),
        }
    }
    .boxed()
}

async fn receive(ctx: &Context, request: &Request) -> Result<Sealed, Refusal> {
    let tenant = TenantId::operator();
    let (id, signed, pushed) = parse(request)?;
    let loaded = ctx.config.load(&tenant).await.map_err(Refusal::Unavailable)?;
    // What does not open now may be applied anew before the vendor's next try, so it is not refused for good.
    let connection = loaded.connection(&id).map_err(|error| match error.retry {
        Retry::Permanent => Refusal::NotAuthentic("no such connection"),
        _ => Refusal::Unavailable(error),
    })?;
    let Connection::Dingtalk(connection) = connection.as_ref() else {
        return Err(Refusal::NotAuthentic("no such connection"));
    };
    let (codec, event) = authenticate(ctx, connection, &signed, &pushed.encrypt)?;
    let answer = take(ctx, &tenant, &loaded, connection, &event).await?;
    seal(ctx, &codec, answer.as_deref().unwrap_or("success"))
}

fn parse(request: &Request) -> Result<(ConnectionId, Signed<'_>, Pushed), Refusal> {
    let body = request.body().as_ref();
    if body.len() > BODY_LIMIT {
        return Err(Refusal::TooLong);
    }
    let id = request.path_parameters_ref().and_then(|p| p.first("connection")).unwrap_or_default();
    let signed = Signed {
        signature: query(request, &["msg_signature", "signature"])?,
        timestamp: query(request, &["timestamp", "timeStamp"])?,
        nonce: query(request, &["nonce"])?,
    };
    let pushed = tenon_model::json::from_slice(body)
        .and_then(serde_json::from_value)
        .map_err(|_| Refusal::Malformed("the body must be JSON with a text `encrypt`, as DingTalk sends it"))?;
    Ok((ConnectionId::new(id), signed, pushed))
}

/// One value under one of these names. DingTalk has used both spellings and sends both with the same
/// value; a repeated name, or two that differ, could be read differently by a proxy and by us.
fn query<'r>(request: &'r Request, names: &[&str]) -> Result<&'r str, Refusal> {
    let parameters = request.query_string_parameters_ref();
    let mut found: Option<&str> = None;
    for name in names {
        let values = parameters.and_then(|p| p.all(name)).unwrap_or_default();
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 || found.is_some_and(|f| f != value) {
                return Err(Refusal::Malformed("a query parameter is repeated or given in two spellings that differ"));
            }
            found = Some(value);
        }
    }
    found.filter(|v| !v.is_empty()).ok_or(Refusal::Malformed(
        "the query must have msg_signature (or signature), timestamp (or timeStamp) and nonce",
    ))
}

/// Signature, freshness and owner; what is decrypted is only looked at when all hold.
fn authenticate(
    ctx: &Context,
    connection: &DingtalkConnection,
    signed: &Signed<'_>,
    encrypt: &str,
) -> Result<(Codec, Event), Refusal> {
    let codec = Codec::new(connection.token.expose(), connection.aes_key.expose(), connection.owner())
        .map_err(|e| Refusal::Unavailable(Error::permanent("config.connection", format!("aes_key: {e}"))))?;
    let sent_ms = timestamp_ms(signed.timestamp).ok_or(Refusal::NotAuthentic("timestamp"))?;
    let plain = codec
        .open_bytes(signed.signature, signed.timestamp, signed.nonce, encrypt)
        .map_err(|e| Refusal::NotAuthentic(e.name()))?;
    if (ctx.now_ms() - sent_ms).abs() > millis(connection.freshness) {
        return Err(Refusal::NotAuthentic("stale"));
    }
    let body = tenon_model::json::from_slice(&plain).map_err(|_| Refusal::NotAuthentic("plaintext is no JSON"))?;
    let event = Event::from_json(&body).ok_or(Refusal::NotAuthentic("plaintext is no event"))?;
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
async fn take(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    connection: &DingtalkConnection,
    event: &Event,
) -> Result<Option<String>, Refusal> {
    match event.event_type.as_str() {
        "check_url" => return Ok(None),
        "check_create_suite_url" | "check_update_suite_url" => return Ok(event.random.clone()),
        _ => {}
    }
    let taken = match dingtalk::event(event, connection.corp_id.as_deref()) {
        None => intake::Taken::Ignored,
        Some(event) => intake::take(ctx, tenant, loaded, &connection.id, event, EventSource::Callback)
            .await
            .map_err(Refusal::Unavailable)?,
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

fn seal(ctx: &Context, codec: &Codec, answer: &str) -> Result<Sealed, Refusal> {
    let timestamp = ctx.now_ms().to_string();
    let nonce = tenon_crypto::digest::hex_lower(&ctx.entropy.bytes::<8>().map_err(Refusal::Unavailable)?);
    let random = ctx.entropy.bytes::<16>().map_err(Refusal::Unavailable)?;
    let sealed = codec.seal(answer, &timestamp, &nonce, random);
    Ok(Sealed { msg_signature: sealed.signature, timestamp, nonce, encrypt: sealed.encrypt })
}

/// One answer for every failed authentication, so that a stranger learns nothing from it.
fn refuse(refusal: &Refusal, request_id: &str) -> Response<Body> {
    match refusal {
        Refusal::Malformed(why) => reply::error(400, "malformed", why, request_id),
        Refusal::TooLong => reply::error(413, "too-long", "the body is longer than 1 MB", request_id),
        Refusal::NotAuthentic(why) => {
            tracing::warn!(reason = why, request.id = request_id, "callback refused");
            reply::error(401, "unauthorized", "the callback could not be authenticated", request_id)
        }
        Refusal::Unavailable(error) => {
            tracing::error!(error.code = error.code, error.message = %error, request.id = request_id, "callback not taken in");
            reply::error(503, "unavailable", "the callback cannot be taken in now; send it again", request_id)
        }
    }
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
