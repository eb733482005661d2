//! DingTalk's events, as they are pushed and as the list of failed callbacks has them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::dingtalk::{self, read_failed_callbacks};
use tenon_model::dingtalk::Event;

fuzz_target!(|input: &[u8]| {
    let mut events = Vec::new();
    if let Ok(list) = read_failed_callbacks(input) {
        events.extend(list.events);
    }
    events.extend(tenon_model::json::from_slice(input).ok());
    for body in events {
        if let Some(event) = Event::from_json(&body) {
            let _ = dingtalk::event(&event, None);
            assert_eq!(event.identity(), event.clone().identity(), "an event is always the same one");
        }
    }
});
