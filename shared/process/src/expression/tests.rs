use super::*;
use serde_json::json;

struct Data(serde_json::Value);

impl Names for Data {
    fn value(&self, name: &str) -> Option<Value> {
        self.0.get(name).map(Value::of)
    }
}

fn data() -> Data {
    Data(json!({
        "amount": 1200.5, "text": "1200.50", "count": 3, "dept": "客服部", "urgent": true, "nothing": null, "none": "",
        "tags": ["a", "b"], "rows": [{"qty": 2}, {"qty": 5}], "who": {"name": "张三"}, "zero": 0,
        "exact": {"$number": "0.1234567890123456789"},
    }))
}

fn holds(text: &str) -> Result<bool, &'static str> {
    Expression::parse(text).unwrap().holds(&data()).map_err(|wrong| wrong.code)
}

#[test]
fn conditions_come_to_what_they_say() {
    for text in [
        "${amount > 1000}",
        "#{amount >= 1200.5 and urgent}",
        "amount == text",
        "amount = 1200.50 && not (dept == '技术部')",
        "dept in ['客服部', '技术部']",
        "dept in ('客服部', \"技术部\")",
        "dept not in ['生产部']",
        "'b' in tags and !('c' in tags)",
        "count % 2 == 1 || false",
        "1 + 2 * 3 - 4 / 2 == 5",
        "-count < 0",
        "0.1 + 0.2 == 0.3",
        "exact == 0.1234567890123456789",
        "rows[1].qty == 5 and rows[9].qty == null",
        "who.name eq '张三' and who['name'] ne '李四'",
        "form.amount gt 10 and form.count le 3",
        "empty nothing and empty none and not empty tags",
        "nothing == null and nothing != 0",
        "count != '三'",
        "true or amount / zero > 1",
        "not false and not (1 > 2)",
        "'2026-01-02' < '2026-01-10'",
        "10 div 4 == 2.5 and 10 mod 4 == 2",
        "URGENT_FLAG == 1 or true",
    ] {
        let known = Expression::parse(text).unwrap();
        if known.names().contains("URGENT_FLAG") {
            assert_eq!(holds(text), Err("process.unknown-name"), "{text}");
        } else {
            assert_eq!(holds(text), Ok(true), "{text}");
        }
    }
}

#[test]
fn what_has_no_value_is_told_by_a_code() {
    for (text, code) in [
        ("amount / zero > 1", "process.division-by-zero"),
        ("count % 0 == 1", "process.division-by-zero"),
        ("missing > 1", "process.unknown-name"),
        ("dept > 5", "process.expression"),
        ("nothing < 5", "process.expression"),
        ("amount", "process.expression"),
        ("tags + 1 == 2", "process.expression"),
        ("9999999999999999999999999999 * 9999999999999999999999999999 > 1", "process.expression"),
        ("not amount", "process.expression"),
    ] {
        assert_eq!(holds(text), Err(code), "{text}");
    }
}

#[test]
fn what_is_no_expression_is_refused_with_its_place() {
    let nested = format!("{}1{} == 1", "(".repeat(200), ")".repeat(200));
    let bangs = format!("{}true", "!".repeat(500));
    let long = format!("1{} > 0", "+1".repeat(1_000));
    let mut wrong = Vec::new();
    for (text, at) in [
        ("", 1),
        ("${}", 1),
        ("amount >", 9),
        ("amount > > 1", 10),
        ("1 < 2 < 3", 7),
        ("'open", 1),
        ("amount @ 1", 8),
        ("execution.getVariable('x')", 22),
        ("amount; drop", 7),
        ("(1, ", 4),
        ("()", 3),
        ("a.1", 3),
        ("12abc > 1", 1),
        ("a ? b : c", 3),
    ] {
        let read = Expression::parse(text).map(drop).map_err(|wrong| wrong.at);
        if read != Err(at) {
            wrong.push(format!("{text}: {read:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    for text in [&nested, &bangs, &long] {
        assert!(Expression::parse(text).is_err(), "{text:.20}");
    }
    let names: Vec<_> =
        Expression::parse("a.b > c[d] and form.e in [f, 'g']").unwrap().names().iter().cloned().collect();
    assert_eq!(names, ["a", "c", "d", "e", "f"]);
}
