//! The engines of the local run: a DynamoDB on SQLite inside the process, called by prepared statements and its own requests or by the AWS SDK
//! without a socket, and queues kept in a table of it. The same engines are served over HTTP for
//! processes that run apart, as under `cargo lambda watch`.

pub mod backends;
mod checkpoints;
pub mod client;
mod commits;
mod direct;
pub mod gate;
mod in_process;
pub mod limits;
pub mod local;
mod prepared;
pub mod queue;
pub mod tally;
pub mod turn;

pub use client::{client, create_table};
pub use gate::{Gate, GateDecision, Moment};
pub use in_process::InProcess;
pub use limits::Limits;
pub use local::{Local, memory_context};
pub use queue::{MOST_RECEIVED, TableQueue};
pub use tally::{Counts, Tally};

pub use dynoxide::Database;
