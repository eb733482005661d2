//! What goes to an ERP of a process: steps, decisions, calls of service tasks. Each is a record beside the instance, stored
//! with the change it follows from, and sent in the order of the changes: an ERP never hears of an older state after a
//! newer. What goes to other addresses has a lane of its own for each node, so that nobody waits for a stranger.

use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::table::{Expect, Key, RecordKind, Write};
use tenon_platform::{Context, Result};

/// The lane of what goes to the ERP.
pub(super) const ERP: &str = "erp";
/// The name in messages.
pub(super) const JOB: &str = "process-send";

/// Something to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// What.
    pub what: What,
    /// Names it to its receiver: the same however often it is sent.
    pub key: String,
    /// Whose process it is.
    pub enterprise: String,
    /// Times it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// Epoch ms before which it is not tried again.
    #[serde(default)]
    pub due_ms: i64,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// A step, to `/odoo/api/workflow/receive`: the body.
    Step(String),
    /// Decisions, to `/odoo/api/workflow/approval/log`: the body.
    Log(String),
    /// A service task's call.
    Service {
        /// The token that waits for it.
        token: u32,
        /// The node.
        node: String,
        /// The visit of the token.
        visit: u32,
        /// The body.
        body: String,
    },
}

/// The kind of records.
pub(super) const KIND: RecordKind = RecordKind::of::<Sending>("PROCESS-OUT");

/// Where something stands that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lane {
    /// The process, by its order.
    pub order: i64,
    /// The process, by its number.
    pub number: String,
    /// The lane.
    pub lane: String,
}

impl Lane {
    pub(super) fn partition(&self, tenant: &TenantId) -> String {
        Key::partition_of(tenant, "PROCESS-OUT", &[&self.order.to_string(), &self.lane])
    }

    pub(super) fn key(&self, tenant: &TenantId, sort: &str) -> Key {
        Key::new(tenant, "PROCESS-OUT", &[&self.order.to_string(), &self.lane], sort)
    }

    /// The message that has it sent.
    pub(super) fn message(&self, tenant: &TenantId) -> Envelope<Self> {
        Envelope::new(JOB, format!("process/{}/{}", self.order, self.lane), tenant, self.clone())
    }
}

/// The write of something to send: behind what the same instance's earlier changes had sent.
pub(super) fn write(
    ctx: &Context,
    tenant: &TenantId,
    lane: &Lane,
    (seq, at): (u64, usize),
    sending: &Sending,
) -> Result<Write> {
    Write::put(lane.key(tenant, &format!("{seq:012}#{at:03}")), sending, Expect::AbsentAt(ctx.now_ms()))
}
