//! The list against itself: what one entry says about another must hold.

use std::collections::BTreeSet;

use crate::{AREAS, FUNCTIONS, Function, QUEUES, consumer, function, queue, records};

#[test]
fn names_are_unique_and_of_their_area() {
    let names: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.name).collect();
    assert_eq!(names.len(), FUNCTIONS.len());
    for area in AREAS {
        assert!(!area.functions.is_empty(), "{}", area.name);
        for entry in area.functions {
            assert_eq!(entry.area, area.name, "{}", entry.name);
            assert_eq!(function(entry.name), Some(entry));
            assert!(entry.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", entry.name);
        }
    }
    assert_eq!(function("no-such-function"), None);
    let logical: BTreeSet<_> = FUNCTIONS.iter().map(crate::Function::logical_id).collect();
    assert_eq!(logical.len(), FUNCTIONS.len());
}

#[test]
fn routes_are_unique() {
    let routes: Vec<_> =
        FUNCTIONS.iter().flat_map(|function| function.routes()).map(|route| (route.method, route.path)).collect();
    let unique: BTreeSet<_> = routes.iter().collect();
    assert_eq!(unique.len(), routes.len());
}

#[test]
fn every_queue_has_its_consumer_and_outlasts_its_retries() {
    assert!(QUEUES.iter().all(|spec| !spec.name.is_empty()), "every place of the list is taken");
    for spec in QUEUES {
        assert_eq!(queue(spec.name), Some(spec));
        let consumer = consumer(spec.name).expect("a consumer");
        assert!(spec.visibility_seconds >= 6 * consumer.timeout_seconds, "{}", spec.name);
        assert!(spec.max_receive_count >= 10, "{} gives its consumer no time to say why", spec.name);
        // A push may last as long as an endpoint hangs, and must not keep others from being begun.
        let most = if spec.name.starts_with("webhook-") { 128 } else { 16 };
        assert!((2..=most).contains(&spec.max_concurrency), "{}", spec.name);
        assert!(spec.remedy.contains(&spec.dead_letter()), "{} names the queue to look into", spec.remedy);
    }
}

#[test]
fn functions_send_to_queues_that_exist() {
    for entry in FUNCTIONS {
        for name in entry.sends {
            assert!(queue(name).is_some(), "{} sends to unknown {name}", entry.name);
            assert_ne!(*name, entry.name, "its own queue is not listed");
        }
    }
}

#[test]
fn the_sweeper_may_send_to_every_queue() {
    let sweeper = function("outbox-sweep").expect("a function");
    for spec in QUEUES {
        assert!(sweeper.sends.contains(&spec.name), "a message to {} that was promised is never sent", spec.name);
    }
}

#[test]
fn what_follows_from_an_entry() {
    let deliver = function("webhook-deliver").expect("a function");
    assert_eq!(deliver.logical_id(), "WebhookDeliver");
    assert_eq!(deliver.package(), "tenon-webhooks");
    assert_eq!(deliver.sends_to(), ["webhook-deliver", "webhook-deliver-dlq", "webhook-fan-out", "webhook-retry"]);
    let env = deliver.env();
    for name in ["RUST_LOG", "TENON_MASTER_KEY", "TENON_OUTGOING_ALLOW_HTTP", "TENON_QUEUE_WEBHOOK_DELIVER_DLQ"] {
        assert!(env.iter().any(|own| own == name), "{name}");
    }
    let healthz = function("healthz").expect("a function");
    assert!(healthz.is_plain());
    assert_eq!(healthz.env(), ["RUST_LOG"]);
    assert_eq!(healthz.place(), "GET /healthz");
    assert_eq!(function("openapi-orders").expect("a function").place(), "/openapi/v1/orders/…");
}

#[test]
fn a_function_may_reach_what_its_patterns_say_and_nothing_else() {
    let of = |pattern: &String| [pattern.replace('*', "t-1"), pattern.replace('*', "t-1#x"), pattern.replace('*', "")];
    let partitions: Vec<String> =
        FUNCTIONS.iter().flat_map(Function::readable).collect::<BTreeSet<_>>().iter().flat_map(of).collect();
    let one_of = |patterns: &[String], partition: &str| patterns.iter().any(|own| records::matches(own, partition));
    for function in FUNCTIONS {
        let (readable, writable) = (function.readable(), function.writable());
        for partition in &partitions {
            let allowed = (function.may_read(partition), function.may_write(partition));
            assert_eq!(
                allowed,
                (one_of(&readable, partition), one_of(&writable, partition)),
                "{} {partition}",
                function.name
            );
        }
    }
}
