//! What a file has of a flow already, and where.

use super::Refused;
use crate::plan::{MappedFields, MappedForm};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A flow of the file.
pub struct Existing {
    /// Its mapped header fields.
    pub header: Array,
    /// Its tables.
    pub tables: Vec<TableHere>,
    /// Where the form as it was seen stands, from its header to its last value.
    pub seen: Option<Range<usize>>,
    /// Where its part of the file ends.
    pub end: usize,
    /// Controls that comments beside its arrays speak of.
    pub noted: BTreeSet<String>,
}

/// A table of the form.
pub struct TableHere {
    pub to: String,
    pub from: String,
    pub columns: Array,
}

/// A list of mappings.
#[derive(Default)]
pub struct Array {
    /// The brackets; `None` where there is no list yet, which then begins behind the line of the table's header.
    pub at: Option<Range<usize>>,
    /// Where a list would begin.
    pub begins: usize,
    /// The end of the last element, when no comma follows it.
    pub lacks_comma: Option<usize>,
    /// What is mapped, in lines that count and in lines that are commented out.
    pub taken: MappedFields,
    /// Controls that a comment says nothing was found for.
    pub noted: BTreeSet<String>,
}

impl Existing {
    /// What is mapped already.
    pub fn taken(&self) -> MappedForm {
        let table = |table: &TableHere| (table.to.clone(), (table.from.clone(), table.columns.taken.clone()));
        MappedForm { header: self.header.taken.clone(), tables: self.tables.iter().map(table).collect() }
    }
}

/// The flow of this id.
pub fn existing(text: &str, id: &str) -> Result<Option<Existing>, Refused> {
    let document =
        DeTable::parse(text).map_err(|error| Refused(format!("the file is no TOML: {}", error.message())))?;
    let Some(flows) = document.get_ref().get("flows").and_then(|flows| flows.get_ref().as_array()) else {
        return Ok(None);
    };
    let is_it = |flow: &&Spanned<DeValue<'_>>| text_of(flow.get_ref(), "id").is_some_and(|own| own == id);
    let Some(flow) = flows.iter().find(is_it) else { return Ok(None) };
    let start = flow.span().start;
    if text.as_bytes().get(start) != Some(&b'[') {
        return Err(Refused(format!("flow {id} is not written as [[flows]]; name another id or another file")));
    }
    let headers = headers(text, document.get_ref());
    let own: BTreeSet<usize> = within(text, flow.get_ref());
    let end = headers.iter().copied().find(|at| *at > start && !own.contains(at)).unwrap_or(text.len());
    let form = flow.get_ref().get("form").ok_or_else(|| Refused(format!("flow {id} has no form")))?;
    let header = array(text, form, &format!("flow {id}: form.fields"))?;
    let tables = match form.get_ref().get("lines").map(Spanned::get_ref) {
        None => Vec::new(),
        Some(DeValue::Array(all)) => all.iter().map(|one| table(text, one, id)).collect::<Result<_, _>>()?,
        Some(_) => form.get_ref().get("lines").map(|one| table(text, one, id)).transpose()?.into_iter().collect(),
    };
    let seen = form.get_ref().get("seen").map(|seen| seen_at(text, seen, id)).transpose()?;
    let noted = comments(text.get(start..end).unwrap_or_default()).filter_map(noted).collect();
    Ok(Some(Existing { header, tables, seen, end, noted }))
}

fn table(text: &str, of: &Spanned<DeValue<'_>>, id: &str) -> Result<TableHere, Refused> {
    let own = |name| text_of(of.get_ref(), name);
    Ok(TableHere {
        to: own("to").unwrap_or_default(),
        from: own("from").unwrap_or_else(|| "DocumentLines".to_owned()),
        columns: array(text, of, &format!("flow {id}: form.lines.fields"))?,
    })
}

fn array(text: &str, of: &Spanned<DeValue<'_>>, called: &str) -> Result<Array, Refused> {
    let begins = of.span().start;
    let Some(list) = of.get_ref().get("fields") else {
        if text.as_bytes().get(begins) != Some(&b'[') {
            return Err(Refused(format!("{called} is missing, and its table is written in one line")));
        }
        let line = text.get(begins..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| begins + at + 1);
        return Ok(Array { begins: line, ..Array::default() });
    };
    let at = list.span();
    let written = text.get(at.clone()).unwrap_or_default();
    let (Some(all), true) = (list.get_ref().as_array(), written.starts_with('[') && !written.starts_with("[[")) else {
        return Err(Refused(format!("{called} is not written as a list in brackets")));
    };
    let mut found = Array { at: Some(at.clone()), begins, ..Array::default() };
    for one in all.iter() {
        found.take(one.get_ref());
    }
    for line in comments(written) {
        match (proposal(line), noted(line)) {
            (Some(table), _) => found.take(table.get_ref()),
            (None, Some(name)) => _ = found.noted.insert(name),
            (None, None) => {}
        }
    }
    let last = all.iter().map(|one| one.span().end).max();
    let lacks = |last: &usize| !has_comma(text.get(*last..at.end.saturating_sub(1)).unwrap_or_default());
    found.lacks_comma = last.filter(lacks);
    Ok(found)
}

impl Array {
    fn take(&mut self, mapping: &DeValue<'_>) {
        self.taken.controls.extend(named(mapping, "to"));
        if let Some(from) = named(mapping, "from") {
            match tenon_model::config::range::pair(&from) {
                Some((one, other)) => self.taken.fields.extend([one, other]),
                None => _ = self.taken.fields.insert(from),
            }
        }
    }
}

/// A name, or the two of a range as the configuration keeps them.
fn named(mapping: &DeValue<'_>, key: &str) -> Option<String> {
    match mapping.get(key)?.get_ref() {
        DeValue::String(name) => Some(name.to_string()),
        DeValue::Array(pair) => {
            let names: Option<Vec<String>> = pair.iter().map(|name| name.get_ref().as_str().map(super::json)).collect();
            Some(format!("[{}]", names?.join(",")))
        }
        _ => None,
    }
}

/// Where the part begins and where its last value ends.
fn seen_at(text: &str, seen: &Spanned<DeValue<'_>>, id: &str) -> Result<Range<usize>, Refused> {
    let start = seen.span().start;
    let values = seen.get_ref().as_table().filter(|_| text.as_bytes().get(start) == Some(&b'['));
    let values = values
        .ok_or_else(|| Refused(format!("flow {id}: form.seen is not written as [flows.form.seen]; remove it")))?;
    let end = values.iter().map(|(_, value)| value.span().end).max().unwrap_or(seen.span().end);
    Ok(start..end)
}

fn text_of(of: &DeValue<'_>, key: &str) -> Option<String> {
    of.get(key)?.get_ref().as_str().map(str::to_owned)
}

/// Where the headers of tables stand, in order.
fn headers(text: &str, document: &DeTable<'_>) -> Vec<usize> {
    let mut all = BTreeSet::new();
    for (_, value) in document {
        walk(text, value, &mut all);
    }
    all.into_iter().collect()
}

/// The same within one table.
fn within(text: &str, of: &DeValue<'_>) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    for (_, value) in of.as_table().into_iter().flat_map(|table| table.iter()) {
        walk(text, value, &mut all);
    }
    all
}

fn walk(text: &str, value: &Spanned<DeValue<'_>>, all: &mut BTreeSet<usize>) {
    match value.get_ref() {
        DeValue::Table(table) => {
            let at = value.span().start;
            if text.as_bytes().get(at) == Some(&b'[') {
                all.insert(at);
            }
            table.iter().for_each(|(_, value)| walk(text, value, all));
        }
        DeValue::Array(list) => list.iter().for_each(|value| walk(text, value, all)),
        _ => {}
    }
}

/// Whether a comma stands outside comments.
fn has_comma(text: &str) -> bool {
    text.lines().any(|line| line.split('#').next().unwrap_or_default().contains(','))
}

/// Lines that are comments, without their `#`.
fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix('#')).map(str::trim)
}

/// A mapping that is commented out.
fn proposal(comment: &str) -> Option<Spanned<DeValue<'_>>> {
    let begin =
        comment.find('{').filter(|at| comment.get(..*at).is_some_and(|before| matches!(before.trim(), "" | "?")))?;
    let rest = comment.get(begin..)?;
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return DeValue::parse(rest.get(..=at)?).ok();
                }
            }
            _ => {}
        }
    }
    None
}

/// The control that a comment of ours says nothing was found for.
fn noted(comment: &str) -> Option<String> {
    let rest = comment.strip_prefix("- ").or_else(|| comment.strip_prefix("! "))?;
    let mut escaped = false;
    let inside = rest.strip_prefix('"')?;
    let end = inside.char_indices().find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    })?;
    let literal = rest.get(..end.0 + 2)?;
    DeValue::parse(literal).ok()?.get_ref().as_str().map(str::to_owned)
}
