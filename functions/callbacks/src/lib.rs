//! Callbacks of the outside systems, one module per vendor.

pub mod blacklake;
pub mod dingtalk;
pub mod domain_file;
pub mod weaver;
pub mod wecom;
