//! Rules of `[notices]`.

use super::rules::ServiceRule;
use super::{Findings, Kinds};
use crate::config::notices::{CHANNELS, Renewals, minutes};
use crate::config::{Config, Connection};
use std::collections::BTreeSet;

/// Checks how people are told.
pub(super) fn check(found: &mut Findings, config: &Config, kinds: &Kinds<'_>) {
    let Some(notices) = &config.notices else { return };
    if notices.channels.is_empty() {
        found.error("notices.channels", ServiceRule::NoChannel);
    }
    renewals(found, &notices.renewals);
    let mut named = BTreeSet::new();
    for id in &notices.channels {
        found.expect_kind("notices.channels", id.as_str(), CHANNELS, kinds);
        if !named.insert(id.as_str()) {
            found.error("notices.channels", ServiceRule::ChannelTwice { id: id.to_string() });
        }
        let agent =
            config.connections.iter().find(|connection| connection.id() == id).map(|connection| match connection {
                Connection::Dingtalk(c) => c.agent_id.is_some(),
                Connection::Wecom(c) => c.agent_id.is_some(),
                _ => true,
            });
        if agent == Some(false) {
            found.error(&format!("connections[{id}].agent_id"), ServiceRule::NoAgent);
        }
    }
}

/// Checks who is told of renewals, and when.
fn renewals(found: &mut Findings, own: &Renewals) {
    if own.days.iter().any(|days| *days > 366) {
        found.error("notices.renewals.days", ServiceRule::RenewalDays);
    }
    if own.quota.iter().any(|percent| !(1..=100).contains(percent)) {
        found.error("notices.renewals.quota", ServiceRule::RenewalQuota);
    }
    if minutes(&own.at).is_none() {
        found.error("notices.renewals.at", ServiceRule::RenewalAt);
    }
    let all = own.people.iter().chain(own.tenants.values().flatten());
    if all.into_iter().any(|id| id.trim().is_empty()) {
        found.error("notices.renewals", ServiceRule::RenewalPerson);
    }
}
