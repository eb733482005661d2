//! What an expression's names stand for in an instance.

use super::instance::Instance;
use crate::definition::Definition;
use crate::expression::{Names, Value};
use serde_json::{Map, Value as Json, json};

/// Where names of an expression are looked up.
pub(super) struct Scope<'a> {
    pub(super) definition: &'a Definition,
    pub(super) instance: &'a Instance,
    pub(super) data: &'a Map<String, Json>,
}

impl Names for Scope<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        if self.definition.fields.contains(name) {
            return Some(self.data.get(name).map_or(Value::Null, Value::of));
        }
        if let Some(value) = self.instance.variables.get(name) {
            return Some(Value::of(value));
        }
        let initiator = &self.instance.initiator;
        let own = match name {
            "initiator" => {
                json!({"code": initiator.code, "name": initiator.name, "department": initiator.department})
            }
            "number" => json!(self.instance.number),
            "round" => json!(self.instance.round),
            _ => return self.definition.knows(name).then_some(Value::Null),
        };
        Some(Value::of(&own))
    }
}
