//! Tenon's data shapes: identifiers, configuration, queue messages, stored records, and the wire
//! types of the outside systems. No I/O, no clock.

pub mod b1;
pub mod config;
pub mod dingtalk;
pub mod duration;
pub mod ids;
pub mod link;
pub mod message;
pub mod reply;
pub mod run;

pub use ids::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
