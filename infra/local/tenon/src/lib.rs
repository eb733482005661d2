//! The `tenon` command: serves every function on one machine, and does by hand what an operator
//! does.

pub mod ages;
pub mod cli;
pub mod commands;
pub mod config_file;
pub mod environment;
pub mod output;
pub mod remote;
pub mod secrets;
pub mod serve;
mod signals;
