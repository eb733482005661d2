//! The open connections. At their limit, the one that has waited longest without a whole request is closed:
//! one that is being answered never is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// What a connection is doing.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// For something of its client, since then and until then.
    Waiting { since: Instant, until: Instant },
    /// A whole request has arrived and is being answered.
    Working,
}

/// The connections of one listener.
pub(crate) struct Connections {
    most: usize,
    next: AtomicU64,
    working: AtomicUsize,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
}

struct Connection {
    phase: watch::Sender<Phase>,
    dismissed: Notify,
}

/// One connection's place; given back when dropped.
pub(crate) struct Seat {
    connections: Arc<Connections>,
    number: u64,
    place: Arc<Connection>,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self { most, next: AtomicU64::new(0), working: AtomicUsize::new(0), open })
    }

    /// A place that waits for so long. `None` when all others are being answered.
    pub(crate) fn enter(self: &Arc<Self>, patience: Duration) -> Option<Seat> {
        let mut open = self.open();
        while open.len() >= self.most {
            dismiss_longest(&mut open)?;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let place = Arc::new(Connection { phase: watch::Sender::new(waiting(patience)), dismissed: Notify::new() });
        open.insert(number, Arc::clone(&place));
        Some(Seat { connections: Arc::clone(self), number, place })
    }

    /// Sends away whoever has waited longest.
    pub(crate) fn make_room(&self) {
        dismiss_longest(&mut self.open());
    }

    /// Connections that are being answered.
    pub(crate) fn working(&self) -> usize {
        self.working.load(Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn waiting(patience: Duration) -> Phase {
    let since = Instant::now();
    Phase::Waiting { since, until: since + patience }
}

fn dismiss_longest(open: &mut BTreeMap<u64, Arc<Connection>>) -> Option<()> {
    let since = |place: &Connection| match *place.phase.borrow() {
        Phase::Waiting { since, .. } => Some(since),
        Phase::Working => None,
    };
    let (_, number) = open.iter().filter_map(|(n, place)| Some((since(place)?, *n))).min()?;
    open.remove(&number)?.dismissed.notify_one();
    Some(())
}

impl Seat {
    /// It waits again, at most for so long.
    pub(crate) fn wait(&self, patience: Duration) {
        self.turn(waiting(patience));
    }

    /// Its request is being answered.
    pub(crate) fn work(&self) {
        self.turn(Phase::Working);
    }

    fn turn(&self, phase: Phase) {
        let before = self.place.phase.send_replace(phase);
        match (before, phase) {
            (Phase::Waiting { .. }, Phase::Working) => _ = self.connections.working.fetch_add(1, Ordering::Relaxed),
            (Phase::Working, Phase::Waiting { .. }) => _ = self.connections.working.fetch_sub(1, Ordering::Relaxed),
            _ => {}
        }
    }

    /// Ready when the connection has to make place for another.
    pub(crate) async fn dismissed(&self) {
        self.place.dismissed.notified().await;
    }

    /// Ready when its client is overdue, or has been waited for as long as `grace` from now.
    pub(crate) async fn overdue(&self, grace: Option<Duration>) {
        let last = grace.map(|grace| Instant::now() + grace);
        let mut phase = self.place.phase.subscribe();
        loop {
            let until = match *phase.borrow_and_update() {
                Phase::Waiting { until, .. } => Some(last.map_or(until, |last| last.min(until))),
                Phase::Working => None,
            };
            let changed = phase.changed();
            match until {
                Some(until) => tokio::select! {
                    () = tokio::time::sleep_until(until) => return,
                    _ = changed => {}
                },
                // The sender lives as long as this place.
                None => _ = changed.await,
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.wait(Duration::ZERO);
        self.connections.open().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn ready(future: impl Future<Output = ()>) -> bool {
        matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()))
    }

    #[tokio::test]
    async fn whoever_waits_longest_makes_place_and_who_is_answered_stays() {
        let (connections, patience) = (Connections::new(2), Duration::from_secs(10));
        let answered = connections.enter(patience).unwrap();
        answered.work();
        let half_open = connections.enter(patience).unwrap();
        assert!(!ready(half_open.dismissed()));
        let next = connections.enter(patience).unwrap();
        assert!(ready(half_open.dismissed()) && !ready(answered.dismissed()));
        next.work();
        assert!(connections.enter(patience).is_none(), "both are being answered");
        assert_eq!(connections.working(), 2);
        drop(half_open);
        drop(next);
        assert_eq!(connections.working(), 1);
        assert!(connections.enter(patience).is_some());
    }

    #[tokio::test]
    async fn a_client_is_overdue_only_while_it_is_waited_for() {
        let connections = Connections::new(1);
        let short = Duration::from_millis(50);
        let seat = connections.enter(short).unwrap();
        let begun = Instant::now();
        seat.overdue(None).await;
        assert!(begun.elapsed() >= short);
        seat.work();
        let mut overdue = pin!(seat.overdue(Some(short)));
        assert!(tokio::time::timeout(3 * short, overdue.as_mut()).await.is_err());
        seat.wait(Duration::from_secs(60));
        overdue.await;
        assert!(begun.elapsed() < Duration::from_secs(30), "its grace is over");
    }
}
