//! Reading records by pages of their ids, so that nothing is missed while others change.

use super::{ODOO, Odoo};
use serde_json::{Map, Value, json};
use tenon_platform::error::Result;

/// Which records: a list in Odoo's own words, as `[["company_id", "=", 1]]`.
pub type Domain = Vec<Value>;

impl Odoo<'_> {
    /// The next records of a model after an id, in the order of their ids, archived ones too. At most `size`; fewer are
    /// the end.
    ///
    /// # Errors
    /// Odoo's, in its words.
    pub async fn page(
        &self,
        model: &str,
        fields: &[&str],
        domain: &Domain,
        after: i64,
        size: usize,
    ) -> Result<Vec<(i64, Map<String, Value>)>> {
        let mut wanted = domain.clone();
        wanted.push(json!(["id", ">", after]));
        let options =
            json!({ "fields": fields, "limit": size, "order": "id asc", "context": { "active_test": false } });
        let answer = self.execute(model, "search_read", &json!([wanted]), &options).await?;
        let Value::Array(rows) = answer else {
            return Err(ODOO.unintelligible(format!("the answer is no list of {model}")));
        };
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.get("id").and_then(Value::as_i64);
            match (id, row) {
                (Some(id), Value::Object(row)) if id > after => found.push((id, row)),
                _ => return Err(ODOO.unintelligible(format!("a record of {model} has no id, or an earlier one"))),
            }
        }
        found.sort_by_key(|(id, _)| *id);
        Ok(found)
    }
}

/// A field as text; Odoo's `false` is none. Of a link the id.
pub fn text(row: &Map<String, Value>, field: &str) -> Option<String> {
    let text = match row.get(field)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) => linked(row, field)?.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The id that a field links to.
pub fn linked(row: &Map<String, Value>, field: &str) -> Option<i64> {
    match row.get(field)? {
        Value::Array(pair) => pair.first()?.as_i64(),
        Value::Number(id) => id.as_i64(),
        _ => None,
    }
}
