//! A definition that can be run: nodes and ways, with what each does. Made by [`check`](crate::check) alone.

use crate::bpmn::Document;
use crate::expression::{Expression, Names, Value, Wrong};
use crate::people::Assignee;
use crate::when::When;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeSet, HashMap};
use tenon_model::json::number;

/// A definition.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The flow's code.
    pub code: String,
    /// The flow's name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// The form's schema, as it came.
    pub schema: Json,
    /// The file.
    pub document: Document,
    pub(crate) process: usize,
    pub(crate) nodes: Vec<Node>,
    pub(crate) ways: Vec<Way>,
    pub(crate) by_id: HashMap<String, usize>,
    pub(crate) start: usize,
    /// Names that conditions may use.
    pub(crate) known: BTreeSet<String>,
    /// Those of them that are the form's.
    pub(crate) fields: BTreeSet<String>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id in the file.
    pub id: String,
    /// Its name; its id where it has none.
    pub name: String,
    /// Of a user task: which it is in the file, from 1 on.
    pub seq: Option<u32>,
    /// What it does.
    pub does: NodeKind,
    /// Who is sent a copy when it is left, or reached where it is an end.
    pub cc: Vec<Assignee>,
    pub(crate) incoming: Vec<usize>,
    pub(crate) outgoing: Vec<usize>,
    /// Which ways of which splits lead here; `None` where that is not one answer.
    pub(crate) within: Option<Path>,
}

/// Splits that are open, each with the way that was taken.
pub(crate) type Path = Vec<(usize, usize)>;

/// A way from a node to another.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its id in the file.
    pub id: String,
    /// Its name.
    pub name: String,
    pub(crate) to: usize,
    /// On which condition; always without one.
    pub condition: Option<Expression>,
    pub(crate) within: Option<Path>,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// It begins.
    Start,
    /// It ends.
    End,
    /// People do something.
    User(UserTask),
    /// Another system does something.
    Service(Service),
    /// People are sent a copy.
    Copy,
    /// One way is taken.
    Exclusive {
        /// The way when no condition holds.
        default: Option<usize>,
    },
    /// All ways are waited for, and taken.
    Parallel,
    /// A time is waited for.
    Timer(When),
    /// What becomes of a task when its time is over.
    Overdue {
        /// The task.
        of: usize,
        /// When.
        when: When,
    },
    /// What becomes of a service that failed.
    Failed {
        /// The service task.
        of: usize,
    },
}

/// How many of those a task is for have to do it.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// One of them.
    Any,
    /// All of them.
    All,
    /// As many as make this hold, of `nrOfInstances`, `nrOfCompletedInstances`, `nrOfActiveInstances`.
    Until(Expression),
}

/// Where a refusal leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnReject {
    /// Back to whoever started the process.
    Initiator,
    /// To a user task.
    Node(usize),
    /// On, with `approved` false.
    Continue,
}

/// What people do.
#[derive(Clone, Debug)]
pub struct UserTask {
    /// Who.
    pub assignees: Vec<Assignee>,
    /// How many of them.
    pub rule: Rule,
    /// By when.
    pub due: Option<When>,
    /// Ms before that at which they are reminded.
    pub remind_before: Option<i64>,
    /// Ms after its beginning at which they are reminded.
    pub remind_after: Option<i64>,
    /// Where a refusal leads.
    pub on_reject: OnReject,
    /// Whether it is work, and no approval.
    pub is_work: bool,
    /// Fields of the form that may be changed with the decision.
    pub editable: Vec<Editable>,
    /// The boundary event that takes over when its time is over.
    pub(crate) overdue: Option<usize>,
}

/// A field that may be changed with a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editable {
    /// The field.
    pub name: String,
    /// Whether nobody agrees before it is filled in.
    pub required: bool,
}

/// What another system does.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Where: `https://…`, or a path at the flow's Odoo.
    pub url: String,
    /// `POST`, `PUT`, `GET`, `PATCH`.
    pub method: String,
    /// What is sent, by name; the whole form without it.
    pub mapping: Vec<(String, Source)>,
    /// How often it is tried again.
    pub retry: RetryConfig,
    /// The variable that takes what it answers.
    pub result: Option<String>,
    pub(crate) failed: Option<usize>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A field, a variable, or what is worked out of them.
    Computed(Expression),
    /// As it is written.
    Constant(Json),
}

/// How often a service is tried again, and how long apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// Times after the first.
    pub times: u32,
    /// Seconds before the second try; each further one waits twice as long.
    pub seconds: u32,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self { times: 5, seconds: 30 }
    }
}

impl Definition {
    /// A node by its id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(*self.by_id.get(id)?)
    }

    /// The user tasks, in the order of the file.
    pub fn user_tasks(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.seq.is_some())
    }

    /// The user task that a caller means: by its number in the file, a number of its own (`seq`), or its id.
    pub fn meant(&self, text: &str) -> Option<&Node> {
        let text = text.trim();
        let number = || self.user_tasks().find(|node| node.seq.is_some_and(|seq| seq.to_string() == text));
        self.user_tasks().find(|node| node.id == text).or_else(number)
    }

    /// Every node.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Ids of the nodes that a node leads to.
    pub fn next(&self, id: &str) -> Vec<&str> {
        let node = self.node(id);
        let ways = node.into_iter().flat_map(|node| &node.outgoing).filter_map(|way| self.ways.get(*way));
        ways.filter_map(|way| Some(self.nodes.get(way.to)?.id.as_str())).collect()
    }

    /// The service of a node.
    pub fn service(&self, id: &str) -> Option<&Service> {
        match &self.node(id)?.does {
            NodeKind::Service(service) => Some(service),
            _ => None,
        }
    }

    /// The process that is run, with its diagram's elements.
    pub fn process(&self) -> Option<&crate::bpmn::Process> {
        self.document.processes.get(self.process)
    }

    /// Whether conditions may use this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.known.contains(name)
    }
}

impl Service {
    /// What is sent.
    ///
    /// # Errors
    /// What cannot be worked out.
    pub fn request(&self, data: &Map<String, Json>, names: &dyn Names) -> Result<Map<String, Json>, Wrong> {
        if self.mapping.is_empty() {
            return Ok(data.clone());
        }
        let mut request = Map::new();
        for (name, source) in &self.mapping {
            let value = match source {
                Source::Constant(value) => value.clone(),
                // A field goes as it came.
                Source::Computed(expression) => match expression.as_name().and_then(|name| data.get(name)) {
                    Some(value) => value.clone(),
                    None => json(&expression.value(names)?),
                },
            };
            request.insert(name.clone(), value);
        }
        Ok(request)
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Truth(truth) => Json::Bool(*truth),
        Value::Number(decimal) => {
            let text = tenon_model::decimal::plain(*decimal);
            number::of_text(&text).unwrap_or(Json::String(text))
        }
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(members) => Json::Object(members.clone()),
    }
}
