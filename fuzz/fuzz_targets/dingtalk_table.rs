//! A table control of a DingTalk form, as it is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::dingtalk::parse_table;

fuzz_target!(|input: &str| {
    let _ = parse_table(input);
});
