//! A context over local data, for servers that run in this process.

use std::sync::Arc;
use tenon::serve::{Bells, WakingQueue};
use tenon_bench::Result;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_platform::context::Parts;
use tenon_platform::http::Http;
use tenon_platform::{Clock, Context, Entropy};

/// A context over this data, with the system's clock and chance; what it sends wakes whoever these bells are for.
pub fn context(local: &Local, bells: &Bells, http: Arc<dyn Http>) -> Result<Context> {
    Ok(Context::new(Parts {
        table: local.table.clone(),
        queue: Arc::new(WakingQueue::new(Arc::new(local.queue.clone()), bells.clone())),
        http,
        clock: Clock::system(),
        entropy: Entropy::system(),
        master_key: MasterKey::from_bytes([7; 32]),
    })?)
}
