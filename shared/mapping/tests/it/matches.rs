use super::support::{captioned, control, form, lines, made, order, sure, text};
use tenon_mapping::{Earlier, MappedForm, plan};
use tenon_model::oa::FieldKind;
use tenon_model::schema::FormControl;

#[test]
fn labels_are_mapped_whatever_they_are_typed_like() {
    let controls = vec![
        text("1", "供應商代碼"),
        text("2", "单据编号（系统）"),
        control("3", "价税合计（元）", FieldKind::Money),
        text("4", "Ｃomments"),
        text("5", "项目编号"),
        control("6", "交货日期", FieldKind::Date),
        text("7", "毫无关系"),
    ];
    let plan = made(&form(controls));
    assert_eq!(
        sure(&plan),
        [
            ("供應商代碼", "CardCode"),
            ("单据编号（系统）", "DocNum"),
            ("价税合计（元）", "DocTotal"),
            ("Ｃomments", "Comments"),
            ("项目编号", "U_ProjectCode"),
            ("交货日期", "DocDueDate"),
        ]
    );
    assert_eq!(plan.unmatched.iter().map(|c| c.label.as_str()).collect::<Vec<_>>(), ["毫无关系"]);
    assert!(plan.lines.iter().all(|line| !line.reason.words().is_empty()));
}

#[test]
fn what_is_of_another_kind_is_not_mapped_however_well_it_is_called() {
    let controls = vec![
        control("1", "单据日期", FieldKind::Number),
        control("2", "供应商代码", FieldKind::Date),
        control("3", "供应商名称", FieldKind::People),
        control("4", "备注", FieldKind::Files),
        FormControl { fillable: false, ..text("5", "单据编号") },
    ];
    let plan = made(&form(controls));
    assert_eq!(plan.lines, []);
    assert_eq!(plan.unmatched.len(), 4, "a control that nobody fills in is not missed");
}

#[test]
fn a_field_fills_one_control_and_a_control_has_one_field() {
    let controls = vec![text("1", "单据编号"), text("2", "订单号"), text("3", "供应商"), text("4", "供应商名称")];
    let plan = made(&form(controls));
    let fields: Vec<&str> = plan.lines.iter().map(|line| line.from.as_str()).collect();
    let mut once = fields.clone();
    once.dedup();
    assert_eq!((fields, once.len()), (vec!["DocNum", "CardName"], 2), "{:?}", lines(&plan));
}

#[test]
fn two_controls_of_one_label_are_for_a_person() {
    let plan = made(&form(vec![text("1", "备注"), text("2", "备注"), text("3", "单据编号")]));
    assert_eq!(sure(&plan), [("单据编号", "DocNum")]);
    let doubtful = plan.lines.iter().find(|line| !line.is_sure()).unwrap();
    assert!(doubtful.doubts[0].words().contains("several controls"), "{doubtful:?}");
}

#[test]
fn where_two_fields_fit_as_well_a_person_decides() {
    let mut object = order();
    object.header.fields.push(captioned("U_A", "合同编号"));
    object.header.fields.push(captioned("U_B", "合同编号"));
    let plan = plan(&object, &form(vec![text("1", "合同编号")]), &[], &MappedForm::default());
    assert!(!plan.lines[0].is_sure() && plan.lines[0].doubts[0].words().contains("U_B"), "{plan:?}");
}

#[test]
fn a_flow_of_the_company_counts_before_everything_else() {
    let earlier = [Earlier::new("purchase", "U_ProjectCode", "单据编号", false)];
    let plan = plan(&order(), &form(vec![text("1", "单据编号")]), &earlier, &MappedForm::default());
    assert_eq!(sure(&plan), [("单据编号", "U_ProjectCode")]);
    assert!(plan.lines[0].reason.words().contains("purchase"));
}

#[test]
fn a_table_is_filled_from_the_collection_that_has_its_columns() {
    let columns =
        vec![text("c1", "品号"), control("c2", "数量", FieldKind::Number), text("c3", "金额"), text("c4", "质检员")];
    let table = FormControl { columns, ..control("T", "明细", FieldKind::Table) };
    let plan = made(&form(vec![table]));
    let table = &plan.tables[0];
    assert_eq!((table.from.as_str(), table.to.as_str()), ("DocumentLines", "T"));
    let lines: Vec<(&str, bool)> = table.lines.iter().map(|line| (line.from.as_str(), line.is_sure())).collect();
    assert_eq!(lines, [("ItemCode", true), ("Quantity", true), ("LineTotal", false)], "an amount may be either");
    assert_eq!(table.unmatched[0].label, "质检员");
}

#[test]
fn a_range_is_filled_from_two_days() {
    let range =
        FormControl { name: r#"["生效日期","失效日期"]"#.into(), ..control("R", "r", FieldKind::DateRange) };
    let plan = made(&form(vec![range]));
    assert_eq!(plan.lines[0].from, r#"["ValidFrom","ValidTo"]"#);
    assert!(plan.lines[0].is_sure());
}

#[test]
fn ten_thousand_controls_are_mapped_in_one_go_and_the_same_each_time() {
    let controls: Vec<FormControl> = (0..10_000)
        .map(|at| text(&format!("Text-{at}"), if at == 7_777 { "单据编号" } else { "\u{0}]\n[[flows]]" }))
        .collect();
    let form = form(controls);
    let one = made(&form);
    assert_eq!(sure(&one), [("单据编号", "DocNum")]);
    assert_eq!(one, made(&form));
}
