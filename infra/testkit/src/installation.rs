//! One installation: the embedded engines, a clock that moves when it is told to, and the present process.

use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, Local};
use tenon_platform::http::{Http, NoHttp};
use tenon_platform::queue::QueueName;
use tenon_platform::{Clock, Context, Entropy};

/// The key of every installation of the tests.
pub const MASTER_KEY: [u8; 32] = [7; 32];

/// The table and the queues, which outlive the processes that use them.
pub struct Installation {
    /// The engines.
    pub local: Local,
    /// Their time.
    pub clock: Clock,
    /// The present process.
    pub ctx: Context,
}

impl Installation {
    /// An empty one at this time (epoch ms), which calls nobody.
    pub async fn at(now_ms: i64) -> Self {
        let clock = Clock::manual(now_ms);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = Self::process_of(&local, Arc::new(NoHttp), 1);
        Self { local, clock, ctx }
    }

    /// Another process on the same data, whose writes pass a gate.
    pub fn process(&self, gate: Gate, seed: u64) -> Context {
        Self::process_of(&self.local.with_gate(gate), Arc::new(NoHttp), seed)
    }

    /// A process with its way to the world.
    pub fn process_of(local: &Local, http: Arc<dyn Http>, seed: u64) -> Context {
        local.context(http, Entropy::seeded(seed), MasterKey::from_bytes(MASTER_KEY)).unwrap()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Bodies in the dead-letter queues of these.
    pub async fn dead_letters(&self, queues: &[QueueName]) -> Vec<String> {
        let mut found = Vec::new();
        for queue in queues {
            let letters = self.local.queue.peek(&queue.dead_letters(), 100).await.unwrap();
            found.extend(letters.into_iter().map(|m| m.body));
        }
        found
    }

    /// Epoch ms at which the next message of these is to be had.
    pub async fn next_message_at(&self, queues: &[QueueName]) -> Option<i64> {
        let mut next = None;
        for queue in queues {
            let at = self.local.queue.next_visible_at(queue).await.unwrap();
            next = [next, at].into_iter().flatten().min();
        }
        next
    }

    /// That nothing is queued, now or later, and nothing was given up.
    ///
    /// # Panics
    /// When work is left behind.
    pub async fn assert_no_work_left(&self, queues: &[QueueName]) {
        assert_eq!(self.dead_letters(queues).await, Vec::<String>::new(), "dead letters");
        assert_eq!(self.next_message_at(queues).await, None, "a message is left");
    }
}
