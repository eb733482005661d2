//! The golden vectors, made with independent implementations, and the
//! properties that hold for any input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aiflow;
mod blacklake;
mod debug;
mod envelope_properties;
mod envelope_vectors;
mod openapi;
mod secrets;
mod vectors;
mod weaver;
mod webhook;
