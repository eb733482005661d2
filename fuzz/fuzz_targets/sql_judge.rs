//! SQL of a stranger: judged, held to orders, and its calls read. What is let through holds nothing that writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_sql::{Call, Rules, judge, of_orders};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(select) = judge(text, &Rules::default()) {
        let (mut outside, mut end) = (String::new(), None);
        for c in select.text().chars() {
            match end {
                // What stands on both sides of a text or name does not touch.
                None if matches!(c, '\'' | '"' | '[') => {
                    outside.push(' ');
                    end = Some(if c == '[' { ']' } else { c });
                }
                None => outside.push(c.to_ascii_lowercase()),
                Some(quote) if c == quote => end = None,
                Some(_) => {}
            }
        }
        assert!(!outside.contains(';') && !outside.contains("--") && !outside.contains("/*"));
        // A column may be called as it likes; no table of users is read.
        let words: Vec<&str> =
            outside.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        assert!(!words.windows(2).any(|pair| matches!(pair, ["from" | "join", "ousr"])));
        let _ = of_orders(&select, &[478]);
    }
    if let Ok(call) = Call::read(text, &["TMDK".to_owned()]) {
        let _ = call.with(text, "W", "1");
    }
});
