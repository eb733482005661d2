//! The local run: every function of the catalog in one process, behind the same routes, queues and
//! schedules as in the cloud.

mod front;
pub mod gateway;
pub mod handlers;
mod proxies;
pub mod pump;
pub mod registry;
pub mod ticker;
mod wake;

pub use proxies::Proxies;
pub use wake::{Bells, WakingQueue};

use crate::environment::Environment;
use crate::output::Failure;
use std::time::Duration;
use tenon_engine::Local;
use tenon_local_http::Limits;
use tenon_platform::Context;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long batches and schedules that are under way hold the end up; then they are cut off, and messages
/// given back.
const FINISH_WITHIN: Duration = Duration::from_secs(7);
/// How long the end takes at most, whatever hangs.
const END_WITHIN: Duration = Duration::from_millis(9500);

/// Where the end of a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// It runs.
    #[default]
    NotYet,
    /// No work is begun any more; what is under way is finished.
    Finishing,
    /// What is under way is cut off.
    CutOff,
}

/// Ready when the end has come as far as this, or its sender is gone.
pub(crate) async fn reached(ending: &mut watch::Receiver<Ending>, stage: Ending) {
    let _ = ending.wait_for(|now| *now >= stage).await;
}

/// A running server. [`Server::stop`] ends it in good order; dropping it cuts its work off.
pub struct Server {
    ending: watch::Sender<Ending>,
    tasks: JoinSet<()>,
    behind: Option<Runtime>,
}

/// What is served.
pub struct Serving {
    /// The world of every function; its queue wakes the pumps.
    pub ctx: Context,
    /// The engine under it.
    pub local: Local,
    /// Wake the pumps.
    pub bells: Bells,
    /// The proxies before the front.
    pub proxies: Proxies,
}

/// Starts the HTTP front, the pumps and the schedules. What works behind the front has threads of its
/// own, so that a vendor's callback never waits for a batch to come to an end: the system's scheduler
/// gives a thread that mostly sleeps its turn at once.
///
/// # Errors
/// When the system gives no threads.
pub fn start(serving: Serving, listener: TcpListener) -> std::io::Result<Server> {
    let behind = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("tenon-work").build()?;
    let Serving { ctx, local, bells, proxies } = serving;
    let (ending, ends) = watch::channel(Ending::NotYet);
    let mut tasks = JoinSet::new();
    let (front, mut until) = (front::Front::new(ctx.clone(), proxies), ends.clone());
    tasks.spawn(async move {
        tenon_local_http::serve(listener, front, Limits::default(), reached(&mut until, Ending::Finishing)).await;
    });
    for (queue, spec, worker) in pump::consumers() {
        let (ctx, engine, wake, ends) = (ctx.clone(), local.queue.clone(), bells.of(&queue), ends.clone());
        tasks.spawn_on(pump::run(ctx, engine, queue, spec, worker, wake, ends), behind.handle());
    }
    for (function, handler) in ticker::schedules() {
        tasks.spawn_on(ticker::run(ctx.clone(), function, handler, ends.clone()), behind.handle());
    }
    let mut until = ends;
    let sweep = async move {
        let mut minutes = tokio::time::interval(Duration::from_secs(60));
        loop {
            tokio::select! {
                _ = minutes.tick() => {}
                () = reached(&mut until, Ending::Finishing) => return,
            }
            if let Err(error) = local.sweep_expired() {
                tracing::warn!(error.message = %error, "expired records were not removed");
            }
        }
    };
    tasks.spawn_on(sweep, behind.handle());
    Ok(Server { ending, tasks, behind: Some(behind) })
}

impl Server {
    /// Stops taking work, and waits for what is under way: for a while, not for ever. What was cut off goes
    /// on at the next start, as after a crash.
    pub async fn stop(mut self) {
        self.ending.send_replace(Ending::Finishing);
        let tasks = &mut self.tasks;
        let all = async { while tasks.join_next().await.is_some() {} };
        let cut_off = async {
            tokio::time::sleep(FINISH_WITHIN).await;
            self.ending.send_replace(Ending::CutOff);
            tokio::time::sleep(END_WITHIN.saturating_sub(FINISH_WITHIN)).await;
        };
        tokio::select! {
            () = all => {}
            () = cut_off => tracing::warn!("work that does not end was cut off"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A runtime may not be waited for inside another one.
        if let Some(behind) = self.behind.take() {
            behind.shutdown_background();
        }
    }
}

/// Works the queues of a world until nothing is due; for commands that run without a server.
pub async fn drain(environment: &Environment) -> Result<usize, Failure> {
    pump::drain(&environment.ctx).await.map_err(Failure::from)
}
