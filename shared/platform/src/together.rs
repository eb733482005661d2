//! Work of several tasks that is done together: what comes while others are at work waits, and is then done in one
//! go. Nobody waits for company: whoever comes alone is served alone, after one turn of the others that can go on.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

type Waiting<T, A> = Vec<(T, oneshot::Sender<A>)>;

/// Pieces of work that wait, and whose turn it is to do them.
pub struct Together<T, A> {
    waiting: Mutex<Waiting<T, A>>,
    working: Arc<tokio::sync::Mutex<()>>,
}

impl<T, A> Default for Together<T, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), working: Arc::default() }
    }
}

/// A piece of work that was handed in.
pub struct Ticket<'t, T, A> {
    of: &'t Together<T, A>,
    answer: oneshot::Receiver<A>,
}

impl<T, A> Together<T, A> {
    /// Hands a piece of work in. It is done by the next whose turn it is, this one's or another's.
    pub fn hand_in(&self, work: T) -> Ticket<'_, T, A> {
        let (done, answer) = oneshot::channel();
        self.lock().push((work, done));
        Ticket { of: self, answer }
    }

    /// How many pieces wait.
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting<T, A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits and is still waited for.
    fn take(&self) -> Waiting<T, A> {
        let mut all = std::mem::take(&mut *self.lock());
        all.retain(|(_, done)| !done.is_closed());
        all
    }
}

impl<T: Send + 'static, A: Send + 'static> Ticket<'_, T, A> {
    /// Its answer. Whoever's turn it is waits for `company` first, and then has `act` do all that waits, which
    /// answers in the same order. That is done to its end even when whoever began it is dropped: others wait for it.
    /// `None` when it was not answered, since `act` panicked.
    pub async fn done<W, F, D>(mut self, company: W, act: F) -> Option<A>
    where
        W: Future<Output = ()>,
        F: FnOnce(Vec<T>) -> D,
        D: Future<Output = Vec<A>> + Send + 'static,
    {
        tokio::task::yield_now().await;
        let turn = Arc::clone(&self.of.working).lock_owned().await;
        if let Ok(answer) = self.answer.try_recv() {
            return Some(answer);
        }
        company.await;
        let (work, waiting): (Vec<T>, Vec<oneshot::Sender<A>>) = self.of.take().into_iter().unzip();
        let done = act(work);
        tokio::spawn(async move {
            for (waiting, answer) in waiting.into_iter().zip(done.await) {
                // Nobody waits any more when the work was given up.
                let _ = waiting.send(answer);
            }
            drop(turn);
        });
        self.answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Doubles numbers, and counts how often that was done.
    async fn doubled(of: &Together<u32, u32>, times: &Arc<AtomicUsize>, number: u32) -> Option<u32> {
        let times = Arc::clone(times);
        let act = move |all: Vec<u32>| async move {
            times.fetch_add(1, Ordering::SeqCst);
            assert!(!all.contains(&13), "a number that no program survives");
            all.into_iter().map(|n| n * 2).collect()
        };
        of.hand_in(number).done(std::future::ready(()), act).await
    }

    #[tokio::test]
    async fn what_comes_at_once_is_done_in_one_go_and_each_has_its_own_answer() {
        let (of, times) = (Together::default(), Arc::default());
        let all = (0..10).map(|n| doubled(&of, &times, n));
        let answers = futures::future::join_all(all).await;
        assert_eq!(answers, (0..10).map(|n| Some(n * 2)).collect::<Vec<_>>());
        assert_eq!((times.load(Ordering::SeqCst), of.waiting()), (1, 0));
        assert_eq!(doubled(&of, &times, 7).await, Some(14));
        assert_eq!(times.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn whoever_is_dropped_leaves_the_others_their_answers() {
        let (of, times) = (Together::default(), Arc::default());
        let mut first = Box::pin(doubled(&of, &times, 1));
        assert_eq!(first.as_mut().now_or_never(), None, "it waits for company");
        drop(first);
        assert_eq!(doubled(&of, &times, 2).await, Some(4));
        assert_eq!(doubled(&of, &times, 13).await, None, "what panics is answered by nobody");
        assert_eq!(doubled(&of, &times, 3).await, Some(6), "and nobody else waits for it");
    }
}
