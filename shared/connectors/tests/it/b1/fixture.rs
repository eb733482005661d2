//! What the suites share.

use super::{API, SERVED};
use crate::support::{self, TestConnections};
use std::time::Duration;
use tenon_connectors::b1::{Entity, Query, WriteOptions};
use tenon_model::DocumentKey;
use tenon_model::config::B1Connection;
use tenon_sandbox::B1Options;

pub const MINUTE: Duration = Duration::from_secs(60);

/// A site that serves the version of this suite.
pub async fn connections() -> TestConnections {
    world_with(B1Options::default()).await
}

pub async fn world_with(options: B1Options) -> TestConnections {
    let mut connections = TestConnections::new(B1Options { service_layer: SERVED, ..options }).await;
    connections.api = API;
    connections
}

pub fn b1_connection() -> B1Connection {
    B1Connection { api: API, ..support::b1_connection() }
}

pub fn draft(entry: i64) -> Entity {
    Entity::new("Drafts").key(&DocumentKey::Number(entry))
}

pub fn all() -> Query {
    Query::new()
}

pub fn plain() -> WriteOptions {
    WriteOptions::default()
}
