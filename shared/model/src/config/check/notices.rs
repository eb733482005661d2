//! Rules of `[notices]`.

use super::{Findings, Kinds};
use crate::config::notices::{CHANNELS, Renewals, minutes};
use crate::config::{Config, Connection};
use std::collections::BTreeSet;

/// Checks how people are told.
pub(super) fn check(found: &mut Findings, config: &Config, kinds: &Kinds<'_>) {
    let Some(notices) = &config.notices else { return };
    if notices.channels.is_empty() {
        found.error("notices.channels", "is empty, so nobody would be told; name a connection, or leave [notices] out");
    }
    renewals(found, &notices.renewals);
    let mut named = BTreeSet::new();
    for id in &notices.channels {
        found.expect_kind("notices.channels", id.as_str(), CHANNELS, kinds);
        if !named.insert(id.as_str()) {
            found.error("notices.channels", &format!("{id} stands there twice; a channel is tried once"));
        }
        let agent =
            config.connections.iter().find(|connection| connection.id() == id).map(|connection| match connection {
                Connection::Dingtalk(c) => c.agent_id.is_some(),
                Connection::Wecom(c) => c.agent_id.is_some(),
                _ => true,
            });
        if agent == Some(false) {
            let message = "has no agent_id, which a message to a person names; the vendor's console shows it";
            found.error(&format!("connections[{id}].agent_id"), message);
        }
    }
}

/// Checks who is told of renewals, and when.
fn renewals(found: &mut Findings, own: &Renewals) {
    if own.days.iter().any(|days| *days > 366) {
        found.error("notices.renewals.days", "has more than 366 days; a subscription is bought for a year at most");
    }
    if own.quota.iter().any(|percent| !(1..=100).contains(percent)) {
        found.error("notices.renewals.quota", "is in percent of the day's calls: 1 to 100");
    }
    if minutes(&own.at).is_none() {
        found.error("notices.renewals.at", "is a time of day such as 09:00");
    }
    let all = own.people.iter().chain(own.tenants.values().flatten());
    if all.into_iter().any(|id| id.trim().is_empty()) {
        found.error("notices.renewals", "names a person by an empty id; a person's id is that of the directory");
    }
}
