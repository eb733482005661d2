//! The listening sockets of the local run. Each bounds how long a request may take to arrive, how many
//! connections are open and how long it takes to end; those for this machine alone also ask who comes.

mod connections;
mod guard;
mod limits;
mod serve;

pub use guard::{Guard, Passphrase};
pub use limits::Limits;
pub use serve::{Arrival, Fault, Service, serve};
