//! The catalog of functions against everything that repeats it: `template.yaml`, its observability
//! stack, the cargo-lambda router, the golden events, the binaries
//! and the deployment guides. A function or queue that is
//! missing on either side fails here.

mod alarms;
mod docs;
mod events;
mod functions;
mod limits;
pub mod place;
mod policies;
mod queues;
mod routes;
mod source;
mod storage;
