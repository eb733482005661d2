//! The gateway of signed calls, its quota, and the call log.

mod checks;
mod kit;
mod log;
mod quota;
mod trouble;
