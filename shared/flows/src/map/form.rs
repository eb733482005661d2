//! Whole documents: from an ERP document to a form's values, and from a form's table to price rows.

use super::value::format_value;
use super::{Problem, join, near};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_connectors::dingtalk::{FormValue, parse_table};
use tenon_model::config::{ApprovalFlow, Field, PriceFlow, range};
use tenon_model::json::number;
use tenon_model::{DocumentKey, code, decimal};
use tenon_platform::{Error, Result};

/// DingTalk refuses a control's value longer than this many characters.
const VALUE_LIMIT: usize = 65_535;
/// DingTalk refuses a form with more controls than this.
const CONTROL_LIMIT: usize = 150;

/// Fields of a special price that are codes, which people's forms carry with blanks around them.
const CODES: [&str; 4] = ["CardCode", "ItemCode", "Currency", "PriceListNum"];

/// A form ready to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct FormValues {
    /// One per control, in the order of the mapping.
    pub values: Vec<FormValue>,
    /// OA user who submits.
    pub originator: String,
    /// OA department of the submitter.
    pub department: i64,
}

/// Maps a document with its lines to the form of its flow.
pub fn form_values(flow: &ApprovalFlow, key: &DocumentKey, document: &Map<String, Value>) -> Result<FormValues> {
    let mut problems = if is_sql(flow) { Vec::new() } else { unknown_fields(flow, document) };
    let mut values = Vec::new();
    for field in flow.form.fields.iter().filter(|f| exists(&f.from, document) || f.default.is_some() || is_sql(flow)) {
        if let Some(value) = cell(document, field, "", &mut problems) {
            values.push(FormValue { name: field.to.clone(), value });
        }
    }
    if let Some(control) = &flow.form.key
        && !values.iter().any(|v| &v.name == control)
    {
        values.push(FormValue { name: control.clone(), value: key.to_string() });
    }
    if let Some(lines) = &flow.form.lines {
        match table(document.get(&lines.from), &lines.from, &lines.fields, &mut problems) {
            Some(text) => values.push(FormValue { name: lines.to.clone(), value: text }),
            None if !document.contains_key(&lines.from) => {
                problems.push(Problem { path: lines.from.clone(), message: near::no_field(&lines.from, document) })
            }
            None => problems
                .push(Problem { path: lines.from.clone(), message: format!("has no rows for the table {}", lines.to) }),
        }
    }
    for value in values.iter().filter(|v| v.value.chars().count() > VALUE_LIMIT) {
        problems.push(Problem {
            path: value.name.clone(),
            message: format!("would be longer than the {VALUE_LIMIT} characters DingTalk takes; map fewer columns or split the document"),
        });
    }
    if values.len() > CONTROL_LIMIT {
        problems.push(Problem {
            path: "form".to_owned(),
            message: format!("has {} controls, and DingTalk takes {CONTROL_LIMIT}", values.len()),
        });
    }
    let originator = originator(flow, document, &mut problems);
    let department = department(flow, document, &mut problems);
    if problems.is_empty() {
        Ok(FormValues { values, originator, department })
    } else {
        Err(Error::permanent("flow.mapping", join(&problems)).during(format!("map document {key}")))
    }
}

/// Whether the document has the field, or both fields of a range, filled or not.
fn exists(from: &str, document: &Map<String, Value>) -> bool {
    missing(from, document).is_none()
}

fn missing(from: &str, document: &Map<String, Value>) -> Option<String> {
    let names = range::pair(from).map_or_else(|| vec![from.to_owned()], |(begin, end)| vec![begin, end]);
    names.into_iter().find(|name| !document.contains_key(name))
}

/// Whether the document is a row of a query, which need not show the columns that are null.
pub fn is_sql(flow: &ApprovalFlow) -> bool {
    flow.source.sql.is_some()
}

/// Fields that are mapped and that the document does not have. B1 shows the fields of an entity all, the empty
/// ones as null, so such a name is mistaken, and its control would stay empty before people who approve. A
/// column of a lines table is missing when no line has it. With a default nothing stays empty.
pub fn unknown_fields(flow: &ApprovalFlow, document: &Map<String, Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let wanted =
        |fields: &[Field]| fields.iter().filter(|f| f.default.is_none()).map(|f| f.from.clone()).collect::<Vec<_>>();
    for from in wanted(&flow.form.fields) {
        if let Some(name) = missing(&from, document) {
            problems.push(Problem { message: near::no_field(&name, document), path: name });
        }
    }
    let Some(lines) = &flow.form.lines else { return problems };
    let rows = document.get(&lines.from).and_then(Value::as_array);
    let rows: Vec<&Map<String, Value>> = rows.into_iter().flatten().filter_map(Value::as_object).collect();
    let Some(first) = rows.first() else { return problems };
    for from in wanted(&lines.fields) {
        if rows.iter().all(|row| !exists(&from, row))
            && let Some(name) = missing(&from, first)
        {
            let path = format!("{}[].{name}", lines.from);
            problems.push(Problem { path, message: near::no_field(&name, first).replace("the document", "its lines") });
        }
    }
    problems
}

fn cell(document: &Map<String, Value>, field: &Field, prefix: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let text = if range::pair(&field.to).is_some() {
        super::range::written(document, field)
    } else {
        format_value(document.get(&field.from).unwrap_or(&Value::Null), field)
    };
    text.unwrap_or_else(|message| {
        problems.push(Problem { path: format!("{prefix}{}", field.from), message });
        None
    })
}

/// The table control takes JSON text: rows of cells of name and value. `None` when there is no row.
fn table(lines: Option<&Value>, from: &str, fields: &[Field], problems: &mut Vec<Problem>) -> Option<String> {
    let lines = lines.and_then(Value::as_array).filter(|rows| !rows.is_empty())?;
    let mut rows = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let empty = Map::new();
        let line = line.as_object().unwrap_or(&empty);
        let prefix = format!("{from}[{index}].");
        let cells: Vec<Value> = fields
            .iter()
            .filter_map(|field| Some(json!({ "name": field.to, "value": cell(line, field, &prefix, problems)? })))
            .collect();
        rows.push(Value::Array(cells));
    }
    Some(Value::Array(rows).to_string())
}

fn text_of(document: &Map<String, Value>, name: &str) -> Option<String> {
    match document.get(name)? {
        Value::String(text) => Some(code::trim(text)).filter(|text| !text.is_empty()).map(str::to_owned),
        other => number::text_of(other).map(Into::into),
    }
}

fn originator(flow: &ApprovalFlow, document: &Map<String, Value>, problems: &mut Vec<Problem>) -> String {
    let found = text_of(document, &flow.form.originator).or_else(|| flow.form.default_originator.clone());
    found.unwrap_or_else(|| {
        problems.push(Problem {
            path: flow.form.originator.clone(),
            message: "is empty; it names the DingTalk user who submits. Fill it in, or set form.default_originator"
                .to_owned(),
        });
        String::new()
    })
}

fn department(flow: &ApprovalFlow, document: &Map<String, Value>, problems: &mut Vec<Problem>) -> i64 {
    let Some(name) = &flow.form.department else {
        return flow.form.default_department;
    };
    let Some(text) = text_of(document, name) else {
        return flow.form.default_department;
    };
    decimal::whole(&text).unwrap_or_else(|| {
        problems.push(Problem {
            path: name.clone(),
            message: format!("is {text:?}; a DingTalk department id is a whole number"),
        });
        flow.form.default_department
    })
}

/// The rows of a price form: header fields repeated on every row, one map of special-price field to
/// text per table row. Without a table the header is the one row.
pub fn price_rows(flow: &PriceFlow, values: &[FormValue]) -> Result<Vec<BTreeMap<String, String>>> {
    let mut problems = Vec::new();
    let header = |name: &str| values.iter().rfind(|v| range::same(&v.name, name)).map(|v| v.value.as_str());
    let fixed = columns(&flow.form.fields, &header, "", &mut problems);
    let rows = match &flow.form.lines {
        None => vec![fixed],
        Some(lines) => {
            let text = header(&lines.from).unwrap_or("null");
            let table = parse_table(text)?;
            if table.is_empty() {
                problems.push(Problem { path: lines.from.clone(), message: "has no rows".to_owned() });
            }
            let mut rows = Vec::with_capacity(table.len());
            for (index, cells) in table.iter().enumerate() {
                let find = |name: &str| cells.iter().find(|(n, _)| range::same(n, name)).map(|(_, v)| v.as_str());
                let mut row = fixed.clone();
                row.extend(columns(&lines.fields, &find, &format!("{}[{index}].", lines.from), &mut problems));
                rows.push(row);
            }
            rows
        }
    };
    for (index, row) in rows.iter().enumerate() {
        for needed in ["CardCode", "ItemCode", "Price"] {
            if row.get(needed).is_none_or(|v| code::trim(v).is_empty()) {
                problems.push(Problem { path: format!("row {}", index + 1), message: format!("has no {needed}") });
            }
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(Error::permanent("flow.mapping", join(&problems))) }
}

fn columns<'a>(
    fields: &[Field],
    find: &dyn Fn(&str) -> Option<&'a str>,
    prefix: &str,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut row = BTreeMap::new();
    let mut ranges = Vec::new();
    for field in fields {
        // An untouched control reads as the text null.
        let found = find(&field.from).filter(|v| *v != "null");
        if range::pair(&field.from).is_some() {
            match super::range::read(found.unwrap_or_default(), field) {
                Ok(ends) => ranges.extend(range_fields(field).into_iter().zip(<[_; 2]>::from(ends))),
                Err(message) => problems.push(Problem { path: format!("{prefix}{}", field.from), message }),
            }
            continue;
        }
        let value = found.map_or(Value::Null, Value::from);
        match format_value(&value, field) {
            Ok(Some(text)) if CODES.contains(&field.to.as_str()) => {
                row.insert(field.to.clone(), code::trim(&text).to_owned());
            }
            Ok(Some(text)) => {
                row.insert(field.to.clone(), text);
            }
            Ok(None) => {}
            Err(message) => problems.push(Problem { path: format!("{prefix}{}", field.from), message }),
        }
    }
    for (name, end) in ranges {
        // A field that has a control of its own is filled from that.
        if let Some(end) = end {
            row.entry(name).or_insert(end);
        }
    }
    row
}

/// The two fields that a range is read into. One end names the other: a price whose end was left out would hold
/// for ever.
fn range_fields(field: &Field) -> [String; 2] {
    match (range::pair(&field.to), field.to.as_str()) {
        (Some((begin, end)), _) => [begin, end],
        (None, "ValidFrom" | "ValidTo") => ["ValidFrom".to_owned(), "ValidTo".to_owned()],
        (None, _) => [field.to.clone(), format!("{} (end)", field.to)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(form: Value) -> ApprovalFlow {
        serde_json::from_value(json!({
            "id": "f", "erp": "b1", "oa": "ding", "source": {}, "form": form
        }))
        .unwrap()
    }

    fn document() -> Map<String, Value> {
        let value = json!({
            "DocEntry": 16, "RequesterName": "销售经理：张涛", "DocDate": "2022-08-23T00:00:00Z", "U_UserID": "manager75", "U_BMID": "42",
            "DocumentLines": [{"ItemCode": "11028", "Quantity": 55.0}, {"ItemCode": "14003", "Quantity": 11.5}]
        });
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_document_becomes_the_form_with_its_table_as_json_text() {
        let flow = flow(json!({"template": "PROC-1", "department": "U_BMID", "key": "来源单号",
            "fields": [{"from": "RequesterName", "to": "申请人"}, {"from": "DocDate", "to": "单据日期", "format": "date"}],
            "lines": {"to": "物料明细", "fields": [{"from": "ItemCode", "to": "品号"}, {"from": "Quantity", "to": "需求数量"}]}}));
        let form = form_values(&flow, &DocumentKey::Number(16), &document()).unwrap();
        assert_eq!((form.originator.as_str(), form.department), ("manager75", 42));
        for department in [json!(42.0), json!("42.0"), json!("\u{3000}42\n")] {
            let mut document = document();
            document.insert("U_BMID".into(), department);
            assert_eq!(form_values(&flow, &DocumentKey::Number(16), &document).unwrap().department, 42);
        }
        let find = |name: &str| form.values.iter().find(|v| v.name == name).unwrap().value.clone();
        assert_eq!(find("申请人"), "销售经理：张涛");
        assert_eq!(find("单据日期"), "2022-08-23");
        assert_eq!(find("来源单号"), "16");
        let rows: Value = serde_json::from_str(&find("物料明细")).unwrap();
        assert_eq!(rows[0], json!([{"name": "品号", "value": "11028"}, {"name": "需求数量", "value": "55"}]));
        assert_eq!(rows[1][1]["value"], "11.5");
    }

    #[test]
    fn every_problem_is_named_with_its_place() {
        let flow = flow(json!({"template": "PROC-1", "originator": "U_Nobody",
            "fields": [{"from": "Missing", "to": "x", "required": true}],
            "lines": {"to": "t", "fields": [{"from": "ItemCode", "to": "品号", "format": "date"}]}}));
        let error = form_values(&flow, &DocumentKey::Number(16), &document()).unwrap_err();
        for part in
            ["Missing is no field", "DocumentLines[0].ItemCode is", "DocumentLines[1].ItemCode is", "U_Nobody is empty"]
        {
            assert!(error.message.contains(part), "{part} not in {}", error.message);
        }
        assert_eq!(error.code, "flow.mapping");
    }

    #[test]
    fn a_table_too_long_for_dingtalk_is_refused_before_it_is_sent() {
        let flow =
            flow(json!({"template": "PROC-1", "lines": {"to": "t", "fields": [{"from": "ItemCode", "to": "品号"}]}}));
        let mut document = document();
        document.insert("DocumentLines".into(), json!(vec![json!({"ItemCode": "X".repeat(100)}); 700]));
        let error = form_values(&flow, &DocumentKey::Number(16), &document).unwrap_err();
        assert!(error.message.contains("65535"), "{}", error.message);
    }

    #[test]
    fn a_range_control_becomes_the_two_dates_of_a_price() {
        let cells = |to: &Value| {
            let flow: PriceFlow = serde_json::from_value(json!({
                "id": "q", "erp": "b1", "oa": "ding",
                "form": {"template": "PROC-2", "fields": [{"from": "客户", "to": "CardCode"}],
                         "lines": {"from": "明细", "fields": [{"from": "物料", "to": "ItemCode"}, {"from": "价格", "to": "Price"},
                                                              {"from": ["开始", "结束"], "to": to, "format": "date"}]}}
            }))
            .unwrap();
            let table = r#"[{"rowValue":[{"label":"物料","value":"A"},{"label":"价格","value":"1"},
                {"componentType":"DDDateRangeField","label":"[\"开始\", \"结束\"]","value":"[\"2026-11-01\",\"2026-12-31\"]"}]}]"#;
            let value = |name: &str, value: &str| FormValue { name: name.into(), value: value.into() };
            price_rows(&flow, &[value("客户", "C1"), value("明细", table)]).unwrap().remove(0)
        };
        for to in [json!("ValidFrom"), json!("ValidTo"), json!(["ValidFrom", "ValidTo"])] {
            let row = cells(&to);
            assert_eq!((row["ValidFrom"].as_str(), row["ValidTo"].as_str()), ("2026-11-01", "2026-12-31"), "{to}");
        }
    }

    #[test]
    fn a_mistaken_name_is_told_before_its_control_stays_empty() {
        let flow = flow(json!({"template": "PROC-1",
            "fields": [{"from": "RequesterNmae", "to": "申请人"}, {"from": "U_Absent", "to": "备注", "default": "无"}],
            "lines": {"to": "t", "fields": [{"from": "ItemCode", "to": "品号"}, {"from": "Quantty", "to": "数量"}]}}));
        let error = form_values(&flow, &DocumentKey::Number(16), &document()).unwrap_err();
        assert!(
            error.message.contains("RequesterNmae is no field of the document; did you mean RequesterName?"),
            "{error}"
        );
        assert!(
            error.message.contains("DocumentLines[].Quantty is no field of its lines; did you mean Quantity?"),
            "{error}"
        );
        assert!(!error.message.contains("U_Absent"), "{error}");
    }

    #[test]
    fn price_rows_read_both_shapes_of_the_table() {
        let flow: PriceFlow = serde_json::from_value(json!({
            "id": "q", "erp": "b1", "oa": "ding",
            "form": {"template": "PROC-2", "fields": [{"from": "客户", "to": "CardCode"}],
                     "lines": {"from": "明细", "fields": [{"from": "物料", "to": "ItemCode"}, {"from": "价格", "to": "Price", "format": "number"}]}}
        }))
        .unwrap();
        let read_shape = r#"[{"rowValue":[{"label":"物料","value":"11028"},{"label":"价格","value":"205.0"}]}]"#;
        let write_shape = r#"[[{"name":"物料","value":"11028"},{"name":"价格","value":"205.0"}]]"#;
        for text in [read_shape, write_shape] {
            let values = [
                FormValue { name: "客户".into(), value: "C26000".into() },
                FormValue { name: "明细".into(), value: text.into() },
            ];
            let rows = price_rows(&flow, &values).unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0]["CardCode"], "C26000");
            assert_eq!(rows[0]["ItemCode"], "11028");
            assert_eq!(rows[0]["Price"], "205");
        }
        let pasted = [
            FormValue { name: "客户".into(), value: "\u{3000}C26000\n".into() },
            FormValue { name: "明细".into(), value: read_shape.replace("11028", "\u{200b}11028 ") },
        ];
        let rows = price_rows(&flow, &pasted).unwrap();
        assert_eq!((rows[0]["CardCode"].as_str(), rows[0]["ItemCode"].as_str()), ("C26000", "11028"));
        let error = price_rows(&flow, &[FormValue { name: "明细".into(), value: read_shape.into() }]).unwrap_err();
        assert!(error.message.contains("row 1 has no CardCode"), "{}", error.message);
    }
}
