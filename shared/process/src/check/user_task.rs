//! User tasks: who, how many of them, by when, and where a refusal leads.

use super::editable;
use super::finding::Findings;
use super::nodes::{Checking, names, when};
use crate::bpmn::{Element, Kind};
use crate::definition::{OnReject, Rule, UserTask};
use crate::expression::Expression;
use crate::people::{self, Assignee, Sort};
use crate::when::duration;

/// What is known while several do a task.
pub(crate) const COUNTS: [&str; 3] = ["nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"];

/// Reads a user task.
pub(super) fn read(
    checking: &Checking<'_, '_>,
    element: &Element,
    at: usize,
    found: &mut Findings,
) -> Option<UserTask> {
    let settings = &element.settings;
    let assignees = assignees(checking, element, at, found);
    let rule = rule(checking, element, at, found)?;
    let due = settings.first(&["dueDate", "due", "deadline", "dueIn"]);
    let due = due.and_then(|text| when(checking, at, ("due-wrong", text), found));
    let mut remind = |name: &str| {
        let text = settings.get(name)?;
        let read = duration(text);
        if read.is_none() {
            found.blocking(
                "due-wrong",
                checking.graph.at(at),
                format!("{name}应为ISO 8601时长（如PT4H），实际为{text}"),
                format!("{name} is a duration of ISO 8601 (PT4H), and not {text}"),
            );
        }
        read
    };
    let (before, after) = (remind("remindBefore"), remind("remindAfter"));
    let word = settings.first(&["nodeType", "taskType"]).unwrap_or_default();
    let overdue = checking.graph.attached(at).next();
    if before.is_some() && due.is_none() && overdue.is_none() {
        let (zh, en) = ("remindBefore需要期限（dueDate）", "remindBefore needs a deadline (dueDate)");
        found.blocking("due-wrong", checking.graph.at(at), zh, en);
    }
    if checking.graph.attached(at).count() > 1 {
        let (zh, en) = ("一个用户任务只支持一个边界事件", "a user task has one boundary event at most");
        found.blocking("boundary-unsupported", checking.graph.at(at), zh, en);
    }
    Some(UserTask {
        assignees,
        rule,
        due,
        remind_before: before,
        remind_after: after,
        on_reject: on_reject(checking, element, at, found)?,
        editable: editable::read(checking, element, at, found),
        is_work: matches!(word, "handle" | "执行" | "办理"),
        overdue,
    })
}

fn assignees(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Vec<Assignee> {
    let settings = &element.settings;
    let mut all = Vec::new();
    if let Some(collection) = element.repeated.as_ref().and_then(|repeated| repeated.collection.as_deref()) {
        // A bare name is a field or a variable, as tools write it.
        let is_wrapped = collection.starts_with("${") || collection.starts_with("#{");
        let text = if is_wrapped { collection.to_owned() } else { format!("${{{collection}}}") };
        return people(checking, at, (&text, Sort::User), found);
    }
    if let Some(word) = settings.get("assigneeType") {
        let value = settings.first(&["assigneeValue", "assigneeValues", "assignee"]).unwrap_or_default();
        match Sort::of(word) {
            Some(sort @ (Sort::Initiator | Sort::Supervisor)) => {
                let word = if sort == Sort::Initiator { "initiator" } else { "supervisor" };
                all.extend(people(checking, at, (word, sort), found));
            }
            Some(Sort::Manager) if value.is_empty() => all.push(Assignee::Manager(None)),
            Some(sort) => all.extend(people(checking, at, (value, sort), found)),
            None => found.blocking(
                "assignee-wrong",
                checking.graph.at(at),
                format!("处理人类型{word}无法识别"),
                format!("`{word}` names no kind of people"),
            ),
        }
    } else {
        let ways = [
            (["assignee", "assignees"].as_slice(), Sort::User),
            (["candidateUsers"].as_slice(), Sort::User),
            (["candidateGroups"].as_slice(), Sort::Role),
        ];
        for (names, sort) in ways {
            if let Some(text) = settings.first(names) {
                all.extend(people(checking, at, (text, sort), found));
            }
        }
    }
    if all.is_empty()
        && !found.0.iter().any(|f| f.code == "assignee-wrong" && f.element.as_deref() == Some(&element.id))
    {
        found.blocking(
            "assignee-missing",
            checking.graph.at(at),
            format!("用户任务{}没有指定处理人", element.id),
            format!("the user task {} says nobody who does it", element.id),
        );
    }
    all
}

/// Reads a rule, and checks the names in it.
pub(super) fn people(
    checking: &Checking<'_, '_>,
    at: usize,
    (text, unnamed): (&str, Sort),
    found: &mut Findings,
) -> Vec<Assignee> {
    match people::parse(text, unnamed) {
        Ok(all) => {
            all.iter().filter_map(Assignee::expression).for_each(|expression| names(checking, at, expression, found));
            all
        }
        Err(words) => {
            found.blocking("assignee-wrong", checking.graph.at(at), words.zh, words.en);
            Vec::new()
        }
    }
}

fn rule(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<Rule> {
    if let Some(repeated) = &element.repeated {
        let Some(text) = &repeated.completion else { return Some(Rule::All) };
        return match Expression::parse(text) {
            Ok(expression) => {
                let unknown = expression
                    .names()
                    .iter()
                    .find(|name| !COUNTS.contains(&name.as_str()) && !checking.known.contains(*name));
                if let Some(name) = unknown {
                    let (zh, en) = (
                        format!("完成条件使用了未知的{name}"),
                        format!("the completion condition uses {name}, which is not known"),
                    );
                    found.blocking("unknown-name", checking.graph.at(at), zh, en);
                }
                Some(Rule::Until(expression))
            }
            Err(wrong) => {
                let (zh, en) =
                    (format!("完成条件有误：{}", wrong.zh), format!("the completion condition: {}", wrong.en));
                found.blocking("condition-wrong", checking.graph.at(at), zh, en);
                None
            }
        };
    }
    let text = element.settings.first(&["rule", "approveType", "signType", "multiMode"]).unwrap_or("any");
    match text.to_ascii_lowercase().as_str() {
        "any" | "or" | "one" | "或签" | "任一" => Some(Rule::Any),
        "all" | "and" | "会签" | "全部" => Some(Rule::All),
        _ => {
            found.blocking(
                "rule-wrong",
                checking.graph.at(at),
                format!("审批方式应为any或all，实际为{text}"),
                format!("the rule is any or all, and not {text}"),
            );
            None
        }
    }
}

fn on_reject(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Option<OnReject> {
    let Some(text) = element.settings.first(&["rejectTo", "rebutTo"]) else { return Some(OnReject::Initiator) };
    match text {
        "initiator" | "发起人" | "${initiator}" => return Some(OnReject::Initiator),
        "continue" | "next" => return Some(OnReject::Continue),
        _ => {}
    }
    let target = checking.graph.by_id.get(text).copied().filter(|at| checking.graph.kind(*at) == Kind::UserTask);
    if target.is_none() {
        found.blocking(
            "reject-to",
            checking.graph.at(at),
            format!("rejectTo引用的{text}不是用户任务"),
            format!("rejectTo names {text}, which is no user task"),
        );
    }
    target.map(OnReject::Node)
}
