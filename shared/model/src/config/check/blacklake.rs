//! Rules of connections to Black Lake.

use super::Findings;
use super::connection::CALL;
use super::rules::ConnectionRule;
use crate::config::{BlacklakeConnection, CallbackCipher};

/// Checks one connection.
pub(super) fn check(found: &mut Findings, path: &str, c: &BlacklakeConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.app_key"), &c.app_key);
    found.filled(&format!("{path}.factory_number"), &c.factory_number);
    found.filled(&format!("{path}.values.work_order_object"), &c.values.work_order_object);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
    if c.base_url.trim_end_matches('/').ends_with("/api") {
        found.error(&format!("{path}.base_url"), ConnectionRule::PartOfPaths { part: "/api".to_owned() });
    }
    for (key, value) in c.paths.all() {
        if !value.starts_with('/') {
            found.error(&format!("{path}.paths.{key}"), ConnectionRule::MesPath);
        }
    }
    callback(found, path, c);
    prefixes(found, path, c);
}

fn callback(found: &mut Findings, path: &str, c: &BlacklakeConnection) {
    for (key, template) in [("check_reply", &c.check_reply), ("event_reply", &c.event_reply)] {
        if serde_json::from_str::<serde_json::Value>(template).is_err() {
            found.error(&format!("{path}.{key}"), ConnectionRule::NoJson);
        }
    }
    if c.cipher == CallbackCipher::None {
        found.warn(&format!("{path}.cipher"), ConnectionRule::Unsealed);
    }
    for (index, network) in c.allow_ips.iter().enumerate() {
        found.network(&format!("{path}.allow_ips[{index}]"), network);
    }
}

/// A code of one company must not read as another's.
fn prefixes(found: &mut Findings, path: &str, c: &BlacklakeConnection) {
    let all: Vec<_> = c.code_prefixes.iter().collect();
    for (index, (erp, prefix)) in all.iter().enumerate() {
        let place = format!("{path}.code_prefixes.{erp}");
        if prefix.trim() != prefix.as_str() || prefix.chars().count() > 32 {
            found.error(&place, ConnectionRule::PrefixBlanks);
        }
        if prefix.chars().next_back().is_some_and(|last| last.is_ascii_digit()) {
            found.error(&place, ConnectionRule::PrefixDigit);
        }
        if let Some((other, _)) = all.iter().take(index).find(|(_, other)| other == prefix) {
            found.error(&place, ConnectionRule::PrefixTaken { other: other.to_string() });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, check};
    use serde_json::{Value, json};

    #[test]
    fn a_connection_to_black_lake_is_held_against_its_rules() {
        let messages = |keys: Value| -> Vec<String> {
            let mut connection = json!({ "kind": "blacklake", "id": "mes", "base_url": "https://mes.example.com",
                "app_key": "k", "app_secret": "s", "factory_number": "1" });
            connection.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
            let config: Config = serde_json::from_value(json!({ "connections": [connection] })).unwrap();
            check(&config).iter().map(ToString::to_string).collect()
        };
        assert_eq!(messages(json!({})), Vec::<String>::new());
        for (keys, words) in [
            (json!({ "base_url": "mes.example.com" }), "must begin with https://"),
            (json!({ "base_url": "https://mes.example.com/api" }), "leave /api out"),
            (json!({ "paths": { "token": "x" } }), "begins with /"),
            (json!({ "check_reply": "{{data}}" }), "is no JSON"),
            (json!({ "cipher": "none" }), "set allow_ips"),
            (json!({ "allow_ips": ["everywhere"] }), "everywhere"),
            (json!({ "timeout": "50ms" }), "between"),
            (json!({ "code_prefixes": { "a": "A-", "b": "A-" } }), "prefix of a too"),
        ] {
            let found = messages(keys.clone());
            assert!(found.iter().any(|problem| problem.contains(words)), "{keys}: {found:?}");
        }
    }
}
