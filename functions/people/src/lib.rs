//! Functions about people: consumers of the queues of notices and of the directory, looking at DingTalk's, and the
//! users of an OA for other systems.

pub mod dingtalk;
pub mod directory;
pub mod notices;
pub mod oa;
pub mod oa_admin;
