//! What tests share: events as API Gateway and SQS make them, an installation whose time is a parameter, and
//! that no work is left behind. A dev-dependency; neither the platform nor the engine may use it, which would be
//! built twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

pub mod browser;
pub mod databases;
mod dying;
mod http_event;
mod installation;
mod logged;
mod queue;

pub use dying::dies_before_sending;
pub use http_event::HttpEvent;
pub use installation::{Installation, MASTER_KEY};
pub use logged::Logged;
pub use queue::{pump, sqs_event, sqs_message};
