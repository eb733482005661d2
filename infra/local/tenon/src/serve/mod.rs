//! The local run: every function of the catalog in one process, behind the same routes, queues and
//! schedules as in the cloud.

pub mod gateway;
pub mod pump;
pub mod registry;
pub mod ticker;
mod wake;

pub use wake::{Bells, WakingQueue};

use crate::output::Failure;
use crate::world::World;
use std::net::SocketAddr;
use std::time::Duration;
use tenon_engine::Local;
use tenon_platform::Context;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running server. [`Server::stop`] ends it in good order; dropping it cuts its work off.
pub struct Server {
    stop: watch::Sender<bool>,
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
}

/// Starts the HTTP front, the pumps and the schedules. What works behind the front has threads of its
/// own, so that a vendor's callback never waits for a batch to come to an end: the system's scheduler
/// gives a thread that mostly sleeps its turn at once.
///
/// # Errors
/// When the system gives no threads.
pub fn start(serving: Serving, listener: TcpListener) -> std::io::Result<Server> {
    let behind = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("tenon-work").build()?;
    let Serving { ctx, local, bells } = serving;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let app = gateway::router(ctx.clone());
    let mut until = stopped.clone();
    tasks.spawn(async move {
        let shutdown = async move {
            let _ = until.changed().await;
        };
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(shutdown).await {
            tracing::error!(error.message = %error, "the HTTP server failed");
        }
    });
    for (queue, spec, worker) in pump::consumers() {
        let (ctx, engine, wake, stopped) = (ctx.clone(), local.queue.clone(), bells.of(&queue), stopped.clone());
        tasks.spawn_on(pump::run(ctx, engine, queue, spec, worker, wake, stopped), behind.handle());
    }
    for (name, handler) in ticker::schedules() {
        tasks.spawn_on(ticker::run(ctx.clone(), name, handler, stopped.clone()), behind.handle());
    }
    let mut until = stopped.clone();
    let sweep = async move {
        let mut minutes = tokio::time::interval(Duration::from_secs(60));
        loop {
            tokio::select! {
                _ = minutes.tick() => {}
                _ = until.changed() => return,
            }
            if let Err(error) = local.sweep_expired() {
                tracing::warn!(error.message = %error, "expired records were not removed");
            }
        }
    };
    tasks.spawn_on(sweep, behind.handle());
    Ok(Server { stop, tasks, behind: Some(behind) })
}

impl Server {
    /// Stops taking work, and waits for what is under way.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
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
pub async fn drain(world: &World) -> Result<usize, Failure> {
    pump::drain(&world.ctx).await.map_err(Failure::from)
}
