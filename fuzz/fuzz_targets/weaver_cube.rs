//! What E-cology's cube answers to savings and listings, with any status.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::weaver::cube_fuzzing;

fuzz_target!(|input: (u16, u8, &str, &[u8])| {
    let (status, rows, text, body) = input;
    cube_fuzzing::answers(status, rows, text, body);
});
