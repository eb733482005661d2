//! Rules of the OA integration.

use super::Findings;
use crate::config::{Config, OaSource, Service};

/// What is wrong with `[oa_integration]`.
pub(super) fn check(found: &mut Findings, config: &Config) {
    let Some(oa) = config.oa_integration.as_deref() else { return };
    let at = |key: &str| format!("[oa_integration].{key}");
    for network in &oa.allow_ips {
        found.network(&at("allow_ips"), network);
    }
    if oa.open_rate_per_minute > 1_000_000 {
        found.error(&at("open_rate_per_minute"), "is more than 1000000; 0 means any number");
    }
    let by_directory = [oa.enterprise_code.is_some(), oa.connection.is_some()];
    match (oa.source, by_directory) {
        (OaSource::Directory, [true, false] | [false, true]) | (OaSource::Stored, [false, false]) => {}
        (OaSource::Directory, _) => found.error(
            &at("source"),
            "people of the directory are named by one of enterprise_code (codes of an ERP) and connection (ids of an OA)",
        ),
        (OaSource::Stored, _) => {
            found.error(&at("source"), "enterprise_code and connection belong to source = \"directory\"");
        }
    }
    if let Some(connection) = &oa.connection
        && !config.connections.iter().any(|known| known.id() == connection)
    {
        found.error(&at("connection"), &format!("there is no connection {connection}"));
    }
    if oa.open {
        let message = "anybody who reaches this address gets a token of anybody; an app code or an address \
                       (apps: services = [\"oa-integration\"]) keeps strangers out";
        found.warn(&at("open"), message);
    } else if !config.apps.iter().any(|app| app.services.contains(&Service::OaIntegration)) {
        found.warn(
            &at("open"),
            "none of [[apps]] may call it (services = [\"oa-integration\"]), so nobody gets a token",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::check as check_all;
    use crate::config::Config;
    use serde_json::{Value, json};

    fn found(oa: Value) -> Vec<String> {
        let app = json!({ "id": "assistant", "app_code": "a-code-of-some-length", "services": ["oa-integration"] });
        let config: Config = serde_json::from_value(json!({ "apps": [app], "oa_integration": oa })).unwrap();
        check_all(&config).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_with_the_oa_integration_is_said_when_it_is_applied() {
        assert_eq!(found(json!({})), Vec::<String>::new());
        assert_eq!(found(json!({ "source": "directory", "enterprise_code": "C1" })), Vec::<String>::new());
        for (oa, wanted) in [
            (json!({ "source": "directory" }), "source: people of the directory"),
            (json!({ "enterprise_code": "C1" }), "source: enterprise_code and connection belong"),
            (json!({ "source": "directory", "connection": "ding" }), "connection: there is no connection ding"),
            (json!({ "allow_ips": ["here"] }), "allow_ips: "),
            (json!({ "open": true }), "open: anybody"),
        ] {
            let told = found(oa.clone());
            assert!(told.len() == 1 && told[0].contains(&format!("[oa_integration].{wanted}")), "{oa}: {told:?}");
        }
    }
}
