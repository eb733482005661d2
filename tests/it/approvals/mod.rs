//! Approvals end to end on the sandbox: through real events, on the embedded engine, with time as a
//! parameter.

mod added;
mod attachments;
mod callback;
mod calls;
mod clock;
mod crash;
mod decisions;
mod early;
mod ended;
mod history;
mod leases;
mod load;
pub(crate) mod main_job;
mod nets;
mod operators;
mod outbox;
mod polls;
mod prices;
mod suppressed;
mod times;
mod vendor_errors;
mod walls;
