//! Whole documents: from an ERP document to a form, and from a form's table to price rows.

use super::value::{field_value, format_value};
use super::{Problem, join, near};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tenon_connectors::oa::OaKind;
use tenon_model::config::{ApprovalFlow, Field, Lines, PriceFlow, range};
use tenon_model::json::number;
use tenon_model::oa::{Field as Filled, FieldValue, FormDraft, InstanceField, Place, ReadValue, Unfit};
use tenon_model::{DocumentKey, code};
use tenon_platform::{Error, Result};

/// Fields of a special price that are codes, which people's forms carry with blanks around them.
const CODES: [&str; 4] = ["CardCode", "ItemCode", "Currency", "PriceListNum"];

/// Maps a document with its lines to the form of its flow, as its OA takes it.
pub fn form_draft(
    oa: OaKind,
    flow: &ApprovalFlow,
    key: &DocumentKey,
    document: &Map<String, Value>,
) -> Result<FormDraft> {
    let mut problems = if is_sql(flow) { Vec::new() } else { unknown_fields(flow, document) };
    let mut fields = Vec::new();
    for field in flow.form.fields.iter().filter(|f| exists(&f.from, document) || f.default.is_some() || is_sql(flow)) {
        if let Some(value) = cell(document, field, "", &mut problems) {
            fields.push(Filled { name: field.to.clone(), value });
        }
    }
    if let Some(control) = &flow.form.key
        && !fields.iter().any(|field| &field.name == control)
    {
        fields.push(Filled { name: control.clone(), value: FieldValue::Text(key.to_string()) });
    }
    tables(flow, document, &mut fields, &mut problems);
    let draft = FormDraft {
        template: flow.form.template.clone(),
        title: Some(title(flow, key)),
        originator: originator(flow, document, &mut problems),
        department: department(flow, document),
        fields,
        approvers: flow.form.approvers.clone(),
        copied_to: flow.form.notify.clone(),
        summary: flow.form.summary.iter().filter_map(|name| text_of(document, name)).collect(),
    };
    problems.extend(oa.unfit(&draft).into_iter().map(|unfit| placed(flow, unfit)));
    if problems.is_empty() {
        Ok(draft)
    } else {
        Err(Error::permanent("flow.mapping", join(&problems)).during(format!("map document {key}")))
    }
}

/// Adds the form's tables. One without rows is left out beside others that have some: a document with no rows at all
/// is none that people could decide on.
fn tables(flow: &ApprovalFlow, document: &Map<String, Value>, fields: &mut Vec<Filled>, problems: &mut Vec<Problem>) {
    let mut empty = Vec::new();
    for lines in &flow.form.lines {
        match table(document.get(&lines.from), &lines.from, &lines.fields, problems) {
            Some(value) => fields.push(Filled { name: lines.to.clone(), value }),
            None if !document.contains_key(&lines.from) => {
                problems.push(Problem { path: lines.from.clone(), message: near::no_field(&lines.from, document) });
            }
            None => empty.push(lines),
        }
    }
    if empty.len() == flow.form.lines.len() {
        let none = |lines: &Lines| Problem {
            path: lines.from.clone(),
            message: format!("has no rows for the table {}", lines.to),
        };
        problems.extend(empty.into_iter().map(none));
    }
}

/// What the instance of a document is called: the flow's words, and its key.
pub fn title(flow: &ApprovalFlow, key: &DocumentKey) -> String {
    match flow.form.title.as_deref().map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => format!("{title} {key}"),
        None => key.to_string(),
    }
}

/// What the OA would not take, with the place that has to be mended.
fn placed(flow: &ApprovalFlow, unfit: Unfit) -> Problem {
    let path = match unfit.place {
        Place::Form => "form".to_owned(),
        Place::Department => flow.form.department.clone().unwrap_or_else(|| "form.default_department".to_owned()),
        Place::Field(name) => name,
    };
    Problem { path, message: unfit.message }
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
    for from in wanted(&flow.form.fields) {
        if let Some(name) = missing(&from, document) {
            problems.push(Problem { message: near::no_field(&name, document), path: name });
        }
    }
    for lines in &flow.form.lines {
        problems.extend(unknown_columns(lines, document));
    }
    problems
}

fn unknown_columns(lines: &Lines, document: &Map<String, Value>) -> Vec<Problem> {
    let rows = document.get(&lines.from).and_then(Value::as_array);
    let rows: Vec<&Map<String, Value>> = rows.into_iter().flatten().filter_map(Value::as_object).collect();
    let Some(first) = rows.first() else { return Vec::new() };
    let mut problems = Vec::new();
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

/// Names that something must be found by.
fn wanted(fields: &[Field]) -> Vec<String> {
    fields.iter().filter(|field| field.default.is_none()).map(|field| field.from.clone()).collect()
}

fn cell(document: &Map<String, Value>, field: &Field, prefix: &str, problems: &mut Vec<Problem>) -> Option<FieldValue> {
    let value = if range::pair(&field.to).is_some() {
        super::range::written(document, field)
    } else {
        field_value(document.get(&field.from).unwrap_or(&Value::Null), field)
    };
    value.unwrap_or_else(|message| {
        problems.push(Problem { path: format!("{prefix}{}", field.from), message });
        None
    })
}

/// The rows of a table; `None` when there is no row.
fn table(lines: Option<&Value>, from: &str, fields: &[Field], problems: &mut Vec<Problem>) -> Option<FieldValue> {
    let lines = lines.and_then(Value::as_array).filter(|rows| !rows.is_empty())?;
    let mut rows = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let empty = Map::new();
        let line = line.as_object().unwrap_or(&empty);
        let prefix = format!("{from}[{index}].");
        let cells = fields
            .iter()
            .filter_map(|field| Some(Filled { name: field.to.clone(), value: cell(line, field, &prefix, problems)? }));
        rows.push(cells.collect());
    }
    Some(FieldValue::Table(rows))
}

fn text_of(document: &Map<String, Value>, name: &str) -> Option<String> {
    match document.get(name)? {
        Value::String(text) => Some(code::trim(text)).filter(|text| !text.is_empty()).map(str::to_owned),
        other => number::text_of(other).map(Into::into),
    }
}

fn originator(flow: &ApprovalFlow, document: &Map<String, Value>, problems: &mut Vec<Problem>) -> String {
    let named = flow.form.originator_user.is_none().then(|| text_of(document, &flow.form.originator)).flatten();
    let found = named.or_else(|| flow.form.default_originator.clone());
    found.unwrap_or_else(|| {
        if flow.form.originator_user.is_some() {
            // The ERP's user is asked for beside the document.
            return String::new();
        }
        problems.push(Problem {
            path: flow.form.originator.clone(),
            message: "is empty; it names the OA user who submits. Fill it in, or set form.default_originator"
                .to_owned(),
        });
        String::new()
    })
}

fn department(flow: &ApprovalFlow, document: &Map<String, Value>) -> Option<String> {
    let named = flow.form.department.as_ref().and_then(|name| text_of(document, name));
    named.or_else(|| flow.form.default_department.clone())
}

/// The rows of a price form: header fields repeated on every row, one map of special-price field to
/// text per table row. Without a table the header is the one row.
pub fn price_rows(flow: &PriceFlow, fields: &[InstanceField]) -> Result<Vec<BTreeMap<String, String>>> {
    let mut problems = Vec::new();
    let find = |name: &str| fields.iter().rfind(|field| range::same(&field.name, name));
    let header = |name: &str| find(name)?.value.text();
    let fixed = columns(&flow.form.fields, &header, "", &mut problems);
    let rows = match &flow.form.lines {
        None => vec![fixed],
        Some(lines) => {
            let table = match find(&lines.from).map(|field| &field.value) {
                Some(ReadValue::Table(rows)) => rows.as_slice(),
                Some(ReadValue::Text(text)) if !matches!(text.trim(), "" | "[]") => {
                    let message = "is not a table; check that the form's control is one".to_owned();
                    return Err(not_mapped(&[Problem { path: lines.from.clone(), message }]));
                }
                Some(ReadValue::Text(_)) | None => &[],
            };
            if table.is_empty() {
                problems.push(Problem { path: lines.from.clone(), message: "has no rows".to_owned() });
            }
            let mut rows = Vec::with_capacity(table.len());
            for (index, cells) in table.iter().enumerate() {
                let cell = |name: &str| cells.iter().find(|cell| range::same(&cell.name, name))?.value.text();
                let mut row = fixed.clone();
                row.extend(columns(&lines.fields, &cell, &format!("{}[{index}].", lines.from), &mut problems));
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
    if problems.is_empty() { Ok(rows) } else { Err(not_mapped(&problems)) }
}

fn not_mapped(problems: &[Problem]) -> Error {
    Error::permanent("flow.mapping", join(problems))
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
        let found = find(&field.from);
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
    use serde_json::json;
    use tenon_model::oa::FieldKind;

    const OA: OaKind = OaKind::ALL[0];

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
    fn a_document_becomes_the_form_with_its_table() {
        let flow = flow(json!({"template": "PROC-1", "department": "U_BMID", "key": "来源单号",
            "fields": [{"from": "RequesterName", "to": "申请人"}, {"from": "DocDate", "to": "单据日期", "format": "date"}],
            "lines": {"to": "物料明细", "fields": [{"from": "ItemCode", "to": "品号"}, {"from": "Quantity", "to": "需求数量"}]}}));
        let form = form_draft(OA, &flow, &DocumentKey::Number(16), &document()).unwrap();
        assert_eq!((form.originator.as_str(), form.department.as_deref()), ("manager75", Some("42")));
        for department in [json!(42.0), json!("42.0"), json!("\u{3000}42\n")] {
            let mut document = document();
            document.insert("U_BMID".into(), department);
            let form = form_draft(OA, &flow, &DocumentKey::Number(16), &document).unwrap();
            assert_eq!(form.department.and_then(|id| tenon_model::decimal::whole(&id)), Some(42));
        }
        let find = |name: &str| form.fields.iter().find(|field| field.name == name).unwrap().value.clone();
        let text = |text: &str| FieldValue::Text(text.into());
        assert_eq!(find("申请人"), text("销售经理：张涛"));
        assert_eq!(find("单据日期"), FieldValue::Date(jiff::civil::date(2022, 8, 23)));
        assert_eq!(find("来源单号"), text("16"));
        let FieldValue::Table(rows) = find("物料明细") else { panic!() };
        let row =
            |index: usize| rows[index].iter().map(|f| (f.name.as_str(), f.value.text().unwrap())).collect::<Vec<_>>();
        assert_eq!(row(0), [("品号", "11028".to_owned()), ("需求数量", "55".to_owned())]);
        assert_eq!(row(1)[1].1, "11.5");
    }

    #[test]
    fn every_problem_is_named_with_its_place() {
        let flow = flow(json!({"template": "PROC-1", "originator": "U_Nobody",
            "fields": [{"from": "Missing", "to": "x", "required": true}],
            "lines": {"to": "t", "fields": [{"from": "ItemCode", "to": "品号", "format": "date"}]}}));
        let error = form_draft(OA, &flow, &DocumentKey::Number(16), &document()).unwrap_err();
        for part in
            ["Missing is no field", "DocumentLines[0].ItemCode is", "DocumentLines[1].ItemCode is", "U_Nobody is empty"]
        {
            assert!(error.message.contains(part), "{part} not in {}", error.message);
        }
        assert_eq!(error.code, "flow.mapping");
    }

    #[test]
    fn a_table_too_long_for_the_oa_is_refused_before_it_is_sent() {
        let flow =
            flow(json!({"template": "PROC-1", "lines": {"to": "t", "fields": [{"from": "ItemCode", "to": "品号"}]}}));
        let mut document = document();
        document.insert("DocumentLines".into(), json!(vec![json!({"ItemCode": "X".repeat(100)}); 700]));
        let error = form_draft(OA, &flow, &DocumentKey::Number(16), &document).unwrap_err();
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
            let row = vec![
                read("物料", "A"),
                read("价格", "1"),
                read(r#"["开始", "结束"]"#, r#"["2026-11-01","2026-12-31"]"#),
            ];
            price_rows(&flow, &[read("客户", "C1"), table("明细", vec![row])]).unwrap().remove(0)
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
        let error = form_draft(OA, &flow, &DocumentKey::Number(16), &document()).unwrap_err();
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
    fn price_rows_are_read_from_the_table_and_the_header() {
        let flow: PriceFlow = serde_json::from_value(json!({
            "id": "q", "erp": "b1", "oa": "ding",
            "form": {"template": "PROC-2", "fields": [{"from": "客户", "to": "CardCode"}],
                     "lines": {"from": "明细", "fields": [{"from": "物料", "to": "ItemCode"}, {"from": "价格", "to": "Price", "format": "number"}]}}
        }))
        .unwrap();
        let rows = |card: &str, item: &str| {
            let fields = [read("客户", card), table("明细", vec![vec![read("物料", item), read("价格", "205.0")]])];
            price_rows(&flow, &fields)
        };
        let read_back = rows("C26000", "11028").unwrap();
        assert_eq!(read_back.len(), 1);
        assert_eq!(read_back[0]["CardCode"], "C26000");
        assert_eq!(read_back[0]["ItemCode"], "11028");
        assert_eq!(read_back[0]["Price"], "205");
        let pasted = rows("\u{3000}C26000\n", "\u{200b}11028 ").unwrap();
        assert_eq!((pasted[0]["CardCode"].as_str(), pasted[0]["ItemCode"].as_str()), ("C26000", "11028"));
        let error = price_rows(&flow, &[table("明细", vec![vec![read("物料", "1"), read("价格", "2")]])]).unwrap_err();
        assert!(error.message.contains("row 1 has no CardCode"), "{}", error.message);
        for nothing in ["", "[]"] {
            let error = price_rows(&flow, &[read("客户", "C1"), read("明细", nothing)]).unwrap_err();
            assert!(error.message.contains("明细 has no rows"), "{}", error.message);
        }
        let error = price_rows(&flow, &[read("客户", "C1"), read("明细", "同意")]).unwrap_err();
        assert!(error.message.contains("明细 is not a table"), "{}", error.message);
    }

    fn read(name: &str, text: &str) -> InstanceField {
        InstanceField { name: name.into(), kind: FieldKind::Unknown, value: ReadValue::Text(text.into()) }
    }

    fn table(name: &str, rows: Vec<Vec<InstanceField>>) -> InstanceField {
        InstanceField { name: name.into(), kind: FieldKind::Table, value: ReadValue::Table(rows) }
    }
}
