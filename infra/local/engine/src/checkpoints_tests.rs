#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::client::{client, create_table};
use crate::gate::Gate;
use dynoxide::Database;
use tempfile::TempDir;
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Key, Range, Table, Write};

/// Records of which a few hundred fill more pages than SQLite lets its log have by itself.
const LARGE: usize = 16 * 1024;

/// A database without its thread.
struct Bench {
    directory: TempDir,
    table: Table,
}

impl Bench {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::new(directory.path().join("local.db").to_str().unwrap()).unwrap();
        let client = client(database, Gate::open());
        create_table(&client, "tenon").await.unwrap();
        Self { directory, table: Table::new(client, "tenon") }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn rounds(&self) -> Rounds {
        Rounds::open(&self.file("local.db")).unwrap()
    }

    async fn write(&self, records: std::ops::Range<usize>) {
        for n in records {
            let key = Key::new(&TenantId::new("acme"), "KEPT", &[], format!("{n:06}"));
            self.table.write(Write::put(key, &"x".repeat(LARGE), Expect::Anything).unwrap()).await.unwrap();
        }
    }

    fn database(&self) -> Vec<u8> {
        std::fs::read(self.file("local.db")).unwrap()
    }

    /// Records in the file itself, whatever its log says.
    async fn in_the_file(&self) -> usize {
        let copy = self.file("copy.db");
        std::fs::write(&copy, self.database()).unwrap();
        let table = Table::new(client(Database::new(copy.to_str().unwrap()).unwrap(), Gate::open()), "tenon");
        let partition = Key::partition_of(&TenantId::new("acme"), "KEPT", &[]);
        table.query_all::<String>(&partition, Range::default()).await.unwrap().len()
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.file("local.db-wal")).map_or(0, |m| m.len())
    }
}

#[tokio::test]
async fn a_round_copies_into_the_file_what_was_written_before_it() {
    let bench = Bench::new().await;
    let mut rounds = bench.rounds();
    bench.write(0..3).await;
    rounds.next(LONG).unwrap();
    assert_eq!(bench.in_the_file().await, 3);
    bench.write(3..5).await;
    rounds.next(LONG).unwrap();
    assert_eq!(bench.in_the_file().await, 5);
}

#[tokio::test]
async fn between_rounds_the_writers_copy_nothing_themselves() {
    let bench = Bench::new().await;
    bench.write(0..300).await;
    assert!(bench.in_the_file().await > 0, "SQLite's own checkpoint comes within 300 records");

    let mut rounds = bench.rounds();
    bench.write(300..310).await;
    rounds.next(LONG).unwrap();
    bench.write(310..320).await;
    rounds.next(LONG).unwrap();
    let before = bench.database();
    bench.write(320..700).await;
    assert!(bench.database() == before, "a writer has made a checkpoint");
    rounds.next(LONG).unwrap();
    assert_eq!(bench.in_the_file().await, 700);
}

#[tokio::test]
async fn a_log_that_is_long_is_begun_anew() {
    let bench = Bench::new().await;
    let mut rounds = bench.rounds();
    let mut longest = 0;
    for round in 0..40 {
        bench.write(round * 20..(round + 1) * 20).await;
        rounds.next(500).unwrap();
        longest = longest.max(bench.log_bytes());
    }
    // Of 40 rounds of more than 80 pages, about six fit before the log is begun anew.
    assert!(longest < 5_000_000, "the log has grown to {longest} bytes");
    assert_eq!(bench.in_the_file().await, 800);
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_and_not_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gone.db");
    assert!(Rounds::open(&path).is_err());
    assert!(!path.exists());
}
