//! Letting others go on.

use std::future::poll_fn;
use std::task::Poll;

/// Lets those tasks of this thread go on that can, each once. Tokio's own `yield_now` comes back only when none of them can
/// go on any more: in a process that is always at work that is after some sixty others, which takes milliseconds.
pub async fn pass() {
    let mut passed = false;
    poll_fn(|task| {
        if passed {
            return Poll::Ready(());
        }
        passed = true;
        // Whoever wakes itself comes after all that can go on now.
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn others_go_on_once_and_need_not_come_to_rest() {
        let (seen, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let busy = tokio::spawn({
            let (seen, over) = (Arc::clone(&seen), Arc::clone(&over));
            async move {
                // Can always go on.
                while !over.load(Ordering::SeqCst) {
                    seen.store(true, Ordering::SeqCst);
                    pass().await;
                }
            }
        });
        pass().await;
        assert!(seen.load(Ordering::SeqCst), "it had its turn");
        pass().await;
        over.store(true, Ordering::SeqCst);
        busy.await.unwrap();
    }
}
