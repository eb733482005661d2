//! Tenon's data shapes: identifiers, configuration, queue messages, stored records, and the wire
//! types of the outside systems. No I/O, no clock.

pub mod access;
pub mod b1;
pub mod barcode;
pub mod base_data;
pub mod blacklake;
pub mod call;
pub mod code;
pub mod config;
pub mod decimal;
pub mod dingtalk;
pub mod document;
pub mod duration;
pub mod ids;
pub mod json;
pub mod language;
pub mod link;
pub mod localized;
pub mod manufacturing;
pub mod message;
pub mod module;
pub mod named_values;
pub mod network;
pub mod oa;
pub mod one_or_several;
pub mod openapi;
pub mod plm;
pub mod reply;
pub mod run;
pub mod schema;
pub mod tenant_app;
pub mod text;
pub mod webhook;
pub mod wecom;

pub use ids::{AppId, ConnectionId, DatabaseId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
pub use language::Language;
pub use module::{EventKind, Module};
