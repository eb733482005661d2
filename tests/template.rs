#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The catalog of functions against everything that repeats it: `template.yaml`, its observability
//! stack, the cargo-lambda router, the golden events, the binaries
//! and the deployment guides. A function or queue that is
//! missing on either side fails here.

#[path = "template/alarms.rs"]
mod alarms;
#[path = "template/docs.rs"]
mod docs;
#[path = "template/events.rs"]
mod events;
#[path = "template/functions.rs"]
mod functions;
#[path = "template/limits.rs"]
mod limits;
#[path = "template/place.rs"]
mod place;
#[path = "template/policies.rs"]
mod policies;
#[path = "template/queues.rs"]
mod queues;
#[path = "template/routes.rs"]
mod routes;
#[path = "template/source.rs"]
mod source;
#[path = "template/storage.rs"]
mod storage;
