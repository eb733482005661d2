//! What each operation asks of the table and the queues, counted by an engine that stands before the real one: requests,
//! records, bytes, messages. `docs/BUDGETS.md` states the budgets, `docs/COSTS.md` what they come to in money.
//!
//! `cargo test -p tenon-tests --test it budgets:: -- --nocapture` prints what was counted.

mod approvals;
mod costs;
mod idle;
mod prices;
mod tenants;

use std::time::Duration;
use tenon::serve::handlers;
use tenon::serve::registry::{self, Handler};
use tenon_engine::{Counts, Tally};
use tenon_platform::Context;
use tenon_platform::consumer::consume;
use tenon_platform::queue::QueueName;

/// What operations of one kind cost, done together so many times.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    /// What is counted by the engine.
    pub counts: Counts,
    /// Operations.
    pub times: usize,
    /// Invocations of functions, by what starts them.
    pub from_http: usize,
    pub from_queue: usize,
    pub from_schedule: usize,
    /// What the functions wait for: calls to vendors and endpoints, one after another in an invocation.
    pub calls: usize,
}

impl Spent {
    /// Of one operation.
    pub fn each(&self, number: usize) -> f64 {
        number as f64 / self.times.max(1) as f64
    }

    /// Measures something that is done so many times.
    pub async fn by(tally: &Tally, times: usize, does: impl Future<Output = Self>) -> Self {
        let before = tally.counts();
        let done = does.await;
        Self { counts: tally.counts().since(&before), times, ..done }
    }
}

/// Works a queue off in batches as its event source mapping hands them over; how many there were.
pub async fn worked_off(ctx: &Context, queue: &QueueName) -> usize {
    let Some(Handler::Queue(worker)) = handlers::handler(queue.as_str()) else { panic!("{queue} has no consumer") };
    let (spec, function) = (tenon_catalog::queue(queue.as_str()).unwrap(), tenon_catalog::function(queue.as_str()));
    let ctx = registry::within(ctx, function.unwrap());
    let mut batches = 0;
    loop {
        let messages = ctx.queue.receive(queue, spec.batch_size, Duration::from_secs(180)).await.unwrap();
        if messages.is_empty() {
            return batches;
        }
        batches += 1;
        let failed = consume(&ctx, queue, worker.as_ref(), tenon_testkit::sqs_event(&messages)).await;
        assert!(failed.batch_item_failures.is_empty(), "{queue}: {failed:?}");
        let receipts: Vec<String> = messages.into_iter().map(|m| m.receipt).collect();
        ctx.queue.delete_all(queue, &receipts).await.unwrap();
    }
}

/// What an operation may cost.
struct Budget {
    operation: &'static str,
    requests: f64,
    read: f64,
    written: f64,
    bytes: f64,
    messages: f64,
}

const fn budget(operation: &'static str, [requests, read, written, bytes, messages]: [f64; 5]) -> Budget {
    Budget { operation, requests, read, written, bytes, messages }
}

/// The budgets, of one operation each: requests to the table, records read and written, bytes written, messages sent.
const BUDGETS: &[Budget] = &[
    budget("an event handed in", [4.0, 1.0, 4.0, 2_000.0, 1.0]),
    budget("a fan-out to ten endpoints", [2.5, 3.0, 13.0, 12_000.0, 10.0]),
    budget("a delivery", [0.6, 3.0, 4.0, 3_000.0, 0.0]),
    budget("a signed call that reads", [3.5, 2.0, 2.5, 1_500.0, 1.0]),
    budget("a signed call that writes", [4.5, 1.0, 9.5, 2_500.0, 1.0]),
    budget("a draft found by a poll", [1.05, 0.5, 1.6, 600.0, 1.0]),
    budget("a submission", [1.5, 0.75, 11.0, 6_500.0, 0.0]),
    budget("a callback of the OA", [2.0, 0.0, 3.0, 1_100.0, 1.0]),
    budget("a write-back", [1.75, 4.0, 9.0, 4_000.0, 0.0]),
];

/// What is counted, by operation.
async fn counted() -> Vec<(&'static str, Spent)> {
    let mut all = tenants::measured().await;
    all.extend(approvals::measured().await);
    all
}

#[tokio::test]
async fn an_operation_keeps_within_its_budget() {
    let counted = counted().await;
    let mut over = Vec::new();
    for (operation, spent) in &counted {
        let counts = &spent.counts;
        let seen = [counts.requests(), counts.read, counts.written, counts.written_bytes, counts.messages];
        let seen = seen.map(|number| spent.each(number));
        let Some(most) = BUDGETS.iter().find(|budget| budget.operation == *operation) else {
            panic!("{operation} has no budget");
        };
        println!("{operation}: {seen:.2?}, {:?}", counts.operations);
        let most = [most.requests, most.read, most.written, most.bytes, most.messages];
        if seen.iter().zip(most).any(|(seen, most)| *seen > most + 1e-9) {
            over.push(format!("{operation} costs {seen:.2?}, not {most:?}: {:?}", counts.operations));
        }
        // A budget that is far from what is spent holds nothing.
        if most[0] > seen[0] * 1.25 + 0.25 {
            over.push(format!("{operation}: its budget of {} requests is far from the {} it takes", most[0], seen[0]));
        }
    }
    assert_eq!(counted.len(), BUDGETS.len());
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn the_budgets_are_written_down_as_they_are_held() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/BUDGETS.md")).unwrap();
    for Budget { operation, requests, read, written, bytes, messages } in BUDGETS {
        let line = format!("| {operation} | {requests} | {read} | {written} | {bytes} | {messages} |");
        assert!(page.contains(&line), "docs/BUDGETS.md lacks the line\n{line}");
    }
}
