//! What the suites share.

use crate::support::{World, b1_connection};
use std::time::Duration;
use tenon_connectors::b1::{B1, Entity, Query, WriteOptions};
use tenon_model::DocumentKey;
use tenon_sandbox::{NewDraft, SandboxOptions};

pub const MINUTE: Duration = Duration::from_secs(60);

impl World {
    pub fn b1(&self) -> B1<'_> {
        B1::new(&self.ctx, &self.tenant, b1_connection(), 1)
    }

    pub fn logins(&self) -> (u64, u64) {
        let b1 = self.sandbox.snapshot().b1;
        (b1.logins, b1.failed_logins)
    }

    pub fn draft(&self) -> i64 {
        self.sandbox.create_draft(self.now(), NewDraft::new("1470000113").field("U_ISSYN", "N")).unwrap().0
    }
}

pub async fn world() -> World {
    World::new(SandboxOptions::default()).await
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
