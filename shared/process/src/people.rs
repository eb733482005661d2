//! Who does a task, as a definition says it.
//!
//! ```text
//! user:zhangsan,lisi; role:finance; department:技术部; manager:采购部; manager; initiator; supervisor; field:approver
//! ```
//!
//! Parts stand beside each other: everybody they name does the task. `manager` and `supervisor` without a name are those of
//! whoever started the process. What stands in `${…}` is worked out when the task begins.

use crate::expression::{Expression, Names, Value, Wrong};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A part of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Assignee {
    /// A person.
    User(Named),
    /// Everybody of a department.
    Department(Named),
    /// The managers of a department; of the initiator's without one.
    Manager(Option<Named>),
    /// Everybody of a role.
    Role(Named),
    /// Whoever started the process.
    Initiator,
    /// Whom the initiator reports to.
    Supervisor,
}

/// A name, or what one is worked out from.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// As it is written.
    Plain(String),
    /// By a field or a variable: one name, or several.
    Computed(Expression),
}

/// Asks who somebody is. Names are those of the definition, the form and the caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    /// A person by code.
    User(String),
    /// Everybody of a department, by name or code.
    Department(String),
    /// The managers of a department, by name or code.
    Manager(String),
    /// Everybody of a role.
    Role(String),
    /// Whom a person reports to.
    Supervisor(String),
}

impl Question {
    /// The name that is asked for.
    pub fn name(&self) -> &str {
        match self {
            Self::User(name)
            | Self::Department(name)
            | Self::Manager(name)
            | Self::Role(name)
            | Self::Supervisor(name) => name,
        }
    }
}

/// Why nobody is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoOne {
    /// There is no such person, department or role.
    Unknown,
    /// The department has no manager, or the person nobody to report to.
    NoManager,
    /// It is there, and nobody of it is.
    Nobody,
}

/// Codes of people, or why there are none.
pub type Answer = Result<Vec<String>, NoOne>;
/// What is known by now.
pub type Answers = BTreeMap<Question, Answer>;

impl NoOne {
    /// What people are told.
    pub fn words(self, question: &Question) -> Words {
        let name = question.name();
        let (zh, en) = match question {
            Question::User(_) => ("用户", "the person"),
            Question::Department(_) | Question::Manager(_) => ("部门", "the department"),
            Question::Role(_) => ("角色", "the role"),
            Question::Supervisor(_) => ("用户", "the person"),
        };
        match (self, question) {
            (Self::Unknown, _) => Words::new(format!("{zh}{name}不存在"), format!("{en} {name} is not known")),
            (Self::NoManager, Question::Supervisor(_)) => {
                Words::new(format!("用户{name}没有上级"), format!("{name} reports to nobody"))
            }
            (Self::NoManager, _) => Words::new(format!("{zh}{name}没有主管"), format!("{en} {name} has no manager")),
            (Self::Nobody, _) => {
                Words::new(format!("{zh}{name}没有在职人员"), format!("nobody of {en} {name} is here"))
            }
        }
    }
}

/// The words before a name, by what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    User,
    Department,
    Manager,
    Role,
    Initiator,
    Supervisor,
    Field,
}

impl Sort {
    pub(crate) fn of(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase().replace(['_', '-'], "");
        Some(match word.as_str() {
            "user" | "users" | "person" | "用户" | "人员" | "指定人员" => Self::User,
            "department" | "dept" | "departments" | "部门" => Self::Department,
            "manager" | "deptmanager" | "departmentmanager" | "部门经理" | "部门主管" => Self::Manager,
            "role" | "roles" | "group" | "角色" | "用户组" => Self::Role,
            "initiator" | "starter" | "applicant" | "$initiator" | "发起人" => Self::Initiator,
            "supervisor" | "directsupervisor" | "直属上级" | "上级" => Self::Supervisor,
            "field" | "formfield" | "form" | "variable" | "表单字段" => Self::Field,
            _ => return None,
        })
    }
}

/// Reads a rule; what has no word before it is of this sort.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str, unnamed: Sort) -> Result<Vec<Assignee>, Words> {
    let mut all = Vec::new();
    for group in split(text, &[';', '；', '\n']) {
        let mut sort = unnamed;
        for item in split(group, &[',', '，']) {
            let (word, name) = match item.split_once([':', '：']) {
                Some((word, name)) if !item.starts_with("${") && !item.starts_with("#{") => {
                    let unknown =
                        || Words::new(format!("处理人类型{word}无法识别"), format!("`{word}` names no kind of people"));
                    (Some(Sort::of(word).ok_or_else(unknown)?), name.trim())
                }
                _ => (bare(item), item),
            };
            match word {
                Some(found) => sort = found,
                None if matches!(sort, Sort::Initiator | Sort::Supervisor) => sort = unnamed,
                None => {}
            }
            // A word by itself: `initiator`, `manager`.
            let name = if bare(name).is_some() && word.is_some() { "" } else { name };
            all.push(assignee(sort, name)?);
        }
    }
    Ok(all)
}

/// A word that stands by itself.
fn bare(item: &str) -> Option<Sort> {
    let inner = item.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(item);
    let sort = Sort::of(inner)?;
    matches!(sort, Sort::Initiator | Sort::Supervisor | Sort::Manager).then_some(sort)
}

fn assignee(sort: Sort, name: &str) -> Result<Assignee, Words> {
    let empty = || Words::new("处理人缺少名称", "a kind of people is named without whom");
    let named = || if name.is_empty() { Err(empty()) } else { Named::parse(name) };
    Ok(match sort {
        Sort::User => Assignee::User(named()?),
        Sort::Department => Assignee::Department(named()?),
        Sort::Role => Assignee::Role(named()?),
        Sort::Manager if name.is_empty() => Assignee::Manager(None),
        Sort::Manager => Assignee::Manager(Some(named()?)),
        Sort::Initiator => Assignee::Initiator,
        Sort::Supervisor => Assignee::Supervisor,
        Sort::Field if name.is_empty() => return Err(empty()),
        Sort::Field => Assignee::User(Named::Computed(Expression::parse(name).map_err(|w| Words::new(w.zh, w.en))?)),
    })
}

/// Parts between separators that stand in no `${…}`.
fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, char) in text.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            char if depth == 0 && separators.contains(&char) => {
                parts.push(text.get(from..at).unwrap_or_default().trim());
                from = at + char.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default().trim());
    parts.retain(|part| !part.is_empty());
    parts
}

impl Named {
    fn parse(text: &str) -> Result<Self, Words> {
        if text.starts_with("${") || text.starts_with("#{") {
            return Expression::parse(text).map(Self::Computed).map_err(|w| Words::new(w.zh, w.en));
        }
        Ok(Self::Plain(text.to_owned()))
    }

    /// The names.
    fn names(&self, names: &dyn Names) -> Result<Vec<String>, Wrong> {
        match self {
            Self::Plain(name) => Ok(vec![name.clone()]),
            Self::Computed(expression) => {
                let value: Value = expression.value(names)?;
                value.texts().ok_or_else(|| Wrong {
                    code: "process.expression",
                    zh: "处理人表达式的结果应为编码文本或其列表".to_owned(),
                    en: "what names people comes to a text, or to a list of texts".to_owned(),
                })
            }
        }
    }

    /// The expression that it is worked out from.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Plain(_) => None,
            Self::Computed(expression) => Some(expression),
        }
    }
}

/// Who started a process, as far as rules ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initiator {
    /// Code.
    pub code: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Name or code of the department.
    #[serde(default)]
    pub department: String,
}

impl Assignee {
    /// Whom it asks for.
    pub(crate) fn questions(&self, initiator: &Initiator, names: &dyn Names) -> Result<Vec<Question>, Wrong> {
        let each = |named: &Named, question: fn(String) -> Question| {
            Ok(named.names(names)?.into_iter().map(question).collect::<Vec<_>>())
        };
        match self {
            Self::User(named) => each(named, Question::User),
            Self::Department(named) => each(named, Question::Department),
            Self::Role(named) => each(named, Question::Role),
            Self::Manager(Some(named)) => each(named, Question::Manager),
            Self::Manager(None) => Ok(vec![Question::Manager(initiator.department.clone())]),
            Self::Initiator => Ok(vec![Question::User(initiator.code.clone())]),
            Self::Supervisor => Ok(vec![Question::Supervisor(initiator.code.clone())]),
        }
    }

    /// The expression in it.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        match self {
            Self::User(named) | Self::Department(named) | Self::Role(named) | Self::Manager(Some(named)) => {
                named.expression()
            }
            Self::Manager(None) | Self::Initiator | Self::Supervisor => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, unnamed: Sort) -> String {
        let one = |assignee: &Assignee| {
            let name = |named: &Named| match named {
                Named::Plain(name) => name.clone(),
                Named::Computed(expression) => format!("={}", expression.names().iter().cloned().collect::<String>()),
            };
            match assignee {
                Assignee::User(named) => format!("u:{}", name(named)),
                Assignee::Department(named) => format!("d:{}", name(named)),
                Assignee::Manager(None) => "m".to_owned(),
                Assignee::Manager(Some(named)) => format!("m:{}", name(named)),
                Assignee::Role(named) => format!("r:{}", name(named)),
                Assignee::Initiator => "i".to_owned(),
                Assignee::Supervisor => "s".to_owned(),
            }
        };
        parse(text, unnamed).map_or_else(|words| words.en, |all| all.iter().map(one).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rules_are_read_as_tools_and_people_write_them() {
        for (text, sort, read) in [
            ("zhangsan", Sort::User, "u:zhangsan"),
            ("${initiator}", Sort::User, "i"),
            ("${approver}", Sort::User, "u:=approver"),
            ("user:zhangsan, lisi; role:finance", Sort::User, "u:zhangsan u:lisi r:finance"),
            ("role:finance,dept:HR,manager:采购部", Sort::Role, "r:finance d:HR m:采购部"),
            ("manager", Sort::User, "m"),
            ("部门经理:客服部，技术部", Sort::User, "m:客服部 m:技术部"),
            ("initiator; supervisor", Sort::User, "i s"),
            ("field:approver", Sort::User, "u:=approver"),
            ("manager:${dept}", Sort::User, "m:=dept"),
            ("${x in ['a', 'b']}", Sort::User, "u:=x"),
            ("finance,hr", Sort::Role, "r:finance r:hr"),
            ("nation:x", Sort::User, "`nation` names no kind of people"),
            ("role:", Sort::User, "a kind of people is named without whom"),
        ] {
            assert_eq!(shown(text, sort), read, "{text}");
        }
    }
}
