//! An order as it comes: all names of the document and of later ones.

use super::record::{Copied, NodeType, Order, OrderResult, OrderState, Task, TaskResult, TaskState};
use crate::fields::{self, CODE, Fields, Found, LINE};
use std::collections::HashSet;
use tenon_platform::Rejection;

/// Tasks of one order.
pub(super) const TASKS: usize = 1_000;
/// People that one task is for, or that get a copy.
const PEOPLE: usize = 500;
/// Tasks of one order, counted for each person they are for.
const ASSIGNMENTS: usize = 3_000;

const ORDER: [&str; 15] = [
    "orderId",
    "thirdOrderId",
    "orderStatus",
    "orderResult",
    "initiator",
    "version",
    "parentOrderId",
    "parentTaskOrderId",
    "businessKey",
    "createTime",
    "updateTime",
    "thirdFlowCode",
    "flowCode",
    "ccUsers",
    "tasks",
];
const TASK: [&str; 12] = [
    "taskId",
    "thirdTaskId",
    "taskName",
    "assigneeUserCode",
    "taskStatus",
    "taskResult",
    "deadLine",
    "nodeType",
    "createTime",
    "handleTime",
    "showPc",
    "showMobile",
];

/// The order, its tasks, and what was passed over.
pub(super) fn order(body: &[u8]) -> Result<(Order, Vec<Task>, Vec<String>), Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &ORDER);
    found.missing(&of, &["orderId", "thirdOrderId"]);
    found.missing(&of, &["orderResult"]);
    found.missing(&of, &["createTime"]);
    found.missing(&of, &["updateTime"]);
    let order = Order {
        id: found.whole(&of, &["orderId", "thirdOrderId"], 1..=i64::MAX).unwrap_or_default(),
        state: found.word(&of, &["orderStatus"], OrderState::WORDS).unwrap_or(OrderState::Ing),
        result: found.word(&of, &["orderResult"], OrderResult::WORDS).unwrap_or(OrderResult::Ing),
        initiator: found.required(&of, &["initiator"], CODE),
        version: found.whole(&of, &["version"], 0..=i64::MAX),
        parent: found.whole(&of, &["parentOrderId"], 1..=i64::MAX),
        parent_task: found.text(&of, &["parentTaskOrderId"], CODE),
        business_key: found.required(&of, &["businessKey"], LINE),
        flow: found.text(&of, &["thirdFlowCode", "flowCode"], CODE),
        created_ms: found.time(&of, &["createTime"]).unwrap_or_default(),
        updated_ms: found.time(&of, &["updateTime"]).unwrap_or_default(),
        copies: copies(&mut found, &of),
    };
    let tasks = tasks(&mut found, &of);
    Ok((order, tasks, found.end()?))
}

fn copies(found: &mut Found, of: &Fields<'_>) -> Vec<Copied> {
    let mut copies: Vec<Copied> = Vec::new();
    for (at, item) in found.list(of, &["ccUsers"], PEOPLE).unwrap_or_default().iter().enumerate() {
        let path = format!("ccUsers[{at}]");
        let Some(map) = found.object(item, &path) else { continue };
        let of = Fields::new(map, &path);
        found.known(&of, &["userCode", "ccTime"]);
        found.missing(&of, &["ccTime"]);
        let code = found.required(&of, &["userCode"], CODE);
        let at_ms = found.time(&of, &["ccTime"]).unwrap_or_default();
        // Somebody who was sent several was sent the first.
        match copies.iter_mut().find(|known| known.code == code) {
            Some(known) => known.at_ms = known.at_ms.min(at_ms),
            None => copies.push(Copied { code, at_ms }),
        }
    }
    copies
}

fn tasks(found: &mut Found, of: &Fields<'_>) -> Vec<Task> {
    // An empty list says that there are none.
    found.missing(of, &["tasks"]);
    let (mut tasks, mut ids, mut assignments) = (Vec::new(), HashSet::new(), 0);
    for (at, item) in found.list(of, &["tasks"], TASKS).unwrap_or_default().iter().enumerate() {
        if found.is_enough() {
            break;
        }
        let path = format!("tasks[{at}]");
        let Some(map) = found.object(item, &path) else { continue };
        let task = task(found, &Fields::new(map, &path));
        assignments += task.assignees.len();
        if !task.id.is_empty() && !ids.insert(task.id.clone()) {
            found.wrong(format!("{path}.taskId"), "任务ID重复");
        }
        tasks.push(task);
    }
    if assignments > ASSIGNMENTS {
        found.wrong("tasks", format!("一个订单的任务按处理人计最多{ASSIGNMENTS}条"));
    }
    tasks
}

fn task(found: &mut Found, of: &Fields<'_>) -> Task {
    found.known(of, &TASK);
    for names in [&["taskResult"], &["deadLine"], &["assigneeUserCode"]] {
        found.missing(of, names);
    }
    let state = found.word(of, &["taskStatus"], TaskState::WORDS).unwrap_or(TaskState::Ing);
    if state == TaskState::Over && of.get(&["handleTime"]).is_none() {
        found.wrong(of.path_of("handleTime"), "处理完成后不能为空");
    }
    let assignees = found.codes(of, &["assigneeUserCode"], PEOPLE);
    if assignees.is_empty()
        && matches!(of.get(&["assigneeUserCode"]), Some((_, list)) if list.as_array().is_some_and(Vec::is_empty))
    {
        found.wrong(of.path_of("assigneeUserCode"), "不能为空");
    }
    Task {
        id: found.required(of, &["taskId", "thirdTaskId"], CODE),
        name: found.required(of, &["taskName"], LINE),
        assignees,
        state,
        result: found.word(of, &["taskResult"], TaskResult::WORDS).unwrap_or(TaskResult::New),
        deadline_ms: found.time(of, &["deadLine"]).unwrap_or_default(),
        node: found.word(of, &["nodeType"], NodeType::WORDS).unwrap_or(NodeType::Audit),
        created_ms: found.time(of, &["createTime"]),
        handled_ms: found.time(of, &["handleTime"]),
        show_pc: found.truth(of, &["showPc"]),
        show_mobile: found.truth(of, &["showMobile"]),
        gone: false,
    }
}
