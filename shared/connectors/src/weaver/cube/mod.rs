//! The cube's data interfaces: rows of a table are saved with `saveOrUpdateModeData/{interface}` and listed with
//! `getModeDataPageList/{interface}`. Both take one form field, `datajson`, whose header carries the site's system id,
//! the OA's local time, and a proof made of both and the password; the OA wants no token here.

mod answer;
mod body;
#[cfg(fuzzing)]
pub mod fuzzing;
mod listing;

use super::{WEAVER, Weaver, error, put};
use crate::base::encode::percent;
use crate::base::{Effect, Problem, redact};
use crate::base_data::{Found, Interface, Row, Saved};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::time::Duration;
use tenon_crypto::weaver::cube_md5;
use tenon_model::config::WeaverConnection;
use tenon_platform::error::{Error, ErrorKind, Result, Retry};
use tenon_platform::http::{Answer, Call};

const SAVE: &str = "saveOrUpdateModeData";
const LIST: &str = "getModeDataPageList";
/// After an answer that asks for fewer calls.
const PAUSE: Duration = Duration::from_secs(60);
/// Words in which the OA speaks of systemid, password and Md5.
const CREDENTIALS: [&str; 6] = ["md5", "systemid", "password", "密码", "认证", "签名"];
/// Rows of a listing's page.
const PAGE: usize = 100;
/// Pages that are read for one key: an interface that ignores the condition shows the whole table.
const MAX_PAGES: usize = 50;

impl Weaver<'_> {
    /// Saves rows in one call.
    pub(crate) async fn save_rows(&self, at: Interface<'_>, rows: &[Row]) -> Result<Vec<Saved>> {
        let creates = rows.iter().any(|row| row.id.is_none());
        let effect = if creates { Effect::Create } else { Effect::Change };
        let body = |header: &Header<'_>| body::save(header, rows);
        let answer = self.cube(effect, SAVE, at, body).await?;
        let read = answer::read(&answer, effect, rows.len());
        read.map_err(|error| self.cleaned(error.during(format!("weaver {SAVE}/{}", at.name))))
    }

    /// The rows whose column has this text. What the interface shows besides is passed over.
    pub(crate) async fn find_rows(&self, at: Interface<'_>, column: &str, text: &str) -> Result<Vec<Found>> {
        let wrong = |error: Error| self.cleaned(error.during(format!("weaver {LIST}/{}", at.name)));
        let mut found = Vec::new();
        for page in 1..=MAX_PAGES {
            let body = |header: &Header<'_>| body::list(header, column, text, page, PAGE);
            let answer = self.cube(Effect::Read, LIST, at, body).await?;
            let rows = listing::read(&answer, column, text).map_err(wrong)?;
            let shown = rows.shown;
            for row in rows.found {
                if !found.contains(&row) {
                    found.push(row);
                }
            }
            // An interface that heeds the condition shows few rows; one that does not is read to its end.
            if shown < PAGE {
                return Ok(found);
            }
        }
        let message = format!("it shows more than {} rows and heeds no condition on {column}", MAX_PAGES * PAGE);
        Err(wrong(Error::permanent(WEAVER.codes.answer, message).with_kind(ErrorKind::Unintelligible)))
    }

    /// What would be sent.
    pub(crate) fn preview_rows(&self, at: Interface<'_>, rows: &[Row]) -> Result<Value> {
        let caller = self.caller(at)?;
        let mut header = self.header(&caller);
        header.proof = "(md5 of systemid, password and currentDateTime)".to_owned();
        Ok(body::save(&header, rows))
    }

    /// That a row is not taken, in the OA's words.
    pub(crate) fn refused_row(&self, words: &str) -> Error {
        self.cleaned(WEAVER.refused(words))
    }

    /// That nothing was said of a row.
    pub(crate) fn unknown_row(&self, words: &str) -> Error {
        self.cleaned(WEAVER.unknown(format!("the OA's answer does not say what became of the record: {words}")))
    }

    /// The OA has words and no code for a proof that it does not accept.
    pub(crate) fn is_about_credentials(&self, error: &Error) -> bool {
        let text = error.message.to_lowercase();
        error.kind() == ErrorKind::Refused && CREDENTIALS.iter().any(|word| text.contains(word))
    }

    /// The longest that one call takes.
    pub(crate) fn call_timeout(&self) -> Duration {
        self.connection.timeout
    }

    /// Makes a call. The OA wants no token here; where one can be had it goes along, as the user who writes, for sites
    /// whose proxy asks for it. Without one, or where the OA does not take it, the call goes as it is.
    async fn cube(
        &self,
        effect: Effect,
        action: &str,
        at: Interface<'_>,
        body: impl Fn(&Header<'_>) -> Value + Sync,
    ) -> Result<Answer> {
        let caller = self.caller(at)?;
        // The time and its proof are those of each call.
        let make = || self.cube_call(action, at.name, &body(&self.header(&caller)));
        let answered = match self.with_token(effect, caller.operator, make).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => self.remote.call(effect, make()).await,
            Err(error) => Err(error),
        };
        answered.map_err(|error| self.cleaned(error.during(format!("weaver {action}/{}", at.name))))
    }

    /// The answer to the call with a token; nothing when none can be had or the OA does not take it, which comes before
    /// anything is executed.
    async fn with_token(&self, effect: Effect, operator: &str, make: impl Fn() -> Call) -> Result<Option<Answer>> {
        // Only a user who is one can be signed in.
        if operator.is_empty() || !operator.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        let Ok(user) = self.encrypted("userid", operator) else { return Ok(None) };
        let now = self.remote.ctx.now_ms();
        let call = |token: &str| {
            let mut call = make();
            put(&mut call, "token", token);
            put(&mut call, "appid", &self.connection.app_id);
            put(&mut call, "userid", &user);
            call
        };
        let read = |answer: &Answer| match error::read(effect, answer, now) {
            Err(Problem::Credential) if is_at_the_door(answer) => Err(Problem::Credential),
            Err(Problem::Other(error)) if is_at_the_door(answer) && error.kind() != ErrorKind::Other => Ok(None),
            _ => Ok(Some(answer.clone())),
        };
        match self.remote.call_with_token(self, effect, call, read).await {
            Err(error) if matches!(error.kind(), ErrorKind::LoginRefused | ErrorKind::LoginOutage) => Ok(None),
            Err(error) if error.retry == Retry::Session => Ok(None),
            other => other,
        }
    }

    fn cube_call(&self, action: &str, interface: &str, body: &Value) -> Call {
        let url = self.url(&format!("/api/cube/restful/interface/{action}/{}", percent(interface)));
        let mut call = Call::new(Method::POST, url);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        call.headers.insert(header::CONTENT_TYPE, form);
        call.body = Bytes::from(format!("datajson={}", percent(&body.to_string()).replace('\'', "%27")));
        call.timeout = self.connection.timeout;
        call
    }

    /// Whom a call is made as.
    fn caller<'h>(&'h self, at: Interface<'h>) -> Result<Caller<'h>> {
        let connection: &WeaverConnection = &self.connection;
        let missing = |key: &str| {
            let message = format!("connection {} has no {key}, which base data needs", connection.id);
            Error::permanent("config.connection", message)
        };
        let system_id = connection.system_id.as_deref().ok_or_else(|| missing("system_id"))?;
        if connection.system_password.is_empty() {
            return Err(missing("system_password"));
        }
        let operator = at.operator.or(connection.operator.as_deref()).ok_or_else(|| missing("operator"))?;
        let zone = TimeZone::get(&connection.time_zone).map_err(|e| {
            let message = format!("{} is no IANA time zone, such as Asia/Shanghai: {e}", connection.time_zone);
            Error::permanent("config.time-zone", message)
        })?;
        Ok(Caller { system_id, operator, zone })
    }

    /// What a call that is made now carries.
    fn header<'h>(&self, caller: &'h Caller<'h>) -> Header<'h> {
        let now = Timestamp::from_millisecond(self.remote.ctx.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
        let now = now.to_zoned(caller.zone.clone());
        let time = now.strftime("%Y%m%d%H%M%S").to_string();
        Header {
            system_id: caller.system_id,
            proof: cube_md5(caller.system_id, self.connection.system_password.expose(), &time),
            time,
            operator: caller.operator,
            date: now.strftime("%Y-%m-%d").to_string(),
            time_of_day: now.strftime("%H:%M:%S").to_string(),
        }
    }

    /// The OA repeats in its errors what it was sent.
    fn cleaned(&self, error: Error) -> Error {
        redact(error, &[self.connection.system_password.expose()])
    }
}

/// Whether an answer is of what lets callers in, before the cube: it has a code and nothing of the cube's.
fn is_at_the_door(answer: &Answer) -> bool {
    let body = answer::document(&answer.body);
    let fields = body.as_ref().and_then(Value::as_object);
    fields.is_some_and(|fields| {
        let has = |name: &str| answer::member(fields, name).is_some();
        (has("code") || has("errorCode")) && !has("datajson") && !has("result")
    })
}

/// Whom calls are made as, and by which clock.
struct Caller<'h> {
    system_id: &'h str,
    operator: &'h str,
    /// The OA's.
    zone: TimeZone,
}

/// What each call carries beside its rows. Has no `Debug`: the proof is as good as a password.
struct Header<'h> {
    system_id: &'h str,
    proof: String,
    /// The OA's local time, `yyyyMMddHHmmss`.
    time: String,
    operator: &'h str,
    date: String,
    time_of_day: String,
}
