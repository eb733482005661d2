//! One thing a person has of an order.

use crate::orders::{NodeType, Order, OrderResult, OrderState, Task, TaskResult, TaskState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_platform::table::Key;

/// The greatest time that sorts, in ms.
const LATEST: i64 = 9_999_999_999_999;

/// A list of a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// What waits for the person, by its deadline: what is overdue comes first.
    Todo,
    /// What the person's part is over of, newest first.
    Done,
    /// Orders the person started, newest first.
    Started,
    /// Orders the person was sent a copy of, newest first.
    Cc,
}

impl List {
    /// Every list.
    pub const ALL: [Self; 4] = [Self::Todo, Self::Done, Self::Started, Self::Cc];

    /// Its name in keys and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Done => "done",
            Self::Started => "started",
            Self::Cc => "cc",
        }
    }

    /// Whether the least comes first.
    pub(crate) fn ascends(self) -> bool {
        self == Self::Todo
    }
}

/// One thing a person has of an order: a task, the order the person started, a copy of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The list it stands in; in none when it is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<List>,
    /// Epoch ms by which it is sorted there.
    pub at_ms: i64,
    /// The order.
    pub order: i64,
    /// The document's key.
    pub business_key: String,
    /// The flow, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// What its flow is called, where the flow runs here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Code of who started the order.
    pub initiator: String,
    /// Epoch ms at which the order was made.
    pub created_ms: i64,
    /// The task; none for an order that was started or copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<EntryTask>,
    /// How far the order has come; of an order that was started or copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_state: Option<OrderState>,
    /// What came of the order; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_result: Option<OrderResult>,
}

/// What an entry says of its task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryTask {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How far it has come.
    pub state: TaskState,
    /// What came of it.
    pub result: TaskResult,
    /// What it asks for.
    pub node: NodeType,
    /// Epoch ms by which it should be done.
    pub deadline_ms: i64,
    /// Epoch ms at which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_ms: Option<i64>,
    /// Whether desks show it.
    pub show_pc: bool,
    /// Whether phones show it.
    pub show_mobile: bool,
}

impl Entry {
    /// What sorts it in its list, and continues it.
    pub(crate) fn sort(&self) -> String {
        let task = self.task.as_ref().map(|task| task.id.as_str()).unwrap_or_default();
        format!("{:013}#{:019}#{task}", self.at_ms.clamp(0, LATEST), self.order)
    }
}

/// Whose it is, and which of theirs: the key of an entry.
pub(crate) type Place = (String, String);

/// The record of an entry.
pub(crate) fn key(tenant: &TenantId, enterprise: &str, (code, sort): &Place) -> Key {
    Key::new(tenant, "TASK-ENTRY", &[enterprise, code], sort.clone())
}

/// The partition of the index that is a list of a person's.
pub(crate) fn listed_in(tenant: &TenantId, enterprise: &str, code: &str, list: List) -> String {
    Key::partition_of(tenant, "TASK-LIST", &[enterprise, code, list.word()])
}

/// Everything that people have of an order.
pub(crate) fn entries<'t>(order: &Order, tasks: impl IntoIterator<Item = &'t Task>) -> BTreeMap<Place, Entry> {
    let mut all = BTreeMap::new();
    let there = order.result != OrderResult::Delete;
    let of_order = |list: List, at_ms: i64| Entry {
        list: there.then_some(list),
        at_ms,
        order_state: Some(order.state),
        order_result: Some(order.result),
        ..blank(order)
    };
    all.insert((order.initiator.clone(), format!("order#{:019}", order.id)), of_order(List::Started, order.created_ms));
    for copy in &order.copies {
        all.insert((copy.code.clone(), format!("cc#{:019}", order.id)), of_order(List::Cc, copy.at_ms));
    }
    for task in tasks.into_iter().filter(|task| !task.gone) {
        let entry = of_task(order, task, there);
        for code in &task.assignees {
            all.insert((code.clone(), format!("task#{:019}#{}", order.id, task.id)), entry.clone());
        }
    }
    all
}

fn of_task(order: &Order, task: &Task, there: bool) -> Entry {
    // What belongs to an order that is over waits for nobody.
    let is_open = task.state != TaskState::Over && order.state != OrderState::Over;
    let (list, at_ms) = match is_open {
        true => (List::Todo, task.deadline_ms),
        false => (List::Done, task.handled_ms.unwrap_or(order.updated_ms)),
    };
    let task = EntryTask {
        id: task.id.clone(),
        name: task.name.clone(),
        state: task.state,
        result: task.result,
        node: task.node,
        deadline_ms: task.deadline_ms,
        handled_ms: task.handled_ms,
        show_pc: task.show_pc,
        show_mobile: task.show_mobile,
    };
    Entry { list: there.then_some(list), at_ms, task: Some(task), ..blank(order) }
}

/// What stands where somebody has nothing of the order any more.
pub(crate) fn no_entry(order: &Order) -> Entry {
    blank(order)
}

fn blank(order: &Order) -> Entry {
    Entry {
        list: None,
        at_ms: 0,
        order: order.id,
        business_key: order.business_key.clone(),
        flow: order.flow.clone(),
        title: None,
        initiator: order.initiator.clone(),
        created_ms: order.created_ms,
        task: None,
        order_state: None,
        order_result: None,
    }
}
