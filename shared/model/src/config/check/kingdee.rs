//! Rules of connections to Kingdee.

use super::connection::CALL;
use super::{Bounds, Findings, bounds};
use crate::config::KingdeeConnection;

const SESSION: Bounds = bounds(60_000, super::DAY_S, "the server ends sessions that are idle for longer (20 minutes)");

/// Checks one.
pub(super) fn check(found: &mut Findings, path: &str, c: &KingdeeConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    if !c.base_url.trim_end_matches('/').to_ascii_lowercase().ends_with("/k3cloud") {
        found.warn(&format!("{path}.base_url"), "does not end in /k3cloud, as the addresses of K3Cloud do");
    }
    found.filled(&format!("{path}.account"), &c.account);
    found.filled(&format!("{path}.username"), &c.username);
    match (&c.app_id, c.password.is_empty(), c.app_secret.is_empty()) {
        (Some(_), true, true) => found.error(&format!("{path}.app_secret"), "is missing: app_id needs its secret"),
        (Some(_), false, _) => {
            found.error(&format!("{path}.password"), "app_id is given as well; keep one way to log in");
        }
        (None, _, false) => found.error(&format!("{path}.app_id"), "is missing: app_secret is that of an app_id"),
        (None, true, true) => {
            found.error(&format!("{path}.password"), "is missing; give it, or app_id with app_secret");
        }
        _ => {}
    }
    if c.signed && c.app_id.is_none() {
        found.error(&format!("{path}.signed"), "needs app_id and app_secret, which calls are signed with");
    }
    if c.organisation.is_some() && !c.signed {
        let message = "is of no effect: only a signed call names its organisation; a session has that of its user";
        found.error(&format!("{path}.organisation"), message);
    }
    if !(1..=10_000).contains(&c.page_size) {
        found.error(&format!("{path}.page_size"), "must be between 1 and 10000; 2000 is safe on every version");
    }
    if !(1..=100).contains(&c.calls_per_second) {
        found.error(&format!("{path}.calls_per_second"), "must be between 1 and 100");
    }
    found.duration(&format!("{path}.session_life"), c.session_life, &SESSION);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
}
