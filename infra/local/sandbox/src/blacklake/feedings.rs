//! Feedings of material into operations.

use super::{Blacklake, Refused, page, refused};
use serde::Serialize;
use serde_json::{Value, json};

/// The longest time between the ends of a list.
const HOUR_MS: i64 = 3_600_000;

/// One feeding.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Fed {
    pub id: i64,
    pub work_order_id: i64,
    pub at_ms: i64,
    /// What 投料记录详情 shows.
    pub detail: Value,
}

impl Blacklake {
    /// 投料记录详情.
    pub(super) fn feeding_detail(&mut self, body: &Value) -> Result<Value, Refused> {
        let id = body.get("feedRecordDetailId").and_then(Value::as_i64);
        let found = self.feedings.iter().find(|fed| Some(fed.id) == id);
        Ok(found.map_or(Value::Null, |fed| fed.detail.clone()))
    }

    /// 投料记录列表.
    pub(super) fn list_feedings(&mut self, body: &Value) -> Result<Value, Refused> {
        let number = |name: &str| body.get(name).and_then(Value::as_i64);
        let (Some(from), Some(to)) = (number("feedTimeStart"), number("feedTimeEnd")) else {
            return refused("MFG/PARAM", "feedTimeStart和feedTimeEnd不能为空");
        };
        if to - from > HOUR_MS {
            return refused("MFG/PARAM", "时间范围不能超过1小时");
        }
        let order = number("workOrderId");
        let found = self
            .feedings
            .iter()
            .filter(|fed| from <= fed.at_ms && fed.at_ms <= to && order.is_none_or(|id| id == fed.work_order_id));
        page(body, found.map(|fed| fed.detail.get("feedRecordInfo").cloned().unwrap_or(json!({}))).collect())
    }
}
