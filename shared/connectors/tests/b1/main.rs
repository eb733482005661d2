#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The B1 connector against the sandbox: sessions, errors, pages, writes, batches, queries,
//! approvals.

mod approvals;
mod breaker;
mod keyset;
mod logins;
mod reading;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod writing;

use std::time::Duration;
use support::{World, b1_connection};
use tenon_connectors::b1::{B1, Entity, Query, WriteOptions};
use tenon_model::DocumentKey;
use tenon_sandbox::{NewDraft, SandboxOptions};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    fn b1(&self) -> B1<'_> {
        B1::new(&self.ctx, &self.tenant, b1_connection(), 1)
    }

    fn logins(&self) -> (u64, u64) {
        let b1 = self.sandbox.snapshot().b1;
        (b1.logins, b1.failed_logins)
    }

    fn draft(&self) -> i64 {
        self.sandbox.create_draft(self.now(), NewDraft::new("1470000113").field("U_ISSYN", "N")).unwrap().0
    }
}

async fn world() -> World {
    World::new(SandboxOptions::default()).await
}

fn draft(entry: i64) -> Entity {
    Entity::new("Drafts").key(&DocumentKey::Number(entry))
}

fn all() -> Query {
    Query::new()
}

fn plain() -> WriteOptions {
    WriteOptions::default()
}
