//! DingTalk's events, as they are pushed and as the list of failed callbacks has them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::dingtalk::{self, fuzzing};
use tenon_model::dingtalk::Event;

fuzz_target!(|input: &[u8]| {
    let mut events = fuzzing::failed_events(input);
    events.extend(tenon_model::json::from_slice(input).ok());
    for body in events {
        if let Some(event) = Event::from_json(&body) {
            let _ = dingtalk::event(&event, None);
            assert_eq!(event.identity(), event.clone().identity(), "an event is always the same one");
        }
    }
});
