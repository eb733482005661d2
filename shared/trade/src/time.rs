//! Times on the wire, local in Shanghai ([`tenon_tenants::times`]).

use crate::error::{Result, TradeError};
use jiff::Timestamp;
use jiff::civil::DateTime;
use tenon_tenants::times::{zone, zoned};

pub(crate) use tenon_tenants::times::local as text;

/// `20260211`.
pub(crate) fn day(ms: i64) -> String {
    zoned(ms).strftime("%Y%m%d").to_string()
}

/// Epoch ms of a time as the production system writes it: `2026-02-11T14:30:00`, with a space for the
/// `T` or with an offset (`Z`, `+08:00`) too. `now` when left out.
pub(crate) fn read(field: &str, given: Option<&str>, now_ms: i64) -> Result<i64> {
    let Some(given) = given else { return Ok(now_ms) };
    if let Ok(instant) = given.parse::<Timestamp>() {
        return Ok(instant.as_millisecond());
    }
    let dated = given.len() >= 16 && given.len() <= 40;
    let local = given.parse::<DateTime>().ok().filter(|_| dated);
    local
        .and_then(|local| zone().to_timestamp(local).ok())
        .map(Timestamp::as_millisecond)
        .ok_or_else(|| TradeError::bad(field, "应为yyyy-MM-ddTHH:mm:ss格式的时间"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shanghais() {
        let ms = 1_770_791_400_000; // 2026-02-11T06:30:00Z
        assert_eq!((text(ms).as_str(), day(ms).as_str()), ("2026-02-11T14:30:00", "20260211"));
        assert_eq!(day(1_770_739_200_000), "20260211", "16:00 UTC is the next day's midnight");
        for given in
            ["2026-02-11T14:30:00", "2026-02-11 14:30:00", "2026-02-11T06:30:00Z", "2026-02-11T14:30:00.000+08:00"]
        {
            assert_eq!(read("at", Some(given), 0).unwrap(), ms, "{given}");
        }
        assert_eq!(read("at", None, 7).unwrap(), 7);
        for given in ["", "2026-02-11", "14:30", "2026-02-30T00:00:00", "yesterday"] {
            assert!(read("at", Some(given), 0).is_err(), "{given}");
        }
    }
}
