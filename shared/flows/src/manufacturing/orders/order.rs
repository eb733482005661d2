//! What a production order is as a work order.

use crate::map::format_value;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::MesWorkOrdersFlow;
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;
use tenon_platform::{Error, Result};

const RELEASED: &str = "boposReleased";
const CANCELLED: &str = "boposCancelled";
const CLOSED: &str = "boposClosed";
const DISASSEMBLY: &str = "bopotDisassembly";
/// Lines that are no material.
const NO_MATERIAL: [&str; 2] = ["pit_Resource", "pit_Text"];
/// Fields of an order and of a line that a work order is made of.
const HEAD: [&str; 8] = [
    "ItemNo",
    "PlannedQuantity",
    "StartDate",
    "DueDate",
    "ProductionOrderStatus",
    "ProductionOrderType",
    "Warehouse",
    "DocumentNumber",
];
const LINE: [&str; 6] = ["LineNumber", "VisualOrder", "ItemNo", "ItemType", "BaseQuantity", "PlannedQuantity"];

/// What is to become of a work order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The MES is to have it as it is.
    Open,
    /// The MES is to have it closed.
    Closed,
    /// Nothing is to be done for an order of this state.
    Nothing,
}

/// An order as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub fields: Map<String, Value>,
    pub etag: Option<String>,
    /// Of what a work order is made of; the marks are no part of it.
    pub fingerprint: String,
}

/// What is known of a component's item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Component {
    pub name: String,
    pub unit: String,
}

impl Order {
    pub fn of(flow: &MesWorkOrdersFlow, fields: Map<String, Value>, etag: Option<String>) -> Self {
        let mapped: BTreeSet<&str> = flow.fields.iter().map(|field| field.from.as_str()).collect();
        let head: BTreeMap<&str, Option<&Value>> =
            HEAD.iter().copied().chain(mapped).map(|name| (name, fields.get(name))).collect();
        let of_line = |line: &Value| LINE.map(|name| line.get(name).cloned());
        let lines: Vec<_> = lines(&fields).iter().map(of_line).collect();
        let fingerprint = sha256_hex(json!([head, lines]).to_string().as_bytes());
        Self { fields, etag, fingerprint }
    }

    /// The text of a field; empty when there is none.
    pub fn text(&self, name: &str) -> String {
        plain(self.fields.get(name))
    }

    pub fn wanted(&self, flow: &MesWorkOrdersFlow) -> Wanted {
        match self.text("ProductionOrderStatus").as_str() {
            RELEASED => Wanted::Open,
            CANCELLED => Wanted::Closed,
            CLOSED if flow.close_on_close => Wanted::Closed,
            _ => Wanted::Nothing,
        }
    }

    /// Whether its mark says that it is to be sent.
    pub fn is_unsynced(&self, flow: &MesWorkOrdersFlow) -> bool {
        self.text(&flow.marks.synced) == flow.marks.unsynced_value
    }

    /// Whether its mark says that the MES has it.
    pub fn is_synced(&self, flow: &MesWorkOrdersFlow) -> bool {
        self.text(&flow.marks.synced) == flow.marks.synced_value
    }

    /// Whether the flag of our own mark stands still: the transaction procedure takes it back.
    pub fn is_flagged(&self, flow: &MesWorkOrdersFlow) -> bool {
        self.text(&flow.marks.flag) == flow.marks.flag_value
    }

    /// The items of its components and by-products.
    pub fn items(&self) -> BTreeSet<String> {
        self.materials().map(|line| plain(line.get("ItemNo"))).filter(|code| !code.is_empty()).collect()
    }

    fn materials(&self) -> impl Iterator<Item = &Value> {
        materials_of(&self.fields)
    }

    /// What makes the work order.
    pub fn creation(&self, work: &WorkOrder<'_>) -> Result<Map<String, Value>> {
        let WorkOrder { flow, code, .. } = work;
        let day = |name: &str, time: &str| -> Result<String> {
            let text = self.text(name);
            let day = text.get(..10).filter(|day| day.len() == 10);
            day.map(|day| format!("{day} {time}")).ok_or_else(|| wrong(format!("the order has no {name}")))
        };
        let mut body = Map::from_iter([
            ("code".to_owned(), json!(code)),
            ("planStartTime".to_owned(), json!(day("StartDate", &flow.start_time)?)),
            ("planFinishTime".to_owned(), json!(day("DueDate", &flow.finish_time)?)),
            ("workOrderType".to_owned(), json!(flow.work_order_type)),
        ]);
        body.extend(self.mapped(flow)?);
        let outputs = self.outputs(work)?.into_iter().map(|output| {
            let Output { line, material, amount } = output;
            let main = i64::from(line == 0);
            json!({ "workOrderCode": code, "lineSeq": line.to_string(), "mainFlag": main.to_string(),
                "mainFlagInt": main, "materialCode": material, "plannedAmount": amount })
        });
        body.insert("outputMaterialOpenCOs".to_owned(), outputs.collect());
        body.insert("inputMaterialOpenCOs".to_owned(), Value::Array(self.inputs(work, false)?));
        Ok(body)
    }

    /// What edits it.
    pub fn edit(&self, work: &WorkOrder<'_>) -> Result<Map<String, Value>> {
        let WorkOrder { flow, code, .. } = work;
        let mut base = Map::from_iter([("code".to_owned(), json!(code))]);
        base.extend(self.mapped(flow)?);
        let outputs: Value = self
            .outputs(work)?
            .into_iter()
            .map(|Output { line, material, amount }| {
                json!({ "workOrderCode": code, "lineSeq": line.to_string(), "main": i64::from(line == 0),
                    "materialCode": material, "plannedAmount": amount })
            })
            .collect();
        Ok(Map::from_iter([
            ("code".to_owned(), json!(code)),
            ("workOrderBaseCO".to_owned(), Value::Object(base)),
            ("outputMaterials".to_owned(), outputs),
            ("inputMaterials".to_owned(), Value::Array(self.inputs(work, true)?)),
        ]))
    }

    fn mapped(&self, flow: &MesWorkOrdersFlow) -> Result<Map<String, Value>> {
        let mut members = Map::new();
        for field in &flow.fields {
            let value = match self.fields.get(&field.from) {
                None if field.default.is_none() => Err(format!("{} is no field of the order", field.from)),
                value => {
                    format_value(value.unwrap_or(&Value::Null), field).map_err(|why| format!("{} {why}", field.from))
                }
            };
            if let Some(text) = value.map_err(|problem| Error::permanent("flow.mapping", problem))? {
                members.insert(field.to.clone(), Value::from(text));
            }
        }
        Ok(members)
    }

    /// The product, and what is made besides.
    fn outputs(&self, work: &WorkOrder<'_>) -> Result<Vec<Output>> {
        if self.text("ProductionOrderType") == DISASSEMBLY {
            let why = "the order takes a product apart (bopotDisassembly), which the MES has no work order for; mark it by hand";
            return Err(wrong(why.to_owned()));
        }
        let planned = self.amount(self.fields.get("PlannedQuantity"), "PlannedQuantity")?;
        let product = format!("{}{}", work.material_prefix, self.text("ItemNo"));
        let mut outputs = vec![Output { line: 0, material: product, amount: decimal::plain(planned) }];
        for line in self.materials().filter(|line| is_by_product(line)) {
            let base = self.amount(line.get("BaseQuantity"), "BaseQuantity")?.abs();
            let own = line.get("PlannedQuantity").and_then(number::text_of).and_then(|text| decimal::parse(&text));
            let amount = match own.filter(|own| !own.is_zero()) {
                Some(own) => own.abs(),
                None => base.checked_mul(planned).ok_or_else(|| wrong("an amount is too large".to_owned()))?,
            };
            outputs.push(Output {
                line: outputs.len(),
                material: format!("{}{}", work.material_prefix, plain(line.get("ItemNo"))),
                amount: decimal::plain(amount),
            });
        }
        Ok(outputs)
    }

    fn inputs(&self, work: &WorkOrder<'_>, named: bool) -> Result<Vec<Value>> {
        let mut inputs: Vec<Value> = Vec::new();
        for line in self.materials().filter(|line| !is_by_product(line)) {
            let item = plain(line.get("ItemNo"));
            let base = self.amount(line.get("BaseQuantity"), "BaseQuantity")?;
            let seq = seq_of(inputs.len());
            let mut row = Map::from_iter([
                ("workOrderCode".to_owned(), json!(work.code)),
                ("seq".to_owned(), json!(seq.to_string())),
                ("materialCode".to_owned(), json!(format!("{}{item}", work.material_prefix))),
                ("subInputAmountNumerator".to_owned(), json!(decimal::plain(base))),
                ("subInputAmountDenominator".to_owned(), json!("1")),
            ]);
            let component = work.components.get(&item).cloned().unwrap_or_default();
            if !component.unit.is_empty() {
                row.insert("unitName".to_owned(), json!(component.unit));
            }
            if named && !component.name.is_empty() {
                row.insert("materialName".to_owned(), json!(component.name));
            }
            inputs.push(Value::Object(row));
        }
        Ok(inputs)
    }

    fn amount(&self, value: Option<&Value>, name: &str) -> Result<Decimal> {
        let text = plain(value);
        decimal::parse(&text).ok_or_else(|| wrong(format!("{name} is {text:?}, which is no amount")))
    }
}

/// The `seq` of a work order's input at this place among them.
fn seq_of(place: usize) -> usize {
    (place + 1) * 10
}

/// The `LineNumber` of the order's component that a work order has as its input of this `seq`.
pub(crate) fn line_of_seq(order: &Map<String, Value>, seq: i64) -> Option<i64> {
    let inputs = materials_of(order).filter(|line| !is_by_product(line));
    let found = inputs.enumerate().find(|(place, _)| i64::try_from(seq_of(*place)) == Ok(seq));
    found.and_then(|(_, line)| line.get("LineNumber")?.as_i64())
}

/// What a work order's bodies are made with.
pub(super) struct WorkOrder<'w> {
    pub flow: &'w MesWorkOrdersFlow,
    pub code: &'w str,
    pub material_prefix: &'w str,
    pub components: &'w BTreeMap<String, Component>,
}

struct Output {
    line: usize,
    material: String,
    amount: String,
}

fn lines(fields: &Map<String, Value>) -> &[Value] {
    fields.get("ProductionOrderLines").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The lines of an order that are material, in the order in which people see them.
fn materials_of(order: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let is_material = |line: &&Value| !NO_MATERIAL.contains(&plain(line.get("ItemType")).as_str());
    let mut lines: Vec<&Value> = lines(order).iter().filter(is_material).collect();
    let place = |line: &Value, name: &str| line.get(name).and_then(Value::as_i64);
    lines.sort_by_key(|line| {
        (place(line, "VisualOrder").or_else(|| place(line, "LineNumber")), place(line, "LineNumber"))
    });
    lines.into_iter()
}

/// What is made, and not used up, has a quantity below zero.
fn is_by_product(line: &Value) -> bool {
    let below = |name: &str| decimal::parse(&plain(line.get(name))).is_some_and(|n| n < Decimal::ZERO);
    below("BaseQuantity") || below("PlannedQuantity")
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => tenon_model::code::trim(text).to_owned(),
        None | Some(Value::Null) => String::new(),
        Some(other) => number::text_of(other).map_or_else(|| other.to_string(), Into::into),
    }
}

fn wrong(why: String) -> Error {
    Error::permanent("flow.order", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(keys: Value) -> MesWorkOrdersFlow {
        let mut all = json!({ "id": "orders", "erp": "b1", "mes": "mes" });
        all.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn order() -> Value {
        json!({ "AbsoluteEntry": 478, "DocumentNumber": 10023, "ItemNo": "FG-1001", "PlannedQuantity": 100.0,
            "StartDate": "2026-11-20T00:00:00Z", "DueDate": "2026-11-28", "ProductionOrderStatus": "boposReleased",
            "ProductionOrderType": "bopotStandard", "U_SyncStatus": "N", "U_SyncFlag": null,
            "ProductionOrderLines": [
                { "LineNumber": 1, "VisualOrder": 1, "ItemNo": "RM-2002", "ItemType": "pit_Item", "BaseQuantity": 4.0 },
                { "LineNumber": 0, "VisualOrder": 0, "ItemNo": "RM-2001", "ItemType": "pit_Item", "BaseQuantity": 0.5 },
                { "LineNumber": 2, "VisualOrder": 2, "ItemType": "pit_Text" },
                { "LineNumber": 3, "VisualOrder": 3, "ItemNo": "R-1", "ItemType": "pit_Resource", "BaseQuantity": 1 }] })
    }

    fn read(flow: &MesWorkOrdersFlow, order: Value) -> Order {
        Order::of(flow, order.as_object().unwrap().clone(), None)
    }

    fn bodies(flow: &MesWorkOrdersFlow, prefix: &str, order: Value) -> (Value, Value) {
        let part = |name: &str| Component { name: name.into(), unit: "个".into() };
        let components = [("RM-2001".to_owned(), part("内存条")), ("RM-2002".to_owned(), part("螺丝"))].into();
        let work = WorkOrder { flow, code: "478", material_prefix: prefix, components: &components };
        let order = read(flow, order);
        (order.creation(&work).unwrap().into(), order.edit(&work).unwrap().into())
    }

    // R-M19, R-M20, R-M24
    #[test]
    fn r_m19_r_m20_r_m24_bodies_are_those_of_the_contract() {
        let (creation, edit) = bodies(&flow(json!({})), "", order());
        assert_eq!(
            creation,
            json!({ "code": "478", "planStartTime": "2026-11-20 00:00:00", "planFinishTime": "2026-11-28 00:00:00",
                "workOrderType": "普通",
                "outputMaterialOpenCOs": [{ "workOrderCode": "478", "lineSeq": "0", "mainFlag": "1", "mainFlagInt": 1,
                    "materialCode": "FG-1001", "plannedAmount": "100" }],
                "inputMaterialOpenCOs": [
                    { "workOrderCode": "478", "seq": "10", "materialCode": "RM-2001", "subInputAmountNumerator": "0.5",
                      "subInputAmountDenominator": "1", "unitName": "个" },
                    { "workOrderCode": "478", "seq": "20", "materialCode": "RM-2002", "subInputAmountNumerator": "4",
                      "subInputAmountDenominator": "1", "unitName": "个" }] })
        );
        assert_eq!(
            edit,
            json!({ "code": "478", "workOrderBaseCO": { "code": "478" },
                "outputMaterials": [{ "workOrderCode": "478", "lineSeq": "0", "main": 1, "materialCode": "FG-1001",
                    "plannedAmount": "100" }],
                "inputMaterials": [
                    { "workOrderCode": "478", "seq": "10", "materialCode": "RM-2001", "materialName": "内存条",
                      "unitName": "个", "subInputAmountNumerator": "0.5", "subInputAmountDenominator": "1" },
                    { "workOrderCode": "478", "seq": "20", "materialCode": "RM-2002", "materialName": "螺丝",
                      "unitName": "个", "subInputAmountNumerator": "4", "subInputAmountDenominator": "1" }] })
        );
    }

    #[test]
    fn r_m20_what_is_made_besides_is_an_output_and_taking_apart_is_refused() {
        let mut with = order();
        with["ProductionOrderLines"][0]["BaseQuantity"] = json!(-0.25);
        let (creation, edit) = bodies(&flow(json!({})), "A-", with);
        assert_eq!(creation["inputMaterialOpenCOs"].as_array().unwrap().len(), 1);
        assert_eq!(
            creation["outputMaterialOpenCOs"][1],
            json!({ "workOrderCode": "478", "lineSeq": "1", "mainFlag": "0", "mainFlagInt": 0,
                "materialCode": "A-RM-2002", "plannedAmount": "25" })
        );
        assert_eq!(
            (&edit["outputMaterials"][1]["main"], &edit["outputMaterials"][0]["materialCode"]),
            (&json!(0), &json!("A-FG-1001"))
        );
        let mut apart = order();
        apart["ProductionOrderType"] = json!("bopotDisassembly");
        let flow = flow(json!({}));
        let work = WorkOrder { flow: &flow, code: "478", material_prefix: "", components: &BTreeMap::new() };
        assert_eq!(read(&flow, apart).creation(&work).unwrap_err().code, "flow.order");
    }

    #[test]
    fn r_m24_fields_of_the_site_go_to_the_head_and_an_identifier_is_never_a_constant() {
        let keys = json!({ "finish_time": "23:59:59", "fields": [
            { "from": "U_Z20_SPEC", "to": "remark", "default": "" }, { "from": "DocumentNumber", "to": "externalOrderCode" }] });
        let (creation, edit) = bodies(&flow(keys), "", order());
        assert_eq!(
            (&creation["externalOrderCode"], &creation["planFinishTime"]),
            (&json!("10023"), &json!("2026-11-28 23:59:59"))
        );
        assert_eq!(edit["workOrderBaseCO"], json!({ "code": "478", "externalOrderCode": "10023", "remark": "" }));
        assert!(creation.get("identifier").is_none() && edit.get("identifier").is_none());
    }

    #[test]
    fn r_m26_what_counts_is_what_a_work_order_is_made_of_and_no_mark() {
        let flow = flow(json!({}));
        let seen = read(&flow, order());
        let mut marked = order();
        marked["U_SyncStatus"] = json!("Y");
        marked["Remarks"] = json!("x");
        marked["ProductionOrderLines"][0]["IssuedQuantity"] = json!(3);
        let marked = read(&flow, marked);
        assert_eq!(marked.fingerprint, seen.fingerprint);
        assert!(marked.is_synced(&flow) && seen.is_unsynced(&flow));
        for (pointer, value) in [
            ("/PlannedQuantity", json!(120)),
            ("/ProductionOrderStatus", json!("boposCancelled")),
            ("/ProductionOrderLines/0/BaseQuantity", json!(5)),
        ] {
            let mut changed = order();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert_ne!(read(&flow, changed).fingerprint, seen.fingerprint, "{pointer}");
        }
    }
}
