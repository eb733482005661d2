use super::support::{control, form, order, text};
use tenon_mapping::choose::{fitting, read, shown};
use tenon_mapping::{Choices, MappedForm, object_fingerprint, plan};
use tenon_model::config::{Field, FieldFormat, Lines};
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FormControl, FormSchema};

fn purchase() -> FormSchema {
    let columns = vec![text("c1", "品号"), control("c2", "数量", FieldKind::Number)];
    form(vec![
        FormControl { required: true, ..text("Text-1", "单据编号") },
        control("Date-2", "到货日期", FieldKind::Date),
        FormControl { required: true, ..text("Text-3", "审批级别") },
        control(r#"["from","until"]"#, "有效期", FieldKind::DateRange),
        FormControl { columns, ..control("Table-5", "明细", FieldKind::Table) },
    ])
}

fn begun() -> Choices {
    Choices::of_plan(&plan(&order(), &purchase(), &[], &MappedForm::default()))
}

fn pairs(fields: &[Field]) -> Vec<(&str, &str)> {
    fields.iter().map(|field| (field.from.as_str(), field.to.as_str())).collect()
}

#[test]
fn what_is_sure_is_mapped_and_what_must_be_filled_in_and_is_not_is_named() {
    let chosen = begun().mapped(&order(), &purchase(), (&[], &[])).unwrap();
    assert_eq!(pairs(&chosen.fields), [("DocNum", "Text-1")]);
    assert_eq!(pairs(&chosen.lines[0].fields), [("ItemCode", "c1"), ("Quantity", "c2")]);
    assert_eq!((chosen.lines[0].from.as_str(), chosen.unfilled), ("DocumentLines", vec!["审批级别".to_owned()]));
    assert_eq!(chosen.lines[0].fields[1].format, FieldFormat::Number);
}

#[test]
fn another_field_of_the_right_kind_is_taken_and_one_of_another_is_refused_with_all_others() {
    let mut choices = begun();
    choices.header.insert("Date-2".into(), "RequiredDate".into());
    choices.header.insert(r#"["from","until"]"#.into(), read("ValidFrom, ValidTo"));
    choices.header.remove("Text-1");
    choices.tables.get_mut("Table-5").unwrap().columns.insert("c1".into(), String::new());
    let chosen = choices.mapped(&order(), &purchase(), (&[], &[])).unwrap();
    assert_eq!(
        pairs(&chosen.fields),
        [("RequiredDate", "Date-2"), (r#"["ValidFrom","ValidTo"]"#, r#"["from","until"]"#)]
    );
    assert_eq!(
        (chosen.fields[0].format, shown(&chosen.fields[1].from).as_str()),
        (FieldFormat::Date, "ValidFrom, ValidTo")
    );
    assert_eq!(pairs(&chosen.lines[0].fields), [("Quantity", "c2")]);
    choices.header.insert("Date-2".into(), "CardName".into());
    choices.tables.get_mut("Table-5").unwrap().columns.insert("c2".into(), "NoSuch".into());
    let wrong = choices.mapped(&order(), &purchase(), (&[], &[])).unwrap_err();
    let found: Vec<_> = wrong.iter().map(|one| (one.label.as_str(), one.from.as_str(), one.is_there)).collect();
    assert_eq!(found, [("到货日期", "CardName", true), ("数量", "NoSuch", false)]);
    assert_eq!((wrong[0].table.as_deref(), wrong[1].table.as_deref()), (None, Some("Table-5")));
}

#[test]
fn a_table_without_a_collection_is_left_out_and_another_collection_has_its_own_columns() {
    let mut choices = begun();
    let table = choices.tables.get_mut("Table-5").unwrap();
    table.from = "DocumentAdditionalExpenses".into();
    let plan = plan(&order(), &purchase(), &[], &choices.settled());
    assert_eq!(plan.tables[0].from, "DocumentAdditionalExpenses");
    assert_eq!(choices.mapped(&order(), &purchase(), (&[], &[])).unwrap_err().len(), 2);
    choices.tables.get_mut("Table-5").unwrap().from.clear();
    assert!(choices.mapped(&order(), &purchase(), (&[], &[])).unwrap().lines.is_empty());
}

#[test]
fn a_line_that_was_there_keeps_what_was_said_of_it() {
    let field = |from: &str, to: &str| -> Field {
        serde_json::from_value(serde_json::json!({ "from": from, "to": to, "default": "无", "required": true }))
            .unwrap()
    };
    let before = [field("DocNum", "Text-1"), field("CardName", "Text-3"), field("Comments", "gone")];
    let lines = [Lines { from: "DocumentLines".into(), to: String::new(), fields: vec![field("ItemCode", "c1")] }];
    let mut choices = Choices::of_mapping(&purchase(), &before, &lines);
    choices.header.insert("Text-3".into(), "CardCode".into());
    let chosen = choices.mapped(&order(), &purchase(), (&before, &lines)).unwrap();
    assert_eq!(pairs(&chosen.fields), [("DocNum", "Text-1"), ("CardCode", "Text-3")]);
    assert_eq!(chosen.fields[0].default.as_deref(), Some("无"));
    assert_eq!(chosen.fields[1].default, None);
    assert_eq!(chosen.lines, lines);
}

#[test]
fn fields_that_fit_a_control_are_of_its_kind_and_an_object_is_known_again() {
    let object = order();
    let names = |at: usize| -> Vec<&str> {
        fitting(&object.header, &purchase().controls[at]).iter().map(|field| field.name.as_str()).collect()
    };
    let dates = ["DocDate", "DocDueDate", "TaxDate", "RequiredDate", "ValidFrom", "ValidTo"];
    assert_eq!((names(1), names(3)), (dates.to_vec(), dates.to_vec()));
    assert_eq!(names(0).len(), object.header.fields.len());
    let mut other = order();
    other.header.fields.reverse();
    assert_eq!(object_fingerprint(&other), object_fingerprint(&object), "their order does not matter");
    other.collections[0].fields[0].size = Some(9);
    assert_ne!(object_fingerprint(&other), object_fingerprint(&object));
}
