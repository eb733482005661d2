//! Reports of production, found by the time they were made at.

use super::{Blacklake, Refused, page, refused};
use serde::Serialize;
use serde_json::Value;

/// One line of a report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Reported {
    pub id: i64,
    pub at_ms: i64,
    pub row: Value,
}

impl Blacklake {
    /// 报工记录列表: from the one moment, before the other.
    pub(super) fn list_reports(&mut self, body: &Value) -> Result<Value, Refused> {
        let moment = |name: &str| body.get(name).and_then(Value::as_i64);
        let (Some(from), Some(to)) = (moment("reportTimeFrom"), moment("reportTimeTo")) else {
            return refused("MFG/PARAM", "reportTimeFrom和reportTimeTo不能为空");
        };
        let mut found: Vec<&Reported> = self.reports.iter().filter(|r| from <= r.at_ms && r.at_ms < to).collect();
        // The newest first.
        found.sort_by_key(|report| std::cmp::Reverse((report.at_ms, report.id)));
        page(body, found.into_iter().map(|report| report.row.clone()).collect())
    }
}
