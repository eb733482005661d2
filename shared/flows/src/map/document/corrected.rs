//! Values that could not be mapped, and what a person puts in their places. What can be mapped is what people approved, and is
//! nobody's to change.

use super::{Row, find, rows, try_mapped};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::{DocumentFlow, range};
use tenon_model::document::{Corrected, CorrectedValue};
use tenon_model::json::number;
use tenon_platform::{Error, Result};

/// A value that could not be mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// Where it stands: `客户`, `明细[0].数量`.
    pub path: String,
    /// What stands there; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong with it.
    pub message: String,
}

/// A place of a row, by the flow's mapping.
enum Place<'f> {
    Field(&'f str),
    Cell { table: &'f str, row: usize, field: &'f str },
}

fn place<'f>(flow: &'f DocumentFlow, path: &str) -> Option<Place<'f>> {
    if let Some(field) = flow.form.fields.iter().find(|field| field.from == path) {
        return Some(Place::Field(&field.from));
    }
    flow.form.lines.iter().find_map(|table| {
        let (row, name) = path.strip_prefix(table.from.as_str())?.strip_prefix('[')?.split_once("].")?;
        let field = table.fields.iter().find(|field| field.from == name)?;
        Some(Place::Cell { table: &table.from, row: row.parse().ok()?, field: &field.from })
    })
}

/// What stands there as a text. `None` where no text does: nothing, or a list or an object, which is no person's to type.
fn text_at(source: &Row, place: &Place<'_>) -> Option<String> {
    let value = match place {
        Place::Field(field) => find(source, field)?.clone(),
        Place::Cell { table, row, field } => {
            let rows = rows(find(source, table)?)?;
            find(rows.get(*row)?.as_object()?, field)?.clone()
        }
    };
    match &value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => number::text_of(other).map(Into::into).or_else(|| Some(number::write(other))),
    }
}

/// The values that could not be mapped and that somebody may correct: all that keeps the document back, or none where something
/// else does too, such as a table without rows.
pub fn wrong(flow: &DocumentFlow, source: &Row) -> Vec<Wrong> {
    if !flow.form.maps() {
        return Vec::new();
    }
    let Err(problems) = try_mapped(flow, source) else { return Vec::new() };
    let found = problems.into_iter().map(|problem| {
        let value = text_at(source, &place(flow, &problem.path)?);
        Some(Wrong { path: problem.path, value, message: problem.message })
    });
    found.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// What was handed over with these values in their places.
///
/// # Errors
/// `flow.correction-changed` when something else stands there than what was corrected.
pub fn put(flow: &DocumentFlow, source: &Row, values: &BTreeMap<String, CorrectedValue>) -> Result<Row> {
    let mut source = source.clone();
    for (path, value) in values {
        let place = place(flow, path).ok_or_else(|| changed(&format!("{path} is not mapped any more")))?;
        if text_at(&source, &place) != value.was {
            return Err(changed(&format!("{path} says something else by now")));
        }
        match place {
            Place::Field(field) => set(&mut source, field, &value.is),
            Place::Cell { table, row, field } => {
                let all = find(&source, table).and_then(rows).map(|rows| rows.into_owned()).unwrap_or_default();
                let mut all = Value::Array(all);
                let cells = all.get_mut(row).and_then(Value::as_object_mut);
                set(cells.ok_or_else(|| changed(&format!("{path} is there no more")))?, field, &value.is);
                put_value(&mut source, table, all);
            }
        }
    }
    Ok(source)
}

fn set(row: &mut Row, name: &str, text: &str) {
    put_value(row, name, Value::from(text));
}

/// Under the name that the row has for it.
fn put_value(row: &mut Row, name: &str, value: Value) {
    let known = row.keys().find(|known| known.as_str() == name || range::same(known, name)).cloned();
    row.insert(known.unwrap_or_else(|| name.to_owned()), value);
}

/// What is handed over, as it was corrected.
///
/// # Errors
/// As [`put`].
pub fn correct(flow: &DocumentFlow, source: &Row, corrected: Option<&Corrected>) -> Result<Row> {
    match corrected {
        Some(corrected) => put(flow, source, &corrected.values),
        None => Ok(source.clone()),
    }
}

/// Names the fields of a document by their content.
pub fn digest(fields: &Row) -> String {
    sha256_hex(number::write(&Value::Object(fields.clone())).as_bytes())
}

fn changed(why: &str) -> Error {
    Error::permanent(
        "flow.correction-changed",
        format!("{why}, so the correction does not hold; correct the input again"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::of_pushed;
    use super::*;
    use serde_json::json;

    fn flow() -> DocumentFlow {
        serde_json::from_value(json!({"id": "f", "erp": "b1", "oa": "weaver", "object": "Orders", "form": {
            "fields": [{"from": "kh", "to": "CardCode", "required": true}, {"from": "jhrq", "to": "DocDueDate", "format": "date"}],
            "lines": {"from": "detail", "to": "DocumentLines", "fields": [
                {"from": "wl", "to": "ItemCode"}, {"from": "sl", "to": "Quantity", "format": "number"}]}}}))
        .unwrap()
    }

    fn row(value: Value) -> Row {
        value.as_object().unwrap().clone()
    }

    fn values(all: &[(&str, Option<&str>, &str)]) -> BTreeMap<String, CorrectedValue> {
        let value = |was: &Option<&str>, is: &str| CorrectedValue { was: was.map(str::to_owned), is: is.to_owned() };
        all.iter().map(|(path, was, is)| ((*path).to_owned(), value(was, is))).collect()
    }

    #[test]
    fn what_could_not_be_mapped_is_named_with_its_place_and_mapped_once_it_is_corrected() {
        let flow = flow();
        for detail in [
            json!([{"wl": "A", "sl": "5"}, {"wl": "B", "sl": "十"}]),
            json!(r#"[{"wl":"A","sl":5},{"wl":"B","sl":"十"}]"#),
        ] {
            let source = row(json!({"jhrq": "明天", "detail": detail}));
            let found = wrong(&flow, &source);
            let places: Vec<_> = found.iter().map(|wrong| (wrong.path.as_str(), wrong.value.as_deref())).collect();
            assert_eq!(places, [("kh", None), ("jhrq", Some("明天")), ("detail[1].sl", Some("十"))]);
            let values =
                values(&[("kh", None, "C1"), ("jhrq", Some("明天"), "2026-12-01"), ("detail[1].sl", Some("十"), "10")]);
            let corrected = put(&flow, &source, &values).unwrap();
            assert_eq!(wrong(&flow, &corrected), []);
            let fields = of_pushed(&flow, &corrected).unwrap();
            assert_eq!((&fields["CardCode"], &fields["DocDueDate"]), (&json!("C1"), &json!("2026-12-01")));
            assert_eq!(number::write(&fields["DocumentLines"][1]["Quantity"]), "10");
            // What was not corrected is as it was.
            assert_eq!(number::write(&fields["DocumentLines"][0]["Quantity"]), "5");
        }
    }

    #[test]
    fn a_correction_holds_for_what_was_shown_alone() {
        let flow = flow();
        let source = row(json!({"kh": "C1", "detail": [{"wl": "A", "sl": "五"}]}));
        for (path, was) in
            [("detail[0].sl", Some("六")), ("detail[1].sl", None), ("detail[0].xx", None), ("DocDueDate", None)]
        {
            let refused = put(&flow, &source, &values(&[(path, was, "5")]));
            // A row that is not there says nothing, and takes nothing.
            assert_eq!(refused.unwrap_err().code, "flow.correction-changed", "{path}");
        }
    }

    #[test]
    fn what_no_value_mends_is_nobodys_to_correct() {
        let flow = flow();
        assert_eq!(wrong(&flow, &row(json!({"kh": "C1", "detail": []}))), []);
        assert_eq!(wrong(&flow, &row(json!({"kh": "C1", "detail": "x"}))), []);
        let unmapped: DocumentFlow = serde_json::from_value(
            json!({"id": "f", "erp": "b1", "oa": "w", "object": "Orders", "lines": "DocumentLines"}),
        )
        .unwrap();
        assert_eq!(wrong(&unmapped, &row(json!({"CardCode": "C1"}))), []);
    }
}
