//! How far a term reaches.

use super::records::Term;
use crate::times;
use jiff::{Span, ToSpan};
use tenon_platform::{Error, Result};

/// Years for which "for good" counts.
const FOR_GOOD_YEARS: i64 = 99;

/// Epoch ms at which a term that begins then ends. Months and years are the calendar's in Shanghai: a
/// month from 31 January ends on the last day of February, at the same time of day.
pub(super) fn end(from_ms: i64, term: Term, trial_days: u16) -> Result<i64> {
    let span: Span = match term {
        Term::Trial => i64::from(trial_days).days(),
        Term::Monthly => 1.month(),
        Term::Yearly => 1.year(),
        Term::Perpetual => FOR_GOOD_YEARS.years(),
    };
    let end = times::zoned(from_ms).checked_add(span).map_err(|e| {
        Error::permanent("tenants.period", format!("the subscription would end after the calendar does: {e}"))
    })?;
    Ok(end.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::times::{local, parse};

    fn until(from: &str, term: Term) -> String {
        local(end(parse(from).unwrap(), term, 7).unwrap())
    }

    #[test]
    fn months_and_years_are_the_calendars() {
        assert_eq!(until("2026-01-31T10:00:00", Term::Monthly), "2026-02-28T10:00:00");
        assert_eq!(until("2028-01-31T10:00:00", Term::Monthly), "2028-02-29T10:00:00");
        assert_eq!(until("2026-12-15T23:59:59", Term::Monthly), "2027-01-15T23:59:59");
        assert_eq!(until("2028-02-29T00:00:00", Term::Yearly), "2029-02-28T00:00:00");
        assert_eq!(until("2026-02-11T14:30:00", Term::Perpetual), "2125-02-11T14:30:00");
    }

    #[test]
    fn a_trial_is_whole_days_from_its_moment() {
        assert_eq!(until("2026-02-11T14:30:00", Term::Trial), "2026-02-18T14:30:00");
    }
}
