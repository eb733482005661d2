//! Base data: from a record of the ERP to the columns of a row.

use super::value::field_value;
use super::{Problem, near};
use serde_json::{Map, Value};
use tenon_model::InstanceId;
use tenon_model::config::{CubeTable, Field};
use tenon_model::oa::FieldValue;

/// Columns and their texts.
pub type Columns = Vec<(String, String)>;

/// A record as the columns of a row and of its detail tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedRow {
    /// Columns of the row.
    pub columns: Columns,
    /// Rows of its detail tables, by the tables' names.
    pub details: Vec<(String, Vec<Columns>)>,
}

/// Maps a record. Every mapped column is written, an empty one as an empty text, so that what was emptied in the ERP
/// does not stay in the row.
///
/// # Errors
/// All problems at once.
pub fn row(fields: &[Field], tables: &[CubeTable], record: &Map<String, Value>) -> Result<MappedRow, Vec<Problem>> {
    let mut problems = Vec::new();
    let columns = columns(fields, record, "", &mut problems);
    let mut details = Vec::with_capacity(tables.len());
    for table in tables {
        let rows = match record.get(&table.from) {
            Some(Value::Array(rows)) => rows.as_slice(),
            Some(Value::Null) => &[],
            Some(_) => {
                let message = "is no collection, and a detail table is filled from one".to_owned();
                problems.push(Problem { path: table.from.clone(), message });
                &[]
            }
            None => {
                problems.push(Problem { path: table.from.clone(), message: near::no_field(&table.from, record) });
                &[]
            }
        };
        let none = Map::new();
        let rows = rows.iter().enumerate().map(|(index, row)| {
            let prefix = format!("{}[{index}].", table.from);
            self::columns(&table.fields, row.as_object().unwrap_or(&none), &prefix, &mut problems)
        });
        details.push((table.to.clone(), rows.collect()));
    }
    if problems.is_empty() { Ok(MappedRow { columns, details }) } else { Err(problems) }
}

fn columns(fields: &[Field], record: &Map<String, Value>, prefix: &str, problems: &mut Vec<Problem>) -> Columns {
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let value = match record.get(&field.from) {
            // B1 shows the fields of an entity all, so a name that it lacks is mistaken.
            None if field.default.is_none() => Err(near::no_field(&field.from, record)),
            value => field_value(value.unwrap_or(&Value::Null), field),
        };
        match value {
            Ok(value) => columns.push((field.to.clone(), value.map(text).unwrap_or_default())),
            Err(message) => problems.push(Problem { path: format!("{prefix}{}", field.from), message }),
        }
    }
    columns
}

/// As a column holds it: several with commas between them.
fn text(value: FieldValue) -> String {
    match value {
        FieldValue::Choices(all) | FieldValue::People(all) | FieldValue::Departments(all) => all.join(","),
        FieldValue::Instances(all) => all.iter().map(InstanceId::as_str).collect::<Vec<_>>().join(","),
        single => single.text().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(fields: Value, tables: Value, record: Value) -> Result<MappedRow, String> {
        let fields: Vec<Field> = serde_json::from_value(fields).unwrap();
        let tables: Vec<CubeTable> = serde_json::from_value(tables).unwrap();
        row(&fields, &tables, record.as_object().unwrap()).map_err(|problems| super::super::join(&problems))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Columns {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn r_w12_columns_are_texts_and_nothing_that_is_mapped_is_left_out() {
        let fields = json!([
            {"from": "ItemCode", "to": "wlbm"},
            {"from": "QuantityOnStock", "to": "kc", "format": "number"},
            {"from": "Valid", "to": "yx", "values": {"tYES": "1", "tNO": "0"}},
            {"from": "ValidFrom", "to": "rq", "format": "date"},
            {"from": "U_Spec", "to": "gg"},
            {"from": "U_Owners", "to": "fzr", "format": "contact"}
        ]);
        let record = json!({"ItemCode": "A'2", "QuantityOnStock": 0.0, "Valid": "tYES", "ValidFrom": "2024-12-04T00:00:00Z",
            "U_Spec": null, "U_Owners": "12, 14"});
        let mapped = map(fields, json!([]), record).unwrap();
        let expected =
            pairs(&[("wlbm", "A'2"), ("kc", "0"), ("yx", "1"), ("rq", "2024-12-04"), ("gg", ""), ("fzr", "12,14")]);
        assert_eq!(mapped.columns, expected);
    }

    #[test]
    fn r_w12_a_collection_becomes_a_detail_table() {
        let tables = json!([{"from": "ItemPrices", "to": "detail1", "fields": [
            {"from": "PriceList", "to": "jgb"}, {"from": "Price", "to": "jg", "format": "money"}]}]);
        let key = json!([{"from": "ItemCode", "to": "wlbm"}]);
        let record =
            json!({"ItemCode": "A", "ItemPrices": [{"PriceList": 1, "Price": 3.5}, {"PriceList": 2, "Price": null}]});
        let mapped = map(key.clone(), tables.clone(), record).unwrap();
        let rows = vec![pairs(&[("jgb", "1"), ("jg", "3.50")]), pairs(&[("jgb", "2"), ("jg", "")])];
        assert_eq!(mapped.details, [("detail1".to_owned(), rows)]);
        let wrong = map(key, tables, json!({"ItemCode": "A", "ItemPrice": []})).unwrap_err();
        assert!(wrong.contains("ItemPrices is no field") && wrong.contains("ItemPrice?"), "{wrong}");
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        let fields = json!([{"from": "ItemCode", "to": "a"}, {"from": "ItemNmae", "to": "b"},
            {"from": "Frozen", "to": "c", "format": "number"}, {"from": "U_New", "to": "d", "default": "x"},
            {"from": "ItemName", "to": "e", "required": true}]);
        let error = map(fields, json!([]), json!({"ItemCode": "A", "ItemName": " ", "Frozen": "tNO"})).unwrap_err();
        for part in ["did you mean ItemName", "Frozen is \"tNO\"", "ItemName is empty"] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("U_New"), "{error}");
    }
}
