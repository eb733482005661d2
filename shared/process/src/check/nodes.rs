//! What each node does.

use super::Options;
use super::finding::Findings;
use super::shape::{Compiled, Graph};
use super::{service, user_task};
use crate::bpmn::{Element, Kind, Timer, Trigger};
use crate::definition::NodeKind;
use crate::expression::Expression;
use crate::people::{Assignee, Sort};
use crate::when::When;
use std::collections::BTreeSet;

/// Settings of other engines that would change how it runs, and are not run.
const NOT_RUN: [&str; 3] = ["executionListener", "skipExpression", "taskListener"];

/// What the check of a node needs.
pub(super) struct Checking<'a, 'p> {
    pub graph: &'a Graph<'p>,
    pub options: &'a Options<'a>,
    pub known: &'a BTreeSet<String>,
}

/// Every node; `None` when one of them is not run.
pub(super) fn compile(
    graph: &Graph<'_>,
    options: &Options<'_>,
    known: &BTreeSet<String>,
    found: &mut Findings,
) -> Option<Vec<Compiled>> {
    let checking = Checking { graph, options, known };
    let mut ordinal = 0;
    let mut all = Vec::new();
    let mut numbers = BTreeSet::new();
    for (at, element) in graph.process.elements.iter().enumerate() {
        repeated(&checking, element, at, found);
        for (name, _) in element.settings.all().filter(|(name, _)| NOT_RUN.contains(name)) {
            let (zh, en) = (format!("不支持{name}（{}）", element.id), format!("{name} of {} is not run", element.id));
            found.blocking("unsupported", graph.at(at), zh, en);
        }
        let mut seq = None;
        if element.kind == Kind::UserTask {
            ordinal += 1;
            let own = element.settings.first(&["seq", "nodeSeq"]).and_then(|text| text.parse().ok());
            seq = Some(own.unwrap_or(ordinal));
            if !numbers.insert(seq) {
                let (zh, en) = ("节点序号重复", "two user tasks have the same number (`seq`)");
                found.blocking("seq-duplicate", graph.at(at), zh, en);
            }
        }
        let cc = match element.kind {
            Kind::UserTask | Kind::End | Kind::Start => copied(&checking, element, at, found),
            Kind::ServiceTask if service::is_copy(element) => copied(&checking, element, at, found),
            _ => Vec::new(),
        };
        let does = does(&checking, element, at, found);
        all.push(does.map(|does| Compiled { does, cc, seq }));
    }
    all.into_iter().collect()
}

fn does(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<NodeKind> {
    match element.kind {
        Kind::Start => {
            plain(checking, element, at, ("start-typed", "开始"), found);
            Some(NodeKind::Start)
        }
        Kind::End => {
            plain(checking, element, at, ("end-typed", "结束"), found);
            Some(NodeKind::End)
        }
        Kind::UserTask => user_task::read(checking, element, at, found).map(NodeKind::User),
        Kind::ServiceTask if service::is_copy(element) => Some(NodeKind::Copy),
        Kind::ServiceTask => service::read(checking, element, at, found).map(NodeKind::Service),
        Kind::Exclusive => Some(NodeKind::Exclusive { default: None }),
        Kind::Parallel => Some(NodeKind::Parallel),
        Kind::Catch => match element.triggers.as_slice() {
            [Trigger::Timer] => timer(checking, element, at, found).map(NodeKind::Timer),
            _ => unsupported(checking, element, at, found),
        },
        Kind::Boundary => boundary(checking, element, at, found),
        Kind::Unsupported => unsupported(checking, element, at, found),
    }
}

/// An event that waits for nothing.
fn plain(
    checking: &Checking<'_, '_>,
    element: &Element,
    at: usize,
    (code, zh): (&'static str, &str),
    found: &mut Findings,
) {
    if !element.triggers.is_empty() {
        found.blocking(
            code,
            checking.graph.at(at),
            format!("{zh}事件{}带有事件定义，只支持普通{zh}事件", element.id),
            format!("{} {} has an event definition; only plain ones are run", element.word, element.id),
        );
    }
}

fn unsupported(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<NodeKind> {
    let place = checking.graph.at(at);
    found.blocking(
        "unsupported",
        place,
        format!("不支持的元素{}（{}）", element.word, element.id),
        format!("{} ({}) is not run", element.word, element.id),
    );
    for typed in &element.inner_starts {
        if *typed || element.inner_starts.len() > 1 {
            let (zh, en) = ("子流程只能有一个普通开始事件", "a sub-process has one plain start event");
            found.blocking("subprocess-start", place, zh, en);
            break;
        }
    }
    if element.word == "eventBasedGateway" {
        for next in checking.graph.next(at) {
            let caught = checking.graph.element(next).is_some_and(|e| e.kind == Kind::Catch || e.word == "receiveTask");
            if !caught {
                let (zh, en) =
                    ("事件网关只能连到捕获事件", "an event-based gateway leads to events that are waited for alone");
                found.blocking("event-gateway-target", place, zh, en);
            }
        }
    }
    None
}

fn boundary(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<NodeKind> {
    let graph = checking.graph;
    let place = graph.at(at);
    let named = element.attached_to.as_deref().unwrap_or_default();
    let of = graph.by_id.get(named).copied();
    if of.is_none() {
        found.blocking(
            "attached-to",
            place,
            format!("attachedToRef引用的{named}不是本流程的节点"),
            format!("attachedToRef names {named}, which is no node of the process"),
        );
    }
    if element.triggers.is_empty() {
        let (zh, en) = ("边界事件没有事件定义", "a boundary event has no event definition");
        found.blocking("boundary-no-definition", place, zh, en);
        return None;
    }
    let kind = of.map(|of| graph.kind(of));
    match (element.triggers.as_slice(), kind) {
        ([Trigger::Timer], Some(Kind::UserTask)) if element.cancels => {
            let when = timer(checking, element, at, found)?;
            Some(NodeKind::Overdue { of: of?, when })
        }
        ([Trigger::Error], Some(Kind::ServiceTask)) => Some(NodeKind::Failed { of: of? }),
        _ => {
            found.blocking(
                "boundary-unsupported",
                place,
                format!(
                    "边界事件{}不支持：只支持用户任务上的中断定时、服务任务上的错误；提醒请用remindBefore、remindAfter",
                    element.id
                ),
                format!(
                    "the boundary event {} is not run: only a timer that interrupts a user task, and an error of a \
                     service task, are; for reminders there are remindBefore and remindAfter",
                    element.id
                ),
            );
            None
        }
    }
}

fn timer(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<When> {
    let place = checking.graph.at(at);
    let text = match element.timer.as_ref() {
        Some(Timer::Duration(text) | Timer::Date(text)) => text,
        Some(Timer::Cycle(_)) => {
            let (zh, en) = ("不支持循环定时（timeCycle）", "a timer that repeats (timeCycle) is not run");
            found.blocking("timer-wrong", place, zh, en);
            return None;
        }
        Some(Timer::Nothing) | None => {
            found.blocking("timer-wrong", place, "定时没有时长或时间", "a timer says neither how long nor when");
            return None;
        }
    };
    when(checking, at, ("timer-wrong", text), found)
}

/// A time, whose names are known.
pub(super) fn when(
    checking: &Checking<'_, '_>,
    at: usize,
    (code, text): (&'static str, &str),
    found: &mut Findings,
) -> Option<When> {
    match When::parse(text) {
        Ok(when) => {
            if let Some(expression) = when.expression() {
                names(checking, at, expression, found);
            }
            Some(when)
        }
        Err(words) => {
            found.blocking(code, checking.graph.at(at), words.zh, words.en);
            None
        }
    }
}

/// That an expression uses names that there are.
pub(super) fn names(checking: &Checking<'_, '_>, at: usize, expression: &Expression, found: &mut Findings) {
    for name in expression.names().iter().filter(|name| !checking.known.contains(*name)) {
        found.blocking(
            "unknown-name",
            checking.graph.at(at),
            format!("表达式使用的{name}既不是表单字段也不是流程变量"),
            format!("an expression uses {name}, which is neither a field of the form nor a variable"),
        );
    }
}

/// Who is sent a copy.
fn copied(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Vec<Assignee> {
    let names: &[&str] = match service::is_copy(element) {
        true => &["cc", "ccUsers", "copy", "assignees", "assignee", "candidateUsers"],
        false => &["cc", "ccUsers", "copy"],
    };
    let all = match element.settings.first(names) {
        Some(text) => user_task::people(checking, at, (text, Sort::User), found),
        None => Vec::new(),
    };
    if all.is_empty() && service::is_copy(element) {
        let (zh, en) = ("抄送节点没有指定抄送人", "a copy names nobody to send it to");
        found.blocking("assignee-missing", checking.graph.at(at), zh, en);
    }
    all
}

/// Loops and several instances that are not run.
fn repeated(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) {
    let Some(repeated) = &element.repeated else { return };
    let place = checking.graph.at(at);
    if repeated.is_standard || repeated.is_sequential || element.kind != Kind::UserTask {
        let word = match (repeated.is_standard, repeated.is_sequential) {
            (true, _) => "standardLoopCharacteristics",
            (_, true) => "multiInstanceLoopCharacteristics isSequential",
            _ => "multiInstanceLoopCharacteristics",
        };
        let (zh, en) = (format!("不支持{word}（{}）", element.id), format!("{word} of {} is not run", element.id));
        found.blocking("multi-instance-unsupported", place, zh, en);
    }
    if !repeated.is_standard && repeated.collection.is_none() {
        let (zh, en) = ("多实例没有集合（collection）", "several instances without a collection");
        found.blocking("multi-instance-no-collection", place, zh, en);
    }
}
