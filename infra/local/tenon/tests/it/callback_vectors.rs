//! `tenon callback` over the vectors made with the vendors' own and other libraries.

use serde_json::{Value, json};
use std::io::BufReader;
use tenon::commands::callback::{Action, Vendor, stream};
use tenon_platform::Entropy;

const VENDORS: [(&str, Vendor); 3] =
    [("dingtalk", Vendor::Dingtalk), ("wecom", Vendor::Wecom), ("blacklake", Vendor::Blacklake)];

fn vectors(vendor: &str, lists: &[&str]) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/callback-envelopes.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let of = |list: &&str| file[vendor][*list].as_array().cloned().unwrap_or_default();
    let found: Vec<Value> = lists.iter().flat_map(of).collect();
    assert!(!found.is_empty(), "{vendor} {lists:?}");
    found
}

/// All lines through the command at once; the answers in order.
fn through(action: Action, vendor: Vendor, lines: &[Value]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut output = Vec::new();
    stream(action, vendor, &Entropy::system(), &mut BufReader::new(input.as_bytes()), &mut output).unwrap();
    let answers: Vec<Value> =
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

#[test]
fn envelopes_of_other_libraries_open() {
    for (name, vendor) in VENDORS {
        let lists: &[&str] =
            if name == "dingtalk" { &["published", "positive", "pad16Interop"] } else { &["published", "positive"] };
        let vectors = vectors(name, lists);
        for (vector, answer) in vectors.iter().zip(through(Action::Open, vendor, &vectors)) {
            assert_eq!(answer, json!({ "ok": true, "plaintext": vector["plaintext"] }), "{}", vector["id"]);
        }
    }
}

#[test]
fn seals_are_byte_for_byte_those_of_other_libraries() {
    for (name, vendor) in VENDORS {
        let vectors = vectors(name, &["published", "positive"]);
        for (vector, answer) in vectors.iter().zip(through(Action::Seal, vendor, &vectors)) {
            let mut expected = json!({ "ok": true, "encrypt": vector["encrypt"] });
            if vendor != Vendor::Blacklake {
                expected["signature"] = vector["signature"].clone();
            }
            assert_eq!(answer, expected, "{}", vector["id"]);
        }
    }
}

#[test]
fn broken_envelopes_are_refused_by_name() {
    for (name, vendor) in VENDORS {
        let vectors = vectors(name, &["negative"]);
        for (vector, answer) in vectors.iter().zip(through(Action::Open, vendor, &vectors)) {
            assert_eq!(answer, json!({ "ok": false, "error": vector["expect"] }), "{}", vector["id"]);
        }
    }
}
