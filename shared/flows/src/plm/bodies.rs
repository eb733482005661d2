//! What is sent to the ERP of a record. Pure.

use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tenon_model::config::{OnUpdate, PlmFlow, Receives};

type Row = Map<String, Value>;

/// A new record: its fields, the flow's constants, and of a bill of materials what B1 asks for.
pub fn create(flow: &PlmFlow, fields: &Row) -> Row {
    let mut body = fields.clone();
    for (name, value) in &flow.constants {
        body.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    if flow.receives == Receives::Boms {
        body.entry("TreeType").or_insert_with(|| json!("iProductionTree"));
        body.entry("Quantity").or_insert_with(|| json!(1));
    }
    body
}

/// A change: the fields without the key. With `merge` the lines are those that are there, by their component.
pub fn change(flow: &PlmFlow, fields: &Row, seen: Option<&Row>) -> Row {
    let mut body = fields.clone();
    body.remove(flow.key_field());
    if flow.on_update == OnUpdate::Merge
        && let Some(Value::Array(lines)) = body.get_mut(PlmFlow::TREE_LINES)
    {
        number(lines, seen.and_then(|row| row.get(PlmFlow::TREE_LINES)?.as_array()));
    }
    body
}

/// Whether lines that a change does not name are to go.
pub fn replaces(flow: &PlmFlow, body: &Row) -> bool {
    flow.on_update == OnUpdate::Replace && body.values().any(Value::is_array)
}

/// Gives lines the numbers of those of the same component that are there: the first the first one's, and so on.
fn number(lines: &mut [Value], there: Option<&Vec<Value>>) {
    let mut known: HashMap<&str, Vec<&Value>> = HashMap::new();
    for line in there.into_iter().flatten().rev() {
        if let (Some(code), Some(number)) = (line.get("ItemCode").and_then(Value::as_str), line.get("ChildNum")) {
            known.entry(code).or_default().push(number);
        }
    }
    for line in lines.iter_mut().filter_map(Value::as_object_mut) {
        let code = line.get("ItemCode").and_then(Value::as_str);
        if let Some(number) = code.and_then(|code| known.get_mut(code)?.pop()) {
            line.insert("ChildNum".to_owned(), number.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(more: Value) -> PlmFlow {
        let mut flow = json!({"id": "f", "erp": "b1", "receives": "boms"});
        for (name, value) in more.as_object().unwrap() {
            flow[name] = value.clone();
        }
        serde_json::from_value(flow).unwrap()
    }

    fn row(value: Value) -> Row {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn r_p9_r_p15_constants_and_defaults_are_for_what_is_new() {
        let flow = flow(json!({"constants": {"Series": 71, "U_Source": "PLM"}}));
        let fields =
            row(json!({"TreeCode": "A", "U_Source": "x", "ProductTreeLines": [{"ItemCode": "B", "Quantity": 1}]}));
        assert_eq!(
            Value::Object(create(&flow, &fields)),
            json!({"TreeCode": "A", "U_Source": "x", "Series": 71, "TreeType": "iProductionTree", "Quantity": 1,
                   "ProductTreeLines": [{"ItemCode": "B", "Quantity": 1}]})
        );
        let changed = change(&flow, &fields, None);
        assert_eq!(
            Value::Object(changed.clone()),
            json!({"U_Source": "x", "ProductTreeLines": [{"ItemCode": "B", "Quantity": 1}]})
        );
        assert!(replaces(&flow, &changed));
        assert!(!replaces(&flow, &row(json!({"ProductDescription": "x"}))));
    }

    #[test]
    fn r_p10_a_merge_keeps_the_lines_that_are_there() {
        let flow = flow(json!({"on_update": "merge"}));
        let there =
            row(json!({"ProductTreeLines": [{"ItemCode": "B", "ChildNum": 3}, {"ItemCode": "C", "ChildNum": 4},
                                                    {"ItemCode": "B", "ChildNum": 5}]}));
        let lines = json!([{"ItemCode": "B", "Quantity": 1}, {"ItemCode": "B", "Quantity": 2}, {"ItemCode": "B", "Quantity": 3},
                           {"ItemCode": "D", "Quantity": 4}]);
        let body = change(&flow, &row(json!({"TreeCode": "A", "ProductTreeLines": lines})), Some(&there));
        let numbers: Vec<&Value> =
            body["ProductTreeLines"].as_array().unwrap().iter().map(|l| &l["ChildNum"]).collect();
        assert_eq!(numbers, [&json!(3), &json!(5), &Value::Null, &Value::Null]);
        assert!(!replaces(&flow, &body));
    }
}
