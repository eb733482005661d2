//! The commands, one a file.

pub mod apply;
pub mod backends;
pub mod callback;
pub mod calls;
pub mod check;
pub mod correct;
pub mod data_sync;
pub mod dead_letters;
pub mod demo;
pub mod flows;
pub mod kept;
pub mod keys;
pub mod login;
pub mod new;
mod note;
pub mod notify;
pub mod oa;
mod openapi_apps;
pub mod person;
pub mod preview;
pub mod process;
pub mod retry;
pub mod run;
pub mod runs;
pub mod sandbox_config;
pub mod sandbox_people;
pub mod sandbox_tables;
pub mod show;
pub mod sign;
pub mod token;
pub mod up;

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out};
use crate::serve;
use tenon_platform::Rejection;
use tracing_subscriber::EnvFilter;

/// Where the log goes, and how much of it there is unless `RUST_LOG` says otherwise.
pub enum Log {
    /// Standard error, warnings and errors: a command of a person.
    Command,
    /// Standard error, what happens: a server.
    Server,
    /// A file, what happens: a story that is being told must not be flooded.
    File(std::fs::File),
}

/// Starts the log.
pub fn start_log(log: Log) {
    // The embedded engine warns of every condition that does not hold, which is how claims work.
    let level = if matches!(log, Log::Command) { "warn,dynoxide=error" } else { "info,dynoxide=error" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    // A second start in one process keeps the first.
    let _ = match log {
        Log::Command | Log::Server => lines.with_writer(std::io::stderr).try_init(),
        Log::File(file) => lines.with_ansi(false).with_writer(std::sync::Mutex::new(file)).try_init(),
    };
}

/// What is told of what the operators' functions refuse.
fn refused(refusal: Rejection) -> Failure {
    match refusal {
        Rejection::Failed(error) => error.into(),
        Rejection::NotFound(message) => Failure::not_found(message),
        Rejection::Upstream { message, .. } => Failure::outside(message),
        other => Failure::usage(other.message()),
    }
}

/// Says that whoever serves the API does the work.
fn elsewhere(out: &Out) -> &'static str {
    out.note("the installation behind the API takes it from the queue; follow it with `tenon --api … runs`");
    "the installation"
}

/// Sees to it that queued work is done: by whoever serves the data, else here and now. Says which.
async fn follow_up(environment: &Environment, place: &Place, out: &Out) -> Result<&'static str, Failure> {
    let by = if place.deployed {
        out.note("the deployed functions take it from the queue; follow it with `tenon --deployed runs`");
        "deployed functions"
    } else if environment.served {
        out.note("the running `tenon up` takes it from the queue; follow it with `tenon runs`");
        "tenon up"
    } else {
        out.note("no `tenon up` is running on this data, so the queues are worked here");
        let finished = serve::drain(environment).await?;
        out.note(&format!(
            "messages worked: {finished}; see `tenon runs`. Decisions arrive while `tenon up` is running"
        ));
        "this command"
    };
    Ok(by)
}
