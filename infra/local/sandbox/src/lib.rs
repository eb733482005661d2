//! Simulators of the vendors' systems.
//!
//! A [`Sandbox`] is a deterministic state machine: a request and a time go in, an answer or a
//! dropped connection comes out. It never sleeps and reads no clock, so a test can walk an approval
//! through all systems in microseconds. [`serve`] puts a real socket, a real clock and the
//! callback delivery in front of it.
//!
//! Each vendor has one file tree, which implements `system::System` and has one line in `registry`; docs/SANDBOX.md
//! says how another is added, what each answers from, and where it departs from its vendor.

mod action;
mod aiflow;
mod b1;
mod blacklake;
mod delivery;
mod di_api;
mod dingtalk;
mod faults;
mod feishu;
mod http_front;
mod ids;
mod kingdee;
mod odoo;
mod odoo_hr;
mod operator;
mod registry;
mod reply;
mod sandbox;
mod snapshot;
mod system;
mod traffic;
mod url;
mod weaver;
mod wecom;

pub use action::ActionError;
pub use aiflow::{Aiflow, AiflowOptions, AiflowSnapshot};
pub use b1::sql::{SqlCall, SqlFunction};
pub use b1::{
    B1Options, B1Snapshot, DecisionRecord, NewDraft, NextLink, ServedVersions, ServiceLayer, StockPlace, StockPosting,
    UserFieldRight,
};
pub use blacklake::{
    AbsentCode, Blacklake, BlacklakeEvent, BlacklakeOptions, BlacklakeSnapshot, NewFeeding, NewReport,
};
pub use delivery::{CallbackDelivery, CallbackOutcome, DeliveryId};
pub use di_api::{DiApi, DiApiOptions, DiApiSnapshot};
pub use dingtalk::attendance::Attendance;
pub use dingtalk::directory::{Department, Person};
pub use dingtalk::{
    AttemptRecord, CallbackRecord, CorpKey, DingTalk, DingTalkControl, DingTalkFile, DingTalkForm, DingTalkOptions,
    DingTalkSnapshot, FailedEntry, MessageRecord, NewInstance, TableShape,
};
pub use faults::{Fault, FaultKind};
pub use feishu::{Feishu, FeishuMessage, FeishuOptions, FeishuSnapshot};
pub use http_front::serve;
pub use kingdee::{Kingdee, KingdeeErrors, KingdeeLost, KingdeeOptions, KingdeeRow, KingdeeSnapshot};
pub use odoo::{Odoo, OdooOptions, OdooSnapshot, OdooUser};
pub use odoo_hr::{OdooHr, OdooHrOptions, OdooHrSnapshot};
pub use registry::{SandboxOptions, Snapshot, Vendor};
pub use sandbox::{Outcome, Sandbox};
pub use snapshot::RequestRecord;
pub use system::Handle;
pub use weaver::{
    CubeAnswers, CubeTable, WEAVER_SPK, Weaver, WeaverCodes, WeaverField, WeaverFile, WeaverFiles, WeaverOptions,
    WeaverPush, WeaverPushed, WeaverSnapshot, WeaverWorkflow,
};
pub use wecom::{
    Records, WeCom, WecomCallback, WecomControl, WecomDepartment, WecomMedia, WecomMember, WecomMessage, WecomOptions,
    WecomSnapshot, WecomTemplate,
};
