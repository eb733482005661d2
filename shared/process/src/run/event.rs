//! What happens to an instance, what follows from it, and what is written down.

use super::instance::{Instance, State, Task};
use crate::people::{Answers, Initiator, Question};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It is started.
    Launch(Start),
    /// Somebody decides.
    Decide(Decide),
    /// Somebody hands a task to somebody else.
    Transfer {
        /// The task.
        task: String,
        /// Code of who hands it on.
        by: String,
        /// Code of whom it is for from now on.
        to: String,
        /// What was said.
        comment: String,
    },
    /// Somebody says something.
    Comment {
        /// The task it is said of, where it is of one.
        task: Option<String>,
        /// Code of who.
        by: String,
        /// What.
        text: String,
    },
    /// It is started anew, after it was refused or discarded.
    Relaunch {
        /// Code of who; empty where nobody said.
        by: String,
    },
    /// It is given up.
    Discard {
        /// Code of who.
        by: String,
        /// Whether that is an administrator.
        is_admin: bool,
        /// Why.
        reason: String,
    },
    /// People are reminded by somebody.
    Urge {
        /// Code of who; empty where nobody said.
        by: String,
    },
    /// A service answered.
    ServiceDone {
        /// The token at it.
        token: u32,
        /// Which time.
        visit: u32,
        /// What it answered.
        result: Value,
    },
    /// A service failed for good.
    ServiceFailed {
        /// The token at it.
        token: u32,
        /// Which time.
        visit: u32,
        /// Why.
        words: Words,
    },
    /// Time has passed.
    Timer,
    /// What stopped is tried again.
    Retry {
        /// Code of who.
        by: String,
        /// Which token; every one that is stopped without it.
        token: Option<u32>,
    },
}

/// How an instance begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Its running number.
    pub number: String,
    /// Its other number.
    pub order: i64,
    /// Whose codes of people it uses.
    pub enterprise: String,
    /// The form's record.
    pub data_id: String,
    /// Who starts it.
    pub initiator: Initiator,
}

/// A decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decide {
    /// Of what.
    pub target: Target,
    /// Whether it is agreed to.
    pub approve: bool,
    /// Code of who; empty where nobody said.
    pub by: String,
    /// What was said.
    pub comment: String,
    /// The user task that comes next, whatever the definition says: its number in the file or its id.
    pub next: Option<String>,
    /// Departments whose managers do what comes next, a task each.
    pub managers: Vec<String>,
    /// Fields of the form that are filled in with it, of those that the node lets people change; null empties one.
    pub fields: Map<String, Value>,
}

/// Of what a decision is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Target {
    /// The only node at which people have something to do.
    #[default]
    Current,
    /// Every open task of a node.
    Node(String),
    /// A task; whoever decides it must be one of those it is for.
    Task(String),
}

/// What a step knows of the world.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Epoch ms.
    pub now_ms: i64,
    /// The form's data.
    pub data: &'a Map<String, Value>,
    /// Who people are, as far as that was asked.
    pub answers: &'a Answers,
    /// Ms within which a task is urged once.
    pub urge_every_ms: i64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The instance as it is now.
    pub instance: Instance,
    /// What is to be written down.
    pub history: Vec<Entry>,
    /// What is to be done.
    pub effects: Vec<Effect>,
    /// Whether anything came of it.
    pub changed: bool,
    /// The form's data, where it was changed.
    pub data: Option<Map<String, Value>>,
}

/// Why nothing came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It cannot be done as things stand.
    Refused(Refused),
    /// It has to be known first who these are.
    Needs(Vec<Question>),
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Stable, in docs/ERRORS.md.
    pub code: &'static str,
    /// What the caller is told.
    pub words: Words,
}

impl Refused {
    pub(crate) fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, words: Words::new(zh, en) }
    }
}

impl From<crate::expression::Wrong> for Refused {
    fn from(wrong: crate::expression::Wrong) -> Self {
        Self { code: wrong.code, words: Words::new(wrong.zh, wrong.en) }
    }
}

/// What is to be done when an instance has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "camelCase")]
pub enum Effect {
    /// People have something to do.
    TaskOpened {
        /// What.
        task: Task,
    },
    /// A task is for others from now on; its old assignees are named.
    TaskMoved {
        /// The task as it is.
        task: Task,
        /// Codes of those it was for.
        from: Vec<String>,
    },
    /// A task waits no more.
    TaskClosed {
        /// It, with how it ended.
        task: Task,
    },
    /// People are sent a copy.
    Copied {
        /// The node.
        node: String,
        /// Codes of people.
        people: Vec<String>,
    },
    /// A service is to be called.
    Service {
        /// The token that waits for it.
        token: u32,
        /// The node.
        node: String,
        /// Which time.
        visit: u32,
        /// Names this call to the other system, however often it is sent: `NUMBER/NODE/VISIT`.
        key: String,
        /// What is sent.
        request: Map<String, Value>,
    },
    /// People are reminded of a task, by its deadline.
    Reminded {
        /// The task.
        task: Task,
    },
    /// A task is overdue.
    Overdue {
        /// The task.
        task: Task,
    },
    /// People are reminded of a task, by somebody.
    Urged {
        /// The task.
        task: Task,
        /// Code of who; may be empty.
        by: String,
    },
    /// A token is stopped.
    Stopped {
        /// The node.
        node: String,
        /// The token.
        token: u32,
        /// The code.
        code: String,
        /// Why.
        words: Words,
    },
    /// It is in another state than before.
    Became {
        /// Which.
        state: State,
    },
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// Somebody started it.
    Launched,
    /// Somebody started it anew.
    Relaunched,
    /// It came to a node.
    Entered,
    /// Somebody agreed.
    Approved,
    /// Somebody refused.
    Rejected,
    /// It was sent to a node out of turn.
    Jumped,
    /// A task went to somebody else.
    Transferred,
    /// Somebody said something.
    Commented,
    /// People were sent a copy.
    Copied,
    /// A service was called.
    Called,
    /// A service answered.
    Answered,
    /// A service failed for good.
    Failed,
    /// A time was over.
    TimedOut,
    /// People were reminded.
    Reminded,
    /// Somebody reminded people.
    Urged,
    /// It was stopped.
    Stopped,
    /// What was stopped was tried again.
    Retried,
    /// Somebody gave it up.
    Discarded,
    /// It came to its end.
    Passed,
}

/// An entry of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number, from 0 on without gaps.
    pub seq: u64,
    /// Epoch ms.
    pub at_ms: i64,
    /// The round.
    pub round: u32,
    /// What was done.
    pub did: EntryKind,
    /// The node it was done at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What that is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Code of who did it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Codes of those it concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// The node it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What was said, or why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Fields of the form that were changed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// A field of the form that somebody changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What stood in it; null where nothing did.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub from: Value,
    /// What stands in it; null where nothing does.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub to: Value,
}
