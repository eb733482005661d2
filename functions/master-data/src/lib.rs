//! Functions of master data: what a PLM pushes, and consumers of queues.

pub mod plm;
pub mod resume;
pub mod send;
