//! Approvals end to end on the sandbox: through real events, on the embedded engine, with time as a
//! parameter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "approvals/callback.rs"]
mod callback;
#[path = "approvals/calls.rs"]
mod calls;
#[path = "approvals/clock.rs"]
mod clock;
#[path = "approvals/crash.rs"]
mod crash;
#[path = "approvals/decisions.rs"]
mod decisions;
#[path = "approvals/ended.rs"]
mod ended;
#[path = "approvals/given_up.rs"]
mod given_up;
#[path = "approvals/history.rs"]
mod history;
#[path = "approvals/leases.rs"]
mod leases;
#[path = "approvals/load.rs"]
mod load;
#[path = "approvals/main_job.rs"]
mod main_job;
#[path = "approvals/nets.rs"]
mod nets;
#[path = "approvals/prices.rs"]
mod prices;
#[path = "approvals/times.rs"]
mod times;
#[path = "approvals/vendor_errors.rs"]
mod vendor_errors;
#[path = "approvals/walls.rs"]
mod walls;
