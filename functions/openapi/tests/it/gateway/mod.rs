//! The signed API from the gateway's event to the answer, the log and the customer's own system.

mod answers;
mod fixture;
mod logging;
mod pull;
