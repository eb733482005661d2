//! Company-local times.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tenon_platform::{Error, Result};

/// An instant in the company's time zone, by a strftime pattern.
pub fn local(ms: i64, zone: &str, pattern: &str) -> Result<String> {
    let zone = TimeZone::get(zone).map_err(|e| {
        Error::permanent("config.time-zone", format!("{zone} is no IANA time zone, such as Asia/Shanghai: {e}"))
    })?;
    let instant = Timestamp::from_millisecond(ms)
        .map_err(|e| Error::permanent("platform.time", format!("{ms} ms is no instant: {e}")))?;
    Ok(instant.to_zoned(zone).strftime(pattern).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_companys_date_is_not_the_date_in_utc() {
        // 2026-11-22 17:30 UTC is the next day in Shanghai.
        assert_eq!(local(1_795_368_600_000, "Asia/Shanghai", "%Y-%m-%d").unwrap(), "2026-11-23");
        assert_eq!(local(1_795_368_600_000, "UTC", "%Y-%m-%d %H:%M:%S").unwrap(), "2026-11-22 17:30:00");
        assert_eq!(local(0, "Mars/Olympus", "%Y").unwrap_err().code, "config.time-zone");
    }
}
