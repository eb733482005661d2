//! Functions of base data: a queue consumer.

pub mod send;
