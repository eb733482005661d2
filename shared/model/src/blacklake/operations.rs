//! The operations of a work order, and which of them is the last.

use super::{id_at, list_at, text_at};
use crate::decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;

/// By what the last operation is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastOperation {
    /// By the connections where there are any, else by the sequence, else by the numbers.
    #[default]
    Auto,
    /// By the connections: it has none to a next one.
    Connections,
    /// By the greatest sequence (顺序).
    Sequence,
    /// By the greatest number (工序号), as a number where both are.
    Number,
    /// Every report counts.
    Any,
}

/// An operation of a work order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its own id in the order.
    pub id: Option<i64>,
    /// The id of its definition.
    pub definition: Option<i64>,
    /// Its number (工序号).
    pub number: String,
    /// Its place in the order (顺序).
    pub sequence: String,
    /// Its code (工序编号), which says nothing of its place.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Tasks of it, where the answer names them.
    pub tasks: Vec<i64>,
}

/// One operation comes before another. By their ids, their numbers, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationLink {
    /// The one's id.
    pub before: Option<i64>,
    /// The one's number.
    pub before_number: String,
    /// The next one's id.
    pub after: Option<i64>,
    /// The next one's number.
    pub after_number: String,
}

/// All operations of a work order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations {
    /// They.
    pub all: Vec<Operation>,
    /// In which order.
    pub links: Vec<OperationLink>,
}

/// What a report or a feeding says of its operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Performed<'r> {
    /// An id: of the operation in the order, or of its definition.
    pub process: Option<i64>,
    /// Its code.
    pub code: &'r str,
    /// The task.
    pub task: Option<i64>,
}

impl Operations {
    /// Reads the answer to 工单工序计划详情. `None` when it shows no operations.
    pub fn of(plan: &Value) -> Option<Self> {
        // One edition of the vendor's pages spells it with a third s.
        let rows = ["processes", "processess"].iter().find_map(|name| plan.get(*name)?.as_array())?;
        let all = rows.iter().map(operation).collect();
        let links = list_at(plan, "processConnections").iter().map(link).collect();
        Some(Self { all, links })
    }

    /// Whether what was performed is the order's last operation.
    ///
    /// # Errors
    /// In words, when it cannot be told.
    pub fn is_last(&self, performed: Performed<'_>, by: LastOperation) -> Result<bool, String> {
        if by == LastOperation::Any {
            return Ok(true);
        }
        let at = self.place_of(performed)?;
        Ok(self.last(by)? == at)
    }

    /// Which of them it was.
    fn place_of(&self, performed: Performed<'_>) -> Result<usize, String> {
        let Some(id) = performed.process else { return Err("the report names no operation".to_owned()) };
        let places = |fits: &dyn Fn(&Operation) -> bool| -> Vec<usize> {
            self.all.iter().enumerate().filter(|(_, operation)| fits(operation)).map(|(place, _)| place).collect()
        };
        // An id of the order itself names one operation; that of a definition may name several.
        let mut found = places(&|operation| operation.id == Some(id) || operation.definition == Some(id));
        if found.len() > 1
            && let Some(task) = performed.task
        {
            let of_task: Vec<usize> = found
                .iter()
                .copied()
                .filter(|place| self.all.get(*place).is_some_and(|o| o.tasks.contains(&task)))
                .collect();
            if !of_task.is_empty() {
                found = of_task;
            }
        }
        match found.as_slice() {
            [place] => Ok(*place),
            [] => Err(format!("operation {id} of the report is none of the work order's")),
            several => {
                let names: Vec<&str> =
                    several.iter().filter_map(|place| self.all.get(*place)).map(|o| o.number.as_str()).collect();
                Err(format!(
                    "operation {id} of the report may be any of the work order's operations {}, and no task tells \
                     which; set last_operation = \"any\" if every report is one of finished goods",
                    names.join(", ")
                ))
            }
        }
    }

    fn last(&self, by: LastOperation) -> Result<usize, String> {
        match by {
            LastOperation::Connections => self.by_connections(),
            LastOperation::Sequence => self.greatest(|operation| &operation.sequence, "sequence (processSeq)"),
            LastOperation::Number => self.greatest(|operation| &operation.number, "number (processNum)"),
            LastOperation::Auto | LastOperation::Any if self.all.len() > 1 && !self.links.is_empty() => {
                self.by_connections()
            }
            LastOperation::Auto | LastOperation::Any => self
                .greatest(|operation| &operation.sequence, "sequence (processSeq)")
                .or_else(|_| self.greatest(|operation| &operation.number, "number (processNum)")),
        }
    }

    fn by_connections(&self) -> Result<usize, String> {
        let comes_before = |operation: &Operation| self.links.iter().any(|link| link.is_from(operation));
        let ends: Vec<usize> =
            self.all.iter().enumerate().filter(|(_, o)| !comes_before(o)).map(|(place, _)| place).collect();
        match ends.as_slice() {
            [last] => Ok(*last),
            [] => Err("the operations of the work order are connected in a circle, so none is the last".to_owned()),
            _ => Err(format!(
                "{} operations of the work order have no next one; set last_operation to \"sequence\" or \"number\"",
                ends.len()
            )),
        }
    }

    /// The one whose text is greatest as a number, or as a text where one is no number.
    fn greatest(&self, of: impl Fn(&Operation) -> &String, what: &str) -> Result<usize, String> {
        let unclear = || format!("the operations of the work order cannot be told apart by their {what}");
        let mut best: Option<(usize, &String)> = None;
        let mut tie = false;
        for (place, operation) in self.all.iter().enumerate() {
            let text = of(operation);
            match best.map(|(_, known)| compare(text, known)) {
                None | Some(Ordering::Greater) => (best, tie) = (Some((place, text)), false),
                Some(Ordering::Equal) => tie = true,
                Some(Ordering::Less) => {}
            }
        }
        match best {
            Some((place, text)) if !tie && (!text.is_empty() || self.all.len() == 1) => Ok(place),
            Some(_) => Err(unclear()),
            None => Err("the work order has no operations".to_owned()),
        }
    }
}

/// `10` is after `9`.
fn compare(one: &str, other: &str) -> Ordering {
    match (decimal::parse(one), decimal::parse(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}

impl OperationLink {
    fn is_from(&self, operation: &Operation) -> bool {
        let by_id = self.before.is_some_and(|id| operation.id == Some(id));
        let by_number = !self.before_number.is_empty() && self.before_number == operation.number;
        let by_definition = self.before.is_some_and(|id| operation.definition == Some(id));
        by_id || by_number || (self.before_number.is_empty() && by_definition)
    }
}

fn operation(row: &Value) -> Operation {
    let tasks = list_at(row, "tasks").iter().filter_map(|task| id_at(task, "id").or_else(|| super::id(task)));
    let listed = list_at(row, "taskIds").iter().filter_map(super::id);
    Operation {
        id: id_at(row, "id"),
        definition: id_at(row, "processId"),
        number: text_at(row, "processNum"),
        sequence: text_at(row, "processSeq"),
        code: text_at(row, "processCode"),
        name: text_at(row, "processName"),
        tasks: tasks.chain(listed).chain(id_at(row, "taskId")).collect(),
    }
}

fn link(row: &Value) -> OperationLink {
    OperationLink {
        before: id_at(row, "prevProcessId"),
        before_number: text_at(row, "prevProcessNum"),
        after: id_at(row, "nextProcessId"),
        after_number: text_at(row, "nextProcessNum"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn is_last(plan: &Value, process: i64, by: LastOperation) -> Result<bool, String> {
        let performed = Performed { process: Some(process), ..Performed::default() };
        Operations::of(plan).unwrap().is_last(performed, by)
    }

    #[test]
    fn r_m33_the_last_operation_is_the_one_with_no_next_and_not_the_greatest_text() {
        let plan = json!({
            "processess": [
                { "id": 901, "processNum": "9", "processSeq": 1, "processCode": "P-CUT" },
                { "id": 902, "processNum": "10", "processSeq": 2, "processCode": "P-ASM" }],
            "processConnections": [{ "prevProcessId": 901, "nextProcessId": 902 }]
        });
        assert_eq!(
            (is_last(&plan, 901, LastOperation::Auto), is_last(&plan, 902, LastOperation::Auto)),
            (Ok(false), Ok(true))
        );
        // Without connections and sequences the numbers are compared as numbers.
        let plan = json!({ "processes": [{ "id": 1, "processNum": "9" }, { "id": 2, "processNum": "10" }] });
        assert_eq!(
            (is_last(&plan, 1, LastOperation::Auto), is_last(&plan, 2, LastOperation::Auto)),
            (Ok(false), Ok(true))
        );
    }

    #[test]
    fn r_m33_connections_count_more_than_the_sequence_unless_another_rule_is_set() {
        let plan = json!({
            "processes": [
                { "id": 1, "processNum": "30", "processSeq": 1 }, { "id": 2, "processNum": "20", "processSeq": 2 }],
            "processConnections": [{ "prevProcessNum": "20", "nextProcessNum": "30" }]
        });
        for (by, last) in [
            (LastOperation::Auto, 1),
            (LastOperation::Connections, 1),
            (LastOperation::Number, 1),
            (LastOperation::Sequence, 2),
        ] {
            assert_eq!((is_last(&plan, last, by), is_last(&plan, 3 - last, by)), (Ok(true), Ok(false)), "{by:?}");
        }
        assert_eq!(is_last(&plan, 77, LastOperation::Any), Ok(true));
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let branches = json!({
            "processes": [{ "id": 1 }, { "id": 2 }, { "id": 3 }],
            "processConnections": [{ "prevProcessId": 1, "nextProcessId": 2 }, { "prevProcessId": 1, "nextProcessId": 3 }]
        });
        assert!(is_last(&branches, 2, LastOperation::Auto).unwrap_err().contains("2 operations"));
        let circle = json!({ "processes": [{ "id": 1 }, { "id": 2 }],
            "processConnections": [{ "prevProcessId": 1, "nextProcessId": 2 }, { "prevProcessId": 2, "nextProcessId": 1 }] });
        assert!(is_last(&circle, 1, LastOperation::Auto).unwrap_err().contains("circle"));
        let alike = json!({ "processes": [{ "id": 1, "processSeq": 1 }, { "id": 2, "processSeq": 1 }] });
        assert!(is_last(&alike, 1, LastOperation::Auto).is_err());
        assert!(is_last(&alike, 9, LastOperation::Auto).unwrap_err().contains("none of the work order's"));
        assert!(Operations::of(&json!({})).is_none());
        assert_eq!(is_last(&json!({ "processes": [{ "id": 5 }] }), 5, LastOperation::Auto), Ok(true));
    }

    #[test]
    fn r_m33_an_operation_that_is_done_twice_is_told_by_its_task_or_not_at_all() {
        let plan = json!({
            "processes": [
                { "id": 1, "processId": 7, "processNum": "10", "processSeq": 1, "taskIds": [100] },
                { "id": 2, "processId": 7, "processNum": "20", "processSeq": 2, "taskIds": [200] }]
        });
        let operations = Operations::of(&plan).unwrap();
        let of_task =
            |task| operations.is_last(Performed { process: Some(7), task: Some(task), code: "" }, LastOperation::Auto);
        assert_eq!((of_task(100), of_task(200)), (Ok(false), Ok(true)));
        assert!(of_task(300).unwrap_err().contains("10, 20"));
    }
}
