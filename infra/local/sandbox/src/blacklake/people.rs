//! What people do in the factory, and looks at its state.

use super::feedings::Fed;
use super::orders::{CLOSED, Order};
use super::reports::Reported;
use super::{Blacklake, BlacklakeEvent};
use crate::action::{ActionError, read};
use crate::system::Handle;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a factory holds.
#[derive(Clone, Debug, Serialize)]
pub struct BlacklakeSnapshot {
    /// Tokens that were issued.
    pub tokens_issued: u64,
    /// Materials: `id`, `code`, `enabled`, `fields`, `imports`.
    pub materials: Vec<Value>,
    /// Work orders: `id`, `code`, `status`, `product`, `planned`, `outputs`, `inputs`, `writes`.
    pub orders: Vec<Value>,
    /// Reports as the list shows them.
    pub reports: Vec<Value>,
    /// Feedings as their details show them.
    pub feedings: Vec<Value>,
    /// Events.
    pub events: Vec<BlacklakeEvent>,
}

/// A report to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct NewReport {
    /// Code of the work order.
    pub work_order: String,
    /// Code of the operation; the last one without it.
    pub process: Option<String>,
    /// Code of the material; the order's product without it.
    pub material: Option<String>,
    /// How much, a number of JSON.
    pub amount: Value,
    /// In what unit.
    pub unit: String,
    /// The unit's id.
    pub unit_id: i64,
    /// Its batch.
    pub batch: String,
    /// `qcStatus`.
    pub quality: i64,
    /// When it was made, epoch ms; now without it.
    pub at_ms: Option<i64>,
    /// The record it is a line of; one of its own without it.
    pub record: Option<i64>,
    /// Further members of the row, over those that are made of the rest.
    pub more: Value,
}

/// A feeding to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct NewFeeding {
    /// Code of the work order.
    pub work_order: String,
    /// Code of the material.
    pub material: String,
    /// How much, as text: `12.50`.
    pub amount: String,
    /// In what unit.
    pub unit: String,
    /// Its batch.
    pub batch: String,
    /// The material it stands in for.
    pub stands_in_for: Option<String>,
    /// When, epoch ms; now without it.
    pub at_ms: Option<i64>,
    /// Whether an event tells of it: `told`.
    #[serde(rename = "told")]
    pub publishes: bool,
    /// Whether the event says that it succeeded.
    pub result: bool,
    /// Further members of `feedRecordInfo` and `materialInfo`.
    pub more: Value,
}

impl Default for NewReport {
    fn default() -> Self {
        Self {
            work_order: String::new(),
            process: None,
            material: None,
            amount: json!(1),
            unit: "台".to_owned(),
            unit_id: 31,
            batch: String::new(),
            quality: 1,
            at_ms: None,
            record: None,
            more: Value::Null,
        }
    }
}

impl Default for NewFeeding {
    fn default() -> Self {
        Self {
            work_order: String::new(),
            material: String::new(),
            amount: "1".to_owned(),
            unit: "个".to_owned(),
            batch: String::new(),
            stands_in_for: None,
            at_ms: None,
            publishes: true,
            result: true,
            more: Value::Null,
        }
    }
}

impl NewReport {
    /// So much of an order's product at its last operation.
    pub fn of(work_order: &str, amount: impl Into<Value>) -> Self {
        Self { work_order: work_order.to_owned(), amount: amount.into(), ..Self::default() }
    }
}

impl NewFeeding {
    /// So much of a material.
    pub fn of(work_order: &str, material: &str, amount: &str) -> Self {
        Self {
            work_order: work_order.to_owned(),
            material: material.to_owned(),
            amount: amount.to_owned(),
            ..Self::default()
        }
    }
}

impl Blacklake {
    fn report(&mut self, now_ms: i64, new: NewReport) -> Result<i64, ActionError> {
        let Some(order) = self.order_mut(&new.work_order) else {
            return Err(ActionError::NotFound(format!("work order {}", new.work_order)));
        };
        Self::begin(order);
        let order = order.clone();
        let is_it = |operation: &&Value| {
            new.process
                .as_ref()
                .is_none_or(|code| operation.get("processCode").is_some_and(|known| *known == code.as_str()))
        };
        let Some(operation) = order.operations.iter().rfind(is_it).cloned() else {
            return Err(ActionError::NotFound(format!("operation {:?} of {}", new.process, order.code)));
        };
        let (id, record) = (self.new_id(), self.new_id());
        let at_ms = new.at_ms.unwrap_or(now_ms);
        let material = new.material.clone().unwrap_or_else(|| order.product.clone());
        let unit = json!({ "id": new.unit_id, "name": new.unit });
        let mut row = json!({
            "id": id, "lineId": 1, "reportRecordId": new.record.unwrap_or(record),
            "reportRecordCode": format!("BG-{id}"), "reportTime": at_ms,
            "workOrderCode": order.code, "workOrderId": order.id,
            "taskId": null, "processId": operation.get("id"), "processCode": operation.get("processCode"),
            "processName": operation.get("processName"), "mainMaterialCode": order.product,
            "materialInfo": { "baseInfo": { "code": material }, "unitList": [unit.clone()], "unitConversionInfo": [] },
            "reportBaseAmount": { "amount": new.amount, "unit": unit },
            "qcStatus": { "code": new.quality, "message": "" }, "batchNo": new.batch });
        merge(&mut row, &new.more);
        self.reports.push(Reported { id, at_ms, row });
        Ok(id)
    }

    fn feed(&mut self, now_ms: i64, new: NewFeeding) -> Result<i64, ActionError> {
        let Some(order) = self.order_mut(&new.work_order) else {
            return Err(ActionError::NotFound(format!("work order {}", new.work_order)));
        };
        Self::begin(order);
        let order = order.clone();
        let (id, record, task) = (self.new_id(), self.new_id(), self.new_id());
        let at_ms = new.at_ms.unwrap_or(now_ms);
        let amount: Value = serde_json::from_str(&new.amount)
            .map_err(|_| ActionError::Invalid(format!("{} is no number", new.amount)))?;
        let mut detail = json!({
            "materialInfo": { "baseInfo": { "id": 1, "code": new.material, "name": new.material },
                "unit": { "id": 41, "name": new.unit }, "unitList": [{ "id": 41, "name": new.unit }], "conversions": [] },
            "feedRecordInfo": { "feedRecordId": record, "feedRecordDetailId": id, "taskId": task, "lineId": 1,
                "feedAmount": { "amount": amount, "amountDisplay": new.amount, "unitId": 41, "unitName": new.unit },
                "batchNo": new.batch, "feedTime": at_ms, "qcStatus": { "code": 1, "message": "合格" },
                "alternativeFlag": new.stands_in_for.is_some(),
                "originalAlternativeMaterialCode": new.stands_in_for } });
        merge(&mut detail, &new.more);
        self.feedings.push(Fed { id, work_order_id: order.id, at_ms, detail });
        if new.publishes {
            let process = order.operations.last().map(|operation| operation.get("id").cloned());
            let data = json!({ "recordIds": [id], "result": new.result,
                "reason": if new.result { Value::Null } else { json!("投料失败") },
                "recordList": [{ "id": id, "workOrderId": order.id, "processId": process, "taskId": task,
                    "qcStatuses": [1], "batchNoList": [new.batch], "opeAmount": amount, "opeAmountStr": new.amount,
                    "opeUnitId": 41, "batchIdentifiers": [] }] });
            self.publish(now_ms, "mfg.result_notify.feeding", data);
        }
        Ok(id)
    }

    fn shown<T: Serialize>(all: &[T]) -> Vec<Value> {
        all.iter().map(|one| serde_json::to_value(one).unwrap_or_default()).collect()
    }

    pub(super) fn snapshot_of(&self) -> BlacklakeSnapshot {
        BlacklakeSnapshot {
            tokens_issued: self.tokens_issued,
            materials: Self::shown(&self.materials),
            orders: Self::shown(&self.orders),
            reports: self.reports.iter().map(|report| report.row.clone()).collect(),
            feedings: self.feedings.iter().map(|fed| fed.detail.clone()).collect(),
            events: self.events.list().to_vec(),
        }
    }

    /// The same over `/_sandbox/blacklake/…`:
    ///
    /// | call | does |
    /// |---|---|
    /// | `POST blacklake/reports` | somebody reports, [`NewReport`] |
    /// | `POST blacklake/feedings` | somebody feeds, [`NewFeeding`]; an event tells of it |
    /// | `POST blacklake/events/check`, `…/replay` | posts a check, posts the latest event again |
    pub(super) fn act_by_hand(
        &mut self,
        now_ms: i64,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        Some(match (method, parts) {
            ("POST", ["reports"]) => read(body).and_then(|new| self.report(now_ms, new)).map(|id| json!({ "id": id })),
            ("POST", ["feedings"]) => read(body).and_then(|new| self.feed(now_ms, new)).map(|id| json!({ "id": id })),
            ("POST", ["events", "check"]) => {
                self.publish(now_ms, "check", json!("c0ffee-4711"));
                Ok(json!({}))
            }
            ("POST", ["events", "replay"]) => {
                self.events.replay(now_ms);
                Ok(json!({}))
            }
            _ => return None,
        })
    }
}

/// Puts members over those that are there, in objects of objects too.
fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (into, more) => *into = more.clone(),
    }
}

impl Handle<'_, Blacklake> {
    /// Somebody reports production. Returns the detail's id.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there is no such work order or operation.
    pub fn report(&self, now_ms: i64, new: NewReport) -> Result<i64, ActionError> {
        self.with(|s| s.report(now_ms, new))
    }

    /// Somebody changes a report: these members of its row.
    pub fn change_report(&self, id: i64, more: &Value) {
        self.with(|s| {
            if let Some(report) = s.reports.iter_mut().find(|report| report.id == id) {
                merge(&mut report.row, more);
            }
        });
    }

    /// Somebody takes a report out.
    pub fn remove_report(&self, id: i64) {
        self.with(|s| s.reports.retain(|report| report.id != id));
    }

    /// Somebody feeds material. Returns the detail's id.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there is no such work order.
    pub fn feed(&self, now_ms: i64, new: NewFeeding) -> Result<i64, ActionError> {
        self.with(|s| s.feed(now_ms, new))
    }

    /// An event of this kind with these data.
    pub fn publish(&self, now_ms: i64, event_type: &str, data: Value) {
        self.with(|s| s.publish(now_ms, event_type, data));
    }

    /// Posts the latest event again; `false` when there was none.
    pub fn replay(&self, now_ms: i64) -> bool {
        self.with(|s| s.events.replay(now_ms))
    }

    /// Sets or removes the address that events are posted to.
    pub fn set_callback_url(&self, url: Option<&str>) {
        self.with(|s| s.options.callback_url = url.map(str::to_owned));
    }

    /// Somebody makes a work order by hand, of this product. Returns its id.
    pub fn make_order(&self, now_ms: i64, code: &str, product: &str) -> i64 {
        self.with(|s| {
            let body = json!({ "code": code, "planStartTime": "2026-11-20 00:00:00",
                "planFinishTime": "2026-11-28 00:00:00", "outputMaterialOpenCOs": [{ "workOrderCode": code,
                    "lineSeq": "0", "mainFlag": "1", "materialCode": product, "plannedAmount": "1" }] });
            let made = s.import_order(now_ms, &body).unwrap_or_default();
            made.get("id").and_then(Value::as_i64).unwrap_or_default()
        })
    }

    /// From now on a work order cannot be closed or edited, for this reason; or can again.
    pub fn lock_order(&self, code: &str, why: Option<&str>) {
        self.with(|s| {
            if let Some(order) = s.order_mut(code) {
                order.locked = why.map(str::to_owned);
            }
        });
    }

    /// Somebody closes a work order by hand.
    pub fn close_order(&self, code: &str) {
        self.with(|s| {
            if let Some(order) = s.order_mut(code) {
                order.status = CLOSED;
            }
        });
    }

    /// Somebody stops or starts a material by hand.
    pub fn set_material_enabled(&self, code: &str, enabled: bool) {
        self.with(|s| {
            if let Some(material) = s.materials.iter_mut().find(|material| material.code == code) {
                material.enabled = enabled;
            }
        });
    }

    /// Another operations' order of a work order: the members of each operation.
    pub fn set_operations(&self, code: &str, operations: Vec<Value>) {
        self.with(|s| {
            if let Some(order) = s.order_mut(code) {
                order.operations = operations;
            }
        });
    }

    /// A work order, as of [`BlacklakeSnapshot::orders`].
    pub fn order(&self, code: &str) -> Option<Value> {
        self.with(|s| s.orders.iter().find(|o: &&Order| o.code == code).and_then(|o| serde_json::to_value(o).ok()))
    }

    /// How many work orders there are.
    pub fn order_count(&self) -> usize {
        self.with(|s| s.orders.len())
    }

    /// A material, as of [`BlacklakeSnapshot::materials`].
    pub fn material(&self, code: &str) -> Option<Value> {
        self.with(|s| s.materials.iter().find(|m| m.code == code).and_then(|m| serde_json::to_value(m).ok()))
    }

    /// How many materials there are.
    pub fn material_count(&self) -> usize {
        self.with(|s| s.materials.len())
    }

    /// Bodies of the calls whose path ends so, in the order they came.
    pub fn sent(&self, path: &str) -> Vec<Value> {
        self.with(|s| s.calls.iter().filter(|(call, _)| call.ends_with(path)).map(|(_, body)| body.clone()).collect())
    }

    /// Paths of the calls, in the order they came.
    pub fn called(&self) -> Vec<String> {
        self.with(|s| s.calls.iter().map(|(call, _)| call.clone()).collect())
    }

    /// Forgets the calls that were noted.
    pub fn forget_calls(&self) {
        self.with(|s| s.calls.clear());
    }

    /// Events, in their order.
    pub fn events(&self) -> Vec<BlacklakeEvent> {
        self.with(|s| s.events.list().to_vec())
    }

    /// Tokens that were issued.
    pub fn tokens_issued(&self) -> u64 {
        self.with(|s| s.tokens_issued)
    }
}
