//! The connectors against the sandbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aiflow;
mod b1;
#[expect(clippy::duplicate_mod, reason = "the suites of B1 run once for each version of the Service Layer")]
mod b1_v2;
mod blacklake;
mod dingtalk;
mod erp;
mod feishu;
mod kingdee;
mod notice;
mod oa;
mod odoo;
mod support;
mod weaver;
mod wecom;
