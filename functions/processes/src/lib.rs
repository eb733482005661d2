//! Functions of processes: the services that begin them and move them on, what they send, what is due.

pub mod admin;
pub mod flow;
pub mod timers;
pub mod work;
