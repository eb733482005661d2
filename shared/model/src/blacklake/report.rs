//! Reports of production (报工记录).

use super::{Performed, Quantity, Units, code_at, id_at, text_at, whole_at};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of a report: so much of a material, at one operation of one work order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its own id, by which it is known; a record of several lines has one for each.
    pub id: i64,
    /// The record it is a line of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<i64>,
    /// The record's code, as people know it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The work order's code.
    pub work_order: String,
    /// The work order's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_order_id: Option<i64>,
    /// The operation's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<i64>,
    /// The operation's code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub process_code: String,
    /// The task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<i64>,
    /// The material.
    pub material: String,
    /// How much of it; `None` when the report does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Units of the material.
    #[serde(default)]
    pub units: Units,
    /// Its quality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<i64>,
    /// Its batch.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub batch: String,
    /// When it was made, epoch ms.
    pub at_ms: i64,
}

impl Report {
    /// Reads one of 报工记录列表.
    ///
    /// # Errors
    /// In words, what it lacks.
    pub fn of(row: &Value) -> Result<Self, String> {
        let id = id_at(row, "id").ok_or("a report has no id")?;
        let info = row.get("materialInfo").unwrap_or(&Value::Null);
        let base = text_at(info.get("baseInfo").unwrap_or(&Value::Null), "code");
        let material = if base.is_empty() { text_at(row, "mainMaterialCode") } else { base };
        let at_ms = whole_at(row, "reportTime").ok_or_else(|| format!("report {id} has no reportTime"))?;
        Ok(Self {
            id,
            record: id_at(row, "reportRecordId"),
            code: text_at(row, "reportRecordCode"),
            work_order: text_at(row, "workOrderCode"),
            work_order_id: id_at(row, "workOrderId"),
            process: id_at(row, "processId"),
            process_code: text_at(row, "processCode"),
            task: id_at(row, "taskId"),
            material,
            quantity: row.get("reportBaseAmount").and_then(Quantity::with_unit),
            units: Units::of_material(info),
            quality: code_at(row, "qcStatus"),
            batch: text_at(row, "batchNo"),
            at_ms,
        })
    }

    /// What it says of its operation.
    pub fn performed(&self) -> Performed<'_> {
        Performed { process: self.process, code: &self.process_code, task: self.task }
    }

    /// What makes a report another than it was: everything that a receipt is made of.
    pub fn content(&self) -> String {
        let Self { work_order, process, material, quantity, quality, batch, at_ms, .. } = self;
        let quantity = quantity.as_ref().map(|q| (&q.amount, &q.unit.name));
        serde_json::json!([work_order, process, material, quantity, quality, batch, at_ms]).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn r_m31_a_report_is_known_by_its_own_id_and_every_digit_of_it() {
        let row = json!({"id": 1_717_000_000_000_001_i64, "reportRecordId": 1_717_000_000_000_100_i64,
            "reportRecordCode": "BG-0001", "workOrderCode": "478", "workOrderId": 1_700_000_000_000_478_i64,
            "processId": 1_700_000_000_000_901_i64, "processCode": "P-CUT", "mainMaterialCode": "X",
            "materialInfo": {"baseInfo": {"code": "FG-1001"}}, "qcStatus": {"code": 1}, "batchNo": "FG-B1",
            "reportTime": 1_795_139_880_000_i64, "reportBaseAmount": {"amount": 30.5, "unit": {"name": "台"}}});
        let report = Report::of(&row).unwrap();
        assert_eq!((report.id, report.record), (1_717_000_000_000_001, Some(1_717_000_000_000_100)));
        assert_eq!((report.material.as_str(), report.quality), ("FG-1001", Some(1)));
        assert_eq!(report.quantity.as_ref().map(|q| q.amount.as_str()), Some("30.5"));
        // As a message carries it.
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        let mut other = row.clone();
        other["reportBaseAmount"]["amount"] = json!(31);
        assert_ne!(Report::of(&other).unwrap().content(), report.content());
        assert!(Report::of(&json!({"reportTime": 1})).is_err() && Report::of(&json!({"id": 1})).is_err());
    }

    #[test]
    fn r_m34_without_material_info_the_main_material_counts() {
        let row = json!({"id": 1, "mainMaterialCode": "FG", "reportTime": "1795139880000", "qcStatus": 2});
        let report = Report::of(&row).unwrap();
        assert_eq!((report.material.as_str(), report.quality, report.quantity), ("FG", Some(2), None));
    }
}
