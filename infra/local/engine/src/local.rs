//! The embedded table and the embedded queues, each a database of its own: SQLite has one writer a
//! database, and a call must not wait for the queue work that goes on beside it.

use crate::checkpoints::Checkpoints;
use crate::client::create_table;
use crate::direct::Direct;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::queue::TableQueue;
use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
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

/// What the databases may keep in memory together, in bytes: the pages they use again and again, and no
/// more as the files grow.
const PAGES: i64 = 4 << 20;

/// The databases of a local run. Several contexts over one of these are as several processes.
#[derive(Clone)]
pub struct Local {
    /// The engine of the table.
    pub database: Database,
    /// The SDK's client of it.
    pub client: Client,
    /// The engine of the queues.
    pub queue_database: Database,
    /// The SDK's client of it.
    pub queue_client: Client,
    /// The table.
    pub table: Table,
    /// The queues.
    pub queue: TableQueue,
    clock: Clock,
    checkpoints: Vec<Arc<Checkpoints>>,
}

impl Local {
    /// Databases that live as long as this value.
    ///
    /// # Errors
    /// `engine.open` when the engine cannot start.
    pub async fn memory(clock: Clock) -> Result<Self> {
        let memory = || {
            let database = Database::memory_with_clock(Arc::new(EngineClock(clock.clone())));
            database.map_err(|e| Error::permanent("engine.open", e.to_string()))
        };
        Self::over(memory()?, memory()?, clock.clone()).await
    }

    /// A table in a file and queues in another beside it ([`queue_file`]), made when they are not
    /// there. What was answered as stored survives the death of the process; after a power failure the
    /// last moments may be missing, not the same ones in both, as SQLite then syncs at checkpoints only.
    /// Those are made by threads of this value and its clones.
    ///
    /// # Errors
    /// `engine.open` when the file cannot be opened or made.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self> {
        limit_memory().map_err(|e| unusable(path, &e.to_string()))?;
        let queues = queue_file(path);
        let local = Self::over(database(path)?, database(&queues)?, clock).await?;
        let checkpoints = [path.to_owned(), queues].into_iter().map(|file| {
            let started = Checkpoints::of(file.clone());
            started.map(Arc::new).map_err(|e| unusable(&file, &e.to_string()))
        });
        Ok(Self { checkpoints: checkpoints.collect::<Result<_>>()?, ..local })
    }

    async fn over(database: Database, queue_database: Database, clock: Clock) -> Result<Self> {
        let local = Self::assemble(database, queue_database, (&Gate::open(), &Gate::open()), clock);
        create_table(&local.client, TABLE).await?;
        create_table(&local.queue_client, QUEUE_TABLE).await?;
        Ok(local)
    }

    fn assemble(database: Database, queue_database: Database, gates: (&Gate, &Gate), clock: Clock) -> Self {
        let client = crate::client::client(database.clone(), gates.0.clone());
        let queue_client = crate::client::client(queue_database.clone(), gates.1.clone());
        let direct = Direct::new(database.clone(), gates.0.clone());
        let table = Table::new(direct, TABLE).waiting_by(clock.clone());
        let queue_engine = Arc::new(Direct::new(queue_database.clone(), gates.1.clone()));
        let queue = TableQueue::new(queue_client.clone(), QUEUE_TABLE, clock.clone(), Entropy::system());
        let queue = queue.over(queue_engine);
        Self { database, client, queue_database, queue_client, table, queue, clock, checkpoints: Vec::new() }
    }

    /// The same databases seen by a process that a gate may kill. Queue settings start afresh.
    #[must_use]
    pub fn with_gate(&self, gate: Gate) -> Self {
        self.with_gates(&gate, &gate)
    }

    /// As [`with_gate`](Self::with_gate), with a gate for the table and another for the queues.
    #[must_use]
    pub fn with_gates(&self, table: &Gate, queues: &Gate) -> Self {
        let (database, queue_database) = (self.database.clone(), self.queue_database.clone());
        let checkpoints = self.checkpoints.clone();
        Self { checkpoints, ..Self::assemble(database, queue_database, (table, queues), self.clock.clone()) }
    }

    /// The same databases, the table within DynamoDB's limits.
    #[must_use]
    pub fn within(&self, limits: &Limits) -> Self {
        let client = crate::client::limited_client(self.database.clone(), limits.clone());
        let table = Table::new(client.clone(), TABLE).waiting_by(limits.clock().clone());
        Self { table, client, ..self.clone() }
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

/// The file of the queues of a table in this file.
pub fn queue_file(table: &Path) -> PathBuf {
    let mut name = table.file_stem().unwrap_or_default().to_owned();
    name.push("-queues");
    let mut file = table.with_file_name(name);
    if let Some(extension) = table.extension() {
        file.set_extension(extension);
    }
    file
}

fn database(path: &Path) -> Result<Database> {
    let name = path.to_str().ok_or_else(|| unusable(path, "the path is not UTF-8"))?;
    let database = Database::new(name).map_err(|e| unusable(path, &e.to_string()))?;
    // Besides ending bulk loads, this sets SQLite's `synchronous` to NORMAL, which with its
    // write-ahead log spares a disk sync on every write.
    database.disable_bulk_loading().map_err(|e| unusable(path, &e.to_string()))?;
    Ok(database)
}

/// The limit is SQLite's own and holds for the whole process; a cache that meets it takes its oldest page
/// instead of memory.
fn limit_memory() -> rusqlite::Result<()> {
    Connection::open_in_memory()?.query_row(&format!("PRAGMA soft_heap_limit = {PAGES}"), [], |_| Ok(()))
}

fn unusable(path: &Path, why: &str) -> Error {
    let hint = "check that the directory exists and may be written, and that no newer version wrote the file";
    Error::permanent("engine.open", format!("{}: {why}; {hint}", path.display()))
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
