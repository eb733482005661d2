//! The list against itself: what one entry says about another must hold.

use std::collections::BTreeSet;

use crate::{FUNCTIONS, QUEUES, Trigger, consumer, function, queue};

fn camel(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

#[test]
fn names_are_unique_and_logical_ids_follow_from_them() {
    let names: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.name).collect();
    assert_eq!(names.len(), FUNCTIONS.len());
    for entry in FUNCTIONS {
        assert_eq!(entry.logical_id, camel(entry.name));
        assert_eq!(entry.package, format!("tenon-{}", entry.area));
        assert_eq!(function(entry.name), Some(entry));
    }
    assert_eq!(function("no-such-function"), None);
}

#[test]
fn routes_are_unique() {
    let routes: Vec<_> =
        FUNCTIONS.iter().flat_map(|function| function.routes()).map(|route| (route.method, route.path)).collect();
    let unique: BTreeSet<_> = routes.iter().collect();
    assert_eq!(unique.len(), routes.len());
}

#[test]
fn every_queue_has_one_consumer_and_outlasts_its_retries() {
    for spec in QUEUES {
        assert_eq!(queue(spec.name), Some(spec));
        assert_eq!(spec.dead_letter, format!("{}-dlq", spec.name));
        let consumer = consumer(spec.name).expect("a consumer");
        assert!(spec.visibility_seconds >= 6 * consumer.timeout_seconds, "{}", spec.name);
        assert!(spec.max_receive_count >= 10, "{} gives its consumer no time to say why", spec.name);
        // A push may last as long as an endpoint hangs, and must not keep others from being begun.
        let most = if spec.name.starts_with("webhook-") { 128 } else { 16 };
        assert!((2..=most).contains(&spec.max_concurrency), "{}", spec.name);
        assert!(consumer.sends.contains(&spec.name), "{} re-delays", consumer.name);
        assert!(consumer.sends.contains(&spec.dead_letter), "{} buries", consumer.name);
    }
    for entry in FUNCTIONS {
        if let Trigger::Queue { queue: name } = entry.trigger {
            assert!(queue(name).is_some(), "{} consumes an unknown queue", entry.name);
        }
    }
}

#[test]
fn a_function_gets_the_urls_of_the_queues_it_sends_to_and_no_others() {
    for entry in FUNCTIONS {
        let mut urls: Vec<_> = entry
            .sends
            .iter()
            .map(|name| {
                QUEUES
                    .iter()
                    .find_map(|spec| match *name {
                        own if own == spec.name => Some(spec.url_env),
                        own if own == spec.dead_letter => Some(spec.dead_letter_url_env),
                        _ => None,
                    })
                    .unwrap_or_else(|| panic!("{} sends to unknown {name}", entry.name))
            })
            .collect();
        urls.sort_unstable();
        let given: Vec<_> = entry.env.iter().copied().filter(|name| name.starts_with("TENON_QUEUE_")).collect();
        assert_eq!(given, urls, "{}", entry.name);
    }
}

#[test]
fn every_function_gets_the_settings_it_cannot_start_without() {
    for entry in FUNCTIONS {
        assert!(entry.env.contains(&"RUST_LOG"), "{} lacks RUST_LOG", entry.name);
        let works = !entry.table.is_none();
        for name in ["TENON_MASTER_KEY", "TENON_TABLE"] {
            assert_eq!(entry.env.contains(&name), works, "{} {name}", entry.name);
        }
        let mut sorted = entry.env.to_vec();
        sorted.sort_unstable();
        assert_eq!(entry.env, sorted, "{}", entry.name);
    }
}
