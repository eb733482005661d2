//! Logs as JSON lines and metrics in CloudWatch's embedded format. Messages are constant; what
//! varies is in dotted fields; units are in names; bodies and secrets are never logged.

use crate::clock::Clock;
use serde_json::json;
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
    let line = json!({
        "_aws": {
            "Timestamp": clock.now_ms(),
            "CloudWatchMetrics": [{
                "Namespace": "Tenon",
                "Dimensions": [[name]],
                "Metrics": [{ "Name": metric, "Unit": "Count" }]
            }]
        },
        name: of,
        metric: value
    });
    let mut out = std::io::stdout().lock();
    // Losing a metric must not fail the work it counts.
    let _ = writeln!(out, "{line}");
}
