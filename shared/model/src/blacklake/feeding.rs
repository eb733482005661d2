//! Feedings of material into operations (投料记录).

use super::{Quantity, Units, code_at, id_at, text_at, whole_at};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One feeding, as 投料记录详情 shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeding {
    /// The record that it is a detail of.
    pub record: Option<i64>,
    /// Its own id.
    pub id: i64,
    /// The material.
    pub material: String,
    /// The material's name.
    pub material_name: String,
    /// How much was fed; `None` when it does not say.
    pub quantity: Option<Quantity>,
    /// How much of it was taken back.
    pub retracted: Option<Quantity>,
    /// Units of the material.
    pub units: Units,
    /// Line of the bill of materials.
    pub line: Option<i64>,
    /// Its quality.
    pub quality: Option<i64>,
    /// Its batch.
    pub batch: String,
    /// The work order it is for, where the site shows it.
    pub work_order: Option<i64>,
    /// When, epoch ms.
    pub at_ms: Option<i64>,
    /// Code of the location it was taken from.
    pub location: String,
    /// The location's warehouse.
    pub warehouse: Option<i64>,
    /// Whether it stands in for another material.
    pub is_substitute: bool,
    /// The material that it stands in for.
    pub stands_in_for: String,
}

/// What a list shows of a feeding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFeeding {
    /// Its own id.
    pub id: i64,
    /// The record that it is a detail of.
    pub record: Option<i64>,
    /// The work order it is for, where the site shows it.
    pub work_order: Option<i64>,
    /// The task.
    pub task: Option<i64>,
    /// When, epoch ms.
    pub at_ms: Option<i64>,
}

impl Feeding {
    /// Reads the answer to 投料记录详情; `None` when it shows no feeding.
    pub fn of(data: &Value) -> Option<Self> {
        let info = data.get("feedRecordInfo")?;
        let material = data.get("materialInfo").unwrap_or(&Value::Null);
        let base = material.get("baseInfo").unwrap_or(&Value::Null);
        let place = info.get("opeLocation").unwrap_or(&Value::Null);
        Some(Self {
            record: id_at(info, "feedRecordId"),
            id: id_at(info, "feedRecordDetailId")?,
            material: text_at(base, "code"),
            material_name: text_at(base, "name"),
            quantity: info.get("feedAmount").and_then(Quantity::displayed),
            retracted: info.get("retractAmount").and_then(Quantity::displayed),
            units: Units::of_material(material),
            line: id_at(info, "lineId"),
            quality: code_at(info, "qcStatus"),
            batch: text_at(info, "batchNo"),
            work_order: id_at(info, "workOrderId"),
            at_ms: whole_at(info, "feedTime"),
            location: text_at(place, "code"),
            warehouse: id_at(place, "warehouseId"),
            is_substitute: matches!(text_at(info, "alternativeFlag").as_str(), "true" | "1"),
            stands_in_for: text_at(info, "originalAlternativeMaterialCode"),
        })
    }
}

impl SeenFeeding {
    /// Reads a row of 投料记录列表, whose record may stand in a member of its own.
    pub fn of(row: &Value) -> Option<Self> {
        let info = row.get("feedRecordInfo").unwrap_or(row);
        Some(Self {
            id: id_at(info, "feedRecordDetailId")?,
            record: id_at(info, "feedRecordId"),
            work_order: id_at(info, "workOrderId").or_else(|| id_at(row, "workOrderId")),
            task: id_at(info, "taskId").or_else(|| id_at(row, "taskId")),
            at_ms: whole_at(info, "feedTime"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn r_m49_a_feeding_is_what_its_detail_says() {
        let data = json!({
            "materialInfo": { "baseInfo": { "id": 5, "code": "RM-2001", "name": "内存条" } },
            "feedRecordInfo": { "feedRecordId": 9, "feedRecordDetailId": "1717171717171001", "batchNo": "RM2001-B7",
                "feedAmount": { "amount": 12.5, "amountDisplay": "12.50", "unitName": "个" },
                "alternativeFlag": true, "originalAlternativeMaterialCode": "RM-1", "feedTime": "1795139880000" }
        });
        let feeding = Feeding::of(&data).unwrap();
        assert_eq!(feeding.at_ms, Some(1_795_139_880_000));
        assert_eq!((feeding.id, feeding.material.as_str()), (1_717_171_717_171_001, "RM-2001"));
        assert_eq!(feeding.quantity.unwrap().amount, "12.5");
        assert_eq!((feeding.is_substitute, feeding.stands_in_for.as_str()), (true, "RM-1"));
        assert!(Feeding::of(&json!({})).is_none());
        assert!(Feeding::of(&json!({ "feedRecordInfo": { "feedRecordId": 9 } })).is_none());
    }
}
