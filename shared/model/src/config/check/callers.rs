//! Rules of callers with an app code, and of tenant apps.

use super::Findings;
use crate::config::Config;
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
