//! What every function stands on: settings, clock, table, queues, outgoing HTTP, stored
//! configuration, run history, remembered events, leases, telemetry, and the Lambda entry points.
//! Knows no vendor.

pub mod arrivals;
pub mod audit;
pub mod authenticated;
pub mod body;
pub mod breaker;
mod certificate;
pub mod clock;
pub mod concurrency;
pub mod config_store;
pub mod consumer;
pub mod context;
pub mod cookies;
pub mod data_key;
pub mod dispatch;
pub mod entropy;
pub mod error;
pub mod events;
pub mod extensions;
pub mod http;
pub mod http_client;
pub mod http_event;
pub mod idempotency;
pub mod job;
pub mod kept;
pub mod keys;
pub mod lambda;
pub mod lease;
pub mod limits;
mod met_certificates;
pub mod once;
pub mod outbox;
pub mod outgoing;
pub mod queue;
pub mod record_kinds;
pub mod rejection;
pub mod reply;
pub mod request;
pub mod retry;
pub mod retry_after;
pub mod router;
pub mod runs;
pub mod settings;
pub mod shared_requests;
pub mod sqs;
pub mod table;
pub mod telemetry;
pub mod text;
mod tls;
pub mod together;

pub use clock::Clock;
pub use context::Context;
pub use entropy::Entropy;
pub use error::{Error, ErrorKind, Result, Retry};
pub use rejection::Rejection;
