//! An order and its tasks, as they come and as they are stored.

use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_platform::table::Key;

/// Tasks in one record: with names and codes as long as they may be, it stays far below what a record holds.
pub(super) const IN_ONE: usize = 100;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// Every word of the document.
            pub const WORDS: &[(&'static str, Self)] = &[$(($word, Self::$variant),)*];

            /// The document's word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// How far an order has come.
    OrderState {
        /// It is new.
        New = "new",
        /// It is under way.
        Ing = "ing",
        /// It is over.
        Over = "over",
    }
}

words! {
    /// What came of an order.
    OrderResult {
        /// Nothing yet.
        Ing = "ing",
        /// It passed.
        Pass = "pass",
        /// It was refused.
        Reject = "reject",
        /// Whoever started it took it back.
        Revoke = "revoke",
        /// It was deleted.
        Delete = "delete",
    }
}

words! {
    /// How far a task has come.
    TaskState {
        /// It is new.
        New = "new",
        /// It is under way.
        Ing = "ing",
        /// It is over.
        Over = "over",
    }
}

words! {
    /// What came of a task.
    TaskResult {
        /// Nothing yet.
        New = "new",
        /// Somebody took it.
        Accept = "accept",
        /// It passed.
        Pass = "pass",
        /// It was refused.
        Reject = "reject",
        /// It was taken back.
        Revoke = "revoke",
        /// It was sent back.
        Rebut = "rebut",
    }
}

words! {
    /// What a task asks for.
    NodeType {
        /// To do something.
        Handle = "handle",
        /// To approve.
        Audit = "audit",
        /// To know.
        Notify = "notify",
    }
}

/// An order, without its tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its number in the system that runs it.
    pub id: i64,
    /// How far it has come.
    pub state: OrderState,
    /// What came of it.
    pub result: OrderResult,
    /// Code of who started it.
    pub initiator: String,
    /// Its version there, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The order it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<i64>,
    /// The task it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_task: Option<String>,
    /// The document's key in that system.
    pub business_key: String,
    /// The flow, where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms.
    pub updated_ms: i64,
    /// Who was sent a copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<Copied>,
}

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// Code of who got it.
    pub code: String,
    /// Epoch ms.
    pub at_ms: i64,
}

/// A task of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its id, unique within its order.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Codes of those it is for.
    pub assignees: Vec<String>,
    /// How far it has come.
    pub state: TaskState,
    /// What came of it.
    pub result: TaskResult,
    /// Epoch ms by which it should be done.
    pub deadline_ms: i64,
    /// What it asks for.
    pub node: NodeType,
    /// Epoch ms at which it was made, where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_ms: Option<i64>,
    /// Epoch ms at which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_ms: Option<i64>,
    /// Whether desks show it.
    pub show_pc: bool,
    /// Whether phones show it.
    pub show_mobile: bool,
    /// Whether a later sync had it no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// The record of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub order: Order,
    /// Records with its tasks.
    pub parts: u32,
    /// SHA-256 of the order with its tasks, as they came last.
    pub hash: String,
    /// Whether the lists of its people may be behind it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Of an unfinished one: who shall have nothing of it any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaving: Vec<crate::tasks::Place>,
    /// Which app pushed it last.
    pub by: String,
}

/// A record with tasks of an order, in the order in which they came to be known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tasks {
    pub tasks: Vec<Task>,
}

/// The sort key of the head, which comes before those of the tasks.
pub(super) const HEAD: &str = "head";

pub(super) fn partition(tenant: &TenantId, enterprise: &str, order: i64) -> String {
    Key::partition_of(tenant, "TASK-ORDER", &[enterprise, &order.to_string()])
}

pub(super) fn head(tenant: &TenantId, enterprise: &str, order: i64) -> Key {
    Key::new(tenant, "TASK-ORDER", &[enterprise, &order.to_string()], HEAD)
}

pub(super) fn part(tenant: &TenantId, enterprise: &str, order: i64, part: usize) -> Key {
    Key::new(tenant, "TASK-ORDER", &[enterprise, &order.to_string()], format!("tasks#{part:04}"))
}
