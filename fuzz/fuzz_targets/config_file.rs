//! A configuration file: its keys, durations, ranges and addresses, and the checks behind them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_model::config::{Config, check};

fuzz_target!(|input: &str| {
    if let Ok(config) = toml::from_str::<Config>(input) {
        let _ = check(&config);
    }
});
