//! Work orders: one a code; importing makes or changes one, editing and closing go by what the order allows.

use super::options::AbsentCode;
use super::{Blacklake, Refused, refused, text};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// `WorkOrderStatusEnum`.
pub(super) const CREATED: i64 = 1;
const EXECUTING: i64 = 3;
pub(super) const CLOSED: i64 = 5;

/// One work order.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Order {
    pub id: i64,
    pub code: String,
    pub status: i64,
    /// The product.
    pub product: String,
    pub planned: String,
    pub outputs: Vec<Value>,
    pub inputs: Vec<Value>,
    /// As it was imported, with what was edited since.
    pub fields: Map<String, Value>,
    /// Its operations, with ids.
    pub operations: Vec<Value>,
    /// How often it was imported and edited.
    pub writes: u64,
    /// Why it cannot be closed or edited just now.
    pub locked: Option<String>,
    pub close_reason: Option<String>,
}

impl Blacklake {
    /// 创建生产工单.
    pub(super) fn import_order(&mut self, _now_ms: i64, body: &Value) -> Result<Value, Refused> {
        let Some(fields) = body.as_object().cloned() else { return refused("MED/PARAM", "参数错误") };
        let code = text(body, "code");
        for required in ["code", "planStartTime", "planFinishTime"] {
            if text(body, required).is_empty() {
                return refused("MED/REQUIRED", format!("{required}不能为空"));
            }
        }
        let outputs = rows(body, "outputMaterialOpenCOs");
        let inputs = rows(body, "inputMaterialOpenCOs");
        let Some(main) = outputs.iter().find(|row| text(row, "mainFlag") == "1").cloned() else {
            return refused("MED/OUTPUT", "主产出物料不能为空");
        };
        self.know_materials(outputs.iter().chain(&inputs))?;
        if let Some(place) = self.orders.iter().position(|order| order.code == code) {
            return self.write_order(place, fields, outputs, inputs, &main);
        }
        let id = self.new_id();
        let product = text(&main, "materialCode");
        let operations = self.operations_of(&product);
        self.orders.push(Order {
            id,
            code,
            status: CREATED,
            product,
            planned: text(&main, "plannedAmount"),
            outputs,
            inputs,
            fields,
            operations,
            writes: 1,
            locked: None,
            close_reason: None,
        });
        Ok(json!({ "id": id }))
    }

    /// 编辑生产工单.
    pub(super) fn update_order(&mut self, _now_ms: i64, body: &Value) -> Result<Value, Refused> {
        let Some(fields) = body.as_object().cloned() else { return refused("MED/PARAM", "参数错误") };
        let code = text(body, "code");
        let Some(place) = self.orders.iter().position(|order| order.code == code) else {
            return refused("MED/NOT_FOUND", "工单不存在");
        };
        let outputs = rows(body, "outputMaterials");
        let inputs = rows(body, "inputMaterials");
        let Some(main) = outputs.iter().find(|row| row.get("main") == Some(&json!(1))).cloned() else {
            return refused("MED/OUTPUT", "主产出物料不能为空");
        };
        self.know_materials(outputs.iter().chain(&inputs))?;
        self.write_order(place, fields, outputs, inputs, &main)
    }

    fn write_order(
        &mut self,
        place: usize,
        fields: Map<String, Value>,
        outputs: Vec<Value>,
        inputs: Vec<Value>,
        main: &Value,
    ) -> Result<Value, Refused> {
        let Some(order) = self.orders.get_mut(place) else { return refused("MED/NOT_FOUND", "工单不存在") };
        if order.status == CLOSED {
            return refused("MED/STATUS", "工单已关闭");
        }
        if let Some(why) = &order.locked {
            return refused("MED/STATUS", why.clone());
        }
        (order.outputs, order.inputs) = (outputs, inputs);
        (order.product, order.planned) = (text(main, "materialCode"), text(main, "plannedAmount"));
        order.fields.extend(fields);
        order.writes += 1;
        Ok(json!({ "id": order.id }))
    }

    /// 批量关闭生产工单: what fails is in the list of a good answer.
    pub(super) fn close_orders(&mut self, body: &Value) -> Result<Value, Refused> {
        let ids = rows(body, "workOrderIdList");
        if ids.is_empty() {
            return refused("MED/PARAM", "workOrderIdList不能为空");
        }
        let (mut failed, mut closed) = (Vec::new(), 0);
        for id in ids {
            let found = self.orders.iter_mut().find(|order| Some(order.id) == id.as_i64());
            let why = match &found {
                None => Some("工单不存在".to_owned()),
                Some(order) => order.locked.clone(),
            };
            match (found, why) {
                (Some(order), None) => {
                    order.status = CLOSED;
                    order.close_reason = Some(text(body, "operateReason"));
                    closed += 1;
                }
                (found, why) => failed.push(json!({ "workOrderId": id, "failedReason": why,
                    "workOrderCode": found.map(|order| order.code.clone()) })),
            }
        }
        Ok(json!({ "failAmount": failed.len(), "failResults": failed, "successAmount": closed }))
    }

    /// 根据工单编号查询工单id.
    pub(super) fn code_to_id(&mut self, body: &Value) -> Result<Value, Refused> {
        if text(body, "objectCode") != "ProductionOrder" {
            return refused("CUSTOM-OBJECT/PARAM", "objectCode不存在");
        }
        let code = text(body, "code");
        match (self.orders.iter().find(|order| order.code == code), &self.options.absent) {
            (Some(order), _) => Ok(json!({ "id": order.id })),
            (None, AbsentCode::IdNull) => Ok(json!({ "id": null })),
            (None, AbsentCode::NoData) => Ok(Value::Null),
            (None, AbsentCode::SubCode(sub)) => refused(sub, "对象不存在"),
        }
    }

    /// 工单详情.
    pub(super) fn order_detail(&mut self, body: &Value) -> Result<Value, Refused> {
        let Some(order) = self.order_by_id(body) else { return refused("MED/NOT_FOUND", "工单不存在") };
        Ok(json!({ "id": order.id, "code": order.code, "status": { "code": order.status, "message": "" },
            "pauseFlag": 0, "remark": order.fields.get("remark") }))
    }

    /// 工单工序计划详情.
    pub(super) fn plan_detail(&mut self, body: &Value) -> Result<Value, Refused> {
        let spelled = self.options.processes;
        let Some(order) = self.order_by_id(body) else { return refused("MED/NOT_FOUND", "工单不存在") };
        let next = order.operations.iter().zip(order.operations.iter().skip(1));
        let links: Vec<Value> = next
            .map(|(one, other)| json!({ "prevProcessId": one.get("id"), "nextProcessId": other.get("id") }))
            .collect();
        Ok(json!({ spelled: order.operations, "processConnections": links, "enableSop": 0 }))
    }

    fn order_by_id(&self, body: &Value) -> Option<&Order> {
        let id = body.get("workOrderId").and_then(Value::as_i64)?;
        self.orders.iter().find(|order| order.id == id)
    }

    pub(super) fn order_mut(&mut self, code: &str) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.code == code)
    }

    fn know_materials<'r>(&self, rows: impl Iterator<Item = &'r Value>) -> Result<(), Refused> {
        if !self.options.needs_materials {
            return Ok(());
        }
        for row in rows {
            let code = text(row, "materialCode");
            match self.materials.iter().find(|material| material.code == code) {
                None => return refused("MED/MATERIAL", format!("物料[{code}]不存在")),
                Some(material) if !material.enabled => {
                    return refused("MED/MATERIAL", format!("物料[{code}]已停用"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn operations_of(&mut self, product: &str) -> Vec<Value> {
        let routes = &self.options.routes;
        let route = routes.get(product).or_else(|| routes.get("")).and_then(Value::as_array).cloned();
        let mut operations = route.unwrap_or_default();
        for operation in &mut operations {
            let (id, definition) = (self.new_id(), self.new_id());
            if let Some(fields) = operation.as_object_mut() {
                fields.entry("id").or_insert(json!(id));
                fields.entry("processId").or_insert(json!(definition));
            }
        }
        operations
    }

    /// People have begun: the order is executing.
    pub(super) fn begin(order: &mut Order) {
        if order.status < EXECUTING {
            order.status = EXECUTING;
        }
    }
}

fn rows(body: &Value, name: &str) -> Vec<Value> {
    body.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}
