//! Data against a schema. What is empty counts as not filled in.

use super::schema::{Choice, Field, Kind, Rules, Schema, plain};
use jiff::civil;
use serde_json::{Map, Value};
use std::borrow::Cow;
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;
use tenon_platform::body::BadBody;

/// Things wrong after which no more is looked for.
const ENOUGH: usize = 50;
/// Rows of a table, items of a list.
const MAX_ITEMS: usize = 2_000;
/// Longest text, in characters.
const MAX_LENGTH: usize = 20_000;

impl Schema {
    /// The data as it is stored: what is empty left out, numbers that came as texts as numbers.
    ///
    /// # Errors
    /// Everything that is wrong, each with its path.
    pub fn check(&self, data: &Map<String, Value>) -> Result<Map<String, Value>, Vec<BadBody>> {
        let mut checking = Checking::default();
        let kept = checking.object(self, data, "");
        if checking.wrong.is_empty() { Ok(kept) } else { Err(checking.wrong) }
    }
}

#[derive(Default)]
struct Checking {
    wrong: Vec<BadBody>,
}

fn beneath(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Whether nothing was filled in.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

impl Checking {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        if self.wrong.len() < ENOUGH {
            self.wrong.push(BadBody::field(path, message));
        }
    }

    fn object(&mut self, schema: &Schema, data: &Map<String, Value>, path: &str) -> Map<String, Value> {
        let mut kept = Map::new();
        for field in &schema.fields {
            let path = beneath(path, &field.name);
            match data.get(&field.name).filter(|value| !is_empty(value)) {
                Some(value) => {
                    let value = self.value(field, value, &path);
                    kept.insert(field.name.clone(), value);
                }
                None if field.required => self.add(&path, format!("{}不能为空", field.label)),
                None => {}
            }
        }
        for (name, value) in data.iter().filter(|(name, _)| schema.field(name).is_none()) {
            if schema.open {
                kept.insert(name.clone(), value.clone());
            } else if !is_empty(value) {
                self.add(&beneath(path, name), "表单中没有该字段");
            }
        }
        kept
    }

    fn value(&mut self, field: &Field, value: &Value, path: &str) -> Value {
        let rules = &field.rules;
        match &field.kind {
            Kind::Any => return value.clone(),
            Kind::Text { .. } => self.text(value, rules, path),
            Kind::Number { whole, as_text } => return self.number(value, (*whole, *as_text), rules, path),
            Kind::Flag => self.expect(value.is_boolean(), path, "应为true或false"),
            Kind::Date => self.written(value, path, is_date, "应为yyyy-MM-dd格式的有效日期"),
            Kind::Moment => self.written(value, path, is_moment, "应为yyyy-MM-dd HH:mm:ss格式的有效时间"),
            Kind::Time => self.written(value, path, is_time, "应为HH:mm格式的有效时间"),
            Kind::DateRange => self.range(value, path),
            Kind::OneOf(choices) => self.one_of(value, choices, path),
            Kind::SomeOf(choices) => self.some_of(value, choices, rules, path),
            Kind::Codes => self.codes(value, path),
            Kind::Rows(schema) => return self.rows(schema, value, rules, path),
            Kind::List(item) => return self.list(item, value, rules, path),
            Kind::Object(schema) => {
                if let Some(map) = value.as_object() {
                    return Value::Object(self.object(schema, map, path));
                }
                self.add(path, "应为对象");
            }
        }
        value.clone()
    }

    fn expect(&mut self, holds: bool, path: &str, message: &str) {
        if !holds {
            self.add(path, message);
        }
    }

    fn text(&mut self, value: &Value, rules: &Rules, path: &str) {
        let Some(text) = value.as_str() else { return self.add(path, "应为文本") };
        let length = text.chars().count();
        let longest = rules.longest.unwrap_or(MAX_LENGTH).min(MAX_LENGTH);
        if length > longest {
            self.add(path, format!("不能超过{longest}个字符"));
        }
        if let Some(shortest) = rules.shortest.filter(|shortest| length < *shortest) {
            self.add(path, format!("不能少于{shortest}个字符"));
        }
        let pattern = rules.pattern.as_ref().and_then(|pattern| regex_lite::Regex::new(pattern).ok());
        if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
            self.add(path, "格式不正确");
        }
    }

    fn number(&mut self, value: &Value, (whole, as_text): (bool, bool), rules: &Rules, path: &str) -> Value {
        let text = match value {
            Value::String(text) if as_text => Some(Cow::Borrowed(text.trim())),
            value => number::text_of(value),
        };
        let read = text.as_ref().and_then(|text| decimal::parse_exact(text));
        let Some(read) = read else {
            self.add(path, if whole { "应为整数" } else { "应为数字" });
            return value.clone();
        };
        if whole && !read.is_integer() {
            self.add(path, "应为整数");
        }
        self.limits(read, rules, path);
        text.and_then(|text| number::of_text(&text)).unwrap_or_else(|| value.clone())
    }

    fn limits(&mut self, number: Decimal, rules: &Rules, path: &str) {
        if let Some((least, beyond)) = rules.least {
            match beyond {
                true if number <= least => self.add(path, format!("应大于{}", decimal::plain(least))),
                false if number < least => self.add(path, format!("不能小于{}", decimal::plain(least))),
                _ => {}
            }
        }
        if let Some((greatest, beyond)) = rules.greatest {
            match beyond {
                true if number >= greatest => self.add(path, format!("应小于{}", decimal::plain(greatest))),
                false if number > greatest => self.add(path, format!("不能大于{}", decimal::plain(greatest))),
                _ => {}
            }
        }
    }

    fn written(&mut self, value: &Value, path: &str, holds: fn(&str) -> bool, message: &str) {
        self.expect(value.as_str().is_some_and(|text| holds(text.trim())), path, message);
    }

    fn range(&mut self, value: &Value, path: &str) {
        let ends: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::trim).collect();
        let holds = match ends.as_slice() {
            [from, to] => [from, to].iter().all(|end| is_date(end) || is_moment(end)) && from <= to,
            _ => false,
        };
        self.expect(holds, path, "应为[开始日期, 结束日期]");
    }

    fn one_of(&mut self, value: &Value, choices: &[Choice], path: &str) {
        if !choices.iter().any(|choice| same(&choice.value, value)) {
            let known: Vec<String> = choices.iter().take(20).map(|choice| plain(&choice.value)).collect();
            self.add(path, format!("应为{}之一", known.join("、")));
        }
    }

    fn some_of(&mut self, value: &Value, choices: &[Choice], rules: &Rules, path: &str) {
        let Some(items) = value.as_array() else { return self.add(path, "应为数组") };
        self.count(items.len(), rules, path);
        for (index, item) in items.iter().take(MAX_ITEMS).enumerate() {
            self.one_of(item, choices, &format!("{path}[{index}]"));
        }
    }

    fn codes(&mut self, value: &Value, path: &str) {
        let is_code = |value: &Value| match value {
            Value::String(text) => !text.trim().is_empty() && text.chars().count() <= 128,
            Value::Number(number) => !number.is_f64(),
            _ => false,
        };
        let holds = match value {
            Value::Array(items) => items.len() <= MAX_ITEMS && items.iter().all(is_code),
            value => is_code(value),
        };
        self.expect(holds, path, "应为编码，或编码的数组");
    }

    fn rows(&mut self, schema: &Schema, value: &Value, rules: &Rules, path: &str) -> Value {
        let Some(items) = value.as_array() else {
            self.add(path, "应为数组");
            return value.clone();
        };
        self.count(items.len(), rules, path);
        let mut rows = Vec::new();
        for (index, item) in items.iter().take(MAX_ITEMS).enumerate() {
            let path = format!("{path}[{index}]");
            match item.as_object() {
                Some(map) => rows.push(Value::Object(self.object(schema, map, &path))),
                None => self.add(&path, "应为对象"),
            }
        }
        Value::Array(rows)
    }

    fn list(&mut self, item: &Field, value: &Value, rules: &Rules, path: &str) -> Value {
        let Some(items) = value.as_array() else {
            self.add(path, "应为数组");
            return value.clone();
        };
        self.count(items.len(), rules, path);
        let each = items.iter().take(MAX_ITEMS).enumerate();
        Value::Array(each.map(|(index, value)| self.value(item, value, &format!("{path}[{index}]"))).collect())
    }

    fn count(&mut self, items: usize, rules: &Rules, path: &str) {
        let most = rules.most.unwrap_or(MAX_ITEMS).min(MAX_ITEMS);
        if items > most {
            self.add(path, format!("最多{most}条"));
        }
        if let Some(fewest) = rules.fewest.filter(|fewest| items < *fewest) {
            self.add(path, format!("至少{fewest}条"));
        }
    }
}

/// Whether two scalars are the same, numbers by their value.
fn same(one: &Value, other: &Value) -> bool {
    let numbers = || {
        let read = |value| number::text_of(value).and_then(|text| decimal::parse_exact(&text));
        Some(read(one)? == read(other)?)
    };
    one == other || numbers().unwrap_or(false)
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10 && bytes.get(4) == Some(&b'-') && text.parse::<civil::Date>().is_ok()
}

fn is_moment(text: &str) -> bool {
    let shaped = text.get(..10).is_some_and(is_date) && matches!(text.as_bytes().get(10), Some(b' ' | b'T'));
    let zoned = || text.parse::<jiff::Timestamp>().is_ok();
    shaped && (text.get(11..).is_some_and(is_time) || zoned())
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 5 && bytes.get(2) == Some(&b':') && text.parse::<civil::Time>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(schema: Value, data: Value) -> Vec<String> {
        let schema = Schema::read(&schema).unwrap();
        match schema.check(data.as_object().unwrap()) {
            Ok(_) => Vec::new(),
            Err(wrong) => wrong.iter().map(ToString::to_string).collect(),
        }
    }

    fn purchase() -> Value {
        json!({ "components": [
            { "type": "input", "name": "reason", "label": "事由", "required": true, "maxLength": 5 },
            { "type": "money", "name": "amount", "label": "金额", "min": 0 },
            { "type": "group", "label": "更多", "components": [
                { "type": "select", "name": "kind", "label": "类别", "options": ["office", { "value": 2, "label": "设备" }] },
                { "type": "date", "name": "day", "label": "日期" }
            ] },
            { "type": "table", "name": "lines", "label": "明细", "columns": [
                { "type": "input", "name": "item", "label": "品名", "required": true },
                { "type": "integer", "name": "count", "label": "数量" }
            ] },
            { "type": "user", "name": "approver", "label": "审批人" }
        ] })
    }

    #[test]
    fn data_of_a_component_form_is_checked_field_by_field() {
        let good = json!({
            "reason": "急用", "amount": "1234567890123456.78", "kind": 2.0, "day": "2026-11-27", "approver": ["E1"],
            "lines": [{ "item": "纸", "count": 5 }], "extra": ""
        });
        let schema = Schema::read(&purchase()).unwrap();
        let kept = schema.check(good.as_object().unwrap()).unwrap();
        assert_eq!(number::write(kept.get("amount").unwrap()), "1234567890123456.78");
        assert!(!kept.contains_key("extra"));
        let bad = json!({
            "reason": "一二三四五六", "amount": -0.01, "kind": "other", "day": "2026-02-30", "approver": [1.5],
            "lines": [{ "count": 1.5 }], "extra": 1
        });
        assert_eq!(
            problems(purchase(), bad),
            [
                "reason: 不能超过5个字符",
                "amount: 不能小于0",
                "kind: 应为office、2之一",
                "day: 应为yyyy-MM-dd格式的有效日期",
                "lines[0].item: 品名不能为空",
                "lines[0].count: 应为整数",
                "approver: 应为编码，或编码的数组",
                "extra: 表单中没有该字段",
            ]
        );
        assert_eq!(problems(purchase(), json!({ "reason": " " })), ["reason: 事由不能为空"]);
    }

    #[test]
    fn data_of_a_json_schema_form_is_checked_by_what_is_documented() {
        let schema = json!({ "form": { "labelCol": 6 }, "schema": { "type": "object", "properties": {
            "layout": { "type": "void", "x-component": "FormGrid", "properties": {
                "amount": { "type": "number", "title": "金额", "required": true, "exclusiveMinimum": 0, "x-component": "NumberPicker", "x-index": 1 },
                "code": { "type": "string", "title": "编码", "pattern": "^[A-Z]{2}\\d+$", "x-index": 0 }
            } },
            "tags": { "type": "array", "items": { "type": "string", "maxLength": 3 }, "maxItems": 2 },
            "kind": { "type": "string", "enum": [{ "label": "甲", "value": "a" }] },
            "owner": { "type": "object", "required": ["name"], "additionalProperties": false, "properties": { "name": { "type": "string" } } }
        } } });
        assert_eq!(
            problems(schema.clone(), json!({ "amount": 0.1, "code": "AB1", "tags": ["x"], "more": [1] })),
            [""; 0]
        );
        let mut all = problems(
            schema.clone(),
            json!({ "amount": "1", "code": "ab1", "tags": ["long!", "y", "z"], "kind": "b", "owner": { "age": 3 } }),
        );
        all.sort();
        assert_eq!(
            all,
            [
                "amount: 应为数字",
                "code: 格式不正确",
                "kind: 应为a之一",
                "owner.age: 表单中没有该字段",
                "owner.name: name不能为空",
                "tags: 最多2条",
                "tags[0]: 不能超过3个字符",
            ]
        );
        assert_eq!(problems(schema, json!({ "amount": 0 })), ["amount: 应大于0"]);
    }

    #[test]
    fn a_schema_is_told_everything_that_is_wrong_with_it() {
        let wrong = |schema: Value| -> Vec<String> {
            Schema::read(&schema).unwrap_err().iter().map(ToString::to_string).collect()
        };
        let messages = wrong(json!({ "required": ["nobody"], "components": [
            { "type": "input", "name": "a", "label": "甲" }, { "type": "input", "name": "a", "label": "乙" },
            { "type": "hologram", "name": "b", "label": "丙" }, { "type": "select", "name": "c", "label": "丁" },
            { "type": "input", "name": "d" }, { "type": "select", "name": "e", "label": "戊", "options": ["x", "x"] }, 5
        ] }));
        assert_eq!(messages.len(), 7, "{messages:?}");
        assert!(messages[0] == "formSchema.components[1].name: 字段名a重复");
        assert!(messages[1].starts_with("formSchema.components[2].type: 不支持的组件类型hologram"));
        assert_eq!(messages[6], "formSchema.required[0]: 没有字段nobody");
        for (schema, field) in [
            (json!({ "type": "object", "properties": { "a": { "$ref": "#/x" } } }), "formSchema.properties.a.$ref"),
            (json!({ "type": "object", "oneOf": [], "properties": {} }), "formSchema.oneOf"),
            (json!({ "type": "object", "properties": {}, "required": ["a"] }), "formSchema.required[0]"),
            (json!({ "type": "object", "properties": { "a": { "type": "strange" } } }), "formSchema.properties.a.type"),
            (
                json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "(" } } }),
                "formSchema.properties.a.pattern",
            ),
            (json!({}), "formSchema"),
            (json!([]), "formSchema"),
        ] {
            assert!(
                wrong(schema.clone()).iter().any(|messages| messages.starts_with(&format!("{field}: "))),
                "{schema}"
            );
        }
        let deep = (0..40).fold(json!({}), |inner, _| json!({ "x-deep": inner }));
        assert!(wrong(json!({ "components": [], "x": deep }))[0].contains("层"));
        let long = json!({ "components": [{ "type": "input", "name": "a", "label": "x".repeat(300_000) }] });
        assert!(wrong(long)[0].contains("256KB"));
    }
}
