//! Rows of the table, and the numbers in them.

use std::fmt;
use std::time::Duration;

/// One line of the table.
pub struct Row {
    what: String,
    measured: String,
    target: String,
    met: Option<bool>,
}

impl Row {
    /// A measurement held against its target.
    pub fn judged(what: impl Into<String>, measured: impl Into<String>, target: impl Into<String>, met: bool) -> Self {
        Self { what: what.into(), measured: measured.into(), target: target.into(), met: Some(met) }
    }

    /// A measurement without a target.
    pub fn plain(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), target: "-".to_owned(), met: None }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "-",
        };
        write!(f, "| {} | {} | {} | {outcome} |", self.what, self.measured, self.target)
    }
}

/// Durations in order, for percentiles.
pub struct Times(Vec<Duration>);

impl Times {
    /// Sorts them.
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The smallest duration that this share of all (0 to 1) does not exceed; zero when there are
    /// none.
    pub fn at(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank among a few thousand"
        )]
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).or(self.0.last()).copied().unwrap_or_default()
    }

    /// The middle.
    pub fn median(&self) -> Duration {
        self.at(0.5)
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.at(1.0)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Milliseconds with two decimals.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// Megabytes (10^6 bytes) with one decimal.
pub fn mb(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = bytes as f64 / 1e6;
    format!("{megabytes:.1} MB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times = Times::new((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!(times.median(), Duration::from_millis(100));
        assert_eq!(times.at(0.99), Duration::from_millis(198));
        assert_eq!(times.max(), Duration::from_millis(200));
        assert_eq!(Times::new(Vec::new()).median(), Duration::ZERO);
    }

    #[test]
    fn a_missed_target_stands_out() {
        assert_eq!(Row::judged("a", "2", "1", false).to_string(), "| a | 2 | 1 | **missed** |");
    }
}
