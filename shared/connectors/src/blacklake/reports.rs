//! Reports of production, by the time they were made at.

use super::Blacklake;
use crate::base::Effect;
use serde_json::json;
use tenon_model::blacklake::{Report, list_at, total_of};
use tenon_platform::error::Result;

/// A page of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPage {
    /// Its rows, each read or what is wrong with it.
    pub rows: Vec<std::result::Result<Report, String>>,
    /// Reports on all pages; the greatest number where the MES does not say and there may be more.
    pub total: u64,
}

impl Blacklake<'_> {
    /// One page of the reports made from the one moment until before the other, epoch ms. The first page is 1.
    pub async fn reports(&self, (from_ms, to_ms): (i64, i64), page: u64, size: u32) -> Result<ReportPage> {
        let body = json!({ "reportTimeFrom": from_ms, "reportTimeTo": to_ms, "page": page, "size": size });
        let data = self.send(Effect::Read, &self.connection.paths.report_list, &body).await?;
        if data.get("list").is_none_or(|list| !list.is_array() && !list.is_null()) && !data.is_null() {
            return Err(self.remote.vendor.unintelligible("the answer has no list of reports"));
        }
        let rows: Vec<_> = list_at(&data, "list").iter().map(Report::of).collect();
        let total = total_of(&data, rows.len(), size.into());
        Ok(ReportPage { rows, total })
    }
}
