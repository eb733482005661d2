//! Logs as JSON lines and metrics in CloudWatch's embedded format. Messages are constant; what
//! varies is in dotted fields; units are in names; bodies and secrets are never logged.

use crate::clock::Clock;
use serde_json::{Value, json};
use std::io::Write;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Starts JSON logging on standard output at the level of `RUST_LOG`, `info` by default.
pub fn start() {
    // Filters by target and level only: the fuller filter would bring a regular-expression engine
    // into every function.
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let format = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
    let lines = tracing_subscriber::registry().with(format.with_filter(filter));
    // A second start in one process keeps the first; that is no error.
    let _ = lines.try_init();
}

/// Counts something, by CloudWatch's embedded metric format when deployed, by a debug line elsewhere.
pub fn count(clock: &Clock, metric: &'static str, dimension: (&'static str, &str), value: u64) {
    let (name, of) = dimension;
    if std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_none() {
        tracing::debug!(metric, dimension = of, value, "counted");
        return;
    }
    let line = embedded(clock.now_ms(), metric, (name, of), value);
    let mut out = std::io::stdout().lock();
    // Losing a metric must not fail the work it counts.
    let _ = writeln!(out, "{line}");
}

/// A count in CloudWatch's embedded metric format.
fn embedded(now_ms: i64, metric: &str, (name, of): (&str, &str), value: u64) -> Value {
    json!({
        "_aws": {
            "Timestamp": now_ms,
            "CloudWatchMetrics": [{
                "Namespace": "Tenon",
                "Dimensions": [[name]],
                "Metrics": [{ "Name": metric, "Unit": "Count" }]
            }]
        },
        name: of,
        metric: value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_metric_of_one_dimension_with_its_value_beside() {
        let line = embedded(1_700_000_000_000, "CertificatesEnding", ("Within", "14-days"), 2);
        let wanted = r#"{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Tenon","Dimensions":[["Within"]],
            "Metrics":[{"Name":"CertificatesEnding","Unit":"Count"}]}]},"Within":"14-days","CertificatesEnding":2}"#;
        assert_eq!(line, serde_json::from_str::<Value>(wanted).unwrap());
    }
}
