//! The embedded table and the embedded queues, each a database of its own: SQLite has one writer a
//! database, and a call must not wait for the queue work that goes on beside it.

use crate::checkpoints::Checkpoints;
use crate::client::create_table;
use crate::direct::Direct;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::prepared::{HandOn, Prepared};
use crate::queue::TableQueue;
use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    kept: [Kept; 2],
    clock: Clock,
    checkpoints: Vec<Arc<Checkpoints>>,
}

impl Local {
    /// Databases in memory that live as long as this value.
    ///
    /// # Errors
    /// `engine.open` when the engine cannot start.
    pub async fn memory(clock: Clock) -> Result<Self> {
        // A name each, so that several connections see the same and nobody else's.
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let path = || PathBuf::from(format!("file:/tenon-{}?vfs=memdb", MADE.fetch_add(1, Ordering::Relaxed)));
        Self::over(Kept::open(path(), TABLE)?, Kept::open(path(), QUEUE_TABLE)?, clock).await
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
        let (table, messages) = (Kept::open(path.to_owned(), TABLE)?, Kept::open(queues.clone(), QUEUE_TABLE)?);
        let local = Self::over(table, messages, clock).await?;
        let checkpoints = [path.to_owned(), queues].into_iter().map(|file| {
            let started = Checkpoints::of(file.clone());
            started.map(Arc::new).map_err(|e| unusable(&file, &e.to_string()))
        });
        Ok(Self { checkpoints: checkpoints.collect::<Result<_>>()?, ..local })
    }

    async fn over(table: Kept, queues: Kept, clock: Clock) -> Result<Self> {
        let local = Self::assemble(table, queues, (&Gate::open(), &Gate::open()), clock);
        create_table(&local.client, TABLE).await?;
        create_table(&local.queue_client, QUEUE_TABLE).await?;
        let [_, queues] = &local.kept;
        let former = queues
            .prepared
            .indexed()
            .map_err(|HandOn| Error::transient("engine.open", "the queues' index could not be read"))?;
        local.queue.bring_over(former).await?;
        Ok(local)
    }

    fn assemble(table: Kept, queues: Kept, gates: (&Gate, &Gate), clock: Clock) -> Self {
        let client = crate::client::client(table.database.clone(), gates.0.clone());
        let queue_client = crate::client::client(queues.database.clone(), gates.1.clone());
        let queue = TableQueue::new(queue_client.clone(), QUEUE_TABLE, clock.clone(), Entropy::system());
        Self {
            database: table.database.clone(),
            client,
            queue_database: queues.database.clone(),
            queue_client,
            table: Table::new(table.direct(gates.0), TABLE).waiting_by(clock.clone()),
            queue: queue.over(Arc::new(queues.direct(gates.1))),
            kept: [table, queues],
            clock,
            checkpoints: Vec::new(),
        }
    }

    /// The same databases seen by a process that a gate may kill. Queue settings start afresh.
    #[must_use]
    pub fn with_gate(&self, gate: Gate) -> Self {
        self.with_gates(&gate, &gate)
    }

    /// As [`with_gate`](Self::with_gate), with a gate for the table and another for the queues.
    #[must_use]
    pub fn with_gates(&self, table: &Gate, queues: &Gate) -> Self {
        let ([kept, messages], checkpoints) = (self.kept.clone(), self.checkpoints.clone());
        Self { checkpoints, ..Self::assemble(kept, messages, (table, queues), self.clock.clone()) }
    }

    /// How often table and queues were asked for something that the engine itself had to do or to refuse: what the
    /// prepared statements do not know, and writes whose condition did not hold.
    pub fn handed_on(&self) -> usize {
        self.kept.iter().map(|kept| kept.prepared.handed_on()).sum()
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
        let [table, _] = &self.kept;
        let swept = table.prepared.sweep(self.clock.now_ms().div_euclid(1000));
        swept
            .map_err(|HandOn| Error::transient("engine.sweep", "expired records could not be looked for or taken away"))
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

/// A database, and the statements on its table.
#[derive(Clone)]
struct Kept {
    database: Database,
    prepared: Arc<Prepared>,
}

impl Kept {
    fn open(path: PathBuf, table: &str) -> Result<Self> {
        let name = path.to_str().ok_or_else(|| unusable(&path, "the path is not UTF-8"))?;
        let database = Database::new(name).map_err(|e| unusable(&path, &e.to_string()))?;
        // Besides ending bulk loads, this sets SQLite's `synchronous` to NORMAL, which with its
        // write-ahead log spares a disk sync on every write.
        database.disable_bulk_loading().map_err(|e| unusable(&path, &e.to_string()))?;
        let prepared = Prepared::open(name, table).map_err(|e| unusable(&path, &e.to_string()))?;
        Ok(Self { database, prepared: Arc::new(prepared) })
    }

    fn direct(&self, gate: &Gate) -> Direct {
        Direct::new(self.database.clone(), Arc::clone(&self.prepared), gate.clone())
    }
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
