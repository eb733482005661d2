//! How far a term reaches.

use super::records::Term;
use crate::times;
use jiff::{Span, ToSpan, Zoned};
use tenon_platform::{Error, Result};

/// Years for which "for good" counts.
const FOR_GOOD_YEARS: i64 = 99;

/// Epoch ms at which a term that begins then ends. Months and years are the calendar's in Shanghai: a
/// month from 31 January ends on the last day of February, at the same time of day. `anchor_ms` is when the
/// terms that follow each other began: its day of the month is kept wherever a month has it, so that the
/// next month ends on 31 March and not on the 28th.
pub(super) fn end(from_ms: i64, anchor_ms: i64, term: Term, trial_days: u16) -> Result<i64> {
    let span: Span = match term {
        Term::Trial => i64::from(trial_days).days(),
        Term::Monthly => 1.month(),
        Term::Yearly => 1.year(),
        Term::Perpetual => FOR_GOOD_YEARS.years(),
    };
    let end = times::zoned(from_ms).checked_add(span).map_err(|e| {
        Error::permanent("tenants.period", format!("the subscription would end after the calendar does: {e}"))
    })?;
    let end = match term {
        Term::Trial => end,
        Term::Monthly | Term::Yearly | Term::Perpetual => on_day(end, times::zoned(anchor_ms).day()),
    };
    Ok(end.timestamp().as_millisecond())
}

/// The same moment of this day of its month, or of the month's last day where it is shorter.
fn on_day(at: Zoned, day: i8) -> Zoned {
    let day = day.min(at.days_in_month());
    at.with().day(day).build().unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::times::{local, parse};

    fn until(from: &str, term: Term) -> String {
        let from = parse(from).unwrap();
        local(end(from, from, term, 7).unwrap())
    }

    /// The ends of terms that follow each other from here.
    fn ends(from: &str, terms: &[Term]) -> Vec<String> {
        let anchor = parse(from).unwrap();
        let ends = terms.iter().scan(anchor, |from, term| {
            *from = end(*from, anchor, *term, 7).unwrap();
            Some(local(*from).split_once('T').unwrap().0.to_owned())
        });
        ends.collect()
    }

    #[test]
    fn terms_that_follow_each_other_keep_the_day_they_began_on() {
        use Term::{Monthly, Yearly};
        let days = ends("2026-01-31T10:00:00", &[Monthly; 4]);
        assert_eq!(days, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]);
        assert_eq!(ends("2028-01-30T10:00:00", &[Monthly; 2]), ["2028-02-29", "2028-03-30"]);
        assert_eq!(ends("2027-11-30T10:00:00", &[Monthly; 4]).last().unwrap(), "2028-03-30");
        assert_eq!(ends("2028-02-29T10:00:00", &[Yearly, Monthly, Yearly]), ["2029-02-28", "2029-03-29", "2030-03-29"]);
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
