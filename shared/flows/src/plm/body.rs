//! The body of a push: one record, a list of them, or an object with a list.

use super::MAX_RECORDS;
use serde_json::{Map, Value};
use tenon_model::config::PlmFlow;
use tenon_platform::body::{self, BadBody};

/// One member of what was pushed; `Err` for what is no record.
pub type Pushed = Result<Map<String, Value>, &'static str>;

/// The records of a body, in their order.
///
/// # Errors
/// What is wrong with the body as a whole.
pub fn records(flow: &PlmFlow, bytes: &[u8]) -> Result<Vec<Pushed>, BadBody> {
    let list = match (body::read_any(bytes)?, &flow.records) {
        (Value::Array(list), _) => list,
        (Value::Object(mut fields), Some(name)) => match fields.remove(name) {
            Some(Value::Array(list)) => list,
            Some(_) => return Err(BadBody::field(name.as_str(), "应为数组")),
            None => vec![Value::Object(fields)],
        },
        (Value::Object(fields), None) => only_list(fields),
        _ => return Err(BadBody::field("", "应为JSON对象或数组")),
    };
    match list.len() {
        0 => Err(BadBody::field("", "没有记录")),
        1..=MAX_RECORDS => Ok(list.into_iter().map(record).collect()),
        many => Err(BadBody::field("", format!("共{many}条记录，一次最多{MAX_RECORDS}条，请分批推送"))),
    }
}

/// An object that has nothing but a list is the list.
fn only_list(fields: Map<String, Value>) -> Vec<Value> {
    match fields.iter().next() {
        Some((_, Value::Array(list))) if fields.len() == 1 && list.iter().all(Value::is_object) => list.clone(),
        _ => vec![Value::Object(fields)],
    }
}

fn record(value: Value) -> Pushed {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err("应为JSON对象"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flow(records: Option<&str>) -> PlmFlow {
        serde_json::from_value(json!({"id": "f", "erp": "b1", "receives": "items", "records": records})).unwrap()
    }

    fn keys(records: Option<&str>, text: &str) -> Vec<String> {
        let read = super::records(&flow(records), text.as_bytes()).unwrap();
        read.iter()
            .map(|record| record.as_ref().map_or("-".into(), |r| r["ItemCode"].as_str().unwrap().into()))
            .collect()
    }

    #[test]
    fn one_record_a_list_and_an_object_with_a_list_are_read() {
        assert_eq!(keys(None, r#"{"ItemCode":"A"}"#), ["A"]);
        assert_eq!(keys(None, r#"[{"ItemCode":"A"},7,{"ItemCode":"B"}]"#), ["A", "-", "B"]);
        assert_eq!(keys(None, r#"{"data":[{"ItemCode":"A"}]}"#), ["A"]);
        assert_eq!(keys(Some("list"), r#"{"user":"x","list":[{"ItemCode":"A"}]}"#), ["A"]);
        assert_eq!(keys(Some("list"), r#"{"ItemCode":"A"}"#), ["A"]);
        assert_eq!(keys(None, "\u{feff}{\"ItemCode\":\"A\"}"), ["A"]);
    }

    #[test]
    fn what_is_no_push_is_refused_as_a_whole() {
        let refused = |text: &str| records(&flow(None), text.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused(""), "请求体为空");
        assert_eq!(refused("[]"), "没有记录");
        assert_eq!(refused("7"), "应为JSON对象或数组");
        assert!(refused("[{").contains("不是有效的JSON"));
        assert_eq!(refused(r#"[{"ItemCode":"A","ItemCode":"B"}]"#), "[0].ItemCode: 字段重复");
        let many = format!("[{}]", vec!["{}"; 501].join(","));
        assert!(refused(&many).starts_with("共501条记录"));
        let wrong = records(&flow(Some("list")), br#"{"list":{}}"#).unwrap_err().to_string();
        assert_eq!(wrong, "list: 应为数组");
    }
}
