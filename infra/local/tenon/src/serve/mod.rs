//! The local run: every function of the catalog in one process, behind the same routes, queues and
//! schedules as in the cloud.

pub mod gateway;
pub mod pump;
pub mod registry;
pub mod ticker;
mod wake;

pub use wake::WakingQueue;

use crate::output::Failure;
use crate::world::World;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tenon_engine::Local;
use tenon_platform::Context;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// A running server. Dropping it does not stop it; [`Server::stop`] does.
pub struct Server {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// What is served.
pub struct Serving {
    /// The world of every function; its queue wakes the pumps.
    pub ctx: Context,
    /// The engine under it.
    pub local: Local,
    /// Wakes the pumps.
    pub wake: Arc<Notify>,
}

/// Starts the HTTP front, the pumps and the schedules.
pub fn start(serving: Serving, listener: TcpListener) -> Server {
    let Serving { ctx, local, wake } = serving;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let app = gateway::router(ctx.clone());
    let mut until = stopped.clone();
    tasks.spawn(async move {
        let shutdown = async move {
            let _ = until.changed().await;
        };
        if let Err(error) = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(shutdown).await {
            tracing::error!(error.message = %error, "the HTTP server failed");
        }
    });
    for (queue, spec, worker) in pump::consumers() {
        let (ctx, engine, wake, stopped) = (ctx.clone(), local.queue.clone(), Arc::clone(&wake), stopped.clone());
        tasks.spawn(pump::run(ctx, engine, queue, spec, worker, wake, stopped));
    }
    for (name, handler) in ticker::schedules() {
        tasks.spawn(ticker::run(ctx.clone(), name, handler, stopped.clone()));
    }
    let mut until = stopped.clone();
    tasks.spawn(async move {
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
    });
    Server { stop, tasks }
}

impl Server {
    /// Stops taking work, and waits for what is under way.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Works the queues of a world until nothing is due; for commands that run without a server.
pub async fn drain(world: &World) -> Result<usize, Failure> {
    pump::drain(&world.ctx).await.map_err(Failure::from)
}
