//! The flow's part of a configuration file. What is there stays as it is, but for the form as it was seen: lines are
//! added and none is changed, so that a second run writes the same file to the byte.

mod read;
mod text;

pub use text::json;

use crate::plan::{MappedForm, Plan, TablePlan};
use read::{Array, Existing, existing};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use tenon_model::config::{ApprovalFlow, Flow};
use tenon_model::schema::SeenForm;
use text::quoted;

/// Why a file cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A flow as it is written.
#[derive(Clone, Debug)]
pub struct FlowPart<'a> {
    /// Its id.
    pub id: &'a str,
    /// What the form is called.
    pub name: &'a str,
    /// Whether it runs once it is applied.
    pub enabled: bool,
    /// Connections.
    pub erp: &'a str,
    /// Connections.
    pub oa: &'a str,
    /// `draft` or `document`.
    pub document: &'a str,
    /// Entity set.
    pub object: &'a str,
    /// The key, where it is not the usual one.
    pub key: Option<&'a str>,
    /// Which documents, where the usual filter does not say it.
    pub filter: Option<&'a str>,
    /// The form's template.
    pub template: &'a str,
    /// Whether instances need a title.
    pub titled: bool,
    /// The key's field, which some control should carry.
    pub key_field: &'a str,
    /// What is mapped.
    pub plan: &'a Plan,
    /// The form.
    pub seen: &'a SeenForm,
}

/// What a file maps already of a flow; `None` when it has no such flow.
///
/// # Errors
/// When it is no TOML, or the flow is written in a way that nothing can be added to.
pub fn taken(file: &str, id: &str) -> Result<Option<MappedForm>, Refused> {
    Ok(existing(file, id)?.map(|existing| existing.taken()))
}

/// The file with the flow in it.
///
/// # Errors
/// As [`taken`].
pub fn written(file: &str, flow: &FlowPart<'_>) -> Result<String, Refused> {
    let text = match existing(file, flow.id)? {
        None => appended(file, flow),
        Some(existing) => added(file, flow, &existing),
    };
    match text.parse::<toml::Table>() {
        Ok(_) => Ok(text),
        Err(error) => Err(Refused(format!("the flow cannot be added to this file: {}", error.message()))),
    }
}

/// The flow of a file, as it would be applied.
///
/// # Errors
/// When it is not there, or is not sound.
pub fn flow(file: &str, id: &str) -> Result<ApprovalFlow, Refused> {
    let refused = |error: toml::de::Error| Refused(format!("the flow is not sound: {}", error.message()));
    let mut all = file.parse::<toml::Table>().map_err(refused)?;
    let flows = all.remove("flows").and_then(|flows| match flows {
        toml::Value::Array(flows) => Some(flows),
        _ => None,
    });
    let is_it = |flow: &toml::Value| flow.get("id").and_then(toml::Value::as_str) == Some(id);
    let flow = flows.into_iter().flatten().find(is_it).ok_or_else(|| Refused(format!("there is no flow {id}")))?;
    match flow.try_into::<Flow>().map_err(refused)? {
        Flow::Approval(flow) => Ok(flow),
        _ => Err(Refused(format!("flow {id} is of another kind; name another id"))),
    }
}

fn appended(file: &str, flow: &FlowPart<'_>) -> String {
    let mut text = file.to_owned();
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(&whole(flow));
    text
}

/// A flow that the file does not have.
fn whole(flow: &FlowPart<'_>) -> String {
    let mut text = String::from(
        "# Written by `tenon new flow`. Lines behind \"# ?\" are proposals: look at them and take the mark away. \"# !\" is a\n\
         # control that must be filled in and is not, \"# -\" one that nothing was found for.\n[[flows]]\n",
    );
    let mut line = |key: &str, value: &str, remark: &str| text.push_str(&format!("{key} = {value}{remark}\n"));
    line("id", &quoted(flow.id), "");
    line("kind", "\"approval\"", "");
    if !text::remark(flow.name).is_empty() {
        line("name", &quoted(&text::remark(flow.name)), "");
    }
    let off = "   # true once `tenon preview` shows what you want";
    line("enabled", if flow.enabled { "true" } else { "false" }, if flow.enabled { "" } else { off });
    line("erp", &quoted(flow.erp), "");
    line("oa", &quoted(flow.oa), "");
    text.push_str("\n[flows.source]\n");
    let mut line = |key: &str, value: &str| text.push_str(&format!("{key} = {}\n", quoted(value)));
    line("document", flow.document);
    line("object", flow.object);
    if let Some(filter) = flow.filter {
        line("filter", filter);
    }
    if let Some(key) = flow.key {
        line("key", key);
    }
    text.push_str("\n[flows.form]\n");
    let mut line = |key: &str, value: &str| text.push_str(&format!("{key} = {}\n", quoted(value)));
    line("template", flow.template);
    if flow.titled {
        let name = text::remark(flow.name);
        line("title", if name.is_empty() { flow.id } else { &name });
    }
    if !carries_key(flow) {
        text.push_str(&format!(
            "# ! no control carries {}, by which an instance is found again: add one to the form (来源单号) and name it here\n\
             # key = \"\"\n",
            flow.key_field
        ));
    }
    text.push_str("fields = [\n");
    text.push_str(&lines(flow, &flow.plan.lines, &flow.plan.unmatched, &Array::default()));
    text.push_str("]\n");
    text.push_str(&tables(flow, &flow.plan.tables, &BTreeSet::new()));
    text.push('\n');
    text.push_str(&text::seen(flow.seen));
    text.push('\n');
    text
}

fn carries_key(flow: &FlowPart<'_>) -> bool {
    flow.plan.lines.iter().any(|line| line.is_sure() && line.from == flow.key_field)
}

/// Lines for controls that the list does not speak of.
fn lines(
    flow: &FlowPart<'_>,
    found: &[crate::plan::Line],
    unmatched: &[crate::plan::Unmatched],
    known: &Array,
) -> String {
    let mut text = String::new();
    for line in found.iter().filter(|line| line.is_sure() || !known.noted.contains(&line.to)) {
        text.push_str(&text::mapping(line));
        text.push('\n');
    }
    for control in unmatched.iter().filter(|control| !known.noted.contains(&control.to)) {
        text.push_str(&text::unmatched(control, flow.object));
        text.push('\n');
    }
    text
}

/// Tables that the file does not have; those without a sure column are remarks.
fn tables(flow: &FlowPart<'_>, all: &[TablePlan], noted: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for table in all {
        if table.lines.iter().any(crate::plan::Line::is_sure) {
            text.push_str(&format!(
                "\n[[flows.form.lines]]   # {}\nfrom = {}\nto = {}\nfields = [\n{}]\n",
                text::remark(&table.label),
                quoted(&table.from),
                quoted(&table.to),
                lines(flow, &table.lines, &table.unmatched, &Array::default())
            ));
        } else if !noted.contains(&table.to) {
            text.push_str(&format!(
                "\n# - {} {}: nothing of {} fits its columns for certain:\n",
                quoted(&table.to),
                text::remark(&table.label),
                table.from
            ));
            for line in &table.lines {
                text.push_str(&format!("#{}\n", text::mapping(line)));
            }
        }
    }
    for control in flow.plan.unmatched_tables.iter().filter(|control| !noted.contains(&control.to)) {
        text.push_str(&format!("\n{}\n", text::unmatched(control, flow.object).trim_start()));
    }
    text
}

/// A flow that the file has, with what is new.
fn added(file: &str, flow: &FlowPart<'_>, existing: &Existing) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    add_lines(
        file,
        &mut edits,
        &existing.header,
        &lines(flow, &flow.plan.lines, &flow.plan.unmatched, &existing.header),
    );
    let mut new = Vec::new();
    for table in &flow.plan.tables {
        match existing.tables.iter().find(|here| here.to == table.to) {
            Some(here) => {
                let text = lines(flow, &table.lines, &table.unmatched, &here.columns);
                add_lines(file, &mut edits, &here.columns, &text);
            }
            None => new.push(table.clone()),
        }
    }
    let mut rest = tables(flow, &new, &existing.noted);
    match &existing.seen {
        Some(at) => {
            if !rest.is_empty() {
                rest = format!("{}\n", rest.trim_start_matches('\n'));
                edits.push((at.start..at.start, rest));
            }
            edits.push((at.clone(), text::seen(flow.seen)));
        }
        None => {
            let at = file.get(..existing.end).unwrap_or(file).trim_end().len();
            let is_last = file.get(at..).is_none_or(|behind| behind.trim().is_empty());
            let (to, end) = if is_last { (file.len(), "\n") } else { (at, "") };
            edits.push((at..to, format!("\n{rest}\n{}{end}", text::seen(flow.seen))));
        }
    }
    apply(file, edits)
}

fn add_lines(file: &str, edits: &mut Vec<(Range<usize>, String)>, list: &Array, text: &str) {
    if text.is_empty() {
        return;
    }
    let Some(at) = &list.at else {
        edits.push((list.begins..list.begins, format!("fields = [\n{text}]\n")));
        return;
    };
    let bracket = at.end.saturating_sub(1);
    let before = file.get(..bracket).unwrap_or_default().trim_end_matches([' ', '\t']);
    if let Some(last) = list.lacks_comma {
        edits.push((last..last, ",".to_owned()));
    }
    if before.ends_with('\n') {
        edits.push((before.len()..before.len(), text.to_owned()));
    } else {
        edits.push((bracket..bracket, format!("\n{text}")));
    }
}

/// From the last to the first, so that none moves another.
fn apply(file: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(at, _)| (at.start, at.end));
    let mut text = file.to_owned();
    for (at, new) in edits.into_iter().rev() {
        if text.get(at.clone()).is_some() {
            text.replace_range(at, &new);
        }
    }
    text
}
