//! So many calls a second, of this process: the server counts them for a whole site and refuses the rest.

use crate::base::Remote;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};

/// When the next call of each connection may go, by this process's elapsed time in ms.
#[derive(Default)]
struct Turns(Mutex<HashMap<(TenantId, ConnectionId), i64>>);

/// Waits for this call's turn.
pub(super) async fn wait(remote: &Remote<'_>, calls_per_second: u32) {
    let gap = 1_000 / i64::from(calls_per_second.max(1));
    let now = remote.ctx.clock.elapsed_ms();
    let due = {
        let turns = remote.ctx.extensions.get_or_init::<Turns>();
        let mut turns = turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = turns.entry((remote.tenant.clone(), remote.connection.clone())).or_insert(now);
        let due = (*next).max(now);
        *next = due + gap;
        due
    };
    if let Ok(wait @ 1..) = u64::try_from(due - now) {
        remote.ctx.clock.sleep(Duration::from_millis(wait)).await;
    }
}
