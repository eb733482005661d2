//! Requests of workflows, and how people move them.

use super::Weaver;
use super::files::WeaverFile;
use super::pushes::Result as Pushed;
use crate::action::ActionError;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The first id.
const FIRST: i64 = 2_966_060;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Node {
    Create,
    Approve,
    Archive,
}

impl Node {
    /// `currentNodeType`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Create => "0",
            Self::Approve => "1",
            Self::Archive => "3",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Made {
    pub id: i64,
    pub workflow: String,
    pub title: String,
    pub creator: String,
    pub main: Vec<(String, String)>,
    /// Files of its fields.
    pub files: Vec<WeaverFile>,
    /// Rows of each detail table.
    pub tables: BTreeMap<String, Vec<Vec<(String, String)>>>,
    pub node: Node,
    /// The name of the exit it took last.
    pub status: String,
    pub created_ms: i64,
    pub deleted: bool,
}

/// Every request, in the order of creation.
#[derive(Default)]
pub(super) struct Requests(pub Vec<Made>);

impl Requests {
    pub fn next_id(&self) -> i64 {
        FIRST + i64::try_from(self.0.len()).unwrap_or(0)
    }

    /// One that is not deleted.
    pub fn get(&self, id: &str) -> Option<&Made> {
        self.0.iter().find(|made| !made.deleted && made.id.to_string() == id)
    }

    fn get_mut(&mut self, id: &str) -> Result<&mut Made, ActionError> {
        let found = self.0.iter_mut().find(|made| !made.deleted && made.id.to_string() == id);
        found.ok_or_else(|| ActionError::NotFound(format!("request {id}")))
    }

    pub fn shown(&self) -> Vec<Value> {
        self.0.iter().map(|made| serde_json::to_value(made).unwrap_or_default()).collect()
    }
}

/// What people do to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The last approver agrees: it is archived, and the result pushed.
    Approve,
    /// It is refused: the result is pushed, and it goes back to its creator.
    Refuse,
    /// An approver who is not the last agrees; the action of that step pushes too.
    Step,
    /// It goes back to its creator, and nothing is pushed.
    Return,
    /// An administrator archives it, and nothing is pushed.
    Archive,
    /// It is deleted.
    Delete,
}

impl Weaver {
    pub(super) fn move_on(
        &mut self,
        now_ms: i64,
        id: &str,
        act: Act,
        user: &str,
        words: &str,
    ) -> Result<(), ActionError> {
        let made = self.requests.get_mut(id)?;
        if act != Act::Delete && made.node == Node::Archive {
            return Err(ActionError::NotNow(format!("request {id} is archived")));
        }
        let (node, status, pushed) = match act {
            Act::Approve => (Node::Archive, "批准", Some(Pushed::Approved)),
            Act::Refuse => (Node::Create, "退回", Some(Pushed::Refused)),
            Act::Step => (Node::Approve, "批准", Some(Pushed::Step)),
            Act::Return => (Node::Create, "退回", None),
            Act::Archive => (Node::Archive, "强制归档", None),
            Act::Delete => (made.node, "", None),
        };
        made.node = node;
        status.clone_into(&mut made.status);
        made.deleted = act == Act::Delete;
        let id = made.id;
        if let Some(result) = pushed {
            let subscribed = self.options.push.is_some();
            self.pushes.push(now_ms, id, result, (user, words), subscribed);
        }
        Ok(())
    }
}
