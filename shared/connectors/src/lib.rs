//! The outside systems, one module each, all of one shape: a client made from the context, the
//! tenant and the stored connection; calls that return the system's data or an error with a stable
//! code and a retry class; `check`, which says whether the connection works. No flow logic.

pub mod b1;
mod check;
pub mod dingtalk;
mod encode;
mod health;
mod refusal;
pub mod time;

pub use check::CheckReport;
