//! The lines of a bill of materials: which are components, how much of each, and what is never one.

use serde_json::{Map, Value};
use tenon_model::config::{OnSubstitute, PlmFlow};
use tenon_model::json::number;
use tenon_model::{code, decimal};
use tenon_platform::Error;

const LINES: &str = PlmFlow::TREE_LINES;

type Row = Map<String, Value>;

/// The codes of its components.
pub fn codes(fields: &Row) -> impl Iterator<Item = &str> {
    let rows = fields.get(LINES).and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(Value::as_object).filter(|row| is_component(row)).filter_map(|row| row.get("ItemCode")?.as_str())
}

/// Whether a line is an item, and not a text, a resource or a stage.
fn is_component(row: &Row) -> bool {
    row.get("ItemType").is_none_or(|kind| kind.is_null() || kind == "pit_Item" || kind == 4)
}

/// Components that are to be backflushed.
pub fn backflushed(fields: &Row) -> impl Iterator<Item = &str> {
    let rows = fields.get(LINES).and_then(Value::as_array).into_iter().flatten();
    let flushed = |row: &&Row| row.get("IssueMethod").is_some_and(|method| method == "im_Backflush");
    rows.filter_map(Value::as_object).filter(flushed).filter_map(|row| row.get("ItemCode")?.as_str())
}

/// Gives the lines their form: codes as texts, quantities as numbers.
///
/// # Errors
/// `plm.lines`, with every line that cannot be one.
pub fn settle(flow: &PlmFlow, fields: &mut Row) -> Result<(), Error> {
    let Some(lines) = fields.get_mut(LINES) else { return Ok(()) };
    let refuse = |why: String| Error::permanent("plm.lines", why);
    let Value::Array(rows) = lines else { return Err(refuse(format!("{LINES} 应为数组"))) };
    let mut wrong = Vec::new();
    let mut components = 0;
    for (place, row) in rows.iter_mut().enumerate() {
        let Value::Object(row) = row else {
            wrong.push(format!("{LINES}[{place}] 应为JSON对象"));
            continue;
        };
        if is_component(row) {
            components += 1;
            line(flow, row).err().into_iter().for_each(|why| wrong.push(format!("{LINES}[{place}].{why}")));
        }
    }
    if wrong.is_empty() && components == 0 {
        wrong.push(format!("{LINES} 没有子件：BOM至少需要一行 ItemCode"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(refuse(wrong.join("；"))) }
}

fn line(flow: &PlmFlow, row: &mut Row) -> Result<(), String> {
    let code = match row.get("ItemCode") {
        Some(Value::String(text)) => code::trim(text).to_owned(),
        Some(other) => number::text_of(other).map(Into::into).unwrap_or_default(),
        None => String::new(),
    };
    if code.is_empty() {
        return Err("ItemCode 为空".to_owned());
    }
    row.insert("ItemCode".to_owned(), Value::from(code));
    let quantity = match row.get("Quantity") {
        None | Some(Value::Null) => match &flow.line_quantity {
            Some(quantity) => number::of_text(quantity),
            None => {
                return Err("Quantity 为空；请在PLM中给出用量，或在流程中设置 line_quantity".to_owned());
            }
        },
        Some(Value::String(text)) => number::of_text(text.trim()),
        Some(other) => number::text_of(other).filter(|text| decimal::parse(text).is_some()).and(Some(other.clone())),
    };
    let quantity = quantity.ok_or_else(|| "Quantity 不是数字".to_owned())?;
    row.insert("Quantity".to_owned(), quantity);
    Ok(())
}

/// Takes the substitutes out of what was pushed, with the members that tell them. `false` when the whole record is one
/// and the flow leaves it out.
///
/// # Errors
/// `plm.substitute` when the flow refuses them.
pub fn without_substitutes(flow: &PlmFlow, pushed: &mut Row, warnings: &mut Vec<String>) -> Result<bool, Error> {
    let ignores = flow.substitutes.on_found == OnSubstitute::Ignore;
    let refuse = |what: String| {
        let why =
            format!("{what}是替代件，替代件不会成为子件；请在PLM映射中去掉，或设置 substitutes.on_found = \"ignore\"");
        Error::permanent("plm.substitute", why)
    };
    match take_mark(flow, pushed) {
        Mark::None => {}
        Mark::Is if ignores => {
            warnings.push("整条记录是替代件，未写入B1".to_owned());
            return Ok(false);
        }
        Mark::Is => return Err(refuse("该记录".to_owned())),
        Mark::Lists(name) if ignores => warnings.push(format!("{name} 中的替代件未写入B1")),
        Mark::Lists(name) => return Err(refuse(format!("{name} 中的物料"))),
    }
    for (name, value) in pushed.iter_mut() {
        let Value::Array(rows) = value else { continue };
        let mut kept = Vec::with_capacity(rows.len());
        for mut row in std::mem::take(rows) {
            let mark = row.as_object_mut().map_or(Mark::None, |row| take_mark(flow, row));
            let shown = row.get("ItemCode").and_then(Value::as_str).map_or_else(|| name.clone(), str::to_owned);
            match mark {
                Mark::None => kept.push(row),
                Mark::Is if ignores => warnings.push(format!("替代件 {shown} 未作为子件写入")),
                Mark::Is => return Err(refuse(shown)),
                Mark::Lists(member) if ignores => {
                    warnings.push(format!("{shown} 的 {member} 中的替代件未写入B1"));
                    kept.push(row);
                }
                Mark::Lists(member) => return Err(refuse(format!("{shown} 的 {member} 中的物料"))),
            }
        }
        *rows = kept;
    }
    Ok(true)
}

/// What the members of a record or a line say.
enum Mark {
    /// It is no substitute.
    None,
    /// It is one.
    Is,
    /// It is none, and names its own under this member.
    Lists(String),
}

fn take_mark(flow: &PlmFlow, row: &mut Row) -> Mark {
    let mut found = Mark::None;
    for name in &flow.substitutes.members {
        match row.remove(name) {
            Some(Value::Array(list)) if !list.is_empty() => found = Mark::Lists(name.clone()),
            Some(Value::Object(parts))
                if !parts.is_empty() && number::text_of(&Value::Object(parts.clone())).is_none() =>
            {
                found = Mark::Lists(name.clone());
            }
            Some(value) if is_yes(&value) => return Mark::Is,
            _ => {}
        }
    }
    found
}

fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::String(text) => {
            let text = text.trim().to_lowercase();
            !matches!(text.as_str(), "" | "0" | "n" | "no" | "false" | "否" | "tno" | "null")
        }
        other => {
            number::text_of(other).is_some_and(|text| decimal::parse(&text).is_none_or(|number| !number.is_zero()))
        }
    }
}
