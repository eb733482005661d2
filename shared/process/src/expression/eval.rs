//! What an expression comes to.

use super::{Operator, Tree, Value};
use std::cmp::Ordering;
use tenon_model::decimal::{exact_product, exact_sum};

/// Before it, the name of the form's data: `form.amount`.
pub(super) const FORM: &str = "form";

/// Where names are looked up.
pub trait Names {
    /// The value of a name; `None` for one that is not known.
    fn value(&self, name: &str) -> Option<Value>;
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// `process.unknown-name`, `process.division-by-zero`, `process.expression`.
    pub code: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Wrong {
    fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }

    fn kinds(what: &str, one: &Value, other: &Value) -> Self {
        let ((one_zh, one_en), (other_zh, other_en)) = (one.word(), other.word());
        Self::new(
            "process.expression",
            format!("{one_zh}与{other_zh}之间不能使用{what}"),
            format!("`{what}` is not for {one_en} and {other_en}"),
        )
    }

    fn overflow() -> Self {
        Self::new("process.expression", "数字超出可精确表示的范围", "a number leaves what is held exactly")
    }
}

pub(super) fn holds(tree: &Tree, names: &dyn Names) -> Result<bool, Wrong> {
    match value(tree, names)? {
        Value::Truth(truth) => Ok(truth),
        other => {
            let (zh, en) = other.word();
            Err(Wrong::new(
                "process.expression",
                format!("条件的结果应为布尔值，实际为{zh}"),
                format!("a condition is true or false, and this is {en}"),
            ))
        }
    }
}

pub(super) fn value(tree: &Tree, names: &dyn Names) -> Result<Value, Wrong> {
    Ok(match tree {
        Tree::Constant(value) => value.clone(),
        Tree::Name(name) => named(name, names)?,
        Tree::Member(of, member) => match of.as_ref() {
            Tree::Name(form) if form == FORM && names.value(FORM).is_none() => named(member, names)?,
            of => step(value(of, names)?, &Value::Text(member.clone()))?,
        },
        Tree::Item(of, at) => step(value(of, names)?, &value(at, names)?)?,
        Tree::List(items) => Value::List(items.iter().map(|item| value(item, names)).collect::<Result<_, _>>()?),
        Tree::Not(of) => Value::Truth(!holds(of, names)?),
        Tree::Minus(of) => match value(of, names)?.number() {
            Some(number) => Value::Number(-number),
            None => return Err(Wrong::kinds("-", &Value::Null, &value(of, names)?)),
        },
        Tree::Empty(of) => Value::Truth(value(of, names)?.is_empty()),
        Tree::Two(operator, both) => two(*operator, &both.0, &both.1, names)?,
    })
}

fn named(name: &str, names: &dyn Names) -> Result<Value, Wrong> {
    names.value(name).ok_or_else(|| {
        Wrong::new(
            "process.unknown-name",
            format!("表达式引用的{name}既不是表单字段也不是流程变量"),
            format!("{name} is neither a field of the form nor a variable of the process"),
        )
    })
}

/// A member of an object or an item of a list; nothing of nothing.
fn step(of: Value, at: &Value) -> Result<Value, Wrong> {
    match (&of, at) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Object(members), Value::Text(name)) => Ok(members.get(name).map_or(Value::Null, Value::of)),
        (Value::List(items), Value::Number(number)) => {
            let index: Option<usize> = number.to_string().parse().ok();
            Ok(index.and_then(|index| items.get(index)).cloned().unwrap_or(Value::Null))
        }
        (of, at) => Err(Wrong::kinds("[]", of, at)),
    }
}

fn two(operator: Operator, one: &Tree, other: &Tree, names: &dyn Names) -> Result<Value, Wrong> {
    match operator {
        Operator::Or => return Ok(Value::Truth(holds(one, names)? || holds(other, names)?)),
        Operator::And => return Ok(Value::Truth(holds(one, names)? && holds(other, names)?)),
        _ => {}
    }
    let (one, other) = (value(one, names)?, value(other, names)?);
    let truth = |truth| Ok(Value::Truth(truth));
    match operator {
        Operator::Equal => truth(equal(&one, &other)),
        Operator::Unequal => truth(!equal(&one, &other)),
        Operator::Less => truth(order("<", &one, &other)? == Ordering::Less),
        Operator::AtMost => truth(order("<=", &one, &other)? != Ordering::Greater),
        Operator::Greater => truth(order(">", &one, &other)? == Ordering::Greater),
        Operator::AtLeast => truth(order(">=", &one, &other)? != Ordering::Less),
        Operator::In => truth(within(&one, &other)?),
        Operator::NotIn => truth(!within(&one, &other)?),
        _ => arithmetic(operator, &one, &other),
    }
}

/// A number and the text of one are alike by their value; other kinds are never alike.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Text(_)) | (Value::Text(_), Value::Number(_)) => {
            matches!((one.number(), other.number()), (Some(one), Some(other)) if one == other)
        }
        (Value::List(some), Value::List(others)) => {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| equal(one, other))
        }
        (one, other) => one == other,
    }
}

fn order(sign: &str, one: &Value, other: &Value) -> Result<Ordering, Wrong> {
    if let (Value::Text(one), Value::Text(other)) = (one, other) {
        return Ok(one.cmp(other));
    }
    match (one.number(), other.number()) {
        (Some(one), Some(other)) => Ok(one.cmp(&other)),
        _ => Err(Wrong::kinds(sign, one, other)),
    }
}

/// In a list, or a part of a text.
fn within(one: &Value, other: &Value) -> Result<bool, Wrong> {
    match (one, other) {
        (one, Value::List(items)) => Ok(items.iter().any(|item| equal(one, item))),
        (Value::Text(part), Value::Text(whole)) => Ok(whole.contains(part.as_str())),
        (_, Value::Null) => Ok(false),
        (one, other) => Err(Wrong::kinds("in", one, other)),
    }
}

fn arithmetic(operator: Operator, one: &Value, other: &Value) -> Result<Value, Wrong> {
    if operator == Operator::Plus
        && let (Value::Text(start), Value::Text(end)) = (one, other)
        && (one.number().is_none() || other.number().is_none())
    {
        return Ok(Value::Text(format!("{start}{end}")));
    }
    let sign = match operator {
        Operator::Plus => "+",
        Operator::Minus => "-",
        Operator::Times => "*",
        Operator::Divided => "/",
        _ => "%",
    };
    let (Some(a), Some(b)) = (one.number(), other.number()) else { return Err(Wrong::kinds(sign, one, other)) };
    let by_zero = || Wrong::new("process.division-by-zero", "表达式中出现除以零", "an expression divides by zero");
    let number = match operator {
        Operator::Plus => exact_sum(a, b),
        Operator::Minus => exact_sum(a, -b),
        Operator::Times => exact_product(a, b),
        _ if b.is_zero() => return Err(by_zero()),
        // A quotient of 28 digits, as many as are held.
        Operator::Divided => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    number.map(Value::Number).ok_or_else(Wrong::overflow)
}
