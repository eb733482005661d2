//! Functions about people: consumers of the queues of notices and of the directory, and looking at DingTalk's.

pub mod dingtalk;
pub mod directory;
pub mod notices;
