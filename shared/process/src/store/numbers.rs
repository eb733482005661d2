//! Running numbers, `ztbxx01_202108_0001`: counted by flow and month. A launch counts its number in its own transaction, by what
//! it read with the flow. Launches of one flow in one process go one after the other, so that they are not in each other's
//! way; one that was overtaken by another process counts by itself first.

use super::keys;
use crate::when::month;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_model::TenantId;
use tenon_platform::table::{Count, Counted, Key, Stored, Write};
use tenon_platform::{Context, Result};
use tokio::sync::OwnedMutexGuard;

/// Flows whose launches are told apart.
const FLOWS: usize = 1_000;
const NAME: &str = "n";

type Turn = Arc<tokio::sync::Mutex<()>>;

/// Whose turn it is, by tenant and flow.
#[derive(Default)]
struct Turns(Mutex<HashMap<(TenantId, String), Turn>>);

/// Waits until no other launch of the flow is under way in this process.
pub(super) async fn turn(ctx: &Context, tenant: &TenantId, flow: &str) -> OwnedMutexGuard<()> {
    let turns = ctx.extensions.get_or_init::<Turns>();
    let turn = {
        let mut turns = turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= FLOWS {
            // Whoever waits keeps their own.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(turns.entry((tenant.clone(), flow.to_owned())).or_default())
    };
    turn.lock_owned().await
}

/// The counter of a flow's present month.
pub(super) struct Numbers<'a> {
    flow: &'a str,
    month: String,
    key: Key,
}

impl<'a> Numbers<'a> {
    pub fn new(ctx: &Context, tenant: &TenantId, flow: &'a str) -> Self {
        let month = month(ctx.now_ms());
        let key = keys::numbers(tenant, flow, &month);
        Self { flow, month, key }
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The number after those that were counted, and the write that counts it if nobody else has.
    pub fn next(&self, counted: Option<&Stored<Value>>) -> (String, Write) {
        let counted = counted.and_then(|stored| stored.data.get(NAME)).and_then(Value::as_i64).unwrap_or(0);
        let next = counted.saturating_add(1);
        (self.text(next), Write::count(Count::new(self.key.clone()).add(NAME, 1).below(NAME, next)))
    }

    /// Counts a number, whoever else does.
    pub async fn take(&self, ctx: &Context) -> Result<String> {
        let count = Count::new(self.key.clone()).add(NAME, 1);
        let (Counted::Done(counters) | Counted::Full(counters)) = ctx.table.count(count).await?;
        Ok(self.text(counters.get(NAME).copied().unwrap_or(1)))
    }

    fn text(&self, number: i64) -> String {
        format!("{}_{}_{number:04}", self.flow, self.month)
    }
}
