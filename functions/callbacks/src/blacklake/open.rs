//! The envelope as the connection is set to, and a note of what came of the latest event, for `tenon check`. Nothing is
//! opened by any other setting than the connection's; which other would have opened a refused event is only noted.

use super::Pushed;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tenon_crypto::blacklake::{Cipher, KeyForm, Secret};
use tenon_flows::issues::seen::{self, Seen};
use tenon_model::blacklake::Event;
use tenon_model::config::{BlacklakeConnection, CallbackCipher, CallbackKey};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;

/// How often a process notes what came of events, at most.
const NOTED_EVERY_MS: i64 = 60_000;

/// What is noted of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Note {
    Opened,
    Refused,
    Unknown,
}

/// When this process noted what last.
#[derive(Default)]
struct Noted(Mutex<HashMap<(ConnectionId, Note), i64>>);

/// The connection's secret.
pub(super) fn secret(connection: &BlacklakeConnection) -> Result<Secret, &'static str> {
    if connection.callback_secret.is_empty() {
        return Err("the connection has no callback_secret");
    }
    let cipher = match connection.cipher {
        CallbackCipher::Ecb => Cipher::Ecb,
        CallbackCipher::CbcIvPrefix => Cipher::CbcIvPrefix,
        CallbackCipher::None => return Err("the connection seals nothing"),
    };
    let form = match connection.callback_key {
        CallbackKey::Sha256 => KeyForm::Sha256,
        CallbackKey::RawUtf8 => KeyForm::RawUtf8,
        CallbackKey::Base64 => KeyForm::Base64,
    };
    Secret::with(connection.callback_secret.expose(), cipher, form).map_err(|error| error.name())
}

/// Notes that an event was opened.
pub(super) async fn note_opened(ctx: &Context, tenant: &TenantId, connection: &BlacklakeConnection) {
    if !due(ctx, &connection.id, Note::Opened) {
        return;
    }
    let how = match connection.cipher {
        CallbackCipher::None => "not sealed".to_owned(),
        CallbackCipher::Ecb => setting(Cipher::Ecb, form(connection)),
        CallbackCipher::CbcIvPrefix => setting(Cipher::CbcIvPrefix, form(connection)),
    };
    let now = ctx.now_ms();
    note(ctx, tenant, &connection.id, |seen| (seen.opened_ms, seen.how) = (Some(now), Some(how))).await;
}

/// Notes that one was not, and which setting would have opened it.
pub(super) async fn note_refused(
    ctx: &Context,
    tenant: &TenantId,
    connection: &BlacklakeConnection,
    body: &[u8],
    why: &'static str,
) {
    if !due(ctx, &connection.id, Note::Refused) {
        return;
    }
    let would = would_open(connection, body);
    let now = ctx.now_ms();
    note(ctx, tenant, &connection.id, |seen| {
        (seen.refused_ms, seen.why, seen.would_open) = (Some(now), Some(why.to_owned()), would);
    })
    .await;
}

/// Notes that one was dropped whose name nobody knows: a name that is configured wrongly is seen so.
pub(super) async fn note_unknown(ctx: &Context, tenant: &TenantId, connection: &BlacklakeConnection, name: &str) {
    tracing::warn!(connection = %connection.id, event.kind = name, "an event whose name is not known is dropped");
    if due(ctx, &connection.id, Note::Unknown) {
        note(ctx, tenant, &connection.id, |seen| seen.unknown = Some(name.to_owned())).await;
    }
}

/// The setting by which an event opens, whichever it is.
fn would_open(connection: &BlacklakeConnection, body: &[u8]) -> Option<String> {
    let is_event = |text: &str| Event::read(text).is_ok();
    let Ok(pushed) = serde_json::from_slice::<Pushed>(body) else {
        let plain = std::str::from_utf8(body).is_ok_and(is_event);
        return plain.then(|| "cipher = \"none\" (it is not sealed)".to_owned());
    };
    let ciphers = [Cipher::Ecb, Cipher::CbcIvPrefix];
    let forms = [KeyForm::Sha256, KeyForm::RawUtf8, KeyForm::Base64];
    let mut settings = ciphers.into_iter().flat_map(|cipher| forms.map(|form| (cipher, form)));
    let opens = |(cipher, form): &(Cipher, KeyForm)| {
        let secret = Secret::with(connection.callback_secret.expose(), *cipher, *form);
        secret.is_ok_and(|secret| secret.open(&pushed.encrypt).is_ok_and(|text| is_event(&text)))
    };
    settings.find(opens).map(|(cipher, form)| setting(cipher, form))
}

fn form(connection: &BlacklakeConnection) -> KeyForm {
    match connection.callback_key {
        CallbackKey::Sha256 => KeyForm::Sha256,
        CallbackKey::RawUtf8 => KeyForm::RawUtf8,
        CallbackKey::Base64 => KeyForm::Base64,
    }
}

/// In the words of the configuration.
fn setting(cipher: Cipher, form: KeyForm) -> String {
    let cipher = match cipher {
        Cipher::Ecb => "aes-256-ecb",
        Cipher::CbcIvPrefix => "aes-256-cbc-iv-prefix",
    };
    let form = match form {
        KeyForm::Sha256 => "sha256",
        KeyForm::RawUtf8 => "raw-utf8",
        KeyForm::Base64 => "base64",
    };
    format!("cipher = \"{cipher}\", callback_key = \"{form}\"")
}

/// Whether it is time to note it again.
fn due(ctx: &Context, connection: &ConnectionId, what: Note) -> bool {
    let noted = ctx.extensions.get_or_init::<Noted>();
    let mut noted = noted.0.lock().unwrap_or_else(PoisonError::into_inner);
    let now = ctx.clock.elapsed_ms();
    let last = noted.get(&(connection.clone(), what)).copied();
    let due = last.is_none_or(|last| now - last >= NOTED_EVERY_MS);
    if due {
        noted.insert((connection.clone(), what), now);
    }
    due
}

/// A note that is lost loses nothing.
async fn note(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, change: impl FnOnce(&mut Seen)) {
    if let Err(error) = seen::note(ctx, tenant, connection, change).await {
        tracing::warn!(connection = %connection, error.code = error.code, error.message = %error, "what came of an event was not noted");
    }
}
