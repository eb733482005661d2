//! Entity sets of B1's Service Layer.

use super::{Described, DescribedField, DescribedTable, Forms, Hint, KeysQuery, PageQuery};
use crate::b1::{B1, DECIMALS, EntityType, Property, Query, literal};
use async_trait::async_trait;
use serde_json::{Map, Value};
use tenon_model::config::{DataSyncFlow, DataType};
use tenon_model::json::number;
use tenon_model::{DocumentKey, decimal};
use tenon_platform::error::{Error, ErrorKind, Result};

/// Records of a page: documents come with every property that they have.
const PAGE: u32 = 250;
/// A list of properties, or of keys, that an address takes beside all else: servers refuse more than 8 KB.
const MAX_LIST_BYTES: usize = 3_000;
/// The date of the last change, and dates of the making, which stand alone on what was never changed.
const CHANGED: &str = "UpdateDate";
const MADE: [&str; 2] = ["CreateDate", "CreationDate"];
/// By which lines are told apart; where there is none, by their place.
const LINE_KEYS: [&str; 6] = ["LineNum", "LineNumber", "LineId", "RowNumber", "ChildNum", "VisualOrder"];
const PLACE: &str = "#";

#[async_trait]
impl Forms for B1<'_> {
    async fn describe(&self, flow: &DataSyncFlow, form: &str) -> Result<Described> {
        described(&self.entity_type(form).await?, flow)
    }

    async fn page(&self, request: &PageQuery<'_>) -> Result<Vec<Vec<Value>>> {
        let Some(key) = request.fields.first() else { return Ok(Vec::new()) };
        // Of an entry every field but the head's key is `LINES.FIELD`.
        let lines = request.fields.get(1).and_then(|field| field.split_once('.')).map(|(lines, _)| lines);
        let mut conditions: Vec<String> = request.filter.map(|filter| format!("({filter})")).into_iter().collect();
        if let Some(window) = request.window {
            // What is changed while it is read stays behind its beginning, so that it needs no end. Times of day are
            // texts in one version and numbers in another, and empty on what was imported: the day counts.
            let day = window.from.get(..10).unwrap_or(window.from);
            let since: Vec<String> = window.field.split(',').map(|field| format!("{field} ge '{day}'")).collect();
            conditions.push(format!("({})", since.join(" or ")));
        }
        if let Some(after) = request.after.and_then(|after| DocumentKey::from_json(after.first()?)) {
            conditions.push(format!("{key} gt {}", literal(&after)));
        }
        let mut query = Query::default().order_by(key).page_size(request.limit);
        if !conditions.is_empty() {
            query = query.filter(conditions.join(" and "));
        }
        let wanted: Vec<&str> = match lines {
            Some(lines) => vec![key, lines],
            None => request.fields.iter().map(String::as_str).collect(),
        };
        if wanted.iter().map(|name| name.len() + 3).sum::<usize>() <= MAX_LIST_BYTES {
            query = query.select(wanted.iter().copied());
        }
        let records = self.page(request.form, &query, None).await?.values;
        Ok(records.iter().filter_map(Value::as_object).flat_map(|record| rows(record, request.fields, lines)).collect())
    }

    async fn present(&self, request: &KeysQuery<'_>) -> Result<Vec<Value>> {
        let conditions: Vec<String> = request
            .keys
            .iter()
            .filter_map(DocumentKey::from_json)
            .map(|key| format!("{} eq {}", request.key, literal(&key)))
            .collect();
        let (mut found, mut at) = (Vec::new(), 0);
        while at < conditions.len() {
            let (mut length, begun) = (0, at);
            while let Some(condition) = conditions.get(at) {
                // A character that is no letter takes three in an address, and a Chinese one nine.
                length += condition.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum::<usize>() + 10;
                if at > begun && length > MAX_LIST_BYTES {
                    break;
                }
                at += 1;
            }
            let Some(some) = conditions.get(begun..at) else { break };
            found.extend(self.keys_of(request, &some.join(" or "), some.len()).await?);
        }
        Ok(found)
    }

    async fn organisations(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn page_size(&self) -> u32 {
        PAGE
    }

    fn time_zone(&self) -> &str {
        &self.connection().time_zone
    }

    fn shows_whole_entries(&self) -> bool {
        true
    }
}

impl B1<'_> {
    /// The keys of the records of a condition, which `most` can be.
    async fn keys_of(&self, request: &KeysQuery<'_>, condition: &str, most: usize) -> Result<Vec<Value>> {
        let mut found: Vec<Value> = Vec::new();
        while found.len() < most {
            let filter = match found.last().and_then(DocumentKey::from_json) {
                Some(last) => format!("({condition}) and {} gt {}", request.key, literal(&last)),
                None => condition.to_owned(),
            };
            let query = Query::default().filter(filter).select([request.key]).order_by(request.key).page_size(PAGE);
            let page = self.page(request.form, &query, None).await?.values;
            if page.is_empty() {
                break;
            }
            found.extend(page.iter().filter_map(|row| row.get(request.key).cloned()));
        }
        Ok(found)
    }
}

fn described(entity: &EntityType, flow: &DataSyncFlow) -> Result<Described> {
    let set = &entity.set;
    let [primary] = entity.key.as_slice() else {
        let parts = entity.key.join(", ");
        let message = format!("records of {set} are told apart by several properties ({parts}); only one is read");
        return Err(Error::permanent("data-sync.form", message));
    };
    let has = |name: &str| entity.properties.iter().any(|property| property.name == name);
    let mut tables = vec![DescribedTable {
        entry: None,
        caption: set.clone(),
        key: vec![field("", primary, "", Hint::Key)],
        fields: fields(&entity.properties, "", primary, flow),
    }];
    for wanted in &flow.entries {
        let found = entity.collections.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let (name, line) = found.ok_or_else(|| {
            let known: Vec<&str> = entity.collections.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("{set} has no {wanted}; it has {}", known.join(", "));
            Error::permanent("data-sync.entry", message).with_kind(ErrorKind::NotFound)
        })?;
        let own = LINE_KEYS.into_iter().find(|key| line.iter().any(|property| property.name == *key));
        let own = own.unwrap_or(PLACE);
        let mut key = vec![field("", primary, "", Hint::Key), field(name, own, "", Hint::Key)];
        if own == PLACE
            && let Some(place) = key.last_mut()
        {
            place.name = "LinePlace".to_owned();
        }
        let mut fields = fields(line, name, own, flow);
        // Lines repeat the key of their head.
        fields.retain(|field| field.name != *primary);
        tables.push(DescribedTable { entry: Some(name.clone()), caption: format!("{set} {name}"), key, fields });
    }
    let date = match &flow.date {
        Some(date) if date.split(',').all(has) => Some(date.clone()),
        Some(date) => {
            let message = format!("{set} has no property {date}; name the date of the last change in date");
            return Err(Error::permanent("data-sync.field", message));
        }
        None => has(CHANGED).then(|| {
            let all: Vec<&str> = std::iter::once(CHANGED).chain(MADE.into_iter().filter(|name| has(name))).collect();
            all.join(",")
        }),
    };
    Ok(Described { id: set.clone(), caption: set.clone(), tables, date, organisation: None })
}

fn fields(all: &[Property], of: &str, key: &str, flow: &DataSyncFlow) -> Vec<DescribedField> {
    let left_out = |name: &str| flow.without.iter().any(|out| out.eq_ignore_ascii_case(name));
    let wanted = all.iter().filter(|property| property.name != key && !left_out(&property.name));
    wanted.map(|property| field(of, &property.name, &property.of, hint(property, flow))).collect()
}

fn field(of: &str, name: &str, code: &str, hint: Hint) -> DescribedField {
    DescribedField {
        path: if of.is_empty() { name.to_owned() } else { format!("{of}.{name}") },
        field: name.to_owned(),
        name: name.to_owned(),
        caption: name.to_owned(),
        code: code.to_owned(),
        hint,
    }
}

fn hint(property: &Property, flow: &DataSyncFlow) -> Hint {
    if flow.as_text.iter().any(|name| name.eq_ignore_ascii_case(&property.name)) {
        return Hint::Text;
    }
    match flow.types.get(&property.of) {
        Some(DataType::Number) => return Hint::Number,
        Some(DataType::Time) => return Hint::Time,
        Some(DataType::Text) => return Hint::Text,
        None => {}
    }
    match property.of.strip_prefix("Edm.") {
        Some("Int16" | "Int32" | "Int64" | "Byte" | "SByte" | "Decimal" | "Double" | "Single") => Hint::Number,
        Some("DateTime" | "DateTimeOffset" | "Date") => Hint::Time,
        Some("String" | "Boolean" | "Guid" | "Time" | "TimeOfDay" | "Duration") => Hint::Text,
        Some(_) => Hint::Unknown,
        // Words of an enumeration, such as `bost_Open`.
        None => Hint::Text,
    }
}

/// The rows of a record: one, or one for each of its lines.
fn rows(record: &Map<String, Value>, fields: &[String], lines: Option<&str>) -> Vec<Vec<Value>> {
    let of_head = |name: &String| record.get(name).map(value).unwrap_or_default();
    let Some(name) = lines else { return vec![fields.iter().map(of_head).collect()] };
    let Some((key, others)) = fields.split_first() else { return Vec::new() };
    let lines = record.get(name).and_then(Value::as_array).filter(|lines| !lines.is_empty());
    let Some(lines) = lines else {
        return vec![std::iter::once(of_head(key)).chain(others.iter().map(|_| Value::Null)).collect()];
    };
    let row = |(place, line): (usize, &Value)| {
        let of_line = |path: &String| match path.split_once('.').map_or("", |(_, field)| field) {
            PLACE => Value::from(place),
            field => line.get(field).map(value).unwrap_or_default(),
        };
        std::iter::once(of_head(key)).chain(others.iter().map(of_line)).collect()
    };
    lines.iter().enumerate().map(row).collect()
}

/// A number without the noise of the service's binary floats; all else as it is.
fn value(value: &Value) -> Value {
    if value.is_i64() || !value.is_number() {
        return value.clone();
    }
    let plain = number::text_of(value).and_then(|text| decimal::parse(&text));
    plain.map_or_else(|| value.clone(), |number| Value::from(decimal::at_most(number, DECIMALS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_a_row_or_one_for_each_of_its_lines() {
        let record = json!({ "DocEntry": 7, "DocTotal": 0.300_000_000_000_000_04, "Comments": null,
            "DocumentLines": [{ "LineNum": 0, "Quantity": 1e-7 }, { "LineNum": 2, "Quantity": 2 }] });
        let record = record.as_object().unwrap();
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            rows(record, &names(&["DocEntry", "DocTotal", "Comments", "Gone"]), None),
            [[json!(7), json!("0.3"), Value::Null, Value::Null]]
        );
        let lines = names(&["DocEntry", "DocumentLines.LineNum", "DocumentLines.Quantity"]);
        assert_eq!(
            rows(record, &lines, Some("DocumentLines")),
            [[json!(7), json!(0), json!("0")], [json!(7), json!(2), json!(2)]]
        );
        let places = names(&["DocEntry", "DocumentLines.#"]);
        assert_eq!(rows(record, &places, Some("DocumentLines")), [[json!(7), json!(0)], [json!(7), json!(1)]]);
        let empty = json!({ "DocEntry": 8, "DocumentLines": [] });
        assert_eq!(
            rows(empty.as_object().unwrap(), &lines, Some("DocumentLines")),
            [[json!(8), Value::Null, Value::Null]]
        );
    }
}
