//! Narrow looks at the state, for tests that look at every step: a [`Snapshot`](crate::Snapshot) copies
//! everything.

use crate::core::Sandbox;
use crate::dingtalk::read;
use crate::snapshot::DecisionRecord;
use serde_json::Value;

impl Sandbox {
    /// The row of an entity set of B1 whose field has this value.
    pub fn b1_row(&self, set: &str, field: &str, value: &Value) -> Option<Value> {
        let state = self.lock();
        state.b1.rows(set).find(|row| row.get(field) == Some(value)).map(|row| Value::Object(row.clone()))
    }

    /// The rows of an entity set of B1, in the order of their keys.
    pub fn b1_rows(&self, set: &str) -> Vec<Value> {
        self.lock().b1.rows(set).map(|row| Value::Object(row.clone())).collect()
    }

    /// The accepted decisions on the approval requests of one draft, in order.
    pub fn accepted_decisions(&self, draft: i64) -> Vec<DecisionRecord> {
        self.lock().b1.decisions.iter().filter(|d| d.draft == draft && d.accepted).cloned().collect()
    }

    /// The DingTalk instances in the order of their creation, in the shape of a snapshot.
    pub fn instances(&self) -> Vec<Value> {
        let state = self.lock();
        state
            .dingtalk
            .instances
            .list()
            .map(|i| read::for_snapshot(i, &state.options, &state.dingtalk.directory))
            .collect()
    }

    /// Whether DingTalk has no event left to tell.
    pub fn callbacks_are_settled(&self) -> bool {
        self.lock().dingtalk.callbacks.are_settled()
    }
}
