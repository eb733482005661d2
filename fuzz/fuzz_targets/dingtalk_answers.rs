//! What DingTalk's two APIs answer, with any status.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::dingtalk::fuzzing;

fuzz_target!(|input: (u16, &str, &[u8])| {
    let (status, retry_after, body) = input;
    fuzzing::answer(status, retry_after, body);
});
