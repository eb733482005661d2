use super::*;
use serde_json::json;
use std::sync::Arc;
use tenon_connectors::blacklake::Existing;
use tenon_model::blacklake::Feeding;

fn flow() -> ProductionIssuesFlow {
    serde_json::from_value(json!({ "id": "i", "erp": "b1", "mes": "m", "units": { "KG": "公斤" } })).unwrap()
}

fn detail(material: &str, info: Value) -> FeedingDetail {
    let mut data = json!({
        "materialInfo": { "baseInfo": { "code": material }, "unit": { "id": 1, "name": "个" } },
        "feedRecordInfo": { "feedRecordDetailId": 7, "feedAmount": { "amount": 2, "amountDisplay": "2", "unitId": 1, "unitName": "个" } } });
    data["feedRecordInfo"].as_object_mut().unwrap().extend(info.as_object().unwrap().clone());
    let order = Existing { id: 1, code: "478".to_owned(), status: None };
    FeedingDetail { feeding: Feeding::of(&data).unwrap(), order }
}

fn erp(lines: Value) -> InErp {
    let object = |value: Value| value.as_object().unwrap().clone();
    InErp {
        order: object(json!({ "ProductionOrderLines": lines })),
        item: Some(Arc::new(object(json!({ "InventoryUOM": "个", "ManageBatchNumbers": "tNO" })))),
    }
}

fn line(number: i64, item: &str, method: &str, planned: Value, issued: Value) -> Value {
    json!({ "LineNumber": number, "ItemNo": item, "ProductionOrderIssueType": method, "ItemType": "pit_Item",
        "BaseQuantity": 1, "PlannedQuantity": planned, "IssuedQuantity": issued, "Warehouse": "W" })
}

fn number(decision: &Decision) -> Option<i64> {
    match decision {
        Decision::Issue(line) => Some(line.number),
        Decision::Nothing(_) => None,
    }
}

// R-M51
#[test]
fn the_line_with_most_left_is_taken_and_of_equal_ones_the_first() {
    let lines = json!([
        line(3, "RM", "im_Manual", json!(10), json!(4)),
        line(1, "RM", "im_Manual", json!(6.0), json!(0)),
        line(2, "RM", "im_Manual", json!(6), json!(0)),
        line(0, "RM", "im_Backflush", json!(100), json!(0)),
    ]);
    assert_eq!(number(&decide(&flow(), &detail("RM", json!({})), &erp(lines)).unwrap()), Some(1));
}

// R-M51: the line is named by the seq that its work order was sent with; an id of the MES's own names none.
#[test]
fn of_several_lines_the_one_that_the_feeding_names_is_taken() {
    let mut lines = [
        line(4, "RM", "im_Manual", json!(1), json!(0)),
        line(1, "RM", "im_Manual", json!(6), json!(0)),
        line(2, "OTHER", "im_Manual", json!(9), json!(0)),
        line(3, "RM", "im_Backflush", json!(9), json!(0)),
    ];
    // People moved line 4 to the top; a text takes no seq.
    for (line, place) in lines.iter_mut().zip([0, 2, 3, 4]) {
        line["VisualOrder"] = json!(place);
    }
    let text = json!({ "LineNumber": 0, "VisualOrder": 1, "ItemType": "pit_Text" });
    let order = json!([lines[0], lines[1], lines[2], lines[3], text]);
    for (line_id, expected) in [
        (json!(10), 4),
        (json!("20"), 1),
        // Of another item, by backflush, of no line at all: the one with most left.
        (json!(30), 1),
        (json!(40), 1),
        (json!(50), 1),
        (json!(15), 1),
        (json!(1_700_000_000_000_911_i64), 1),
        (json!(null), 1),
    ] {
        let fed = detail("RM", json!({ "lineId": line_id }));
        assert_eq!(number(&decide(&flow(), &fed, &erp(order.clone())).unwrap()), Some(expected), "{line_id}");
    }
}

// R-M51
#[test]
fn a_by_product_and_a_text_are_no_lines_to_issue_on() {
    let mut by_product = line(0, "RM", "im_Manual", json!(-5), json!(0));
    by_product["BaseQuantity"] = json!(-1);
    let mut text = line(1, "RM", "im_Manual", json!(5), json!(0));
    text["ItemType"] = json!("pit_Text");
    let error = decide(&flow(), &detail("RM", json!({})), &erp(json!([by_product, text]))).unwrap_err();
    assert_eq!(error.code, "flow.issue-material");
}

// R-M53
#[test]
fn a_substitute_names_both_and_takes_a_line_of_its_own_only() {
    let info = json!({ "alternativeFlag": true, "originalAlternativeMaterialCode": "RM" });
    let original = line(0, "RM", "im_Manual", json!(9), json!(0));
    let error = decide(&flow(), &detail("RM-X", info.clone()), &erp(json!([original.clone()]))).unwrap_err();
    assert_eq!(error.code, "flow.issue-substitute");
    assert!(error.message.contains("RM-X was fed instead of RM,"), "{error}");
    let own = line(4, "RM-X", "im_Manual", json!(9), json!(0));
    assert_eq!(number(&decide(&flow(), &detail("RM-X", info), &erp(json!([original, own]))).unwrap()), Some(4));
}

// R-M52
#[test]
fn units_are_the_erps_by_its_own_names() {
    let mut known = erp(json!([line(0, "RM", "im_Manual", json!(9), json!(0))]));
    Arc::make_mut(known.item.as_mut().unwrap()).insert("InventoryUOM".into(), json!("公斤"));
    let amount = json!({ "feedAmount": { "amountDisplay": "0.30", "unitName": "KG" } });
    match decide(&flow(), &detail("RM", amount), &known).unwrap() {
        Decision::Issue(line) => assert_eq!(line.quantity, "0.3"),
        other => panic!("{other:?}"),
    }
    let error = decide(&flow(), &detail("RM", json!({})), &known).unwrap_err();
    assert_eq!(error.code, "flow.issue-quantity");
    let seven = json!({ "feedAmount": { "amountDisplay": "0.1234567", "unitName": "KG" } });
    assert_eq!(decide(&flow(), &detail("RM", seven), &known).unwrap_err().code, "flow.issue-quantity");
    known.item = None;
    assert_eq!(decide(&flow(), &detail("RM", json!({})), &known).unwrap_err().code, "flow.issue-material");
}

// R-M52
#[test]
fn what_is_no_amount_is_nothing_and_what_has_none_is_a_persons() {
    let known = erp(json!([line(0, "RM", "im_Manual", json!(9), json!(0))]));
    for amount in ["0", "-1", "0.000"] {
        let info = json!({ "feedAmount": { "amountDisplay": amount, "unitName": "个" } });
        assert!(matches!(decide(&flow(), &detail("RM", info), &known).unwrap(), Decision::Nothing(_)), "{amount}");
    }
    let error = decide(&flow(), &detail("RM", json!({ "feedAmount": null })), &known).unwrap_err();
    assert_eq!(error.code, "flow.issue-quantity");
}
