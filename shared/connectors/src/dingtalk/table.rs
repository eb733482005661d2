//! Table controls, whose text is read back in another shape than it was written in.

use serde_json::Value;
use tenon_model::oa::InstanceField;
use tenon_platform::error::{Error, Result};

/// The rows of a table control, each a list of column and value. Reads both shapes: as written,
/// `[[{"name","value"}]]`, and as read, `[{"rowValue":[{"label","value"}]}]`. An untouched table is
/// empty, also when its text is `null`.
///
/// # Errors
/// `dingtalk.table` when the text is neither.
pub fn parse_table(text: &str) -> Result<Vec<Vec<(String, String)>>> {
    let text = text.trim();
    if text.is_empty() || text == "null" {
        return Ok(Vec::new());
    }
    let rows = match tenon_model::json::from_str(text) {
        Ok(Value::Array(rows)) => rows,
        Ok(_) | Err(_) => return Err(not_a_table()),
    };
    rows.iter().map(row).collect()
}

/// The rows of a table control in either shape, with their kinds; `None` when the text is no table with rows.
pub(super) fn parse(text: &str) -> Option<Vec<Vec<InstanceField>>> {
    let Ok(Value::Array(rows)) = tenon_model::json::from_str(text.trim()) else { return None };
    let cell = |cell: &Value| {
        let (name, text) = self::cell(cell).ok()?;
        let kind = cell.get("componentType").and_then(Value::as_str).unwrap_or_default();
        Some(super::form::control(&name, super::form::kind_of(kind), &text))
    };
    let row = |row: &Value| row.as_array().or_else(|| row.get("rowValue")?.as_array())?.iter().map(cell).collect();
    if rows.is_empty() { None } else { rows.iter().map(row).collect() }
}

fn row(row: &Value) -> Result<Vec<(String, String)>> {
    let cells = row.as_array().or_else(|| row.get("rowValue")?.as_array()).ok_or_else(not_a_table)?;
    cells.iter().map(cell).collect()
}

fn cell(cell: &Value) -> Result<(String, String)> {
    let name = ["label", "name", "key"].iter().find_map(|n| cell.get(*n)?.as_str()).ok_or_else(not_a_table)?;
    let value = match cell.get("value") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(s)) if s == "null" => String::new(),
        Some(Value::String(s)) => s.clone(),
        Some(other) => tenon_model::json::number::write(other),
    };
    Ok((name.to_owned(), value))
}

fn not_a_table() -> Error {
    Error::permanent("dingtalk.table", "the value of this control is not a table; check that the form's control is one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_give_the_same_rows() {
        let written = r#"[[{"name":"品名","value":"A"},{"name":"数量","value":"10"}]]"#;
        let read = r#"[{"rowValue":[{"componentType":"TextField","label":"品名","value":"A","key":"TextField-1"},{"label":"数量","value":10}],"rowNumber":"r1"}]"#;
        let expected = vec![vec![("品名".to_owned(), "A".to_owned()), ("数量".to_owned(), "10".to_owned())]];
        assert_eq!(parse_table(written).unwrap(), expected);
        assert_eq!(parse_table(read).unwrap(), expected);
    }

    #[test]
    fn an_untouched_table_is_empty_and_another_control_is_an_error() {
        assert_eq!(parse_table("null").unwrap(), Vec::<Vec<_>>::new());
        assert_eq!(parse_table("").unwrap(), Vec::<Vec<_>>::new());
        for text in ["同意", "{}", "[1]", r#"["a"]"#] {
            assert_eq!(parse_table(text).unwrap_err().code, "dingtalk.table", "{text}");
        }
    }
}
