//! Rules of connections to Kingdee.

use super::connection::CALL;
use super::rules::{CommonRule, ConnectionRule, Why};
use super::{Bounds, Findings, bounds};
use crate::config::KingdeeConnection;

const SESSION: Bounds = bounds(60_000, super::DAY_S, Why::Session);

/// Checks one.
pub(super) fn check(found: &mut Findings, path: &str, c: &KingdeeConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    if !c.base_url.trim_end_matches('/').to_ascii_lowercase().ends_with("/k3cloud") {
        found.warn(&format!("{path}.base_url"), ConnectionRule::NoK3cloud);
    }
    found.filled(&format!("{path}.account"), &c.account);
    found.filled(&format!("{path}.username"), &c.username);
    match (&c.app_id, c.password.is_empty(), c.app_secret.is_empty()) {
        (Some(_), true, true) => found.error(&format!("{path}.app_secret"), ConnectionRule::NoAppSecret),
        (Some(_), false, _) => {
            found.error(&format!("{path}.password"), ConnectionRule::TwoLogins);
        }
        (None, _, false) => found.error(&format!("{path}.app_id"), ConnectionRule::NoAppId),
        (None, true, true) => {
            found.error(&format!("{path}.password"), ConnectionRule::NoPassword);
        }
        _ => {}
    }
    if c.signed && c.app_id.is_none() {
        found.error(&format!("{path}.signed"), ConnectionRule::SignedNeeds);
    }
    if c.organisation.is_some() && !c.signed {
        found.error(&format!("{path}.organisation"), ConnectionRule::OrganisationUnsigned);
    }
    if !(1..=10_000).contains(&c.page_size) {
        found.error(&format!("{path}.page_size"), ConnectionRule::KingdeePage);
    }
    if !(1..=100).contains(&c.calls_per_second) {
        found.error(&format!("{path}.calls_per_second"), CommonRule::Between { least: 1, most: 100 });
    }
    found.duration(&format!("{path}.session_life"), c.session_life, &SESSION);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
}
