//! No lease ends before the call made under it can, and no function before its calls.

use std::time::Duration;
use tenon_catalog::{Calls, FUNCTIONS, QUEUES};
use tenon_connectors::oa::OaKind;
use tenon_connectors::{b1, lease_of_login};
use tenon_delivery::deliver;
use tenon_flows::decisions::answer;
use tenon_flows::leased;
use tenon_flows::{barcode, base_data, documents, issues, plm, prices};
use tenon_model::config::{LONGEST_CALL, Timeouts};
use tenon_platform::clock::SKEW;
use tenon_platform::consumer::TO_STORE;

fn limit(name: &str) -> Duration {
    let function = FUNCTIONS.iter().find(|f| f.name == name).unwrap();
    Duration::from_secs(function.timeout_seconds.into())
}

/// Every place that takes a lease, and the test that holds its time against what is done under it.
const LEASES: &[(&str, &str)] = &[
    ("shared/aiflow/src/process/work.rs", "a_notice_and_a_slice_of_the_directory_outlast_their_functions"),
    ("shared/connectors/src/b1/pool/slots.rs", "logins_tokens_and_sessions_outlast_their_calls"),
    ("shared/connectors/src/base/login.rs", "logins_tokens_and_sessions_outlast_their_calls"),
    ("shared/delivery/src/claim.rs", "an_attempt_outlasts_its_push"),
    ("shared/flows/src/approvals/links.rs", "a_link_outlasts_whatever_its_worker_may_still_send"),
    ("shared/flows/src/barcode/query.rs", "a place for a query: its time-out and ten seconds more"),
    ("shared/flows/src/barcode/record.rs", "a_save_outlasts_its_call"),
    ("shared/flows/src/base_data/records.rs", "a_record_of_base_data_outlasts_the_function_that_sends_it"),
    ("shared/flows/src/directory_pull/work.rs", "a_notice_and_a_slice_of_the_directory_outlast_their_functions"),
    ("shared/flows/src/documents/record.rs", "a_document_outlasts_its_call_and_its_worker"),
    ("shared/flows/src/manufacturing/records.rs", "a_thing_of_the_mes_outlasts_the_function_that_sends_it"),
    ("shared/flows/src/plm/record.rs", "a_record_of_a_plm_outlasts_its_call_and_its_worker"),
    ("shared/flows/src/prices/mod.rs", "a_price_is_held_until_its_write_can_no_longer_arrive"),
    ("shared/notices/src/send.rs", "a_notice_and_a_slice_of_the_directory_outlast_their_functions"),
    ("shared/platform/src/idempotency.rs", "the claim of a call: in progress until its function's own end"),
];

#[test]
fn every_lease_is_held_against_what_is_done_under_it() {
    let mut found = Vec::new();
    for name in
        ["platform", "connectors", "flows", "notices", "sso", "directory", "aiflow", "tenants", "trade", "delivery"]
    {
        takers(&crate::template::source::root().join("shared").join(name).join("src"), &mut found);
    }
    found.sort();
    let known: Vec<_> = LEASES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(found, known, "name the lease here, with a test that it ends after its calls");
}

/// Files that take a lease, but for the modules of leases themselves.
fn takers(folder: &std::path::Path, found: &mut Vec<String>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            takers(&path, found);
            continue;
        }
        let code = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(crate::template::source::root()).unwrap().to_str().unwrap();
        let takes = ["lease::note_held(", "lease::acquire(", "Leasing::new("].iter().any(|call| code.contains(call));
        let of_leases = ["platform/src/lease.rs", "flows/src/leased/leasing.rs", "flows/src/leased/record.rs"];
        if takes && !of_leases.iter().any(|module| name.ends_with(module)) {
            found.push(name.to_owned());
        }
    }
}

/// The longest time-outs a configuration may have.
fn longest() -> Timeouts {
    Timeouts { login: LONGEST_CALL, read: LONGEST_CALL, write: LONGEST_CALL, approval: LONGEST_CALL }
}

#[test]
fn a_link_outlasts_whatever_its_worker_may_still_send() {
    // E-cology's results are written within the call that tells them.
    for name in ["approvals-submit", "approvals-write-back", "callback-weaver"] {
        assert!(leased::LEASE >= limit(name) + SKEW, "{name}");
    }
    // A create that was given up is looked for until it cannot appear any more, and not in another's time.
    assert!(OaKind::ALL.iter().all(|oa| leased::LEASE > oa.capabilities().settles_within));
}

#[test]
fn a_document_outlasts_its_call_and_its_worker() {
    assert!(documents::LEASE >= limit("approvals-write-back") + SKEW);
    assert!(documents::LEASE_OF_PUSH >= limit("callback-weaver") + SKEW);
    // What is stored at the end is within the answer's time.
    assert!(limit("callback-weaver") > documents::ANSWERED_WITHIN);
    // A create that was sent is looked for under the worker's lease, and never sent again before it can no longer arrive.
    assert!(documents::LEASE >= tenon_connectors::SETTLES);
}

#[test]
fn a_record_of_a_plm_outlasts_its_call_and_its_worker() {
    assert!(plm::LEASE_OF_CALL >= limit("plm") + SKEW);
    assert!(leased::LEASE >= limit("master-data-plm") + SKEW);
    // What is stored at the end is within the answer's time.
    assert!(limit("plm") > plm::ANSWERED_WITHIN);
    assert!(limit("master-data-plm") >= LONGEST_CALL + TO_STORE);
}

#[test]
fn a_save_outlasts_its_call() {
    assert!(barcode::LEASE >= limit("barcode-save") + SKEW);
}

#[test]
fn a_record_of_base_data_outlasts_the_function_that_sends_it() {
    assert!(base_data::LEASE >= limit("master-data-send") + SKEW);
    assert!(limit("master-data-send") >= LONGEST_CALL + TO_STORE);
}

#[test]
fn a_notice_and_a_slice_of_the_directory_outlast_their_functions() {
    assert!(tenon_notices::LEASE >= limit("notices-send") + SKEW);
    assert!(tenon_task_center::process::LEASE >= limit("process-work") + SKEW);
    assert!(tenon_flows::directory_pull::LEASE >= limit("directory-sync") + SKEW);
}

#[test]
fn a_thing_of_the_mes_outlasts_the_function_that_sends_it() {
    for name in ["manufacturing-send", "manufacturing-post"] {
        assert!(leased::LEASE >= limit(name) + SKEW, "{name}");
    }
    assert!(issues::LEASE >= limit("production-issues") + SKEW);
}

/// The message that goes on with a result comes when the call that tells it is over in any case.
#[test]
fn a_result_is_gone_on_with_after_its_call() {
    assert!(answer::LATER >= limit("callback-weaver") + SKEW);
    assert!(limit("callback-weaver") >= answer::ANSWER_WITHIN + TO_STORE);
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
    let callers = FUNCTIONS.iter().filter(|f| f.calls == Calls::Vendors && f.routes().is_empty());
    let callers: Vec<_> = callers.map(|f| f.name).collect();
    assert!(callers.len() >= 5, "{callers:?}");
    for name in callers {
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
    assert!(tenon::serve::pump::VISIBILITY >= leased::LEASE + SKEW);
    assert!(tenon::serve::pump::VISIBILITY >= deliver::LEASE + SKEW);
}
