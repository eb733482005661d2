use super::*;
use serde_json::{Value, json};

fn through(action: Action, vendor: Vendor, input: &[u8]) -> Vec<Value> {
    let mut output = Vec::new();
    stream(action, vendor, &Entropy::seeded(1), &mut &*input, &mut output).unwrap();
    String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn one(action: Action, vendor: Vendor, line: &Value) -> Value {
    let mut answers = through(action, vendor, line.to_string().as_bytes());
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn dingtalk() -> Value {
    json!({
        "token": "tok", "encodingAesKey": "1234567890123456789012345678901234567890123", "owner": "dingabc",
        "timestamp": "1700000000000", "nonce": "n", "plaintext": "审批通过"
    })
}

#[test]
fn what_is_sealed_opens() {
    let mut line = dingtalk();
    let sealed = one(Action::Seal, Vendor::Dingtalk, &line);
    assert_eq!(sealed["ok"], true);
    line["encrypt"] = sealed["encrypt"].clone();
    line["signature"] = sealed["signature"].clone();
    assert_eq!(one(Action::Open, Vendor::Dingtalk, &line), json!({ "ok": true, "plaintext": "审批通过" }));
    line["owner"] = json!("dingxyz");
    assert_eq!(one(Action::Open, Vendor::Dingtalk, &line), json!({ "ok": false, "error": "owner_mismatch" }));
}

#[test]
fn a_timestamp_may_be_a_number_and_wecom_may_have_no_owner() {
    let mut line = dingtalk();
    let text = one(Action::Seal, Vendor::Wecom, &line);
    line["timestamp"] = json!(1_700_000_000_000_i64);
    line["random16Hex"] = json!("000102030405060708090a0b0c0d0e0F");
    let number = one(Action::Seal, Vendor::Wecom, &line);
    assert!(text["ok"] == true && number["ok"] == true);
    line["owner"] = Value::Null;
    assert_eq!(one(Action::Seal, Vendor::Wecom, &line)["ok"], true);
    assert_eq!(one(Action::Seal, Vendor::Dingtalk, &line)["message"], "missing: `owner`");
}

#[test]
fn without_given_randomness_two_seals_differ() {
    let twice = format!("{0}\n{0}\n", dingtalk());
    let answers = through(Action::Seal, Vendor::Dingtalk, twice.as_bytes());
    assert_ne!(answers[0]["encrypt"], answers[1]["encrypt"]);
}

#[test]
fn every_line_is_answered_however_broken() {
    let input = b"{\n[1]\n\n\xff\xfe\n{}\n{\"token\":[]}\nnull\n\"x";
    let answers = through(Action::Open, Vendor::Dingtalk, input);
    assert_eq!(answers.len(), 8);
    for answer in &answers {
        assert_eq!((&answer["ok"], &answer["error"]), (&json!(false), &json!("invalid_request")), "{answer}");
        assert!(answer["message"].is_string());
    }
    assert!(answers[4]["message"].as_str().unwrap().contains("`encodingAesKey`"));
    assert_eq!(answers[5]["message"], "`token` must be a text");
}

#[test]
fn random16_is_sixteen_bytes_or_an_error() {
    let mut line = dingtalk();
    for good in ["0123456789abcdef", "ÿ123456789abcdeÀ", "审批审批审123456789"] {
        line["random16"] = json!(good);
        let ok = good.len() == 16 || good.chars().all(|c| u32::from(c) < 256);
        assert_eq!(one(Action::Seal, Vendor::Dingtalk, &line)["ok"], ok, "{good}");
    }
    line["random16Hex"] = json!("zz");
    assert_eq!(one(Action::Seal, Vendor::Dingtalk, &line)["error"], "invalid_request");
}

#[test]
fn a_value_is_never_repeated_in_a_message() {
    let line = json!({ "token": ["hunter2"], "encodingAesKey": { "k": "hunter2" } });
    assert!(!one(Action::Open, Vendor::Dingtalk, &line).to_string().contains("hunter2"));
}
