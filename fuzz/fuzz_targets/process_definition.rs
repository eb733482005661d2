//! A stranger's BPMN and a stranger's condition: read and checked. What is sound is run as far as one step goes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tenon_process::check::{Options, check};
use tenon_process::expression::{Expression, Names, Value as Known};
use tenon_process::run::{Event, Start, Environment, step};
use tenon_process::{Answers, Initiator, When};

struct Data(Map<String, Value>);

impl Names for Data {
    fn value(&self, name: &str) -> Option<Known> {
        self.0.get(name).map(Known::of)
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = When::parse(text);
    let form = json!({"a": 1.5, "b": "2", "c": [1, "x"], "d": {"e": null}, "f": true});
    let form = form.as_object().cloned().unwrap_or_default();
    if let Ok(expression) = Expression::parse(text) {
        let _ = expression.value(&Data(form.clone()));
    }
    let fields = BTreeSet::from(["a", "b", "c", "d", "f"].map(str::to_owned));
    let checked = check(text, &Options { fields: &fields, may_call: &|_| true });
    for finding in &checked.findings {
        assert!(!finding.zh.is_empty() && !finding.en.is_empty());
    }
    assert_eq!(checked.blocking().count() == 0, checked.is_sound());
    let Some(definition) = checked.definition else { return };
    let start = Start {
        number: "n".to_owned(),
        order: 1,
        enterprise: String::new(),
        data_id: "d".to_owned(),
        initiator: Initiator::default(),
    };
    let (event, answers) = (Event::Launch(start), Answers::new());
    let _ = step(&definition, None, &event, &Environment { now_ms: 0, data: &form, answers: &answers, urge_every_ms: 1 });
});
