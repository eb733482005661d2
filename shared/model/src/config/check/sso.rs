//! Rules of single sign-on.

use super::rules::{CommonRule, ServiceRule, SsoSetting, Why};
use super::{Bounds, DAY_S, Findings, bounds};
use crate::config::sso::{self, Sso};
use crate::config::{Config, UserinfoToken};

const TIMEOUT: Bounds = bounds(500, 12, Why::SsoTimeout);
const STAY: Bounds = bounds(3_600_000, 90 * DAY_S, Why::SsoStay);

/// What is wrong with `[sso]`.
pub(super) fn check(found: &mut Findings, config: &Config) {
    let Some(sso) = config.sso.as_deref() else { return };
    address(found, "[sso].login_page", &sso.login_page);
    found.duration("[sso].timeout", sso.timeout, &TIMEOUT);
    found.duration("[sso].stay", sso.stay, &STAY);
    if sso.starts_per_minute > 1_000_000 {
        found.error("[sso].starts_per_minute", CommonRule::RateTooHigh);
    }
    if let Some(tenant) = &sso.tenant {
        found.tenant("[sso].tenant", tenant);
    }
    if sso.enabled {
        enabled(found, sso);
    }
}

fn enabled(found: &mut Findings, sso: &Sso) {
    let needed = [
        ("redirect_uri", &sso.redirect_uri, SsoSetting::RedirectUri),
        ("client_id", &sso.client_id, SsoSetting::ClientId),
        ("public_url", &sso.public_url, SsoSetting::PublicUrl),
        ("enterprise_code", &sso.enterprise_code, SsoSetting::EnterpriseCode),
    ];
    for (key, value, what) in needed {
        if value.is_empty() {
            found.error(&format!("[sso].{key}"), ServiceRule::SsoNeeds { what });
        }
    }
    if sso.client_secret.is_empty() {
        found.error("[sso].client_secret", ServiceRule::SsoSecret);
    }
    let (token, userinfo) = (sso.token_address(), sso.userinfo_address());
    let addresses = [("redirect_uri", &sso.redirect_uri), ("token_url", &token), ("userinfo_url", &userinfo)];
    for (key, value) in addresses.into_iter().filter(|_| !sso.redirect_uri.is_empty()) {
        address(found, &format!("[sso].{key}"), value);
    }
    if !sso.public_url.is_empty() {
        address(found, "[sso].public_url", &sso.public_url);
        if sso.public_url.trim_end_matches('/') != sso::origin(&sso.public_url) {
            found.error("[sso].public_url", ServiceRule::OriginAlone);
        }
    }
    if let Some(issuer) = &sso.issuer {
        address(found, "[sso].issuer", issuer);
    }
    if sso.userinfo_token == UserinfoToken::Query {
        found.warn("[sso].userinfo_token", ServiceRule::TokenInAddress);
    }
}

/// An address that a browser is sent to, or a secret.
fn address(found: &mut Findings, path: &str, value: &str) {
    found.url(path, value);
    if value.contains('#') || value.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        found.error(path, ServiceRule::AddressHolds);
    }
    if sso::origin(value).contains('@') {
        found.error(path, ServiceRule::UserInAddress);
    }
    if value.starts_with("http://") && !is_this_machine(value) {
        found.warn(path, ServiceRule::NotHttps);
    }
}

/// Whether an address is one of this machine alone, where nothing is read on the way.
fn is_this_machine(address: &str) -> bool {
    let host = sso::origin(address).trim_start_matches("http://");
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::super::check as check_all;
    use crate::config::Config;
    use serde_json::{Value, json};

    fn sound() -> Value {
        json!({ "sso": {
            "enabled": true, "redirect_uri": "https://odoo.example.com/odoo/api/oauth2/authorize", "client_id": "aiflow",
            "client_secret": "env:SSO", "public_url": "https://tenon.example.com", "enterprise_code": "COMPANY001"
        } })
    }

    fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut config = sound();
        change(&mut config["sso"]);
        let config: Config = serde_json::from_value(config).unwrap();
        check_all(&config).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_with_single_sign_on_is_said_when_it_is_applied() {
        assert_eq!(found(|_| ()), Vec::<String>::new());
        for (key, value, wanted) in [
            ("redirect_uri", json!(""), "[sso].redirect_uri: is needed when enabled"),
            ("redirect_uri", json!("odoo.example.com/login"), "[sso].redirect_uri: must begin with https://"),
            ("redirect_uri", json!("http://odoo.example.com/login"), "[sso].redirect_uri: is not https"),
            ("redirect_uri", json!("https://odoo.example.com/login#x"), "[sso].redirect_uri: has a fragment"),
            ("redirect_uri", json!("https://u:p@odoo.example.com/login"), "[sso].redirect_uri: has a user"),
            ("client_secret", json!(""), "[sso].client_secret: is needed"),
            ("public_url", json!("https://tenon.example.com/app"), "[sso].public_url: is scheme, host and port alone"),
            ("enterprise_code", json!(""), "[sso].enterprise_code: is needed"),
            ("token_url", json!("ftp://x"), "[sso].token_url: must begin"),
            ("timeout", json!("1m"), "[sso].timeout: 1m is not between"),
            ("stay", json!("1m"), "[sso].stay: 1m is not between"),
            ("starts_per_minute", json!(1_000_001), "[sso].starts_per_minute: is more than"),
            ("userinfo_token", json!("query"), "[sso].userinfo_token: sends the access token"),
        ] {
            let found = found(|sso| sso[key] = value.clone());
            assert!(found.iter().any(|problem| problem.starts_with(wanted)), "{key} = {value}: {found:?}");
        }
    }

    #[test]
    fn what_is_off_needs_nothing_and_the_documents_spelling_is_read() {
        assert_eq!(found(|sso| *sso = json!({ "enabled": false })), Vec::<String>::new());
        let camel = json!({ "sso": { "redirectUri": "https://odoo.example.com/login" } });
        let config: Config = serde_json::from_value(camel).unwrap();
        assert_eq!(config.sso.unwrap().redirect_uri, "https://odoo.example.com/login");
        let local = found(|sso| sso["redirect_uri"] = json!("http://127.0.0.1:8069/odoo/api/oauth2/authorize"));
        assert_eq!(local, Vec::<String>::new());
    }
}
