//! An instance: where its tokens are, what people have to do, what it knows.

use crate::people::Initiator;
use crate::words::Words;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Calls that an instance remembers.
const CALLS: usize = 32;

/// How far an instance has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is under way.
    Running,
    /// It was refused, and lies with whoever started it.
    Rejected,
    /// Whoever started it, or an administrator, gave it up.
    Discarded,
    /// It came to its end.
    Passed,
}

impl State {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Rejected => "rejected",
            Self::Discarded => "discarded",
            Self::Passed => "passed",
        }
    }
}

/// A run of a definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Whose it is.
    #[serde(default)]
    pub tenant: String,
    /// The running number.
    pub number: String,
    /// A number that is the tenant's only one, below 2^53.
    pub order: i64,
    /// Whose codes of people it uses.
    #[serde(default)]
    pub enterprise: String,
    /// The flow's code.
    pub flow: String,
    /// The version it runs on, for good.
    pub version: u32,
    /// The flow's name.
    pub name: String,
    /// Who started it.
    pub initiator: Initiator,
    /// The form's record.
    pub data_id: String,
    /// How far it has come.
    pub state: State,
    /// From 1 on; each relaunch begins another.
    pub round: u32,
    /// Where it rests.
    pub tokens: Vec<Token>,
    /// Tokens that wait at joins, by the way they came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joins: BTreeMap<String, u32>,
    /// Tasks of the nodes where it rests: open ones, and those of several that are done.
    pub tasks: Vec<Task>,
    /// How often each node was come to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub visits: BTreeMap<String, u32>,
    /// What conditions may use beside the form.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// The number of the next entry of its history.
    pub seq: u64,
    /// The number of the next token.
    pub next_token: u32,
    /// The number of the next task.
    pub next_task: u32,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms of the last change.
    pub updated_ms: i64,
    /// Epoch ms of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// The latest calls that moved it, so that their repetitions do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<Answered>,
}

/// A call that moved an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Its name.
    pub key: String,
    /// What it said, as a digest.
    pub says: String,
    /// The round it moved.
    pub round: u32,
    /// Epoch ms.
    pub at_ms: i64,
}

/// A place where an instance rests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Unique in its instance.
    pub id: u32,
    /// The node.
    pub node: String,
    /// How often that node was come to, with this time.
    pub visit: u32,
    /// Epoch ms since when.
    pub since_ms: i64,
    /// Epoch ms at which its time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<i64>,
    /// Why it does not go on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
}

/// Why a token is stopped. A person mends the cause and has it tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Stable, in docs/ERRORS.md.
    pub code: String,
    /// What people are told.
    pub words: Words,
    /// Epoch ms.
    pub at_ms: i64,
}

/// Something people have to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Unique in the tenant: `<order>-<number>`.
    pub id: String,
    /// The token it belongs to.
    pub token: u32,
    /// The node.
    pub node: String,
    /// What it is called.
    pub name: String,
    /// Codes of those it is for; one of them does it.
    pub assignees: Vec<String>,
    /// The department whose managers these are, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// How far it has come.
    pub state: TaskState,
    /// Whether it is work, and no approval.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_work: bool,
    /// Epoch ms at which it was opened.
    pub opened_ms: i64,
    /// Epoch ms by which it is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<i64>,
    /// Epoch ms at which people are reminded next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_ms: Option<i64>,
    /// Whether people were told that it is overdue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_overdue: bool,
    /// Epoch ms at which it was last urged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urged_ms: Option<i64>,
    /// Who decided it, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
}

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// It waits.
    Open,
    /// It was agreed to, or done.
    Approved,
    /// It was refused.
    Rejected,
    /// Nobody has to do it any more.
    Cancelled,
    /// Its time was over.
    Expired,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Code of who; empty where nobody said.
    #[serde(default)]
    pub by: String,
    /// What was said.
    #[serde(default)]
    pub comment: String,
    /// Epoch ms.
    pub at_ms: i64,
}

impl Instance {
    /// Remembers a call; the oldest are forgotten.
    pub fn has_answered(&mut self, call: Answered) {
        self.answered.retain(|known| known.key != call.key);
        self.answered.push(call);
        let beyond = self.answered.len().saturating_sub(CALLS);
        self.answered.drain(..beyond);
    }

    /// Tasks that wait.
    pub fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.state == TaskState::Open)
    }

    /// Nodes at which people have something to do, each once.
    pub fn open_nodes(&self) -> Vec<&str> {
        let mut nodes: Vec<&str> = self.open_tasks().map(|task| task.node.as_str()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Epoch ms at which something is due by itself.
    pub fn next_due_ms(&self) -> Option<i64> {
        if self.state != State::Running {
            return None;
        }
        let tasks = self.open_tasks().flat_map(|task| [task.remind_ms, task.due_ms.filter(|_| !task.is_overdue)]);
        let tokens = self.tokens.iter().filter(|token| token.incident.is_none()).map(|token| token.due_ms);
        tasks.chain(tokens).flatten().min()
    }

    /// Tokens that are stopped.
    pub fn incidents(&self) -> impl Iterator<Item = (&Token, &Incident)> {
        self.tokens.iter().filter_map(|token| Some((token, token.incident.as_ref()?)))
    }
}
