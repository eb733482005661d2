//! What others were in the way of is asked for again, for a while.

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::error::{Error, ErrorKind, Result};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use std::time::Duration;

/// The error for a write that another transaction on the same record was in the way of: nothing was written,
/// and trying again at once is right.
pub fn in_the_way(why: impl Into<String>) -> Error {
    Error::transient("platform.table-contended", why).with_kind(ErrorKind::Contended)
}

/// The error for a request that the table did not take because others had taken the second's share of a key, or of
/// the table: nothing was done.
pub(super) fn throttled(why: impl Into<String>) -> Error {
    Error::transient("platform.table-throttled", why).with_kind(ErrorKind::Throttled)
}

/// Waits, in ms, before a write that another transaction was in the way of is made again. Such a transaction
/// is over within milliseconds.
const IN_THE_WAY_MS: [u64; 5] = [5, 15, 40, 100, 250];

/// The longest waits, in ms, before a request that was throttled is made again; about two seconds in all, and
/// four at most. Each waits any part of it, so that those who came at once do not come back at once.
const THROTTLED_MS: [u64; 8] = [50, 100, 200, 400, 600, 800, 1_000, 1_000];

/// What DynamoDB says of a request that it did not take because of others.
pub(super) const THROTTLING: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
];

/// What a batch left undone, because the table is throttled: asked for again after a pause, longer each time
/// and each a little different, and not for ever.
#[derive(Default)]
pub(crate) struct Left {
    times: u32,
}

impl Left {
    /// Longest number of requests for one batch; about three seconds in all.
    const MAX: u32 = 8;

    /// Waits before the rest is asked for again; not when nothing is left.
    pub(crate) async fn pause(&mut self, clock: &Clock, is_empty: bool) -> Result<()> {
        if is_empty {
            return Ok(());
        }
        self.times += 1;
        if self.times >= Self::MAX {
            let message = "the table keeps refusing part of a batch; it is throttled";
            return Err(Error::transient("platform.table", message));
        }
        let wait = Duration::from_millis(12) * 2_u32.pow(self.times);
        clock.sleep(Entropy::system().jitter(wait)).await;
        Ok(())
    }
}

/// Makes a request again while another transaction on the same record is in its way, or while it is throttled:
/// nothing was done, and the last error stands.
pub(super) async fn patiently<T, F>(clock: &Clock, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (mut in_the_way, mut throttled) = (IN_THE_WAY_MS.into_iter(), THROTTLED_MS.into_iter());
    loop {
        let outcome = attempt().await;
        let wait = match &outcome {
            Err(error) if error.kind() == ErrorKind::Contended => {
                in_the_way.next().map(|ms| Entropy::system().jitter(Duration::from_millis(ms)))
            }
            Err(error) if error.kind() == ErrorKind::Throttled => {
                throttled.next().map(|ms| Entropy::system().part_of(Duration::from_millis(ms)))
            }
            _ => None,
        };
        let Some(wait) = wait else { return outcome };
        clock.sleep(wait).await;
    }
}

pub(super) fn failed<E>(doing: &str, error: &SdkError<E>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let code = error.code().unwrap_or("no answer").to_owned();
    let text = DisplayErrorContext(error).to_string();
    // Validation and access errors stay the same however often they are tried.
    let permanent =
        matches!(code.as_str(), "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException");
    let make = if permanent { Error::permanent } else { Error::transient };
    let contended = code == "TransactionConflictException";
    let error = match contended {
        true => in_the_way(text),
        false if THROTTLING.contains(&code.as_str()) => throttled(text),
        false => make("platform.table", text),
    };
    error.with_vendor_code(code).during(format!("table {doing}"))
}
