//! What is sent.

use super::Header;
use crate::base_data::{Detail, Row};
use serde_json::{Map, Value, json};

/// The body that saves rows.
pub(super) fn save(header: &Header<'_>, rows: &[Row]) -> Value {
    let data: Vec<Value> = rows.iter().map(|row| record(header, row)).collect();
    json!({ "data": data, "header": proof(header) })
}

/// The body that lists rows by a column.
pub(super) fn list(header: &Header<'_>, column: &str, text: &str, page: usize, size: usize) -> Value {
    json!({
        "operationinfo": { "operator": header.operator },
        "mainTable": { column: text },
        "pageInfo": { "pageNo": page.to_string(), "pageSize": size.to_string() },
        "header": proof(header),
    })
}

fn proof(header: &Header<'_>) -> Value {
    json!({ "systemid": header.system_id, "currentDateTime": header.time, "Md5": header.proof })
}

fn record(header: &Header<'_>, row: &Row) -> Value {
    let mut main = columns(&row.columns);
    if let Some(id) = &row.id {
        main.insert("id".to_owned(), Value::from(id.as_str()));
    }
    let mut record = Map::new();
    record.insert(
        "operationinfo".to_owned(),
        json!({
            "operator": header.operator,
            "operationDate": header.date,
            "operationTime": header.time_of_day,
        }),
    );
    record.insert("mainTable".to_owned(), Value::Object(main));
    for (table, details) in &row.details {
        record.insert(table.clone(), details.iter().map(detail).collect());
    }
    Value::Object(record)
}

fn detail(detail: &Detail) -> Value {
    let mut data = columns(&detail.columns);
    if let Some(id) = &detail.id {
        data.insert("id".to_owned(), Value::from(id.as_str()));
    }
    let action = if detail.is_removed { "Delete" } else { "SaveOrUpdate" };
    json!({ "operate": { "action": action }, "data": data })
}

fn columns(columns: &[(String, String)]) -> Map<String, Value> {
    columns.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect()
}
