//! Remembered refusals of logins. A vendor may lock a user who tries a wrong password again and again, so one
//! refusal is kept until the connection is applied anew or a check succeeds. What is out of order at the vendor's
//! is remembered too, and tried again less and less often.

use super::remote::Remote;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, ErrorKind, Result, Retry};
use tenon_platform::table::{Expect, Key, RecordKind, Write};

/// Work that meets a remembered refusal comes back after this time.
pub(crate) const RECHECK_AFTER: Duration = Duration::from_secs(300);
/// Minutes between the tries of an outage; the last repeats.
const OUTAGE_MINUTES: [u64; 4] = [1, 5, 15, 30];

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("REFUSED");

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    revision: u64,
    at_ms: i64,
    message: String,
    vendor_code: Option<Box<str>>,
    status: Option<u16>,
    /// How often the login was tried in an outage; 0 is a refusal.
    tries: usize,
    /// Epoch ms of the next try in an outage.
    next_ms: i64,
}

impl Record {
    fn of(remote: &Remote<'_>, error: &Error) -> Self {
        Self {
            revision: remote.revision,
            at_ms: remote.ctx.now_ms(),
            message: error.message.clone(),
            vendor_code: error.vendor_code.clone(),
            status: error.status,
            tries: 0,
            next_ms: 0,
        }
    }
}

/// What is remembered of a login that may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remembered {
    /// Nothing.
    Nothing,
    /// An outage, whose next try is due.
    OutageDue,
}

fn key(remote: &Remote<'_>) -> Key {
    Key::new(&remote.tenant, "REFUSED", &[remote.connection.as_str()], "-")
}

async fn stored(remote: &Remote<'_>) -> Result<Option<Record>> {
    let stored = remote.ctx.table.get::<Record>(&key(remote)).await?;
    Ok(stored.map(|s| s.data).filter(|record| record.revision == remote.revision))
}

async fn store(remote: &Remote<'_>, record: &Record) -> Result<()> {
    remote.ctx.table.write(Write::put(key(remote), record, Expect::Anything)?).await?;
    Ok(())
}

/// Fails when a login of this revision of the connection was refused before, or is not due yet in an outage.
pub(super) async fn recall(remote: &Remote<'_>) -> Result<Remembered> {
    let Some(record) = stored(remote).await? else { return Ok(Remembered::Nothing) };
    let codes = &remote.vendor.codes;
    let left_ms = record.next_ms.saturating_sub(remote.ctx.now_ms());
    let (code, kind, retry) = match record.tries {
        0 => (codes.login_refused, ErrorKind::LoginRefused, Retry::Blocked(RECHECK_AFTER)),
        _ if left_ms <= 0 => return Ok(Remembered::OutageDue),
        _ => {
            let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
            (codes.login_outage, ErrorKind::LoginOutage, Retry::RateLimited(left))
        }
    };
    let mut error = Error::new(code, retry, record.message).with_kind(kind);
    error.vendor_code = record.vendor_code;
    error.status = record.status;
    Err(error)
}

/// Remembers a refusal.
pub(super) async fn remember(remote: &Remote<'_>, error: &Error) -> Result<()> {
    store(remote, &Record::of(remote, error)).await
}

/// Remembers an outage. Returns how long nobody is to try.
pub(super) async fn remember_outage(remote: &Remote<'_>, error: &Error) -> Result<Duration> {
    let tries = stored(remote).await?.map_or(0, |record| record.tries);
    let minutes = OUTAGE_MINUTES.get(tries).or(OUTAGE_MINUTES.last()).copied().unwrap_or(30);
    let wait = Duration::from_secs(60 * minutes);
    let next_ms = remote.ctx.now_ms() + millis(wait);
    store(remote, &Record { tries: tries + 1, next_ms, ..Record::of(remote, error) }).await?;
    Ok(wait)
}

/// Forgets it, after a login that was let in.
pub(super) async fn forget(remote: &Remote<'_>) -> Result<()> {
    remote.ctx.table.write(Write::delete(key(remote), Expect::Anything)).await?;
    Ok(())
}
