//! No lease ends before the call made under it can, and no function before its calls.

use std::time::Duration;
use tenon_catalog::{FUNCTIONS, QUEUES};
use tenon_connectors::oa::OaKind;
use tenon_connectors::{b1, lease_of_login};
use tenon_delivery::deliver;
use tenon_flows::approvals::links;
use tenon_flows::prices;
use tenon_model::config::{LONGEST_CALL, Timeouts};
use tenon_platform::clock::SKEW;
use tenon_platform::consumer::TO_STORE;

fn limit(name: &str) -> Duration {
    let function = FUNCTIONS.iter().find(|f| f.name == name).unwrap();
    Duration::from_secs(function.timeout_seconds.into())
}

/// The longest time-outs a configuration may have.
fn longest() -> Timeouts {
    Timeouts { login: LONGEST_CALL, read: LONGEST_CALL, write: LONGEST_CALL, approval: LONGEST_CALL }
}

#[test]
fn a_link_outlasts_whatever_its_worker_may_still_send() {
    for name in ["approvals-submit", "approvals-write-back"] {
        assert!(links::LEASE >= limit(name) + SKEW, "{name}");
    }
    // A create that was given up is looked for until it cannot appear any more, and not in another's time.
    assert!(OaKind::ALL.iter().all(|oa| links::LEASE > oa.capabilities().settles_within));
}

#[test]
fn an_attempt_outlasts_its_push() {
    for name in ["webhook-deliver", "webhook-retry"] {
        assert!(deliver::LEASE >= limit(name) + SKEW, "{name}");
    }
}

#[test]
fn a_price_is_held_until_its_write_can_no_longer_arrive() {
    for timeouts in [Timeouts::default(), longest()] {
        let work = prices::time_for_one(&timeouts);
        assert!(work >= timeouts.read + timeouts.write);
        assert!(prices::lease_for_one(&timeouts) >= work + tenon_connectors::SETTLES);
    }
}

#[test]
fn logins_tokens_and_sessions_outlast_their_calls() {
    for call in [Duration::ZERO, Duration::from_secs(30), LONGEST_CALL] {
        assert!(lease_of_login(call) >= call + SKEW);
        assert!(b1::lease_of_session(call) >= call + SKEW);
    }
}

/// Any call of a sound configuration can be begun by a function that has just started.
#[test]
fn every_call_fits_into_the_functions_that_make_it() {
    for name in ["approvals-poll", "approvals-submit", "approvals-write-back", "approvals-reconcile"] {
        assert!(limit(name) >= LONGEST_CALL + TO_STORE, "{name}");
    }
    for name in ["webhook-deliver", "webhook-retry"] {
        let push = tenon_webhooks::deliver::Deliverer::longest_push() + deliver::REST;
        assert!(limit(name) >= push + TO_STORE, "{name}");
    }
}

/// A message that comes back finds what its dead process held given up.
#[test]
fn a_message_stays_hidden_longer_than_what_is_held_for_it() {
    for queue in QUEUES {
        let consumer = tenon_catalog::consumer(queue.name);
        let Some(consumer) = consumer else { continue };
        let hidden = Duration::from_secs(queue.visibility_seconds.into());
        assert!(hidden >= limit(consumer.name) + SKEW, "{}", queue.name);
    }
    assert!(tenon::serve::pump::VISIBILITY >= links::LEASE + SKEW);
    assert!(tenon::serve::pump::VISIBILITY >= deliver::LEASE + SKEW);
}
