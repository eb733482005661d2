//! Approval instances, and what people do to them.

use super::{error, good};
use crate::action::{ActionError, read};
use crate::ids::Ids;
use crate::reply::Reply;
use crate::url;
use serde::Deserialize;
use serde_json::{Value, json};

/// Every instance, in the order of creation.
#[derive(Default)]
pub(super) struct Instances(Vec<Value>);

/// What a person ends an instance with.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ending {
    user: String,
    comment: String,
}

impl Default for Ending {
    fn default() -> Self {
        Self { user: "manager01".to_owned(), comment: String::new() }
    }
}

impl Instances {
    pub(super) fn shown(&self) -> Vec<Value> {
        self.0.clone()
    }

    pub(super) fn answer(
        &mut self,
        ids: &mut Ids,
        now_ms: i64,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: &Value,
    ) -> Reply {
        match (method, path.strip_prefix("instances/")) {
            ("POST", None) if path == "instances" => {
                let id = ids.token();
                let mut instance = body.clone();
                let more = json!({ "id": id, "status": "running", "created_ms": now_ms, "operations": [] });
                if let (Some(instance), Value::Object(more)) = (instance.as_object_mut(), more) {
                    instance.extend(more);
                }
                self.0.push(instance);
                good(&json!({ "id": id }))
            }
            ("GET", None) if path == "instances" => self.list(query),
            ("GET", Some(id)) => match self.0.iter().find(|i| i["id"] == id && i["status"] != "deleted") {
                Some(instance) => good(instance),
                None => error(40404, "there is no such instance"),
            },
            _ => error(40035, "there is no such call"),
        }
    }

    fn list(&self, query: &[(String, String)]) -> Reply {
        let number = |name| url::find(query, name).and_then(|text| text.parse::<i64>().ok());
        let (from, to) = (number("from").unwrap_or(0), number("to").unwrap_or(i64::MAX));
        let fits = |instance: &&Value| {
            let created = instance["created_ms"].as_i64().unwrap_or(0);
            let is = |name: &str, key: &str| url::find(query, name).is_none_or(|wanted| instance[key] == wanted);
            (from..=to).contains(&created) && is("template", "template") && is("originator", "originator")
        };
        good(&self.0.iter().filter(fits).map(|instance| instance["id"].clone()).collect())
    }

    pub(super) fn end(
        &mut self,
        now_ms: i64,
        id: &str,
        status: &str,
        user: &str,
        comment: &str,
    ) -> Result<(), ActionError> {
        let instance = self.0.iter_mut().find(|i| i["id"] == id && i["status"] == "running");
        let Some(instance) = instance else {
            return Err(ActionError::NotFound(format!("a running instance {id}")));
        };
        let operation = json!({ "user": user, "at_ms": now_ms, "result": status, "comment": comment });
        if let Some(operations) = instance["operations"].as_array_mut() {
            operations.push(operation);
        }
        instance["status"] = json!(status);
        instance["ended_ms"] = json!(now_ms);
        Ok(())
    }

    /// `POST /_sandbox/{{name}}/instances/{id}/agreed` and the other ends.
    pub(super) fn act(
        &mut self,
        now_ms: i64,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        let ["instances", id, status @ ("agreed" | "refused" | "withdrawn" | "deleted")] = parts else { return None };
        (method == "POST").then(|| {
            let Ending { user, comment } = read(body)?;
            self.end(now_ms, id, status, &user, &comment)?;
            Ok(json!({ "id": id, "status": status }))
        })
    }
}
