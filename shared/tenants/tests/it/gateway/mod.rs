//! The gateway of signed calls, its quota, and the call log.

mod checks;
mod fixture;
mod log;
mod quota;
mod trouble;
