//! Forms beside instances. Of a form to be sent nobody says of what kind its controls are; of an instance the OA may.

use super::*;
use tenon_connectors::oa::OaKind;
use tenon_model::oa::FieldKind;

fn oa() -> &'static Capabilities {
    OaKind::ALL[0].capabilities()
}

fn text(name: &str, kind: FieldKind, text: &str) -> InstanceField {
    InstanceField { name: name.into(), kind, value: ReadValue::Text(text.into()) }
}

fn sent(name: &str, value: &str) -> InstanceField {
    text(name, FieldKind::Unknown, value)
}

fn table(rows: Vec<Vec<InstanceField>>) -> InstanceField {
    InstanceField { name: "明细".into(), kind: FieldKind::Table, value: ReadValue::Table(rows) }
}

fn instance(fields: &[InstanceField]) -> Instance {
    Instance {
        outcome: None,
        archived: false,
        originator: "u1".into(),
        title: String::new(),
        created: None,
        ended: None,
        fields: fields.to_vec(),
        operations: Vec::new(),
        revokes: None,
    }
}

fn written() -> InstanceField {
    table(vec![vec![sent("品号", "11028"), sent("数量", "55"), text("采购员", FieldKind::People, r#"["0931"]"#)]])
}

fn read(item: &str, quantity: &str) -> InstanceField {
    table(vec![vec![
        text("数量", FieldKind::Number, quantity),
        sent("品号", item),
        text("采购员", FieldKind::People, "张三"),
    ]])
}

#[test]
fn a_form_is_recognised_whatever_the_order_it_is_read_in() {
    let made = controls(&[sent("申请人", "张涛"), written()], oa());
    let like = |fields: &[InstanceField]| similarity(&made, &instance(fields), oa());
    let name = |name: &str| text("申请人", FieldKind::Text, name);
    assert_eq!(like(&[read("11028", "55"), name("张涛"), text("备注", FieldKind::Text, "")]), Similarity::Same);
    assert_eq!(like(&[read("11029", "55"), name("张涛")]), Similarity::Other);
    assert_eq!(like(&[read("11028", "55"), name("")]), Similarity::Other);
    assert_eq!(like(&[table(Vec::new()), name("张涛")]), Similarity::Other);
}

#[test]
fn what_reads_back_otherwise_neither_proves_nor_disproves() {
    let made = controls(&[sent("采购员", r#"["0931"]"#), sent("部门", "100"), sent("金额", "10.50")], oa());
    let fields = [
        text("采购员", FieldKind::People, "张三"),
        text("部门", FieldKind::Departments, "采购部"),
        text("金额", FieldKind::Money, "10.5"),
    ];
    assert_eq!(similarity(&made, &instance(&fields), oa()), Similarity::Same);
    let other = [text("采购员", FieldKind::People, "张三"), text("金额", FieldKind::Money, "11")];
    assert_eq!(similarity(&made, &instance(&other), oa()), Similarity::Other);
    for opaque in [sent("采购员", r#"["0931"]"#), text("采购员", FieldKind::People, r#"["0931"]"#)] {
        assert_eq!(similarity(&controls(&[opaque], oa()), &instance(&fields), oa()), Similarity::Unclear);
    }
    assert_eq!(similarity(&made, &instance(&[text("别的", FieldKind::Text, "x")]), oa()), Similarity::Unclear);
}

#[test]
fn a_form_that_people_filled_in_is_compared_with_the_document() {
    let form = [sent("申请人", "张涛"), sent("采购员", r#"["0931"]"#), written()];
    let name = |name: &str| text("申请人", FieldKind::Text, name);
    let same = instance(&[name("张涛"), text("采购员", FieldKind::People, "张三"), read("11028", "55")]);
    assert_eq!(differences(&form, &same, oa()), Vec::<String>::new());
    let changed = instance(&[name("李四"), read("11028", "5500")]);
    assert_eq!(
        differences(&form, &changed, oa()),
        ["明细[0].数量: the form says 5500, the document 55", "申请人: the form says 李四, the document 张涛"]
    );
}
