//! Functions about people: consumers of the queues of notices and of the directory.

pub mod directory;
pub mod notices;
