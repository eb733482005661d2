//! Group commit: writes of several tasks that come while another is being stored are stored in one transaction of the
//! engine. Nobody waits for company, and what is stored together is bounded, so that a commit keeps the others from the
//! database for about two milliseconds at most.
//!
//! Each write keeps its own condition and its own outcome: when one of them is in the way of the transaction, nothing of
//! it is stored, and each is made by itself. Each is atomic as it was, and is answered once it is committed.

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::DynoxideError;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_platform::table::engine::{Change, Changed, Item};
use tokio::sync::oneshot;

/// Items of one commit of several writes, at most: about two milliseconds of the engine's time.
const MAX_ITEMS: usize = 64;

/// What one caller writes.
pub(crate) enum Work {
    /// A change by itself, which tells what is there when its condition does not hold, and what an update made of it.
    One(Arc<Changed>),
    /// All or nothing.
    All(Arc<[Changed]>),
}

/// A write that waits for its commit.
pub(crate) struct Waiting {
    pub table: String,
    pub work: Work,
    done: oneshot::Sender<Done>,
}

/// What an update changed, as it is now; nothing for other changes.
pub(crate) type Done = Result<Item, DynoxideError>;

/// Writes that wait for their commit.
#[derive(Default)]
pub(crate) struct Commits {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

impl Commits {
    /// Makes a write, with others that come at the same time where they fit together. `store` makes several, each
    /// with an outcome of its own.
    pub(crate) async fn commit(&self, table: &str, work: Work, store: impl Fn(&[Waiting]) -> Vec<Done>) -> Done {
        let (sender, mut done) = oneshot::channel();
        let waiting = Waiting { table: table.to_owned(), work, done: sender };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        // Those that can go on do, up to their own write.
        crate::turn::pass().await;
        loop {
            let _turn = self.turn.lock().await;
            match done.try_recv() {
                Ok(done) => return done,
                // Nothing is taken out of the line without an answer, as nothing is waited for in between.
                Err(oneshot::error::TryRecvError::Empty) => self.next(&store),
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(DynoxideError::InternalServerError("a commit was given up".to_owned()));
                }
            }
        }
    }

    /// Commits those that are first in line.
    fn next(&self, store: impl Fn(&[Waiting]) -> Vec<Done>) {
        let first = self.first();
        let all = store(&first);
        for (waiting, done) in first.into_iter().zip(all) {
            // Whoever asked may be gone; what it asked for is done.
            let _ = waiting.done.send(done);
        }
    }

    /// The first in line, as far as they fit one commit.
    fn first(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = fitting(&waiting);
        waiting.drain(..fitting).collect()
    }
}

fn fitting(waiting: &[Waiting]) -> usize {
    let (mut seen, mut fitting) = (HashSet::new(), 0);
    for next in waiting {
        let targets: Option<Vec<Target<'_>>> = next.work.changes().iter().map(|c| target(&next.table, c)).collect();
        // What cannot be compared goes by itself.
        let fits = targets.as_ref().is_some_and(|targets| {
            seen.len() + targets.len() <= MAX_ITEMS && targets.iter().all(|target| !seen.contains(target))
        });
        if fitting > 0 && !fits {
            break;
        }
        fitting += 1;
        match targets {
            Some(targets) => seen.extend(targets),
            None => break,
        }
    }
    fitting
}

impl Work {
    pub(crate) fn changes(&self) -> &[Changed] {
        match self {
            Self::One(one) => std::slice::from_ref(one.as_ref()),
            Self::All(all) => all,
        }
    }
}

/// Which record a change is of: its table and its keys.
type Target<'c> = (&'c str, &'c str, &'c str);

fn target<'c>(table: &'c str, changed: &'c Changed) -> Option<Target<'c>> {
    let key = match &changed.change {
        Change::Put(key) | Change::Delete(key) | Change::Check(key) | Change::Update { key, .. } => key,
    };
    Some((table, text(key, "pk")?, text(key, "sk")?))
}

fn text<'c>(key: &'c Item, name: &str) -> Option<&'c str> {
    match key.get(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}
