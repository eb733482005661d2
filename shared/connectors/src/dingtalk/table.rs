//! Table controls, whose text is read back in another shape than it was written in.

use super::form;
use serde_json::Value;
use tenon_model::json::number;
use tenon_model::oa::InstanceField;

/// The rows of a table control, in both shapes: as written, `[[{"name","value"}]]`, and as read,
/// `[{"rowValue":[{"label","value"}]}]`. `None` when the text is no table with rows.
pub(super) fn parse(text: &str) -> Option<Vec<Vec<InstanceField>>> {
    let Ok(Value::Array(rows)) = tenon_model::json::from_str(text.trim()) else { return None };
    let row = |row: &Value| row.as_array().or_else(|| row.get("rowValue")?.as_array())?.iter().map(cell).collect();
    if rows.is_empty() { None } else { rows.iter().map(row).collect() }
}

fn cell(cell: &Value) -> Option<InstanceField> {
    let name = ["label", "name", "key"].iter().find_map(|name| cell.get(*name)?.as_str())?;
    let kind = cell.get("componentType").and_then(Value::as_str).unwrap_or_default();
    let text = match cell.get("value") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => number::write(other),
    };
    Some(form::control(name, form::kind_of(kind), &text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::oa::ReadValue;

    fn texts(text: &str) -> Vec<Vec<(String, String)>> {
        let cell = |cell: &InstanceField| (cell.name.clone(), cell.value.text().unwrap().to_owned());
        parse(text).unwrap().iter().map(|row| row.iter().map(cell).collect()).collect()
    }

    #[test]
    fn both_shapes_give_the_same_rows() {
        let written = r#"[[{"name":"品名","value":"A"},{"name":"数量","value":"10"}]]"#;
        let read = r#"[{"rowValue":[{"componentType":"TextField","label":"品名","value":"A","key":"TextField-1"},{"label":"数量","value":10}],"rowNumber":"r1"}]"#;
        let expected = vec![vec![("品名".to_owned(), "A".to_owned()), ("数量".to_owned(), "10".to_owned())]];
        assert_eq!(texts(written), expected);
        assert_eq!(texts(read), expected);
    }

    #[test]
    fn rows_are_a_table_whatever_the_kind_is_told_to_be() {
        for kind in ["", "TextField", "DDBizTable"] {
            let control = form::control("t", form::kind_of(kind), r#"[[{"name":"品名","value":"A"}]]"#);
            assert!(matches!(control.value, ReadValue::Table(rows) if rows.len() == 1), "{kind}");
        }
    }

    #[test]
    fn an_untouched_table_is_empty_and_another_control_is_none() {
        for untouched in ["null", "", "[]"] {
            let control = form::control("t", form::kind_of("TableField"), untouched);
            assert_eq!(control.value, ReadValue::Table(Vec::new()), "{untouched}");
        }
        for text in ["同意", "{}", "[1]", r#"["a"]"#] {
            assert_eq!(form::control("t", form::kind_of("TableField"), text).value, ReadValue::Text(text.into()));
        }
    }
}
