//! The command, as a process and as a library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod callback_vectors;
mod commands;
mod fan_out;
mod front;
mod kill;
mod neighbour;
mod stop;
