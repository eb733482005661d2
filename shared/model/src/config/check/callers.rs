//! Rules of callers with an app code, and of tenant apps.

use super::Findings;
use super::rules::{CommonRule, ServiceRule};
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
            found.error(&path, CommonRule::SameApp);
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
            found.error(&format!("{path}.app_key"), ServiceRule::AppKey);
        }
        if !keys.insert(app.app_key.as_str()) {
            found.error(&path, ServiceRule::SameAppKey);
        }
        found.tenant(&format!("{path}.tenant"), &app.tenant);
        if Module::from_code(&app.module).is_none() {
            let known = Module::ALL.map(Module::code).into_iter().collect();
            found.error(&format!("{path}.module"), ServiceRule::NoModule { known });
        }
    }
}

/// What plain services ask of an app.
fn service_caller(found: &mut Findings, config: &Config, app: &App, path: &str) {
    if app.app_code.is_none() {
        if app.services.is_empty() {
            found.error(&format!("{path}.app_code"), ServiceRule::NoAppCode);
        }
        if app.allow_ips.is_empty() {
            found.error(&format!("{path}.allow_ips"), ServiceRule::Anybody);
        }
        if app.code_in_query {
            found.error(&format!("{path}.code_in_query"), ServiceRule::NoCodeToSend);
        }
    }
    let mut services = app.services.clone();
    services.sort_unstable();
    services.dedup();
    if services.len() != app.services.len() {
        found.error(&format!("{path}.services"), ServiceRule::ServiceTwice);
    }
    let bound = config.connections.iter().find(|connection| connection.app() == Some(app.id.as_str()));
    if let Some(connection) = bound.map(Connection::id).filter(|_| !app.services.is_empty()) {
        let connection = connection.to_string();
        found.error(&format!("{path}.services"), ServiceRule::PushesAlone { connection });
    }
    if app.rate_per_minute > 1_000_000 {
        found.error(&format!("{path}.rate_per_minute"), CommonRule::RateTooHigh);
    }
    if app.services.is_empty() && app.code_in_query {
        found.warn(&format!("{path}.code_in_query"), ServiceRule::CodeInQueryAlone);
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
