//! What the embedded engines keep when a process dies.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tenon_engine::{Gate, Local, Moment};
use tenon_model::TenantId;
use tenon_platform::queue::{APPROVALS_SUBMIT, Queue};
use tenon_platform::table::{Expect, Key, Outcome, Range, Write};
use tenon_platform::{Clock, Result};

const VISIBILITY: Duration = Duration::from_secs(60);

/// Set for the process that is to be killed: the database it writes to.
const VICTIM: &str = "TENON_TEST_DATABASE_OF_THE_KILLED";

fn record(n: usize) -> Write {
    let key = Key::new(&TenantId::new("acme"), "KEPT", &[], format!("{n:06}"));
    Write::put(key, &n, Expect::Anything).unwrap()
}

/// Writes without end and says what was answered as stored.
async fn write_until_killed(path: &str) {
    let local = Local::open(Path::new(path), Clock::system()).await.unwrap();
    for n in 0.. {
        local.table.write(record(n)).await.unwrap();
        local.queue.send(&APPROVALS_SUBMIT, n.to_string(), Duration::ZERO).await.unwrap();
        println!("\nstored {n}");
    }
}

#[tokio::test]
async fn what_was_answered_as_stored_survives_kill_9() {
    if let Ok(path) = std::env::var(VICTIM) {
        return write_until_killed(&path).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.db");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::what_was_answered_as_stored_survives_kill_9", "--nocapture"])
        .env(VICTIM, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(std::io::Result::ok);
    let stored = lines.filter(|line| line.starts_with("stored ")).take(50).count();
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert_eq!(stored, 50, "the other process ended by itself");

    let local = Local::open(&path, Clock::system()).await.unwrap();
    let partition = Key::partition_of(&TenantId::new("acme"), "KEPT", &[]);
    let kept = local.table.query_all::<usize>(&partition, Range::default()).await.unwrap();
    assert!(kept.len() >= 50 && kept.iter().enumerate().all(|(n, s)| s.data == n), "{} records kept", kept.len());
    let queued = local.queue.depth(&APPROVALS_SUBMIT).await.unwrap();
    assert!(queued.visible >= 50, "{queued:?}");
}

/// Sends two messages, handles one, gives up the other.
async fn work(local: &Local) -> Result<()> {
    local.queue.send(&APPROVALS_SUBMIT, "a".to_owned(), Duration::ZERO).await?;
    local.queue.send(&APPROVALS_SUBMIT, "b".to_owned(), Duration::ZERO).await?;
    for message in local.queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await? {
        if message.body == "a" {
            local.table.write(record(1)).await?;
            local.queue.delete(&APPROVALS_SUBMIT, &message.receipt).await?;
        } else {
            local.queue.release(&APPROVALS_SUBMIT, &message.receipt, Duration::ZERO).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_between_any_two_writes_loses_no_message() {
    let (gate, writes) = Gate::counting_writes();
    let whole = Local::memory(Clock::manual(1_000_000)).await.unwrap();
    work(&whole.with_gate(gate)).await.unwrap();
    let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(writes, 6, "two sends, one receive of both, one record, one delete, one release");

    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let clock = Clock::manual(1_000_000);
            let local = Local::memory(clock.clone()).await.unwrap();
            let error = work(&local.with_gate(Gate::crash_at_write(n, moment))).await.unwrap_err();
            assert!(error.to_string().contains("killed"), "{error}");

            clock.advance(VISIBILITY);
            let left = local.queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
            let mut left: Vec<&str> = left.iter().map(|m| m.body.as_str()).collect();
            left.sort_unstable();
            let at = |write: usize| n > write || (n == write && moment == Moment::After);
            // Writes in order: send a, send b, receive both, record, delete a, release b.
            let expected: &[&str] = match (at(0), at(1), at(4)) {
                (false, ..) => &[],
                (true, false, _) => &["a"],
                (true, true, false) => &["a", "b"],
                (true, true, true) => &["b"],
            };
            assert_eq!(left, expected, "killed {moment:?} write {n}");
        }
    }
}

#[tokio::test]
async fn a_killed_write_is_done_or_not_by_the_moment() {
    let local = Local::memory(Clock::manual(0)).await.unwrap();
    for (moment, done) in [(Moment::Before, 0), (Moment::After, 1)] {
        let gated = local.with_gate(Gate::crash_at_write(0, moment));
        gated.table.write(record(7)).await.unwrap_err();
        // The dead process reads nothing either.
        let partition = Key::partition_of(&TenantId::new("acme"), "KEPT", &[]);
        gated.table.query::<usize>(&partition, Range::default()).await.unwrap_err();
        let seen = local.table.query::<usize>(&partition, Range::default()).await.unwrap();
        assert_eq!(seen.items.len(), done, "{moment:?}");
    }
}

#[tokio::test]
async fn a_database_opens_again_with_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.db");
    let first = Local::open(&path, Clock::system()).await.unwrap();
    first.table.write(record(1)).await.unwrap();
    first.queue.send(&APPROVALS_SUBMIT, "kept".to_owned(), Duration::ZERO).await.unwrap();
    drop(first);

    let again = Local::open(&path, Clock::system()).await.unwrap();
    let conflict = Write::put(Key::new(&TenantId::new("acme"), "KEPT", &[], "000001"), &2, Expect::AbsentAt(0));
    assert_eq!(again.table.write(conflict.unwrap()).await, Ok(Outcome::Conflict));
    let kept = again.queue.receive(&APPROVALS_SUBMIT, 10, VISIBILITY).await.unwrap();
    assert_eq!(kept[0].body, "kept");
}

#[tokio::test]
async fn the_end_of_the_last_clone_leaves_the_file_alone_with_everything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.db");
    let local = Local::open(&path, Clock::system()).await.unwrap();
    let clone = local.with_gate(Gate::open());
    drop(local);
    clone.table.write(record(0)).await.unwrap();
    assert!(folder.path().join("local.db-wal").exists());
    drop(clone);
    let mut left: Vec<_> = folder.path().read_dir().unwrap().map(|f| f.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["local-queues.db", "local.db"], "some connection is still open");
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent/local.db");
    let error = Local::open(&path, Clock::system()).await.err().unwrap();
    assert_eq!(error.code, "engine.open");
    assert!(error.to_string().contains("absent/local.db"), "{error}");
}

#[tokio::test]
async fn expired_records_are_swept_by_the_given_clock() {
    let clock = Clock::manual(1_800_000_000_000);
    let local = Local::memory(clock.clone()).await.unwrap();
    local.table.write(record(1).expiring(Some(1_800_000_060))).await.unwrap();
    local.table.write(record(2)).await.unwrap();
    local
        .table
        .write(record(3).indexed("kept".to_owned(), "3".to_owned()).expiring(Some(1_800_000_060)))
        .await
        .unwrap();
    assert_eq!(local.sweep_expired(), Ok(0));
    clock.advance(Duration::from_secs(61));
    assert_eq!(local.sweep_expired(), Ok(2));
    let partition = Key::partition_of(&TenantId::new("acme"), "KEPT", &[]);
    assert_eq!(local.table.query_all::<usize>(&partition, Range::default()).await.unwrap().len(), 1);
    assert_eq!(local.table.query_index::<usize>("kept", Range::default()).await.unwrap().items.len(), 0);
}

#[tokio::test]
async fn several_contexts_are_several_processes_over_one_database() {
    use tenon_crypto::secrets::MasterKey;
    use tenon_platform::http::NoHttp;
    let local = Local::memory(Clock::manual(0)).await.unwrap();
    let context = |seed| {
        let entropy = tenon_platform::Entropy::seeded(seed);
        local.context(Arc::new(NoHttp), entropy, MasterKey::from_bytes([7; 32])).unwrap()
    };
    let (one, other) = (context(1), context(2));
    assert_ne!(one.process, other.process);
    one.queue.send(&APPROVALS_SUBMIT, "hello".to_owned(), Duration::ZERO).await.unwrap();
    let got = other.queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await.unwrap();
    assert_eq!(got[0].body, "hello");
    assert_eq!(one.queue.receive(&APPROVALS_SUBMIT, 1, VISIBILITY).await, Ok(vec![]));
}
