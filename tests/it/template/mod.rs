//! The templates, for what the generator cannot know: that what it writes is sealed, forgets, loses nothing and holds
//! everywhere. The golden events, and the times that code and entries must agree on.

mod alarms;
mod events;
mod functions;
mod limits;
mod network;
mod partitions;
mod policies;
mod queues;
pub(crate) mod source;
mod storage;
