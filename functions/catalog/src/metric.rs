//! What the functions count themselves and somebody has to be told of.

/// A metric of the namespace `Tenon` with one dimension. CloudWatch holds a metric under all its dimensions
/// together, so each value has an alarm of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its dimension.
    pub dimension: &'static str,
    /// Each value of the dimension, with what an alarm on it says.
    pub values: &'static [(&'static str, &'static str)],
    /// The widget of the dashboard that shows it.
    pub widget: &'static str,
}

/// Metrics that have a usual: so much in so many seconds is nothing to tell.
const USUAL: &[(&str, u32, u32)] = &[("DecisionsRecovered", 5, 3600)];

impl Metric {
    /// The sum that is nothing to tell.
    #[must_use]
    pub fn usual(&self) -> u32 {
        USUAL.iter().find(|(name, ..)| *name == self.name).map_or(0, |(_, usual, _)| *usual)
    }

    /// The seconds it is summed over.
    #[must_use]
    pub fn over_seconds(&self) -> u32 {
        USUAL.iter().find(|(name, ..)| *name == self.name).map_or(300, |(.., seconds)| *seconds)
    }
}

const OUTBOX: &str = "Outbox: messages the sweeper sent";
const TENANTS_CALLS: &str = "Tenants: calls not counted or not logged";
const TENANTS_ENDPOINTS: &str = "Tenants: endpoints that fail";
const VENDORS: &str = "Connections: out, secrets not opened, decisions not found, records and notices refused";

/// Every metric with an alarm.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "BaseDataRefused",
        dimension: "State",
        values: &[(
            "refused",
            "A record of base data was refused, by the OA or by its mapping; it is tried again ever more seldom. \
             `tenon runs FLOW` says which and why.",
        )],
        widget: VENDORS,
    },
    Metric {
        name: "CallLogLost",
        dimension: "Direction",
        values: &[
            ("inbound", "Calls of tenants are missing from their log; neither queue nor table took them."),
            ("outbound", "Pushes to tenants are missing from their log; neither queue nor table took them."),
        ],
        widget: TENANTS_CALLS,
    },
    Metric {
        name: "CallbacksNotUnderstood",
        dimension: "From",
        values: &[
            ("callback", "A sealed callback was not understood; it is kept (tenon kept)."),
            ("failed-list", "A failed callback was not understood; it is kept (tenon kept)."),
        ],
        widget: VENDORS,
    },
    Metric {
        name: "CertificatesEnding",
        dimension: "Within",
        values: &[("14-days", "The certificate of a connection ends within 14 days; `tenon check` says which.")],
        widget: VENDORS,
    },
    Metric {
        name: "ConnectionOut",
        dimension: "State",
        values: &[(
            "open",
            "A connection failed many times in a row, or a probe of it did; its work waits. `tenon check` says which.",
        )],
        widget: VENDORS,
    },
    Metric {
        name: "DecisionsRecovered",
        dimension: "From",
        values: &[(
            "reconcile",
            "Reconciliation found more than five ends of instances within an hour that no callback told; the callbacks of \
             a connection are broken. `tenon check` says which.",
        )],
        widget: VENDORS,
    },
    Metric {
        name: "NoticesNotTold",
        dimension: "State",
        values: &[
            (
                "dropped",
                "A vendor took a notice and did not deliver it; the next channel carries it, where there is one.",
            ),
            ("failed", "A notice was given up; its message is in notices-send-dlq, with the reason."),
            ("refused", "A vendor refused a notice to a person; the log of notices-send says why."),
            (
                "unknown",
                "A notice was not answered and is not sent again, for it might be told twice; the log names it.",
            ),
        ],
        widget: VENDORS,
    },
    Metric {
        name: "OutboxRecovered",
        dimension: "State",
        values: &[(
            "recovered",
            "Messages were stored and not queued, and the sweeper sent them; processes die, or queues refuse. Its log names them.",
        )],
        widget: OUTBOX,
    },
    Metric {
        name: "QuotaUnavailable",
        dimension: "Plan",
        values: &[
            ("paid", "Calls of paying tenants were let through uncounted; the counter in the table cannot be reached."),
            ("trial", "Calls of trials were answered 500; the counter in the table cannot be reached."),
        ],
        widget: TENANTS_CALLS,
    },
    Metric {
        name: "ReconcileFailures",
        dimension: "Unit",
        values: &[
            ("connection", "Open instances of a connection cannot be looked up; tenon kept says why."),
            ("flow", "Missed price forms of a flow cannot be looked for; tenon kept says why."),
            ("instance", "An instance cannot be read; tenon kept says why."),
            ("list", "The list of failed callbacks cannot be read or taken in; tenon kept says why."),
        ],
        widget: VENDORS,
    },
    Metric {
        name: "SecretsUnopened",
        dimension: "Kind",
        values: &[
            ("app", "Secrets of tenants' apps do not open; the functions have another master key."),
            ("connection", "Secrets of connections do not open; the functions have another master key."),
        ],
        widget: VENDORS,
    },
    Metric {
        name: "WebhookEndpointAlerts",
        dimension: "Percent",
        values: &[
            ("50", "A tenant's endpoint keeps failing and is 50 % of the way to being switched off; the log names it."),
            ("70", "A tenant's endpoint keeps failing and is 70 % of the way to being switched off; the log names it."),
            ("90", "A tenant's endpoint keeps failing and is 90 % of the way to being switched off; the log names it."),
        ],
        widget: TENANTS_ENDPOINTS,
    },
    Metric {
        name: "WebhookEndpointsDisabled",
        dimension: "Reason",
        values: &[
            ("failing-for", "A tenant's endpoint was switched off after failing for five days; the log names it."),
            ("failures", "A tenant's endpoint was switched off after 100 failures in a row; the log names it."),
            ("gone", "A tenant's endpoint answered 410 and was switched off; the log names it."),
        ],
        widget: TENANTS_ENDPOINTS,
    },
];
