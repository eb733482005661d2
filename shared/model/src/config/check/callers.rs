//! Rules of callers with an app code, and of tenant apps.

use super::Findings;
use crate::config::{App, Config, Connection};
use crate::module::Module;
use std::collections::BTreeSet;

/// Callers with an app code, and tenant apps.
pub(super) fn check(found: &mut Findings, config: &Config) {
    let mut ids = BTreeSet::new();
    for app in &config.apps {
        let path = format!("apps[{}]", app.id);
        found.id(&path, &app.id);
        if !ids.insert(app.id.as_str()) {
            found.error(&path, "another app has the same id; give each its own");
        }
        if let Some(tenant) = &app.tenant {
            found.tenant(&format!("{path}.tenant"), tenant);
        }
        for network in &app.allow_ips {
            found.network(&format!("{path}.allow_ips"), network);
        }
        service_caller(found, config, app, &path);
    }
    let mut keys = BTreeSet::new();
    for app in &config.openapi_apps {
        let path = format!("openapi_apps[{}]", app.app_key);
        let sound = app.app_key.strip_prefix("os_").is_some_and(|rest| {
            (1..=61).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if !sound {
            found.error(&format!("{path}.app_key"), "use os_ and 1 to 61 letters, digits and underscores");
        }
        if !keys.insert(app.app_key.as_str()) {
            found.error(&path, "another app has the same app_key; give each its own");
        }
        found.tenant(&format!("{path}.tenant"), &app.tenant);
        if Module::from_code(&app.module).is_none() {
            let known = Module::ALL.map(Module::code).join(", ");
            found.error(&format!("{path}.module"), &format!("is no module; known are {known}"));
        }
    }
}

/// What plain services ask of an app.
fn service_caller(found: &mut Findings, config: &Config, app: &App, path: &str) {
    if app.app_code.is_none() {
        if app.services.is_empty() {
            found
                .error(&format!("{path}.app_code"), "is missing; only callers of plain services (services) do without");
        }
        if app.allow_ips.is_empty() {
            found.error(
                &format!("{path}.allow_ips"),
                "is empty and there is no app_code, so anybody could call; give one of them",
            );
        }
        if app.code_in_query {
            found.error(&format!("{path}.code_in_query"), "there is no app_code to send");
        }
    }
    let mut services = app.services.clone();
    services.sort_unstable();
    services.dedup();
    if services.len() != app.services.len() {
        found.error(&format!("{path}.services"), "names a service twice");
    }
    let bound = config.connections.iter().find(|connection| connection.app() == Some(app.id.as_str()));
    if let Some(connection) = bound.map(Connection::id).filter(|_| !app.services.is_empty()) {
        let message =
            format!("the app pushes for connection {connection} and may do nothing else; give services to another app");
        found.error(&format!("{path}.services"), &message);
    }
    if app.rate_per_minute > 1_000_000 {
        found.error(&format!("{path}.rate_per_minute"), "is more than 1000000; 0 means any number");
    }
    if app.services.is_empty() && app.code_in_query {
        found.warn(
            &format!("{path}.code_in_query"),
            "counts for plain services alone, and the app may call none (services)",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Service, check};

    #[test]
    fn a_caller_of_plain_services_has_a_code_or_an_address_and_each_service_is_named_once() {
        let config: Config = serde_json::from_value(serde_json::json!({ "apps": [
            { "id": "sound", "app_code": "a-code-of-some-length", "services": ["dingtalk", "flow"], "code_in_query": true },
            { "id": "by-address", "allow_ips": ["192.0.2.7"], "services": ["data-sync", "oa-integration"] },
            { "id": "anybody", "services": ["flow"], "code_in_query": true },
            { "id": "idle", "allow_ips": ["192.0.2.7"] },
            { "id": "twice", "app_code": "b-code-of-some-length", "services": ["flow", "flow"], "rate_per_minute": 1_000_001 },
            { "id": "query", "app_code": "c-code-of-some-length", "code_in_query": true }
        ] }))
        .unwrap();
        let messages: Vec<String> = check(&config).iter().map(ToString::to_string).collect();
        let wanted = [
            "apps[anybody].allow_ips: is empty",
            "apps[anybody].code_in_query: there is no",
            "apps[idle].app_code: is missing",
            "apps[twice].services: names",
            "apps[twice].rate_per_minute: is more",
            "apps[query].code_in_query: counts",
        ];
        for start in wanted {
            assert!(messages.iter().any(|line| line.contains(start)), "{start}: {messages:?}");
        }
        assert_eq!(messages.len(), wanted.len(), "{messages:?}");
        for service in Service::ALL {
            assert_eq!(serde_json::to_value(service).unwrap(), service.name());
        }
    }
}
