//! What is filled in with a decision: fields of the form that the node lets people change.

use super::event::{Change, Decide, Refused};
use super::instance::Task;
use super::machine::Machine;
use crate::definition::NodeKind;
use serde_json::Value;

/// Longest text of a value that the history keeps whole, in characters.
const KEPT: usize = 1_000;

impl Machine<'_> {
    /// Changes the form's data; what stands there already is no change.
    pub fn fill_in(&mut self, decide: &Decide, decided: &[Task]) -> Result<Vec<Change>, Refused> {
        if decide.fields.is_empty() {
            return Ok(Vec::new());
        }
        let node = decided.first().and_then(|task| self.definition.node(&task.node));
        let editable = match node.map(|node| &node.does) {
            Some(NodeKind::User(task)) => task.editable.as_slice(),
            _ => &[],
        };
        let mut changes = Vec::new();
        for (name, to) in &decide.fields {
            if !editable.iter().any(|field| field.name == *name) {
                return Err(Refused::new(
                    "process.field-read-only",
                    format!("当前节点不允许修改字段{name}"),
                    format!("the node does not let people change the field {name}"),
                ));
            }
            let from = self.data.get(name).cloned().unwrap_or(Value::Null);
            if from == *to {
                continue;
            }
            match to {
                Value::Null => drop(self.data.to_mut().remove(name)),
                to => drop(self.data.to_mut().insert(name.clone(), to.clone())),
            }
            changes.push(Change { field: name.clone(), from: short(from), to: short(to.clone()) });
        }
        Ok(changes)
    }
}

/// A value as the history keeps it.
fn short(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => return value,
        other => other.to_string(),
    };
    if text.chars().count() <= KEPT {
        return value;
    }
    let mut begins: String = text.chars().take(KEPT).collect();
    begins.push('…');
    Value::String(begins)
}
