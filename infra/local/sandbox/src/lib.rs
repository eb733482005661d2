//! Simulators of the SAP Business One Service Layer and of DingTalk.
//!
//! A [`Sandbox`] is a deterministic state machine: a request and a time go in, an answer or a
//! dropped connection comes out. It never sleeps and reads no clock, so a test can walk an approval
//! through both systems in microseconds. [`serve`] puts a real socket, a real clock and the
//! callback delivery in front of it.
//!
//! What is simulated is what the product calls, with the vendors' error bodies, limits and traps.
//! What is not: authorisations inside B1, document arithmetic, inventory, DingTalk's form designer.

mod b1;
mod core;
mod dingtalk;
mod faults;
mod hand;
mod http_front;
mod ids;
mod look;
mod operator;
mod options;
mod reply;
mod snapshot;
mod url;

pub use b1::sql::{SqlCall, SqlFunction};
pub use core::{Outcome, Sandbox};
pub use dingtalk::callbacks::{CallbackDelivery, CallbackOutcome};
pub use dingtalk::directory::{Department, Person};
pub use faults::{Fault, FaultKind, Vendor};
pub use hand::{HandError, NewDraft, NewInstance};
pub use http_front::serve;
pub use options::{CorpKey, FailedEntry, NextLink, SandboxOptions, ServedVersions, TableShape};
pub use snapshot::{
    AttemptRecord, B1Snapshot, CallbackRecord, DecisionRecord, DingTalkSnapshot, MessageRecord, RequestRecord, Snapshot,
};
