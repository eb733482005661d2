//! List prices of AWS, in dollars, for on-demand use without a free tier, and where each was read.

/// When they were looked up, and for where.
pub const OF: &str = "2026-11-27, us-east-1 (N. Virginia)";

/// What one costs.
pub struct Price {
    pub what: &'static str,
    pub dollars: f64,
    /// As the page says it.
    pub listed: &'static str,
    /// The page, and its date.
    pub source: &'static str,
    /// In the Chinese regions, where it was found.
    pub china: &'static str,
}

const fn price(what: &'static str, dollars: f64, listed: &'static str, source: &'static str) -> Price {
    Price { what, dollars, listed, source, china: "–" }
}

impl Price {
    const fn in_china(mut self, listed: &'static str) -> Self {
        self.china = listed;
        self
    }
}

const DYNAMODB: &str = "airbyte.com/data-engineering-resources/dynamodb-pricing, 2025-07-21; halved in November 2024, which AWS's \
                        post on on-demand tables notes, 2025-01-31";
const CLOUDWATCH: &str = "factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards, 2026-06-13";

pub const WRITE_UNIT: Price =
    price("DynamoDB on demand, write request unit", 0.625e-6, "$0.625 per million", DYNAMODB).in_china("not confirmed");
pub const READ_UNIT: Price =
    price("DynamoDB on demand, read request unit", 0.125e-6, "$0.125 per million", DYNAMODB).in_china("not confirmed");
pub const QUEUE: Price = price(
    "SQS standard queue, request of up to 64 KB",
    0.40e-6,
    "$0.40 per million",
    "cloudburn.io/blog/amazon-sqs-pricing, 2026-03-14; factualminds.com, 2026-06-13",
);
pub const INVOCATION: Price = price(
    "Lambda, request",
    0.20e-6,
    "$0.20 per million",
    "aws.amazon.com/lambda/pricing, as api-evangelist/aws-lambda quotes it (for managed instances), 2026-09-20; \
     AWS's post on billing by the millisecond, 2020",
);
pub const GB_SECOND: Price = price(
    "Lambda on arm64, GB-second",
    13.3334e-6,
    "$0.0000133334",
    "cloudchipr.com/blog/aws-lambda-pricing, 2024; npm `artillery` 2.0.28, its prices of Lambda",
);
pub const CALL: Price = price(
    "API Gateway HTTP API, request of up to 512 KB",
    1.0e-6,
    "$1.00 per million",
    "aws.amazon.com/api-gateway/pricing, as api-evangelist/amazon-web-services quotes it, 2026-09-20; the 512 KB in AWS's \
     paper on private APIs",
);
pub const LOG_BYTE: Price = price("CloudWatch Logs, byte taken in", 0.50e-9, "$0.50 per GB", CLOUDWATCH);
pub const SCHEDULED: Price = price(
    "EventBridge Scheduler, invocation",
    1.0e-6,
    "$1.00 per million",
    "cloudburn.io/blog/amazon-eventbridge-pricing, 2026-03-13",
);
pub const ALARM: Price =
    price("CloudWatch, alarm a month", 0.10, "$0.10", "c3x.dev/resources/aws/aws_cloudwatch_metric_alarm, undated")
        .in_china("¥0.622");
pub const DASHBOARD: Price = price("CloudWatch, dashboard a month", 3.0, "$3.00", CLOUDWATCH);
pub const METRIC: Price = price(
    "CloudWatch, metric of one's own, in a month in which it was counted",
    0.30,
    "$0.30",
    "signoz.io/guides/cloudwatch-pricing, 2026-02-15",
)
.in_china("¥2.00");
pub const KEY: Price = price(
    "KMS, key a month",
    1.0,
    "$1.00",
    "aws.amazon.com/kms/pricing, undated copy; cloudburn.io/blog/aws-kms-pricing, 2026-03-14",
);
pub const SECRET: Price = price(
    "Secrets Manager, secret a month",
    0.40,
    "$0.40",
    "aws.amazon.com/secrets-manager/pricing, as api-evangelist/amazon-secrets-manager quotes it, 2026-09-20",
);

pub const ALL: [&Price; 13] = [
    &WRITE_UNIT,
    &READ_UNIT,
    &QUEUE,
    &INVOCATION,
    &GB_SECOND,
    &CALL,
    &LOG_BYTE,
    &SCHEDULED,
    &ALARM,
    &DASHBOARD,
    &METRIC,
    &KEY,
    &SECRET,
];

/// What cannot be counted here and is taken to be so.
pub const TABLE_MS: f64 = 5.0;
pub const SEND_MS: f64 = 10.0;
pub const OUTSIDE_MS: f64 = 100.0;
pub const OWN_MS: f64 = 5.0;
pub const LOGGED: f64 = 1_500.0;
/// Requests of Lambda's pollers to an empty queue: five of them, each for twenty seconds.
pub const POLLS_A_MINUTE: f64 = 15.0;
pub const MINUTES_A_MONTH: f64 = 30.0 * 24.0 * 60.0;
