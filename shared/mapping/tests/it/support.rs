use tenon_mapping::file::{self, FlowPart};
use tenon_mapping::{Earlier, MappedForm, Plan, plan, seen};
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FieldSchema, FieldType, FormControl, FormSchema, ObjectSchema, TableSchema};

pub fn field(name: &str, kind: FieldType) -> FieldSchema {
    FieldSchema { name: name.into(), kind, ..FieldSchema::default() }
}

pub fn captioned(name: &str, caption: &str) -> FieldSchema {
    FieldSchema { caption: Some(caption.into()), ..field(name, FieldType::Text) }
}

pub fn order() -> ObjectSchema {
    let fields = |all: &[(&str, FieldType)]| all.iter().map(|(name, kind)| field(name, *kind)).collect::<Vec<_>>();
    use FieldType::{Date, Decimal, Integer, Text};
    let table = |name: &str, fields| TableSchema { name: name.into(), table: None, fields };
    let mut header = fields(&[
        ("DocEntry", Integer),
        ("DocNum", Integer),
        ("DocDate", Date),
        ("DocDueDate", Date),
        ("TaxDate", Date),
        ("CardCode", Text),
        ("CardName", Text),
        ("DocTotal", Decimal),
        ("DocCurrency", Text),
        ("Comments", Text),
        ("RequiredDate", Date),
        ("ValidFrom", Date),
        ("ValidTo", Date),
    ]);
    header.push(captioned("U_ProjectCode", "项目编号"));
    let lines = fields(&[
        ("LineNum", Integer),
        ("ItemCode", Text),
        ("ItemDescription", Text),
        ("Quantity", Decimal),
        ("Price", Decimal),
        ("LineTotal", Decimal),
        ("GrossTotal", Decimal),
        ("FreeText", Text),
    ]);
    let expenses = fields(&[("LineNum", Integer), ("LineTotal", Decimal), ("Remarks", Text)]);
    ObjectSchema {
        set: "PurchaseOrders".into(),
        key: "DocEntry".into(),
        header: table("PurchaseOrders", header),
        collections: vec![table("DocumentAdditionalExpenses", expenses), table("DocumentLines", lines)],
        notes: Vec::new(),
    }
}

pub fn control(id: &str, label: &str, kind: FieldKind) -> FormControl {
    FormControl {
        id: id.into(),
        name: id.into(),
        label: label.into(),
        word: format!("{kind:?}"),
        kind,
        ..FormControl::default()
    }
}

pub fn text(id: &str, label: &str) -> FormControl {
    control(id, label, FieldKind::Text)
}

pub fn form(controls: Vec<FormControl>) -> FormSchema {
    FormSchema { title: "采购订单审批".into(), controls }
}

pub fn made(form: &FormSchema) -> Plan {
    plan(&order(), form, &[], &MappedForm::default())
}

/// Label, field and whether it is sure, in the form's order.
pub fn lines(plan: &Plan) -> Vec<(String, String, bool)> {
    plan.lines.iter().map(|line| (line.label.clone(), line.from.clone(), line.is_sure())).collect()
}

pub fn sure(plan: &Plan) -> Vec<(&str, &str)> {
    plan.lines.iter().filter(|line| line.is_sure()).map(|line| (line.label.as_str(), line.from.as_str())).collect()
}

/// The file after one run.
pub fn run(before: &str, form: &FormSchema, earlier: &[Earlier]) -> String {
    let object = order();
    let taken = file::taken(before, "orders").unwrap().unwrap_or_default();
    let plan = plan(&object, form, earlier, &taken);
    let seen = seen(form);
    let part = FlowPart {
        id: "orders",
        name: &form.title,
        enabled: false,
        erp: "b1-main",
        oa: "wecom-main",
        document: "document",
        object: "PurchaseOrders",
        key: None,
        filter: None,
        template: "T-1",
        titled: false,
        key_field: "DocEntry",
        plan: &plan,
        seen: &seen,
    };
    file::written(before, &part).unwrap()
}
