use super::*;
use serde_json::json;

fn flow(receives: &str, more: Value) -> PlmFlow {
    let mut flow = json!({"id": "f", "erp": "b1", "receives": receives});
    if receives == "routings" {
        flow["object"] = json!("GYLX");
    }
    for (name, value) in more.as_object().unwrap() {
        flow[name] = value.clone();
    }
    serde_json::from_value(flow).unwrap()
}

fn fit(flow: &PlmFlow, text: &str) -> Result<Fit, Unfit> {
    let pushed = match tenon_model::json::from_str(text).unwrap() {
        Value::Object(fields) => Ok(fields),
        _ => Err("应为JSON对象"),
    };
    one(flow, 2, &pushed)
}

fn refused(flow: &PlmFlow, text: &str) -> (String, &'static str, String) {
    let unfit = fit(flow, text).unwrap_err();
    let error = unfit.error.unwrap();
    (unfit.shown, error.code, error.message)
}

#[test]
fn r_p5_a_record_without_a_key_fails_by_itself() {
    let items = flow("items", json!({}));
    for text in
        [r#"{"ItemCode":"","ItemName":"x"}"#, r#"{"ItemName":"x"}"#, r#"{"ItemCode":null}"#, r#"{"ItemCode":" 　\n"}"#]
    {
        assert_eq!(refused(&items, text), (String::new(), "plm.key", "ItemCode 为空".to_owned()), "{text}");
    }
    assert_eq!(refused(&items, "7").1, "plm.record");
    assert_eq!(refused(&flow("boms", json!({})), r#"{"ProductTreeLines":[]}"#).2, "TreeCode 为空");
}

#[test]
fn r_p7_keys_are_taken_as_they_are_but_for_the_blanks_around_them() {
    let items = flow("items", json!({}));
    for key in ["A'B", "A/B", "A B", "物料-1", "A#1", "a%20b", "R/1'2", "é"] {
        let text = json!({"ItemCode": format!(" {key}\u{3000}\r\n")}).to_string();
        let fit = fit(&items, &text).unwrap();
        assert_eq!(fit.key, DocumentKey::Text(key.to_owned()));
        assert_eq!(fit.fields["ItemCode"], key);
    }
    assert_eq!(fit(&items, r#"{"ItemCode":1001}"#).unwrap().key, DocumentKey::Text("1001".to_owned()));
    let long = json!({"ItemCode": "物".repeat(50)}).to_string();
    assert!(fit(&items, &long).is_ok());
    // Outside the basic plane a character has two units.
    let long = json!({"ItemCode": "𠮷".repeat(26)}).to_string();
    assert!(refused(&items, &long).2.contains("有52个字符"));
    assert!(refused(&items, r#"{"ItemCode":"A\tB"}"#).2.contains("控制字符"));
}

#[test]
fn r_p14_keys_of_routings_are_texts_or_numbers() {
    let routings = flow("routings", json!({}));
    assert_eq!(fit(&routings, r#"{"Code":"R-1"}"#).unwrap().key, DocumentKey::Text("R-1".to_owned()));
    assert_eq!(fit(&routings, r#"{"Code":"12"}"#).unwrap().key, DocumentKey::Text("12".to_owned()));
    assert_eq!(fit(&routings, r#"{"Code":12}"#).unwrap().key, DocumentKey::Number(12));
    let numbered = flow("routings", json!({"key": "DocEntry"}));
    let big = fit(&numbered, r#"{"DocEntry":"1717171717171001"}"#).unwrap();
    assert_eq!(big.key, DocumentKey::Number(1_717_171_717_171_001));
    assert_eq!(big.fields["DocEntry"], 1_717_171_717_171_001_i64);
    assert!(refused(&numbered, r#"{"DocEntry":"R-1"}"#).2.contains("应为整数"));
    let known = flow("routings", json!({"collections": ["GYLX_LINESCollection"]}));
    assert!(fit(&known, r#"{"Code":"1","GYLX_LINESCollection":[{"U_Seq":10}]}"#).is_ok());
    assert_eq!(refused(&known, r#"{"Code":"1","Items":[{"ItemCode":"x"}]}"#).1, "plm.lines");
}

#[test]
fn r_p8_all_is_sent_or_what_the_list_names_and_nulls_only_when_they_are_to_clear() {
    let text = r#"{"编码":" P-1 ","名称":"泵","重量":"1.50","备注":null,"图号":"D-7"}"#;
    let form = json!({"fields": [
        {"from": "编码", "to": "ItemCode"}, {"from": "名称", "to": "ItemName", "required": true},
        {"from": "重量", "to": "Weight1", "format": "number"}, {"from": "备注", "to": "User_Text"}]});
    let listed = fit(&flow("items", json!({ "form": form })), text).unwrap();
    assert_eq!(Value::Object(listed.fields), json!({"ItemCode": "P-1", "ItemName": "泵", "Weight1": 1.5}));
    assert_eq!(listed.warnings, ["未在映射中，未发送：图号"]);
    let clearing = fit(&flow("items", json!({ "form": form, "send_nulls": true })), text).unwrap();
    assert_eq!(clearing.fields["User_Text"], Value::Null);
    let missing = refused(&flow("items", json!({ "form": form })), r#"{"编码":"P-1"}"#);
    assert_eq!((missing.0.as_str(), missing.1), ("P-1", "plm.mapping"));
    assert!(missing.2.contains("名称"));
    let all = fit(&flow("items", json!({})), r#"{"ItemCode":"P","U_Any":"x","ForeignName":null}"#).unwrap();
    assert_eq!(Value::Object(all.fields), json!({"ItemCode": "P", "U_Any": "x"}));
}

#[test]
fn r_p12_quantities_are_exact_and_those_that_lack_are_told() {
    let boms = flow("boms", json!({}));
    let text = r#"{"TreeCode":"A","Quantity":"1.000","ProductTreeLines":[
        {"ItemCode":"B","Quantity":0.333333},{"ItemCode":"C","Quantity":"1234567890123.123456"},{"ItemCode":5,"Quantity":2.50}]}"#;
    let fields = fit(&boms, text).unwrap().fields;
    let written = number::write(&Value::Object(fields));
    assert!(
        written.contains(r#""Quantity":0.333333"#) && written.contains(r#""Quantity":1234567890123.123456"#),
        "{written}"
    );
    assert!(
        written.contains(r#"{"ItemCode":"5","Quantity":2.5}"#) && written.ends_with(r#""Quantity":1,"TreeCode":"A"}"#)
            || written.contains(r#""Quantity":1"#),
        "{written}"
    );
    let sample = r#"{"TreeCode":"test1234","ProductTreeLines":[{"ItemCode":"LM4029MC"}]}"#;
    let (_, code, message) = refused(&boms, sample);
    assert_eq!(code, "plm.lines");
    assert!(message.starts_with("ProductTreeLines[0].Quantity 为空"), "{message}");
    let given = fit(&flow("boms", json!({"line_quantity": "1"})), sample).unwrap();
    assert_eq!(given.fields["ProductTreeLines"][0]["Quantity"], 1);
    assert!(
        refused(&boms, r#"{"TreeCode":"A","ProductTreeLines":[{"ItemCode":"B","Quantity":"many"}]}"#)
            .2
            .contains("不是数字")
    );
    assert!(
        refused(&boms, r#"{"TreeCode":"A","ProductTreeLines":[{"Quantity":1}]}"#)
            .2
            .contains("ProductTreeLines[0].ItemCode 为空")
    );
    assert!(refused(&boms, r#"{"TreeCode":"A","ProductTreeLines":[]}"#).2.contains("没有"));
    assert!(refused(&boms, r#"{"TreeCode":"A","ProductTreeLines":"B"}"#).2.contains("应为数组"));
    // A text line has no component.
    let texts = r#"{"TreeCode":"A","ProductTreeLines":[{"ItemCode":"B","Quantity":1},{"ItemType":"pit_Text","LineText":"见图"}]}"#;
    assert!(fit(&boms, texts).is_ok());
}

#[test]
fn r_p13_substitutes_never_become_components() {
    let record = r#"{"TreeCode":"A","替代件":"否","ProductTreeLines":[
        {"ItemCode":"B","Quantity":1,"isSubstitute":false},{"ItemCode":"B2","Quantity":1,"isSubstitute":true},
        {"ItemCode":"C","Quantity":1,"特定替代件":[{"ItemCode":"C2"}]}]}"#;
    let (shown, code, message) = refused(&flow("boms", json!({})), record);
    assert_eq!((shown.as_str(), code), ("A", "plm.substitute"));
    assert!(message.contains("B2"), "{message}");
    let ignoring = flow("boms", json!({"substitutes": {"on_found": "ignore"}}));
    let left = fit(&ignoring, record).unwrap();
    assert_eq!(
        Value::Object(left.fields.clone()),
        json!({"TreeCode": "A", "ProductTreeLines": [
        {"ItemCode": "B", "Quantity": 1}, {"ItemCode": "C", "Quantity": 1}]})
    );
    assert!(left.warnings.iter().any(|warning| warning.contains("B2")), "{:?}", left.warnings);
    assert!(left.warnings.iter().any(|warning| warning.contains("特定替代件")), "{:?}", left.warnings);
    let whole = fit(&ignoring, r#"{"TreeCode":"A2","substitute":"Y","ProductTreeLines":[]}"#).unwrap_err();
    assert_eq!((whole.shown.as_str(), whole.error), ("A2", None));
    for (member, is_one) in [
        ("\"Y\"", true),
        ("1", true),
        ("\"是\"", true),
        ("\"N\"", false),
        ("0", false),
        ("\"\"", false),
        ("null", false),
    ] {
        let text = format!(r#"{{"TreeCode":"A","ProductTreeLines":[{{"ItemCode":"B","Quantity":1,"TDJ":{member}}}]}}"#);
        let own = flow("boms", json!({"substitutes": {"members": ["TDJ"]}}));
        assert_eq!(fit(&own, &text).is_err(), is_one, "{member}");
    }
}
