use super::*;
use serde_json::json;
use tenon_model::oa::FieldKind;

fn flow(more: Value) -> DocumentFlow {
    let mut flow = json!({"id": "f", "erp": "b1", "oa": "weaver", "object": "Orders"});
    flow.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(flow).unwrap()
}

fn pushed(flow: &DocumentFlow, body: &str) -> std::result::Result<String, String> {
    let body = tenon_model::json::from_str(body).unwrap();
    of_pushed(flow, body.as_object().unwrap())
        .map(|fields| number::write(&Value::Object(fields)))
        .map_err(|e| e.message)
}

/// R-W18, R-W19.
#[test]
fn without_a_mapping_names_pass_through_and_rows_go_under_the_line_name() {
    let orders = flow(json!({"lines": "DocumentLines"}));
    let wanted =
        r#"{"CardCode":"C100","DocumentLines":[{"ItemCode":"A-001","Quantity":5,"UnitPrice":300}],"U_Any":"x"}"#;
    for rows in [
        r#""DocumentLines": [{"ItemCode":"A-001","Quantity":"5","UnitPrice":300}]"#,
        r#""detail": [{"ItemCode":"A-001","Quantity":5.0,"UnitPrice":"300.00"}]"#,
        r#""DocumentLines": "[{\"ItemCode\":\"A-001\",\"Quantity\":\"5\",\"UnitPrice\":\"300\"}]""#,
    ] {
        let body = format!(r#"{{"requestid": 88201, "CardCode": "C100", "U_Any": "x", {rows}}}"#);
        assert_eq!(pushed(&orders, &body).unwrap(), wanted, "{rows}");
    }
    for without in [r#"{"CardCode": "C1"}"#, r#"{"DocumentLines": []}"#, r#"{"a": [{"b": 1}], "c": [{"d": 1}]}"#] {
        assert!(pushed(&orders, without).unwrap_err().contains("DocumentLines has no rows"), "{without}");
    }
    assert!(pushed(&orders, r#"{"DocumentLines": [1]}"#).unwrap_err().contains("DocumentLines[0] is no row"));
    let suppliers = flow(json!({"object": "BusinessPartners"}));
    let body = r#"{"requestid": "1", "CardCode": "V777", "CardName": "上海供应商", "DocumentLines": []}"#;
    assert_eq!(pushed(&suppliers, body).unwrap(), r#"{"CardCode":"V777","CardName":"上海供应商"}"#);
}

/// R-W19.
#[test]
fn with_a_mapping_names_values_and_rows_are_translated_and_the_rest_is_ignored() {
    let orders = flow(json!({"lines": "DocumentLines", "form": {
    "fields": [
        {"from": "kh", "to": "CardCode", "required": true},
        {"from": "jhrq", "to": "DocDueDate", "format": "date"},
        {"from": "lx", "to": "DocType", "values": {"物料": "dDocument_Items"}},
        {"from": "bz", "to": "DocCurrency", "default": "RMB"},
        {"from": "zk", "to": "U_Rate", "format": "number", "default": "0"}
    ],
    "lines": {"from": "detail", "fields": [
        {"from": "wl", "to": "ItemCode"}, {"from": "sl", "to": "Quantity"},
        {"from": "dj", "to": "U_Price", "format": "number"}, {"from": "je", "to": "U_Sum", "format": "money"}
    ]}}}));
    let body = r#"{"requestid": "1", "kh": " C100 ", "jhrq": "2024/12/31", "lx": "物料", "xx": "ignored", "bz": null,
        "detail": [{"wl": "A-001", "sl": "5", "dj": 1234567890123.12345678, "je": "33.5", "other": 1}, {"wl": "", "sl": null}]}"#;
    assert_eq!(
        pushed(&orders, body).unwrap(),
        r#"{"CardCode":"C100","DocCurrency":"RMB","DocDueDate":"2024-12-31","DocType":"dDocument_Items","#.to_owned()
            + r#""DocumentLines":[{"ItemCode":"A-001","Quantity":5,"U_Price":1234567890123.12345678,"U_Sum":33.5}],"U_Rate":0}"#
    );
    let error = pushed(&orders, r#"{"jhrq": "明天", "detail": [{"wl": "A", "dj": "x"}]}"#).unwrap_err();
    for part in ["kh is empty", "jhrq is \"明天\"", "detail[0].dj is \"x\""] {
        assert!(error.contains(part), "{part} not in {error}");
    }
    assert!(pushed(&orders, r#"{"kh": "C1", "detail": [{"wl": ""}]}"#).unwrap_err().contains("detail has no rows"));
    assert!(pushed(&orders, r#"{"kh": "C1", "detail": "x"}"#).unwrap_err().contains("is not a table"));
}

#[test]
fn a_form_becomes_a_document_with_several_tables() {
    let partner = flow(json!({"object": "BusinessPartners", "form": {"template": "P",
    "fields": [{"from": "名称", "to": "CardName"}, {"from": ["开始", "结束"], "to": ["ValidFrom", "ValidTo"], "format": "date"}],
    "lines": [
        {"from": "地址", "to": "BPAddresses", "fields": [{"from": "街道", "to": "Street"}]},
        {"from": "联系人", "to": "ContactEmployees", "fields": [{"from": "姓名", "to": "Name"}]}
    ]}}));
    let read = |name: &str, value: ReadValue| InstanceField { name: name.into(), kind: FieldKind::Unknown, value };
    let text = |name: &str, text: &str| read(name, ReadValue::Text(text.into()));
    let form = [
        text("名称", "上海供应商"),
        text(r#"["开始","结束"]"#, r#"["2026-01-01","2026-12-31"]"#),
        read("地址", ReadValue::Table(vec![vec![text("街道", "中山路 1 号")]])),
        text("联系人", "null"),
    ];
    let made = Value::Object(of_form(&partner, &form).unwrap());
    assert_eq!(
        made,
        json!({"CardName": "上海供应商", "ValidFrom": "2026-01-01", "ValidTo": "2026-12-31",
               "BPAddresses": [{"Street": "中山路 1 号"}]})
    );
}

#[test]
fn a_number_that_a_stranger_only_says_is_one_is_written_as_the_object_it_is() {
    let suppliers = flow(json!({"object": "BusinessPartners"}));
    let body = r#"{"CardCode": "V1", "Notes": {"$number": "1,\"DocEntry\":7"}}"#;
    let written = pushed(&suppliers, body).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap()["Notes"], json!({"$number": "1,\"DocEntry\":7"}));
}
