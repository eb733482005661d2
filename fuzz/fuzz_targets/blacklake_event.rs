//! What a factory seals, and the templates that it is answered by.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_model::blacklake::{Event, answer};

fuzz_target!(|input: (&str, &str)| {
    let (text, template) = input;
    if let Ok(event) = Event::read(text) {
        let _ = event.is_of_no_concern();
        if let Ok(fed) = event.fed() {
            assert!(fed.records.iter().all(|record| record.id > 0));
        }
        let _ = answer(template, &event);
    }
});
