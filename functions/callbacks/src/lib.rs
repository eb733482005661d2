//! Callbacks of the outside systems, one module per vendor.

pub mod dingtalk;
