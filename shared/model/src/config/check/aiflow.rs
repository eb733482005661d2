//! Rules of callers of aiflow's interface.

use super::Findings;
use super::rules::{CommonRule, ServiceRule};
use crate::config::{AiflowApp, Config, ProcessSettings};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(found: &mut Findings, config: &Config) {
    let (mut ids, mut tenants) = (BTreeSet::new(), BTreeMap::new());
    for app in &config.aiflow_apps {
        let path = format!("aiflow_apps[{}/{}]", app.enterprise_code, app.app_id);
        check_one(found, &path, app);
        if !ids.insert((app.enterprise_code.as_str(), app.app_id.as_str())) {
            found.error(&path, ServiceRule::SameAiflowApp);
        }
        let tenant = app.tenant.as_deref();
        if *tenants.entry(app.enterprise_code.as_str()).or_insert(tenant) != tenant {
            found.error(&format!("{path}.tenant"), ServiceRule::OtherTenant);
        }
    }
}

fn check_one(found: &mut Findings, path: &str, app: &AiflowApp) {
    for (key, code) in [("enterprise_code", &app.enterprise_code), ("app_id", &app.app_id)] {
        // The vendor's clients put both into JSON without escaping.
        let sound = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '\\' | '#');
        if code.is_empty() || code.chars().count() > 64 || !code.chars().all(sound) {
            found.error(&format!("{path}.{key}"), ServiceRule::AiflowCode);
        }
    }
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if app.header.is_empty() || app.header.len() > 64 || !app.header.bytes().all(token) {
        found.error(&format!("{path}.header"), ServiceRule::HeaderName);
    }
    if let Some(tenant) = &app.tenant {
        found.tenant(&format!("{path}.tenant"), tenant);
    }
    for network in &app.allow_ips {
        found.network(&format!("{path}.allow_ips"), network);
    }
    if app.rate_per_minute > 1_000_000 {
        found.error(&format!("{path}.rate_per_minute"), CommonRule::RateTooHigh);
    }
    process(found, &format!("{path}.process"), &app.process);
}

fn process(found: &mut Findings, path: &str, settings: &ProcessSettings) {
    let is_address = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', ' ', '?', '#']))
    };
    if settings.odoo_url.as_deref().is_some_and(|url| !is_address(url)) {
        found.error(&format!("{path}.odoo_url"), ServiceRule::ServerAddress);
    }
    if settings.service_urls.iter().any(|url| !is_address(url)) {
        found.error(&format!("{path}.service_urls"), ServiceRule::AddressBeginning);
    }
    let seconds = settings.urge_every.as_secs();
    if !(10..=7 * 86_400).contains(&seconds) {
        found.error(&format!("{path}.urge_every"), between("10s", "7d"));
    }
    if !(1..=3_600).contains(&settings.repeat_within.as_secs()) {
        found.error(&format!("{path}.repeat_within"), between("1s", "1h"));
    }
    for (key, map) in [("roles", &settings.roles), ("managers", &settings.managers)] {
        for (name, codes) in map {
            if codes.is_empty() || codes.iter().any(|code| code.trim().is_empty()) {
                found.error(&format!("{path}.{key}.{name}"), ServiceRule::NamesNobody);
            }
        }
    }
}

fn between(least: &str, most: &str) -> ServiceRule {
    ServiceRule::BetweenDurations { least: least.to_owned(), most: most.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, check};

    #[test]
    fn the_codes_of_an_enterprise_are_one_tenants_and_each_app_is_named_once() {
        let config: Config = serde_json::from_value(serde_json::json!({ "aiflow_apps": [
            { "enterprise_code": "C1", "app_id": "A", "app_secret": "s", "tenant": "t-1" },
            { "enterprise_code": "C1", "app_id": "A", "app_secret": "s", "tenant": "t-1" },
            { "enterprise_code": "C1", "app_id": "B", "app_secret": "s" },
            { "enterprise_code": "C\"2", "app_id": "B", "app_secret": "s", "header": "A Signature", "allow_ips": ["here"],
              "process": { "odoo_url": "odoo", "service_urls": ["https://"], "urge_every": "1s", "repeat_within": "2h", "roles": { "cfo": [] } } }
        ] }))
        .unwrap();
        let messages: Vec<String> = check(&config).iter().map(ToString::to_string).collect();
        for (place, what) in [
            ("aiflow_apps[C1/A]: ", "another app has the same"),
            ("aiflow_apps[C1/B].tenant: ", "one tenant's"),
            ("aiflow_apps[C\"2/B].enterprise_code: ", "without blanks"),
            ("aiflow_apps[C\"2/B].header: ", "no name of a header"),
            ("aiflow_apps[C\"2/B].allow_ips: ", "no network"),
            ("aiflow_apps[C\"2/B].process.odoo_url: ", "no address"),
            ("aiflow_apps[C\"2/B].process.service_urls: ", "no beginning"),
            ("aiflow_apps[C\"2/B].process.urge_every: ", "between 10s and 7d"),
            ("aiflow_apps[C\"2/B].process.repeat_within: ", "between 1s and 1h"),
            ("aiflow_apps[C\"2/B].process.roles.cfo: ", "names nobody"),
        ] {
            assert!(
                messages.iter().any(|line| line.starts_with(place) && line.contains(what)),
                "{place}{what}: {messages:?}"
            );
        }
        assert_eq!(messages.len(), 10, "{messages:?}");
    }
}
