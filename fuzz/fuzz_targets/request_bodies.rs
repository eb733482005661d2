//! Bodies of the signed API and of business events, and the numbers in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tenon_model::json::number;
use tenon_model::openapi::{ConfirmPayment, CreateOrder, ListOrders, Yuan};
use tenon_platform::body;

fuzz_target!(|input: &[u8]| {
    let _ = body::read::<CreateOrder>(input);
    let _ = body::read::<ListOrders>(input);
    let _ = body::read::<ConfirmPayment>(input);
    let _ = body::read::<Value>(input);
    let _ = number::kept(input);
    if let Ok(value) = tenon_model::json::from_slice(input) {
        // A number is written plainly, without the zeros it may have come with; what is written stays as it is.
        let written = number::write(&value);
        let read = tenon_model::json::from_slice(written.as_bytes()).ok();
        assert_eq!(read.map(|value| number::write(&value)).as_ref(), Some(&written));
    }
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = Yuan::parse(text);
        if let Some(value) = number::of_text(text) {
            assert!(number::text_of(&value).is_some());
        }
    }
});
