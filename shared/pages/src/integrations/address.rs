//! What a list of runs is asked for: it stands in the address whole, so that a bookmark is a saved view.

use super::{Label, ViewContext, times};
use crate::encoded;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tenon_model::run::RunStatus;

/// Where runs are listed.
pub const RUNS: &str = "/system/integrations/runs";

/// Runs of which time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// 24 hours.
    Day,
    /// 7 days. What a filter without a time means.
    #[default]
    Week,
    /// 28 days.
    Month,
    /// Between two moments.
    Custom,
}

impl Since {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Custom];

    /// Its word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "28d",
            Self::Custom => "custom",
        }
    }

    pub(crate) fn name(self) -> Label {
        match self {
            Self::Day => Label::Day,
            Self::Week => Label::Week,
            Self::Month => Label::Month,
            Self::Custom => Label::Custom,
        }
    }

    fn days(self) -> Option<i64> {
        match self {
            Self::Day => Some(1),
            Self::Week => Some(7),
            Self::Month => Some(28),
            Self::Custom => None,
        }
    }
}

/// Every status a run may have, in the order they are shown in.
pub(crate) const STATUSES: [RunStatus; 5] =
    [RunStatus::Failed, RunStatus::Retrying, RunStatus::Running, RunStatus::Succeeded, RunStatus::Ended];

/// What a list of runs is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsQuery {
    /// A flow's id.
    pub flow: String,
    /// How they stand.
    pub status: Option<RunStatus>,
    /// A connection's id.
    pub connection: String,
    /// A document's key.
    pub document: String,
    /// An error's code.
    pub code: String,
    /// A text.
    pub text: String,
    /// Of which time.
    pub since: Since,
    /// Epoch ms, of a time between two moments.
    pub from_ms: Option<i64>,
    /// Epoch ms.
    pub until_ms: Option<i64>,
    /// Where the page begins.
    pub cursor: String,
}

impl RunsQuery {
    /// What stands in an address. What cannot be read counts as not said.
    pub fn read<'v>(value: impl Fn(&str) -> Option<&'v str>, zone: &TimeZone) -> Self {
        let text = |name: &str, most: usize| {
            let given = value(name).unwrap_or_default().trim();
            given.chars().filter(|c| !c.is_control()).take(most).collect::<String>()
        };
        let (from_ms, until_ms) = (moment(&text("from", 40), zone), moment(&text("to", 40), zone));
        let word = text("since", 10);
        let since = Since::ALL.into_iter().find(|since| since.word() == word);
        let between = from_ms.is_some() || until_ms.is_some();
        let since = since.unwrap_or(if between { Since::Custom } else { Since::default() });
        let status = text("status", 20);
        Self {
            flow: text("flow", 128),
            status: STATUSES.into_iter().find(|own| own.word() == status),
            connection: text("connection", 128),
            document: text("document", 200),
            code: text("code", 80),
            text: text("q", 200),
            since,
            from_ms: from_ms.filter(|_| since == Since::Custom),
            until_ms: until_ms.filter(|_| since == Since::Custom),
            cursor: text("cursor", 2_000),
        }
    }

    /// From when until when, in epoch ms, seen at this moment.
    pub fn between(&self, now_ms: i64) -> (i64, i64) {
        match self.since.days() {
            Some(days) => (now_ms - days * 86_400_000, i64::MAX),
            None => (self.from_ms.unwrap_or(0), self.until_ms.unwrap_or(i64::MAX)),
        }
    }

    /// The same with its time frozen, so that what comes later is not meant.
    #[must_use]
    pub fn frozen(&self, now_ms: i64) -> Self {
        let (from_ms, until_ms) = self.between(now_ms);
        let (from_ms, until_ms) = (Some(from_ms.max(0)), Some(until_ms.min(now_ms)));
        Self { since: Since::Custom, from_ms, until_ms, cursor: String::new(), ..self.clone() }
    }

    /// Whether anything but the time narrows the list.
    pub fn is_filtered(&self) -> bool {
        let texts = [&self.flow, &self.connection, &self.document, &self.code, &self.text];
        self.status.is_some() || texts.iter().any(|text| !text.is_empty())
    }

    /// With this status.
    pub(crate) fn with_status(&self, status: Option<RunStatus>) -> Self {
        Self { status, cursor: String::new(), ..self.clone() }
    }

    /// Everything it says, as a query without its `?`.
    pub fn query(&self, cursor: &str) -> String {
        let (from, until) = (exact(self.from_ms), exact(self.until_ms));
        let parts = [
            ("flow", self.flow.as_str()),
            ("status", self.status.map_or("", RunStatus::word)),
            ("connection", &self.connection),
            ("document", &self.document),
            ("code", &self.code),
            ("q", &self.text),
            ("since", if self.since == Since::default() { "" } else { self.since.word() }),
            ("from", &from),
            ("to", &until),
            ("cursor", cursor),
        ];
        let parts = parts.iter().filter(|(_, value)| !value.is_empty());
        parts.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }

    /// Where these runs are listed.
    pub fn address(&self) -> String {
        at(RUNS, &self.query(""))
    }

    /// What a field of local time shows.
    pub(crate) fn local(&self, context: &ViewContext<'_>, at_ms: Option<i64>) -> String {
        at_ms.filter(|at| *at > 0).map(|at| times::local(context, at)).unwrap_or_default()
    }
}

/// An address with a query, where there is one.
pub(crate) fn at(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A moment in an address: to the ms, in UTC.
fn exact(at_ms: Option<i64>) -> String {
    let at = at_ms.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// What a field of local time says, or an address.
fn moment(text: &str, zone: &TimeZone) -> Option<i64> {
    if let Ok(exact) = text.parse::<jiff::Timestamp>() {
        return Some(exact.as_millisecond());
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> RunsQuery {
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        RunsQuery::read(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value), &zone)
    }

    #[test]
    fn a_filter_without_a_time_is_seven_days_and_every_status_has_its_word() {
        let filter = read("flow=f");
        assert_eq!(filter.between(1_000_000_000_000), (1_000_000_000_000 - 7 * 86_400_000, i64::MAX));
        assert_eq!(filter.query(""), "flow=f");
        for status in STATUSES {
            assert_eq!(read(&format!("status={}", status.word())).status, Some(status));
        }
        assert!(!read("since=24h").is_filtered() && read("q=x").is_filtered());
    }

    #[test]
    fn a_time_between_two_moments_is_local_and_its_address_is_exact() {
        let filter = read("from=2026-11-22T08:00&to=2026-11-22T09:30");
        assert_eq!(filter.since, Since::Custom);
        assert_eq!(filter.between(0), (1_795_305_600_000, 1_795_311_000_000));
        assert_eq!(filter.query("c"), "since=custom&from=2026-11-22T00:00:00Z&to=2026-11-22T01:30:00Z&cursor=c");
        assert_eq!(read(&filter.query("c")).between(0), filter.between(0));
        assert_eq!(read("from=never&since=custom").from_ms, None);
    }

    #[test]
    fn what_is_frozen_means_nothing_that_comes_later() {
        let now = 1_795_305_600_000;
        let frozen = read("status=failed").frozen(now);
        assert_eq!(frozen.between(now + 86_400_000), (now - 7 * 86_400_000, now));
        assert_eq!(read(&frozen.query("")), frozen);
    }
}
