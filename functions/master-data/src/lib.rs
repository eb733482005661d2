//! Functions of master data: what a PLM pushes, and consumers of queues.

pub mod go_on;
pub mod plm;
pub mod send;
