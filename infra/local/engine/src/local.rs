//! One embedded database with the table and the queues in it.

use crate::checkpoints::Checkpoints;
use crate::client::{client, create_table};
use crate::gate::Gate;
use crate::queue::TableQueue;
use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use std::path::Path;
use std::sync::Arc;
use tenon_crypto::secrets::MasterKey;
use tenon_platform::clock::Clock;
use tenon_platform::context::{Context, Parts};
use tenon_platform::entropy::Entropy;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Http;
use tenon_platform::table::Table;

/// Name of the table.
pub const TABLE: &str = "tenon";
/// Name of the queues' table.
pub const QUEUE_TABLE: &str = "tenon-queue";

/// The database of a local run. Several contexts over one of these are as several processes.
#[derive(Clone)]
pub struct Local {
    /// The engine.
    pub database: Database,
    /// The SDK's client of it.
    pub client: Client,
    /// The table.
    pub table: Table,
    /// The queues.
    pub queue: TableQueue,
    clock: Clock,
    checkpoints: Option<Arc<Checkpoints>>,
}

impl Local {
    /// A database that lives as long as this value.
    ///
    /// # Errors
    /// `engine.open` when the engine cannot start.
    pub async fn memory(clock: Clock) -> Result<Self> {
        let database = Database::memory_with_clock(Arc::new(EngineClock(clock.clone())));
        let database = database.map_err(|e| Error::permanent("engine.open", e.to_string()))?;
        Self::over(database, clock).await
    }

    /// A database in a file, made when it is not there. What was answered as stored survives the
    /// death of the process; after a power failure the last moments may be missing, as SQLite then
    /// syncs at checkpoints only. Those are made by a thread of this value and its clones.
    ///
    /// # Errors
    /// `engine.open` when the file cannot be opened or made.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self> {
        let refused = |why: String| {
            let hint = "check that the directory exists and may be written, and that no newer version wrote the file";
            Error::permanent("engine.open", format!("{}: {why}; {hint}", path.display()))
        };
        let name = path.to_str().ok_or_else(|| refused("the path is not UTF-8".to_owned()))?;
        let database = Database::new(name).map_err(|e| refused(e.to_string()))?;
        // Besides ending bulk loads, this sets SQLite's `synchronous` to NORMAL, which with its
        // write-ahead log spares a disk sync on every write.
        database.disable_bulk_loading().map_err(|e| refused(e.to_string()))?;
        let checkpoints = Checkpoints::of(path.to_owned()).map_err(|e| refused(e.to_string()))?;
        let local = Self::over(database, clock).await?;
        Ok(Self { checkpoints: Some(Arc::new(checkpoints)), ..local })
    }

    async fn over(database: Database, clock: Clock) -> Result<Self> {
        let local = Self::assemble(database, Gate::open(), clock);
        create_table(&local.client, TABLE).await?;
        create_table(&local.client, QUEUE_TABLE).await?;
        Ok(local)
    }

    fn assemble(database: Database, gate: Gate, clock: Clock) -> Self {
        let client = client(database.clone(), gate);
        let table = Table::new(client.clone(), TABLE);
        let queue = TableQueue::new(client.clone(), QUEUE_TABLE, clock.clone(), Entropy::system());
        Self { database, client, table, queue, clock, checkpoints: None }
    }

    /// The same database seen by a process that a gate may kill. Queue settings start afresh.
    #[must_use]
    pub fn with_gate(&self, gate: Gate) -> Self {
        let checkpoints = self.checkpoints.clone();
        Self { checkpoints, ..Self::assemble(self.database.clone(), gate, self.clock.clone()) }
    }

    /// The world of a function on this database.
    ///
    /// # Errors
    /// As [`Context::new`].
    pub fn context(&self, http: Arc<dyn Http>, entropy: Entropy, master_key: MasterKey) -> Result<Context> {
        Context::new(Parts {
            table: self.table.clone(),
            queue: Arc::new(self.queue.clone().with_entropy(entropy.clone())),
            http,
            clock: self.clock.clone(),
            entropy,
            master_key,
        })
    }

    /// Deletes records whose time is up, as DynamoDB does by itself; returns how many.
    ///
    /// # Errors
    /// `engine.sweep` when the engine refuses.
    pub fn sweep_expired(&self) -> Result<usize> {
        self.database.sweep_ttl().map_err(|e| Error::transient("engine.sweep", e.to_string()))
    }
}

/// A world in memory for tests, with a master key that is the same in all of them.
///
/// # Errors
/// As [`Local::memory`] and [`Context::new`].
pub async fn memory_context(http: Arc<dyn Http>, clock: Clock, entropy: Entropy) -> Result<Context> {
    Local::memory(clock).await?.context(http, entropy, MasterKey::from_bytes([7; 32]))
}

struct EngineClock(Clock);

impl dynoxide::storage_backend::Clock for EngineClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now_ms().div_euclid(1000)).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        std::time::Duration::from_millis(u64::try_from(self.0.now_ms()).unwrap_or(0)).as_secs_f64()
    }
}
