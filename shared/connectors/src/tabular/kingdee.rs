//! Forms of K3Cloud.

use super::{Described, DescribedField, DescribedTable, Forms, Hint, KeysQuery, PageQuery};
use crate::kingdee::{BillQuery, Entry, Form, FormField, Kingdee, quoted};
use async_trait::async_trait;
use serde_json::Value;
use tenon_model::config::{DataSyncFlow, DataType};
use tenon_platform::error::{Error, ErrorKind, Result};

/// The date of the last change, on every form that has one.
const CHANGED: &str = "FModifyDate";
/// By which base data belongs to an organisation.
const USED_BY: &str = "FUseOrgId";
const ORGANISATIONS: &str = "ORG_Organizations";
/// Types that were seen in metadata; nothing public lists them.
const TIMES: [&str; 1] = ["61"];
const NUMBERS: [&str; 3] = ["106", "232", "233"];
const TEXTS: [&str; 2] = ["231", "175"];

#[async_trait]
impl Forms for Kingdee<'_> {
    async fn describe(&self, flow: &DataSyncFlow, form: &str) -> Result<Described> {
        describe(self, flow, form).await
    }

    async fn page(&self, query: &PageQuery<'_>) -> Result<Vec<Vec<Value>>> {
        page(self, query, None).await
    }

    async fn present(&self, query: &KeysQuery<'_>) -> Result<Vec<Value>> {
        present(self, query).await
    }

    async fn organisations(&self) -> Result<Vec<String>> {
        organisations(self).await
    }

    fn page_size(&self) -> u32 {
        self.connection().page_size
    }

    fn time_zone(&self) -> &str {
        &self.connection().time_zone
    }

    fn is_key_of_entry(&self, key: Option<&str>) -> bool {
        !matches!(key, None | Some("" | "0"))
    }
}

async fn describe(kingdee: &Kingdee<'_>, flow: &DataSyncFlow, id: &str) -> Result<Described> {
    let form = kingdee.form(id).await?;
    let head = form.head().ok_or_else(|| missing(&form, "FBillHead"))?;
    let primary = head.primary.clone().filter(|key| is_name(key)).unwrap_or_else(|| "FID".to_owned());
    let mut tables = vec![DescribedTable {
        entry: None,
        caption: form.caption.clone(),
        key: vec![key(&primary, "内码")],
        fields: fields(head, &primary, flow),
    }];
    for wanted in &flow.entries {
        let entry = form.entry(wanted).filter(|entry| is_name(&entry.key)).ok_or_else(|| missing(&form, wanted))?;
        if entry.parent.as_deref().is_some_and(|parent| parent != head.key) {
            let message = format!("{wanted} is a sub-entry; only entries of the head become tables");
            return Err(Error::permanent("data-sync.entry", message));
        }
        let own = format!("{}_FEntryId", entry.key);
        tables.push(DescribedTable {
            entry: Some(entry.key.clone()),
            caption: format!("{} {}", form.caption, entry.caption),
            key: vec![key(&primary, "内码"), key(&own, "分录内码")],
            fields: fields(entry, &primary, flow),
        });
    }
    let has = |name: &str| head.fields.iter().find(|field| field.key.eq_ignore_ascii_case(name));
    let date = flow.date.as_deref().unwrap_or(CHANGED);
    if flow.date.is_some() && has(date).is_none() {
        let message = format!("the form {} has no field {date}; name the date of the last change in date", form.id);
        return Err(Error::permanent("data-sync.field", message));
    }
    Ok(Described {
        date: has(date).map(|field| field.key.clone()),
        organisation: has(USED_BY).map(|field| format!("{}.FNumber", field.key)),
        id: form.id,
        caption: form.caption,
        tables,
    })
}

fn missing(form: &Form, entry: &str) -> Error {
    let known: Vec<&str> = form.entries.iter().map(|entry| entry.key.as_str()).collect();
    let message = format!("the form {} has no {entry}; it has {}", form.id, known.join(", "));
    Error::permanent("data-sync.entry", message).with_kind(ErrorKind::NotFound)
}

fn key(path: &str, caption: &str) -> DescribedField {
    DescribedField {
        path: path.to_owned(),
        field: path.to_owned(),
        name: path.to_owned(),
        caption: caption.to_owned(),
        code: String::new(),
        hint: Hint::Key,
    }
}

/// The columns of an entry's fields: base data is a number and a name, since by itself it is an id inside the ERP.
fn fields(entry: &Entry, primary: &str, flow: &DataSyncFlow) -> Vec<DescribedField> {
    let mut all = Vec::new();
    for field in &entry.fields {
        let left_out = |name: &str| flow.without.iter().any(|out| out.eq_ignore_ascii_case(name));
        if !is_name(&field.key) || field.key.eq_ignore_ascii_case(primary) || left_out(&field.key) {
            continue;
        }
        let Some(lookup) = &field.lookup else {
            all.push(column(field, "", "", hint(field, flow)));
            continue;
        };
        let parts: &[(&str, &str)] = match flow.names_only.iter().any(|form| form.eq_ignore_ascii_case(lookup)) {
            true => &[("FName", "名称")],
            false => &[("FNumber", "编码"), ("FName", "名称")],
        };
        for (part, caption) in parts {
            if !left_out(&format!("{}.{part}", field.key)) {
                all.push(column(field, part, caption, Hint::Text));
            }
        }
    }
    all
}

fn column(field: &FormField, part: &str, caption: &str, hint: Hint) -> DescribedField {
    let (path, name, caption) = match part {
        "" => (field.key.clone(), field.key.clone(), field.caption.clone()),
        part => {
            (format!("{}.{part}", field.key), format!("{}_{part}", field.key), format!("{} {caption}", field.caption))
        }
    };
    let code = match &field.lookup {
        Some(lookup) => format!("{} {lookup}", field.code),
        None => field.code.clone(),
    };
    DescribedField { path, field: field.key.clone(), name, caption, code: code.trim().to_owned(), hint }
}

fn hint(field: &FormField, flow: &DataSyncFlow) -> Hint {
    if flow.as_text.iter().any(|name| name.eq_ignore_ascii_case(&field.key)) {
        return Hint::Text;
    }
    match flow.types.get(&field.code) {
        Some(DataType::Number) => Hint::Number,
        Some(DataType::Time) => Hint::Time,
        Some(DataType::Text) => Hint::Text,
        None if TIMES.contains(&field.code.as_str()) => Hint::Time,
        None if NUMBERS.contains(&field.code.as_str()) => Hint::Number,
        None if TEXTS.contains(&field.code.as_str()) => Hint::Text,
        None => Hint::Unknown,
    }
}

/// Names go into a question joined by commas, so one that could be two is not asked for.
fn is_name(key: &str) -> bool {
    (1..=80).contains(&key.len()) && key.chars().all(|c| c.is_alphanumeric() || c == '_')
}

async fn page(kingdee: &Kingdee<'_>, query: &PageQuery<'_>, of: Option<&[Value]>) -> Result<Vec<Vec<Value>>> {
    let keys = query.fields.get(..query.key).unwrap_or_default();
    let mut conditions: Vec<String> = Vec::new();
    if let Some(filter) = query.filter {
        conditions.push(format!("({filter})"));
    }
    if let Some(window) = query.window {
        conditions.push(format!("{} >= {}", window.field, quoted(window.from)));
        conditions.extend(window.until.map(|until| format!("{} < {}", window.field, quoted(until))));
    }
    if let Some((field, number)) = query.organisation {
        conditions.push(format!("{field} = {}", quoted(number)));
    }
    if let (Some(wanted), Some(name)) = (of, keys.first()) {
        let list: Vec<String> = wanted.iter().map(literal).collect();
        conditions.push(format!("{name} in ({})", list.join(",")));
    }
    conditions.extend(behind(keys, query.after.unwrap_or_default()));
    let question = BillQuery {
        form: query.form,
        fields: query.fields,
        filter: conditions.join(" and "),
        order: keys.join(","),
        limit: query.limit,
    };
    kingdee.rows(&question).await
}

async fn present(kingdee: &Kingdee<'_>, path: &KeysQuery<'_>) -> Result<Vec<Value>> {
    let fields = [path.key.to_owned()];
    let mut found: Vec<Value> = Vec::new();
    while found.len() < path.keys.len() {
        let query = PageQuery {
            form: path.form,
            fields: &fields,
            key: 1,
            after: found.last().map(std::slice::from_ref),
            window: None,
            organisation: path.organisation,
            filter: None,
            limit: kingdee.connection().page_size,
        };
        let rows = page(kingdee, &query, Some(path.keys)).await?;
        if rows.is_empty() {
            break;
        }
        found.extend(rows.into_iter().filter_map(|row| row.into_iter().next()));
    }
    Ok(found)
}

/// `FID > 7 or (FID = 7 and FEntry_FEntryId > 3)`.
fn behind(names: &[String], after: &[Value]) -> Option<String> {
    match (names, after) {
        ([name], [value, ..]) => Some(format!("{name} > {}", literal(value))),
        ([name, rest @ ..], [value, others @ ..]) => {
            let value = literal(value);
            let within = behind(rest, others)?;
            Some(format!("({name} > {value} or ({name} = {value} and {within}))"))
        }
        _ => None,
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => tenon_model::json::number::text_of(other).map_or_else(|| quoted(&other.to_string()), Into::into),
    }
}

async fn organisations(kingdee: &Kingdee<'_>) -> Result<Vec<String>> {
    let fields = ["FOrgID".to_owned(), "FNumber".to_owned()];
    let (mut all, mut after, limit) = (Vec::new(), None::<Value>, kingdee.connection().page_size);
    loop {
        let filter = after.as_ref().map(|last| format!("FOrgID > {}", literal(last))).unwrap_or_default();
        let query = BillQuery { form: ORGANISATIONS, fields: &fields, filter, order: "FOrgID".to_owned(), limit };
        let rows = kingdee.rows(&query).await?;
        let count = rows.len();
        for row in rows {
            let [id, number] = row.as_slice() else { continue };
            after = Some(id.clone());
            all.extend(number.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
        }
        if count == 0 {
            all.sort();
            all.dedup();
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_begins_behind_its_whole_key() {
        let names = ["FID".to_owned(), "FEntry_FEntryId".to_owned()];
        assert_eq!(behind(&names, &[]), None);
        assert_eq!(behind(&names[..1], &[json!(7)]).unwrap(), "FID > 7");
        let both = behind(&names, &[json!(7), json!("a'b")]).unwrap();
        assert_eq!(both, "(FID > 7 or (FID = 7 and FEntry_FEntryId > 'a''b'))");
    }
}
