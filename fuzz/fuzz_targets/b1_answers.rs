//! What a Service Layer answers: pages and their links, errors of both shapes, the parts of a batch.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::b1::fuzzing;

fuzz_target!(|input: (u16, &str, &str)| {
    let (status, head, body) = input;
    fuzzing::page(body.as_bytes(), head);
    fuzzing::error(status, body.as_bytes());
    fuzzing::batch(head, body);
});
