//! Rules of `[notices]`.

use super::{Findings, Kinds};
use crate::config::{Config, Connection, notices::CHANNELS};
use std::collections::BTreeSet;

/// Checks how people are told.
pub(super) fn check(found: &mut Findings, config: &Config, kinds: &Kinds<'_>) {
    let Some(notices) = &config.notices else { return };
    if notices.channels.is_empty() {
        found.error("notices.channels", "is empty, so nobody would be told; name a connection, or leave [notices] out");
    }
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
