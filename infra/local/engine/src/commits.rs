//! Group commit: writes of several tasks that come while another is being stored are stored in one transaction of the
//! engine. Nobody waits for company, and what is stored together is bounded, so that a commit keeps the others from the
//! database for about two milliseconds at most.
//!
//! One task commits at a time. Whoever finds none is the one: it commits those that are first in line, its own write among
//! them, and leaves the rest to a task, which commits until nobody waits. Each of the others waits for its own
//! answer alone, so that no commit waits for somebody who has only to be told of the one before.
//!
//! Each write keeps its own condition and its own outcome: when one of them is in the way of the transaction, nothing of
//! it is stored, and each is made by itself. Each is atomic as it was, and is answered once it is committed.

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::DynoxideError;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tenon_platform::table::engine::{Change, Changed, Item};
use tokio::sync::oneshot::{self, error::TryRecvError};

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

/// Makes several writes, each with an outcome of its own.
type Store = dyn Fn(&[Waiting]) -> Vec<Done> + Send + Sync;

/// Writes that wait for their commit.
pub(crate) struct Commits {
    line: Mutex<Line>,
    store: Box<Store>,
}

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    /// Somebody commits, and goes on until nobody waits.
    committing: bool,
}

impl Commits {
    /// Commits that are stored so.
    pub(crate) fn new(store: impl Fn(&[Waiting]) -> Vec<Done> + Send + Sync + 'static) -> Self {
        Self { line: Mutex::default(), store: Box::new(store) }
    }

    /// Makes a write, with others that come at the same time where they fit together.
    pub(crate) async fn commit(self: &Arc<Self>, table: &str, work: Work) -> Done {
        let (sender, mut done) = oneshot::channel();
        self.line().waiting.push(Waiting { table: table.to_owned(), work, done: sender });
        // Those that can go on do, up to their own write.
        crate::turn::pass().await;
        match done.try_recv() {
            Ok(done) => return done,
            Err(TryRecvError::Closed) => return Err(given_up()),
            Err(TryRecvError::Empty) => {}
        }
        if let Some(mut committing) = Committing::begin(self)
            && committing.next()
        {
            tokio::spawn(committing.until_nobody_waits());
        }
        done.await.unwrap_or_else(|_| Err(given_up()))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn given_up() -> DynoxideError {
    DynoxideError::InternalServerError("a commit was given up".to_owned())
}

/// The right to commit, which one has at a time.
struct Committing {
    commits: Arc<Commits>,
    /// Nobody waited any more.
    over: bool,
}

impl Committing {
    /// Nothing where somebody commits already.
    fn begin(commits: &Arc<Commits>) -> Option<Self> {
        let before = std::mem::replace(&mut commits.line().committing, true);
        (!before).then(|| Self { commits: Arc::clone(commits), over: false })
    }

    /// Commits until nobody waits; those that can go on do in between.
    async fn until_nobody_waits(mut self) {
        loop {
            crate::turn::pass().await;
            if !self.next() {
                return;
            }
        }
    }

    /// Commits those that are first in line; whether anybody waits still. Nothing is taken out of the line without an
    /// answer, as nothing is waited for in between.
    fn next(&mut self) -> bool {
        let first = self.first();
        let all = (self.commits.store)(&first);
        for (waiting, done) in first.into_iter().zip(all) {
            // Whoever asked may be gone; what it asked for is done.
            let _ = waiting.done.send(done);
        }
        let mut line = self.commits.line();
        line.committing = !line.waiting.is_empty();
        self.over = !line.committing;
        line.committing
    }

    /// The first in line, as far as they fit one commit.
    fn first(&self) -> Vec<Waiting> {
        let waiting = &mut self.commits.line().waiting;
        // Nothing is begun for those who are gone.
        waiting.retain(|waiting| !waiting.done.is_closed());
        let fitting = fitting(waiting);
        waiting.drain(..fitting).collect()
    }
}

impl Drop for Committing {
    /// Leaves nobody waiting for ever.
    fn drop(&mut self) {
        if self.over {
            return;
        }
        if std::thread::panicking() {
            let left = {
                let mut line = self.commits.line();
                line.committing = false;
                std::mem::take(&mut line.waiting)
            };
            // They are told that it was given up.
            return drop(left);
        }
        // Its runtime ends, and those who wait may be in another.
        let mut left = Self { commits: Arc::clone(&self.commits), over: false };
        while left.next() {}
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
    let key = key(changed);
    Some((table, text(key, "pk")?, text(key, "sk")?))
}

/// What says the key of a change's record, at least.
fn key(changed: &Changed) -> &Item {
    match &changed.change {
        Change::Put(key) | Change::Delete(key) | Change::Check(key) | Change::Update { key, .. } => key,
    }
}

fn text<'c>(key: &'c Item, name: &str) -> Option<&'c str> {
    match key.get(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future, poll_fn};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    /// A change of this record.
    fn write(name: &str) -> Work {
        let key = [("pk", name), ("sk", "-")].map(|(k, v)| (k.to_owned(), AttributeValue::S(v.to_owned())));
        Work::One(Arc::new(Changed {
            change: Change::Delete(Item::from(key)),
            condition: None,
            names: Default::default(),
            values: Default::default(),
        }))
    }

    /// What was stored: a record's name each, and how many commits it took.
    #[derive(Default)]
    struct Stored {
        names: Mutex<Vec<String>>,
        commits: AtomicUsize,
    }

    impl Stored {
        fn store(&self, all: &[Waiting]) -> Vec<Done> {
            self.commits.fetch_add(1, Ordering::SeqCst);
            let keys: Vec<Item> = all.iter().map(|waiting| key(&waiting.work.changes()[0]).clone()).collect();
            assert!(!keys.iter().any(|key| text(key, "pk") == Some("panic")), "as the engine might");
            self.names.lock().unwrap().extend(keys.iter().filter_map(|key| text(key, "pk")).map(str::to_owned));
            keys.into_iter().map(Ok).collect()
        }

        fn commits(self: &Arc<Self>) -> Arc<Commits> {
            let stored = Arc::clone(self);
            Arc::new(Commits::new(move |all| stored.store(all)))
        }
    }

    async fn told(commits: Arc<Commits>, name: String) -> bool {
        let answer = commits.commit("t", write(&name)).await.unwrap();
        text(&answer, "pk") == Some(&name)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_of_many_is_stored_once_and_told_of_its_own() {
        let stored = Arc::new(Stored::default());
        let commits = stored.commits();
        let all = (0..2_000).map(|n| tokio::spawn(told(Arc::clone(&commits), format!("r{}", n % 900))));
        for one in all.collect::<Vec<_>>() {
            assert!(one.await.unwrap());
        }
        assert_eq!(stored.names.lock().unwrap().len(), 2_000);
    }

    #[tokio::test]
    async fn those_who_come_together_share_commits() {
        let stored = Arc::new(Stored::default());
        let commits = stored.commits();
        let all = (0..100).map(|n| tokio::spawn(told(Arc::clone(&commits), format!("r{n}"))));
        for one in all.collect::<Vec<_>>() {
            assert!(one.await.unwrap());
        }
        assert_eq!(stored.commits.load(Ordering::SeqCst), 2, "of at most 64 records each");
    }

    #[tokio::test]
    async fn nothing_is_begun_for_whoever_is_gone() {
        let stored = Arc::new(Stored::default());
        let commits = stored.commits();
        let mut gone = Box::pin(told(Arc::clone(&commits), "gone".to_owned()));
        // It stands in line, and has not come to its commit.
        assert!(poll_fn(|task| Poll::Ready(gone.as_mut().poll(task))).await.is_pending());
        drop(gone);
        assert!(told(commits, "there".to_owned()).await);
        assert_eq!(*stored.names.lock().unwrap(), ["there"]);
    }

    #[tokio::test]
    async fn a_commit_that_is_given_up_keeps_nobody_waiting() {
        let commits = Arc::new(Stored::default()).commits();
        let panics = tokio::spawn(told(Arc::clone(&commits), "panic".to_owned()));
        // It is in the way of the first, so that it waits for a commit of its own.
        let after = Arc::clone(&commits);
        let after = tokio::spawn(async move { after.commit("t", write("panic")).await });
        assert!(panics.await.is_err());
        assert!(after.await.unwrap().is_err(), "it is told");
        assert!(told(commits, "next".to_owned()).await);
    }

    #[test]
    fn a_runtime_that_ends_keeps_nobody_of_another_waiting() {
        let stored = Arc::new(Stored::default());
        let commits = stored.commits();
        let threads = (0..8).map(|thread| {
            let commits = Arc::clone(&commits);
            std::thread::spawn(move || {
                for round in 0..200 {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    // More than one commit takes, so that one is handed on while the runtime ends.
                    let left = (0..3).map(|n| told(Arc::clone(&commits), format!("left {thread} {n}")));
                    left.for_each(|left| drop(runtime.spawn(left)));
                    assert!(runtime.block_on(told(Arc::clone(&commits), format!("{thread} {round}"))));
                }
            })
        });
        for thread in threads.collect::<Vec<_>>() {
            thread.join().unwrap();
        }
        let stored = stored.names.lock().unwrap();
        assert_eq!(stored.iter().filter(|name| !name.starts_with("left")).count(), 1_600);
    }
}
