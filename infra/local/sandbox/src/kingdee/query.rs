//! `QueryBusinessInfo` and `ExecuteBillQuery`.

use super::Kingdee;
use super::data::{FormData, KingdeeRow};
use super::filter::Filter;
use crate::reply::{self, Reply};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// A row that is asked for: a record, and one of its entry's.
type Found<'d> = (&'d KingdeeRow, Option<(i64, &'d Map<String, Value>)>);

/// One question as it is read.
struct Question {
    form: String,
    fields: Vec<String>,
    filter: Filter,
    order: Vec<(String, bool)>,
    top: usize,
    start: usize,
    limit: usize,
}

impl Kingdee {
    pub(super) fn describe(&mut self, body: &Value) -> Reply {
        let data = data(body);
        let id = ["FormId", "formid"].into_iter().find_map(|name| data.get(name)?.as_str().map(str::to_owned));
        let id = id.unwrap_or_default();
        match self.forms.0.get(&id) {
            Some(form) => reply::json(
                200,
                &json!({ "Result": { "ResponseStatus": { "IsSuccess": true, "Errors": [], "MsgCode": 0 },
                    "NeedReturnData": form.info } }),
            ),
            None => self.failed(9, "", &format!("业务对象 {id} 不存在")),
        }
    }

    pub(super) fn query(&mut self, body: &Value) -> Reply {
        let question = match question(&data(body)) {
            Ok(question) => question,
            Err(why) => return self.failed(9, "", &why),
        };
        let found = match self.rows(&question) {
            Ok(found) => found,
            Err((field, why)) => return self.failed(9, &field, &why),
        };
        let single = found.len() == 1 || question.fields.len() == 1;
        let mut body = Value::Array(found);
        if self.options.nests_single && single && body.as_array().is_some_and(|rows| !rows.is_empty()) {
            body = json!([body]);
        }
        self.pass_on();
        reply::json(200, &body)
    }

    fn rows(&mut self, question: &Question) -> Result<Vec<Value>, (String, String)> {
        // Whatever is in no order comes in another each time.
        let shuffle = self.ids.next();
        let Some(form) = self.forms.0.get(&question.form) else {
            return Err((String::new(), format!("业务对象 {} 不存在", question.form)));
        };
        let mut named: Vec<&str> = question.fields.iter().map(String::as_str).collect();
        question.filter.fields(&mut named);
        named.extend(question.order.iter().map(|(field, _)| field.as_str()));
        let entry = check(form, &named)?;
        let names_organisation = {
            let mut fields = Vec::new();
            question.filter.fields(&mut fields);
            fields.iter().any(|field| field.starts_with("FUseOrgId"))
        };
        let mut found: Vec<Found<'_>> = Vec::new();
        for row in form.rows.values() {
            let own = row.fields.get("FUseOrgId").and_then(|org| org.get("FNumber")).and_then(Value::as_str);
            if form.of_organisations && !names_organisation && own != Some(self.options.organisation.as_str()) {
                continue;
            }
            match entry {
                None => found.push((row, None)),
                Some(entry) => match row.entries.get(entry).filter(|lines| !lines.is_empty()) {
                    Some(lines) => found.extend(lines.iter().map(|(key, line)| (row, Some((*key, line))))),
                    None => found.push((row, None)),
                },
            }
        }
        found.retain(|row| question.filter.holds(&|field| value(row, entry, field)));
        found.sort_by(|a, b| {
            let by = question.order.iter().map(|(field, down)| {
                let order = compare(&value(a, entry, field), &value(b, entry, field));
                if *down { order.reverse() } else { order }
            });
            by.fold(Ordering::Equal, Ordering::then).then_with(|| scrambled(a, shuffle).cmp(&scrambled(b, shuffle)))
        });
        let end = if question.top == 0 { found.len() } else { question.top.min(found.len()) };
        let most =
            if question.limit == 0 { self.options.most_rows } else { question.limit.min(self.options.most_rows) };
        let page = found.into_iter().take(end).skip(question.start).take(most);
        let cells = |row: Found<'_>| question.fields.iter().map(|field| value(&row, entry, field)).collect();
        Ok(page.map(|row| Value::Array(cells(row))).collect())
    }
}

/// A number that tells rows apart and says nothing of their order.
fn scrambled(row: &Found<'_>, seed: u64) -> u64 {
    let id = row.0.id.unsigned_abs().wrapping_mul(31).wrapping_add(row.1.map_or(0, |(key, _)| key.unsigned_abs()));
    (id ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}

/// Whether every field is there; the entry that they lie in.
fn check<'f>(form: &'f FormData, fields: &[&str]) -> Result<Option<&'f str>, (String, String)> {
    let mut within = None;
    for field in fields {
        let base = field.split('.').next().unwrap_or_default();
        let head = base == form.key() || form.fields_of("FBillHead").contains(&base);
        if head {
            if let Some(part) = field.split_once('.').map(|(_, part)| part)
                && is_of_users(form, base)
                && part == "FNumber"
            {
                return Err(((*field).to_owned(), format!("字段 {field} 不存在")));
            }
            continue;
        }
        let of = form
            .entries()
            .into_iter()
            .find(|entry| base == format!("{entry}_FEntryId") || form.fields_of(entry).contains(&base));
        match of {
            Some(entry) => within = Some(entry),
            None => return Err(((*field).to_owned(), format!("字段 {field} 不存在"))),
        }
    }
    Ok(within)
}

/// Users have a name and no number.
fn is_of_users(form: &FormData, field: &str) -> bool {
    let entries = form.info.get("Entrys").and_then(Value::as_array).into_iter().flatten();
    let fields = entries.filter_map(|entry| entry.get("Fields")).filter_map(Value::as_array).flatten();
    fields.into_iter().any(|one| {
        one.get("Key").and_then(Value::as_str) == Some(field)
            && one.get("LookUpObjectFormId").and_then(Value::as_str) == Some("SEC_User")
    })
}

/// A value of a row. Base data without a part is its number inside the ERP.
fn value(row: &Found<'_>, entry: Option<&str>, field: &str) -> Value {
    let (base, part) = field.split_once('.').unwrap_or((field, ""));
    if entry.is_some_and(|entry| base == format!("{entry}_FEntryId")) {
        return row.1.map_or(json!(0), |(key, _)| json!(key));
    }
    let found = row.1.and_then(|(_, line)| line.get(base)).or_else(|| row.0.fields.get(base));
    match (found, part) {
        (None, _) => Value::Null,
        (Some(Value::Object(record)), "") => record.get("Id").cloned().unwrap_or_default(),
        (Some(Value::Object(record)), part) => record.get(part).cloned().unwrap_or_default(),
        (Some(value), _) => value.clone(),
    }
}

/// What stands in `data`, which may be a text, or in the first of `parameters`.
fn data(body: &Value) -> Value {
    let inside = body.get("data").or_else(|| body.pointer("/parameters/0")).unwrap_or(body);
    match inside {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        inside => inside.clone(),
    }
}

fn question(data: &Value) -> Result<Question, String> {
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| {
        let found = data.get(name).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        found.and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
    };
    let filter = match data.get("FilterString") {
        Some(Value::Array(parts)) => structured(parts)?,
        _ => Filter::read(&text("FilterString"))?,
    };
    let order = text("OrderString");
    let order = order.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
        let mut words = part.split_whitespace();
        let field = words.next().unwrap_or_default().to_owned();
        (field, words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc")))
    });
    let fields = text("FieldKeys");
    let fields: Vec<String> =
        fields.split(',').map(|field| field.trim().to_owned()).filter(|f| !f.is_empty()).collect();
    if fields.is_empty() {
        return Err("FieldKeys 不能为空".to_owned());
    }
    Ok(Question {
        form: text("FormId"),
        fields,
        filter,
        order: order.collect(),
        top: number("TopRowCount"),
        start: number("StartRow"),
        limit: number("Limit"),
    })
}

/// `[{Left,FieldName,Compare,Value,Right,Logic}]`, whose codes differ with the kind of field.
fn structured(parts: &[Value]) -> Result<Filter, String> {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        let word = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default();
        let compare = match (word("FieldName"), word("Compare")) {
            ("FDocumentStatus", "StatusEqualto") => "=",
            ("FDocumentStatus", _) => return Err(format!("比较符 {} 不适用于状态字段", word("Compare"))),
            (_, compare @ ("=" | ">" | ">=" | "<" | "<=" | "<>")) => compare,
            (_, other) => return Err(format!("不支持的比较符 {other}")),
        };
        let quoted = word("Value").replace('\'', "''");
        text.push_str(&format!("{}{} {compare} '{quoted}'{}", word("Left"), word("FieldName"), word("Right")));
        if index + 1 < parts.len() {
            text.push_str(if word("Logic") == "1" { " or " } else { " and " });
        }
    }
    Filter::read(&text)
}
