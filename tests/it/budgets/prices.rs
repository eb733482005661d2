//! List prices of AWS, in dollars, as its public price pages stated them for on-demand use without a free tier.

/// When and where.
pub const OF: &str = "2025-06-01, us-east-1 (N. Virginia)";

/// What one costs.
pub struct Price {
    pub what: &'static str,
    pub dollars: f64,
    /// As the page says it.
    pub listed: &'static str,
}

const fn price(what: &'static str, dollars: f64, listed: &'static str) -> Price {
    Price { what, dollars, listed }
}

pub const WRITE_UNIT: Price = price("DynamoDB on demand, write request unit", 0.625e-6, "$0.625 per million");
pub const READ_UNIT: Price = price("DynamoDB on demand, read request unit", 0.125e-6, "$0.125 per million");
pub const QUEUE: Price = price("SQS standard queue, request of up to 64 KB", 0.40e-6, "$0.40 per million");
pub const INVOCATION: Price = price("Lambda, request", 0.20e-6, "$0.20 per million");
pub const GB_SECOND: Price = price("Lambda on arm64, GB-second", 13.3334e-6, "$0.0000133334");
pub const CALL: Price = price("API Gateway HTTP API, request of up to 512 KB", 1.0e-6, "$1.00 per million");
pub const LOG_BYTE: Price = price("CloudWatch Logs, byte taken in", 0.50e-9, "$0.50 per GB");
pub const SCHEDULED: Price = price("EventBridge Scheduler, invocation", 1.0e-6, "$1.00 per million");
pub const ALARM: Price = price("CloudWatch, alarm a month", 0.10, "$0.10");
pub const DASHBOARD: Price = price("CloudWatch, dashboard a month", 3.0, "$3.00");
pub const KEY: Price = price("KMS, key a month", 1.0, "$1.00");

pub const ALL: [&Price; 11] =
    [&WRITE_UNIT, &READ_UNIT, &QUEUE, &INVOCATION, &GB_SECOND, &CALL, &LOG_BYTE, &SCHEDULED, &ALARM, &DASHBOARD, &KEY];

/// What cannot be counted here and is taken to be so.
pub const TABLE_MS: f64 = 5.0;
pub const SEND_MS: f64 = 10.0;
pub const OUTSIDE_MS: f64 = 100.0;
pub const OWN_MS: f64 = 5.0;
pub const LOGGED: f64 = 1_500.0;
/// Requests of Lambda's pollers to an empty queue: five of them, each for twenty seconds.
pub const POLLS_A_MINUTE: f64 = 15.0;
pub const MINUTES_A_MONTH: f64 = 30.0 * 24.0 * 60.0;
