//! Checkpoints of the database file, made beside the connection that serves it.
//!
//! SQLite copies its write-ahead log into the file in the commit that fills a thousand pages of it, and
//! everybody waits for that commit's disk syncs. Here a thread with connections of its own copies it
//! instead. What SQLite then still tries in the serving connection costs nothing, because a reader
//! stands where the thread has copied to, and no checkpoint goes past a reader.
//!
//! A reader also keeps SQLite from beginning its log anew, so it steps aside when the log has grown
//! long. When this thread ends or fails, SQLite is back to its own ways; the data never depend on it.

use rusqlite::{Connection, OpenFlags, Result};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two rounds: what is written in it is copied in a few milliseconds.
const PERIOD: Duration = Duration::from_millis(50);
/// Pages of the log after which it is begun anew: 64 MB of 4 KB pages.
const LONG: i64 = 16_000;
/// Tries to catch up with the writers before the log is begun anew, each over what was written during
/// the one before, so that little is left for the serving connection.
const TRIES: usize = 4;

/// The thread; it ends, and its connections with it, when this is dropped.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Checkpoints the database in this file from now on.
    pub(crate) fn of(path: PathBuf) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("checkpoints".to_owned()).spawn(move || {
            let (mut rounds, mut reported) = (None, false);
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = round(&mut rounds, &path) {
                    // Opened afresh at the next round, so that nothing half done is left behind.
                    rounds = None;
                    if !std::mem::replace(&mut reported, true) {
                        let database = path.display();
                        tracing::warn!(%database, %error, "no checkpoints beside the writers; they are made by them");
                    }
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop.take();
        // A thread that has panicked has ended too.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn round(rounds: &mut Option<Rounds>, path: &Path) -> Result<()> {
    match rounds {
        Some(rounds) => rounds.next(LONG),
        None => rounds.insert(Rounds::open(path)?).next(LONG),
    }
}

/// What one round needs of the former ones.
struct Rounds {
    /// Reads nothing; stands where the other has copied to.
    reader: Connection,
    copier: Connection,
    /// Changes when something was committed.
    version: Option<i64>,
}

impl Rounds {
    fn open(path: &Path) -> Result<Self> {
        // A file that is gone is not made again.
        let open = || Connection::open_with_flags(path, OpenFlags::default() - OpenFlags::SQLITE_OPEN_CREATE);
        Ok(Self { reader: open()?, copier: open()?, version: None })
    }

    /// Copies what was committed since the former round. A log of more pages than `long` may be begun
    /// anew until the next round.
    fn next(&mut self, long: i64) -> Result<()> {
        self.step_aside()?;
        self.reader.execute_batch("BEGIN")?;
        let version = self.reader.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if self.version.replace(version) == Some(version) {
            return Ok(());
        }
        if self.copy()?.pages > long {
            self.step_aside()?;
            for _ in 0..TRIES {
                let log = self.copy()?;
                if log.copied == log.pages {
                    break;
                }
            }
        }
        Ok(())
    }

    fn step_aside(&self) -> Result<()> {
        if self.reader.is_autocommit() { Ok(()) } else { self.reader.execute_batch("COMMIT") }
    }

    /// Copies up to the reader, or to the end when there is none, and waits for nobody.
    fn copy(&self) -> Result<Log> {
        self.copier.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok(Log { pages: row.get("log")?, copied: row.get("checkpointed")? })
        })
    }
}

/// The write-ahead log, in pages; -1 when the serving connection is just copying.
struct Log {
    pages: i64,
    copied: i64,
}

#[cfg(test)]
#[path = "checkpoints_tests.rs"]
mod tests;
