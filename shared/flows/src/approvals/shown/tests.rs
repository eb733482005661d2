use super::*;

fn flow(extra: Value) -> ApprovalFlow {
    let mut flow = json!({
        "id": "f", "erp": "b1", "oa": "ding", "source": {},
        "form": {"template": "P", "fields": [
                    {"from": "DocTotal", "to": "金额"}, {"from": "Comments", "to": "备注"}, {"from": "MobilePhone", "to": "电话"},
                    {"from": "UpdateDate", "to": "更新"}, {"from": "U_Remarks", "to": "意见"}],
                 "lines": {"to": "明细", "fields": [{"from": "ItemCode", "to": "品号"}, {"from": "Quantity", "to": "数量"}]}},
        "marks": {"comments": "U_Remarks"}
    });
    flow.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(flow).unwrap()
}

fn document(changed: Value) -> Document {
    let mut fields = json!({
        "DocTotal": 100.0, "Comments": null, "MobilePhone": "13800138000", "UpdateDate": "2026-11-20", "U_UserID": "u1",
        "U_ISSYN": "N", "U_Remarks": null, "DocumentLines": [{"ItemCode": "A-1", "Quantity": 55.0}, {"ItemCode": "A-2", "Quantity": 1}]
    });
    fields.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    let fields = fields.as_object().unwrap().clone();
    Document { entity: fields.clone(), fields, etag: None, header_of_entity: false }
}

fn changed(flow: &ApprovalFlow, to: Value) -> Vec<String> {
    let record = record(1, &values(flow, &document(json!({}))), BTreeMap::new());
    let stored: Record = serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
    let found: Vec<String> =
        stored.changes(&document(to.clone()), flow.watch.as_deref()).iter().map(ToString::to_string).collect();
    let print = |document: &Document| fingerprint(&values(flow, document), flow.watch.as_deref());
    assert_eq!(print(&document(json!({}))) == print(&document(to)), found.is_empty());
    found
}

#[test]
fn a_change_is_told_with_what_was_and_what_is() {
    let flow = flow(json!({}));
    assert_eq!(changed(&flow, json!({"DocTotal": 1_000_000.0})), ["DocTotal: 100.0 → 1000000.0"]);
    assert_eq!(changed(&flow, json!({"Comments": "x"})), ["Comments: (empty) → x"]);
    assert_eq!(changed(&flow, json!({"MobilePhone": "13900139001"})), ["MobilePhone: ***00 → ***01"]);
    assert_eq!(changed(&flow, json!({"U_UserID": "u2"})), ["U_UserID: u1 → u2"]);
    let lines = json!({"DocumentLines": [{"ItemCode": "A-1", "Quantity": 5500.0}]});
    assert_eq!(
        changed(&flow, lines),
        [
            "DocumentLines[0].Quantity: 55.0 → 5500.0",
            "DocumentLines[1].ItemCode: A-2 → (empty)",
            "DocumentLines[1].Quantity: 1 → (empty)"
        ]
    );
}

#[test]
fn our_own_marks_and_another_spelling_of_a_number_are_no_change() {
    let flow = flow(json!({}));
    let same = json!({
        "DocTotal": 100, "Comments": "", "UpdateDate": "2026-11-21", "U_ISSYN": "Y", "U_Remarks": "同意", "Unmapped": 7,
        "DocumentLines": [{"ItemCode": "A-1", "Quantity": 55, "Price": 3}, {"ItemCode": "A-2", "Quantity": 1.0}]
    });
    assert_eq!(changed(&flow, same), Vec::<String>::new());
}

#[test]
fn watch_narrows_what_counts() {
    let flow = flow(json!({"watch": ["DocTotal", "DocumentLines.Quantity"]}));
    let other = json!({"Comments": "x", "DocumentLines": [{"ItemCode": "B", "Quantity": 55.0}, {"ItemCode": "A-2", "Quantity": 1}]});
    assert_eq!(changed(&flow, other), Vec::<String>::new());
    assert_eq!(changed(&flow, json!({"DocTotal": 100.01})), ["DocTotal: 100.0 → 100.01"]);
    let fewer = json!({"DocumentLines": [{"ItemCode": "A-1", "Quantity": 55.0}]});
    assert_eq!(changed(&flow, fewer), ["DocumentLines[1].Quantity: 1 → (empty)"]);
}

#[test]
fn a_long_document_keeps_what_tells_changes_and_not_every_value() {
    let flow = flow(json!({}));
    let rows: Vec<Value> =
        (0..2_000).map(|n| json!({"ItemCode": format!("{n}{}", "长".repeat(60)), "Quantity": n})).collect();
    let long = document(json!({"DocumentLines": rows}));
    let record = record(1, &values(&flow, &long), BTreeMap::new());
    assert!(serde_json::to_vec(&record).unwrap().len() < 300 * 1024);
    let mut rows = long.fields["DocumentLines"].as_array().unwrap().clone();
    rows[1_999]["Quantity"] = json!(1);
    let found = record.changes(&document(json!({"DocumentLines": rows})), None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "DocumentLines[1999].Quantity: (not kept) → 1");
}
