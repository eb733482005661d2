//! A control of a DingTalk form that may be a table, as it is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::dingtalk::fuzzing;

fuzz_target!(|input: &str| {
    let _ = fuzzing::control(input);
});
