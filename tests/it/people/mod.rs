//! People: notices to them, and the directory they are read into.

mod notices;
mod notices_crash;
pub mod oa;
mod oa_database;
mod pull;
mod pull_crash;
mod push;
mod push_to_tenon;
mod renewals;
mod tasks;
pub mod test_app;
mod views;
