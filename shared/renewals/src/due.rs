//! Which of the days before an end has come.

use tenon_model::config::notices::Renewals;
use tenon_tenants::store::Subscription;

pub(crate) const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// Days begin at midnight in China.
const CHINA_MS: i64 = 8 * HOUR_MS;
/// How long after an end it is still told that it has come.
pub(crate) const LATE_MS: i64 = 3 * DAY_MS;

fn day(ms: i64) -> i64 {
    (ms + CHINA_MS).div_euclid(DAY_MS)
}

/// Days left by the calendar; none on the day itself and after.
pub(crate) fn days_left(ends_ms: i64, now_ms: i64) -> i64 {
    (day(ends_ms) - day(now_ms)).max(0)
}

/// When an end is told of so many days before: on the morning of that day of the calendar, or when exactly that much time is
/// left where that is earlier; on its own day before it has come.
fn moment(ends_ms: i64, days: i64, at_ms: i64) -> i64 {
    let midnight = (day(ends_ms) - days) * DAY_MS - CHINA_MS;
    let before = if days == 0 { HOUR_MS } else { days * DAY_MS };
    (midnight + at_ms).min((ends_ms - before).max(midnight))
}

/// The last of the days that has come. One that had come when the term was given, or changed, is passed over: who has just
/// begun a trial of seven days knows it.
pub(crate) fn due(settings: &Renewals, subscription: &Subscription, now_ms: i64) -> Option<u16> {
    let ends_ms = subscription.ends_ms;
    if subscription.canceled_ms.is_some() || now_ms >= ends_ms + LATE_MS {
        return None;
    }
    let has_come = |days: &&u16| {
        let moment = moment(ends_ms, i64::from(**days), settings.at_ms());
        moment <= now_ms && moment > subscription.updated_ms
    };
    settings.days.iter().filter(has_come).min().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::{Module, TenantId};
    use tenon_tenants::store::Term;
    use tenon_tenants::times::parse;

    fn ends(begins: &str, ends: &str) -> Subscription {
        let begun = parse(begins).unwrap();
        Subscription {
            number: "SUB1".into(),
            tenant: TenantId::new("t-1"),
            module: Module::OrderSync,
            term: Term::Yearly,
            starts_ms: begun,
            ends_ms: parse(ends).unwrap(),
            order: None,
            canceled_ms: None,
            created_ms: begun,
            updated_ms: begun,
        }
    }

    fn at(subscription: &Subscription, now: &str) -> Option<u16> {
        due(&Renewals::default(), subscription, parse(now).unwrap())
    }

    #[test]
    fn each_day_is_due_from_its_morning_until_the_next_one_is() {
        let year = ends("2026-01-31T10:00:00", "2027-01-31T14:30:00");
        for (now, expected) in [
            ("2026-12-31T23:59:59", None),
            ("2027-01-01T08:59:59", None),
            ("2027-01-01T09:00:00", Some(30)),
            ("2027-01-24T08:59:59", Some(30)),
            ("2027-01-24T09:00:00", Some(7)),
            ("2027-01-30T09:00:00", Some(1)),
            ("2027-01-31T08:59:59", Some(1)),
            ("2027-01-31T09:00:00", Some(0)),
            ("2027-02-03T14:29:59", Some(0)),
            ("2027-02-03T14:30:00", None),
        ] {
            assert_eq!(at(&year, now), expected, "{now}");
        }
        assert_eq!(days_left(year.ends_ms, parse("2027-01-30T23:00:00").unwrap()), 1);
        assert_eq!(days_left(year.ends_ms, parse("2027-02-02T23:00:00").unwrap()), 0);
    }

    #[test]
    fn what_ends_in_the_night_is_told_before() {
        let night = ends("2026-01-31T10:00:00", "2027-01-31T03:00:00");
        assert_eq!((at(&night, "2027-01-30T02:59:59"), at(&night, "2027-01-30T03:00:00")), (Some(7), Some(1)));
        assert_eq!((at(&night, "2027-01-31T01:59:59"), at(&night, "2027-01-31T02:00:00")), (Some(1), Some(0)));
        // Not on the day before.
        let midnight = ends("2026-01-31T10:00:00", "2027-01-31T00:10:00");
        assert_eq!((at(&midnight, "2027-01-30T23:59:59"), at(&midnight, "2027-01-31T00:00:00")), (Some(1), Some(0)));
    }

    #[test]
    fn a_day_that_had_come_when_the_term_was_given_is_passed_over() {
        let trial = ends("2026-02-11T14:30:00", "2026-02-18T14:30:00");
        assert_eq!((at(&trial, "2026-02-11T14:31:00"), at(&trial, "2026-02-17T08:00:00")), (None, None));
        assert_eq!((at(&trial, "2026-02-17T09:00:00"), at(&trial, "2026-02-18T09:00:00")), (Some(1), Some(0)));
        let refunded = Subscription { canceled_ms: Some(1), ..trial };
        assert_eq!(at(&refunded, "2026-02-17T09:00:00"), None);
    }
}
