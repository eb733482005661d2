//! What a deployment costs, computed from what the operations ask for and from list prices: `docs/COSTS.md`.

use super::prices::{
    self, ALARM, CALL, DASHBOARD, GB_SECOND, INVOCATION, KEY, LOG_BYTE, METRIC, QUEUE, READ_UNIT, SCHEDULED, SECRET,
    WRITE_UNIT,
};
use super::{Spent, counted, idle};
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/COSTS.md");
/// Memory of the functions in question.
const MEMORY_MB: u32 = 256;

/// The parts of a bill, in dollars.
#[derive(Clone, Copy, Default)]
struct Bill {
    table: f64,
    queues: f64,
    functions: f64,
    api: f64,
    logs: f64,
    schedules: f64,
}

impl Bill {
    /// For everything that was done.
    fn of(spent: &Spent, memory_mb: u32) -> Self {
        let counts = &spent.counts;
        let invocations = (spent.from_http + spent.from_queue + spent.from_schedule) as f64;
        let waited_ms = counts.requests() as f64 * prices::TABLE_MS
            + counts.sends as f64 * prices::SEND_MS
            + spent.calls as f64 * prices::OUTSIDE_MS
            + invocations * prices::OWN_MS;
        let gb_seconds = waited_ms / 1_000.0 * f64::from(memory_mb) / 1_024.0;
        // A batch is received and deleted with a request each.
        let queue_requests = counts.billed_sends + 2 * spent.from_queue;
        Self {
            table: counts.write_units as f64 * WRITE_UNIT.dollars
                + counts.half_read_units as f64 / 2.0 * READ_UNIT.dollars,
            queues: queue_requests as f64 * QUEUE.dollars,
            functions: invocations * INVOCATION.dollars + gb_seconds * GB_SECOND.dollars,
            api: spent.from_http as f64 * CALL.dollars,
            logs: invocations * prices::LOGGED * LOG_BYTE.dollars,
            schedules: spent.from_schedule as f64 * SCHEDULED.dollars,
        }
    }

    fn times(self, number: f64) -> Self {
        let Self { table, queues, functions, api, logs, schedules } = self;
        let [table, queues, functions, api, logs, schedules] =
            [table, queues, functions, api, logs, schedules].map(|part| part * number);
        Self { table, queues, functions, api, logs, schedules }
    }

    fn and(self, other: Self) -> Self {
        Self {
            table: self.table + other.table,
            queues: self.queues + other.queues,
            functions: self.functions + other.functions,
            api: self.api + other.api,
            logs: self.logs + other.logs,
            schedules: self.schedules + other.schedules,
        }
    }

    fn sum(self) -> f64 {
        self.table + self.queues + self.functions + self.api + self.logs + self.schedules
    }

    fn cells(self) -> String {
        let Self { table, queues, functions, api, logs, schedules } = self;
        let parts = [table, queues, functions, api, logs, schedules, self.sum()];
        parts.map(dollars).join(" | ")
    }
}

fn dollars(amount: f64) -> String {
    match amount {
        _ if amount == 0.0 => "–".to_owned(),
        _ if amount < 0.095 => format!("{amount:.4}"),
        _ => format!("{amount:.2}"),
    }
}

/// Of one operation.
fn one(all: &[(&'static str, Spent)], operation: &str) -> Bill {
    let (_, spent) = all.iter().find(|(name, _)| *name == operation).unwrap();
    Bill::of(spent, MEMORY_MB).times(1.0 / spent.times as f64)
}

fn of_several(all: &[(&'static str, Spent)], operations: &[(&str, f64)]) -> Bill {
    operations.iter().fold(Bill::default(), |bill, (operation, times)| bill.and(one(all, operation).times(*times)))
}

const APPROVAL: &[(&str, f64)] =
    &[("a draft found by a poll", 1.0), ("a submission", 1.0), ("a callback of the OA", 1.0), ("a write-back", 1.0)];
/// A document of the sites below: its approval, five calls of a customer's system, and an event to two endpoints. A
/// fan-out to two is taken to cost a fifth of one to ten, and half of what is read and written beside the deliveries.
const DOCUMENT: &[(&str, f64)] = &[
    ("a signed call that reads", 4.0),
    ("a signed call that writes", 1.0),
    ("an event handed in", 1.0),
    ("a fan-out to ten endpoints", 0.4),
    ("a delivery", 2.0),
];

const COLUMNS: &str = "table | queues | functions | API | logs | schedules | all together";

async fn page() -> String {
    let counted = counted().await;
    let runs = idle::runs().await;
    let mut page = String::new();
    let text = &mut page;
    writeln!(text, "# What a deployment costs\n").unwrap();
    writeln!(
        text,
        "Written by `scripts/costs.sh`: an engine that counts stands before the table and the queues while each operation is \
         done on the sandbox, and what it counts is multiplied by list prices. A test holds this page against it. \
         [BUDGETS.md](BUDGETS.md) has the requests, [DEPLOY.md](DEPLOY.md) the parameters.\n"
    )
    .unwrap();
    prices_of(text);
    assumed(text);
    operations(text, &counted);
    let idle = standing(text, &runs);
    sites(text, &counted, idle);
    lower(text);
    page
}

fn prices_of(text: &mut String) {
    writeln!(
        text,
        "## Prices\n\nIn US dollars, looked up on {}: each as the page beside it had it on its own date. No free tier, no savings \
         plan, no tax; storage, backups of the table and traffic out are not in it. The last column has what was found for China \
         (Beijing and Ningxia), in yuan (amazonaws.cn/cloudwatch/pricing, a copy of 2024 or later).\n\n\
         | | price | where it was read, and of when | China |\n|---|---|---|---|",
        prices::OF
    )
    .unwrap();
    for price in prices::ALL {
        writeln!(text, "| {} | {} | {} | {} |", price.what, price.listed, price.source, price.china).unwrap();
    }
    writeln!(
        text,
        "\nAWS fills the tables of its price pages in by script, so copies of them show worked examples only; where these did not \
         have a price, somebody else's dated page stands here. Not confirmed by a dated page: the alarm. Not found for China: the \
         prices without an entry; amazonaws.cn/en/dynamodb/pricing has ¥11.1538 for write requests in a copy without a date, \
         which may be from before November 2024. Before money is committed, AWS's calculator has the last word."
    )
    .unwrap();
}

fn assumed(text: &mut String) {
    writeln!(
        text,
        "\nWhat cannot be counted is taken to be so: a request to the table lasts {} ms, one that sends messages {} ms, a call \
         to a vendor or an endpoint {} ms, all of them one after another, and a function's own work {} ms; functions have \
         {MEMORY_MB} MB; an invocation logs {} bytes. Batches are as large as the event source mappings make them, which \
         needs some load; at one message a batch the parts of functions, queues and logs are several times as large.",
        prices::TABLE_MS,
        prices::SEND_MS,
        prices::OUTSIDE_MS,
        prices::OWN_MS,
        prices::LOGGED
    )
    .unwrap();
}

fn operations(text: &mut String, counted: &[(&'static str, Spent)]) {
    writeln!(text, "\n## A thousand of each\n\n| 1,000 × | {COLUMNS} |\n|---|---|---|---|---|---|---|---|").unwrap();
    let thousands: [(&str, &[(&str, f64)]); 4] = [
        ("approvals: found, submitted, decided, written back", APPROVAL),
        ("signed calls that read, with their entries in the log", &[("a signed call that reads", 1.0)]),
        ("signed calls that write", &[("a signed call that writes", 1.0)]),
        (
            "deliveries, with a tenth of their event and its fan-out",
            &[("a delivery", 1.0), ("an event handed in", 0.1), ("a fan-out to ten endpoints", 0.1)],
        ),
    ];
    for (what, operations) in thousands {
        writeln!(text, "| {what} | {} |", of_several(counted, operations).times(1_000.0).cells()).unwrap();
    }
    writeln!(text, "\nBy operation:\n\n| 1,000 × | {COLUMNS} |\n|---|---|---|---|---|---|---|---|").unwrap();
    for (operation, _) in counted {
        writeln!(text, "| {operation} | {} |", one(counted, operation).times(1_000.0).cells()).unwrap();
    }
}

/// What is paid each month although nobody wants anything.
fn standing(text: &mut String, runs: &[idle::Run]) -> f64 {
    let month = prices::MINUTES_A_MONTH;
    writeln!(text, "\n## Idle, a month\n\n| | {COLUMNS} |\n|---|---|---|---|---|---|---|---|").unwrap();
    let mut all = 0.0;
    for run in runs {
        let bill = Bill::of(&run.spent, run.memory_mb).times(month / run.every_minutes as f64);
        all += bill.sum();
        let every = if run.every_minutes == 1 { "minute".to_owned() } else { format!("{} minutes", run.every_minutes) };
        writeln!(text, "| `{}`, every {every} | {} |", run.function, bill.cells()).unwrap();
    }
    let queues = tenon_catalog::QUEUES.len();
    let polls = queues as f64 * prices::POLLS_A_MINUTE * month * QUEUE.dollars;
    let bill = Bill { queues: polls, ..Bill::default() };
    writeln!(
        text,
        "| polls of {queues} queues by Lambda, {} a minute each | {} |",
        prices::POLLS_A_MINUTE,
        bill.cells()
    )
    .unwrap();
    let alarms = idle::alarms();
    let watched = alarms as f64 * ALARM.dollars;
    for (what, amount) in [
        (format!("{alarms} alarms"), watched),
        ("dashboard".to_owned(), DASHBOARD.dollars),
        ("key".to_owned(), KEY.dollars),
        ("secret".to_owned(), SECRET.dollars),
    ] {
        writeln!(text, "| {what} | – | – | – | – | – | – | {} |", dollars(amount)).unwrap();
    }
    all += polls + watched + DASHBOARD.dollars + KEY.dollars + SECRET.dollars;
    writeln!(text, "| **all together** | | | | | | | **{}** |", dollars(all)).unwrap();
    let metrics: usize = tenon_catalog::METRICS.iter().map(|metric| metric.values.len()).sum();
    writeln!(
        text,
        "\nOn a site with two flows of approvals and one of prices; a NAT gateway, where one is asked for, is not in it. Nor are \
         requests to KMS ($0.03 for 10,000; wring.co/blog/aws-kms-pricing-guide, 2026-03-15): table, queues and logs keep a data \
         key for minutes, so there are few. The key is rotated each year, and the first older versions cost as much as it does. Each of the {metrics} metrics that tell of something wrong costs {} in a month in which it was \
         counted.",
        METRIC.listed
    )
    .unwrap();
    all
}

fn sites(text: &mut String, counted: &[(&'static str, Spent)], idle: f64) {
    writeln!(
        text,
        "\n## Whole sites, a month of thirty days\n\nFor each document: its approval in the OA, four signed calls that read and \
         one that writes, and an event that is pushed to two endpoints.\n\n| documents a day | {COLUMNS} | with what is idle |\n\
         |---|---|---|---|---|---|---|---|---|"
    )
    .unwrap();
    let document = of_several(counted, APPROVAL).and(of_several(counted, DOCUMENT));
    for a_day in [20.0, 200.0, 2_000.0] {
        let bill = document.times(a_day * 30.0);
        writeln!(text, "| {a_day} | {} | {} |", bill.cells(), dollars(bill.sum() + idle)).unwrap();
    }
}

fn lower(text: &mut String) {
    text.push_str(
        "\n## What lowers it\n\n\
         - **Alarms** are most of what is idle. `GradualDeployment=false`, the default, spares one a function. Whoever watches \
         by other means leaves `infra/observability.yaml` out of the template: alarms and dashboard go with it.\n\
         - **Polls of queues** are paid for each queue, whether it has messages or not. An area that is not used is left out of \
         the template with its stack, and its queues, schedules and alarms with it.\n\
         - **`every`** of a flow says how often it looks for documents, `ReconcileRate` how often callbacks that never came are \
         looked up.\n\
         - **Logs**: `LogFilter=warn` leaves little beside Lambda's own lines, `LogRetentionDays` says how long they are kept.\n\
         - **`FixedAddresses=none`** spares a NAT gateway, which costs more than everything above together.\n",
    );
}

#[tokio::test]
async fn the_costs_are_what_is_counted_times_the_list_prices() {
    let page = page().await;
    if std::env::var_os("TENON_WRITE_COSTS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap();
    assert!(written == page, "docs/COSTS.md is not what is computed; run scripts/costs.sh. Computed:\n{page}");
}
