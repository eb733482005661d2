//! Queues whose messages last very differently long, such as pushes to endpoints that answer at once and
//! pushes to endpoints that do not. In the cloud a batch is answered for as a whole, and there are many
//! places for batches; here every message has a place of its own, so that none waits for another's end.

use super::{Ending, IDLE, VISIBILITY, Worker, pause, reached, work_or_give_back};
use std::sync::Arc;
use std::time::Duration;
use tenon_catalog::QueueSpec;
use tenon_engine::{MOST_RECEIVED, TableQueue};
use tenon_platform::Context;
use tenon_platform::queue::QueueName;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

/// Messages of one queue under way at once, at most: each is a task with its body and a connection.
const MAX: u32 = 256;
/// How long a receive waits for more places than one, where messages under way have all of them.
const MOMENT: Duration = Duration::from_millis(5);

/// Works one queue until told to stop; messages under way are finished, or in the end given back.
pub(super) async fn run(
    ctx: Context,
    engine: TableQueue,
    queue: QueueName,
    spec: &'static QueueSpec,
    worker: Arc<dyn Worker>,
    wake: Arc<Notify>,
    mut ends: watch::Receiver<Ending>,
) {
    let all = MAX.min(spec.batch_size.saturating_mul(spec.max_concurrency)).max(1);
    let places = Arc::new(Semaphore::new(usize::try_from(all).unwrap_or(1)));
    loop {
        let woken = wake.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let first = tokio::select! {
            permit = Arc::clone(&places).acquire_owned() => permit,
            () = reached(&mut ends, Ending::Finishing) => break,
        };
        let Ok(first) = first else { break };
        let held = some(&places, first).await;
        let room = u32::try_from(held.len()).unwrap_or(1);
        match engine.receive_many(&queue, room, VISIBILITY).await {
            Ok(messages) if !messages.is_empty() => {
                for (message, permit) in messages.into_iter().zip(held) {
                    let (ctx, queue, worker, ends) = (ctx.clone(), queue.clone(), Arc::clone(&worker), ends.clone());
                    tokio::spawn(async move {
                        work_or_give_back(&ctx, &queue, worker.as_ref(), vec![message], ends).await;
                        drop(permit);
                    });
                }
            }
            Ok(_) => {
                drop(held);
                let pause = pause(&ctx, &engine, &queue).await;
                tokio::select! {
                    () = &mut woken => {}
                    () = tokio::time::sleep(pause) => {}
                    () = reached(&mut ends, Ending::Finishing) => break,
                }
            }
            Err(error) => {
                tracing::error!(queue = %queue, error.message = %error, "queue could not be received from");
                drop(held);
                tokio::time::sleep(IDLE).await;
            }
        }
    }
    // Every permit back means every message is done.
    let _ = places.acquire_many(all).await;
}

/// As many places as one receive takes. Where all were taken, those that come free within a moment: messages that are
/// received one by one cost several times as much.
async fn some(places: &Arc<Semaphore>, first: OwnedSemaphorePermit) -> Vec<OwnedSemaphorePermit> {
    let wanted = usize::try_from(MOST_RECEIVED).unwrap_or(1);
    let mut held = vec![first];
    let fill = async {
        while held.len() < wanted {
            match Arc::clone(places).acquire_owned().await {
                Ok(permit) => held.push(permit),
                Err(_) => break,
            }
        }
    };
    let _ = tokio::time::timeout(MOMENT, fill).await;
    held
}
