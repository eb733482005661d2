//! Feedings of material, by their ids and by their times.

use super::Blacklake;
use crate::base::Effect;
use serde_json::json;
use tenon_model::blacklake::{Feeding, SeenFeeding, list_at, total_of};
use tenon_platform::error::Result;

impl Blacklake<'_> {
    /// A feeding by the id of its detail (投料记录详情); `None` when the MES shows none.
    pub async fn feeding(&self, id: i64) -> Result<Option<Feeding>> {
        let body = json!({ "feedRecordDetailId": id });
        let data = self.send(Effect::Read, &self.connection.paths.feed_detail, &body).await?;
        Ok(Feeding::of(&data))
    }

    /// One page of a work order's feedings (投料记录列表) from the one moment until the other, epoch ms, which lie at most
    /// an hour apart; and how many there are on all pages. The first page is 1.
    pub async fn feedings(
        &self,
        work_order: Option<i64>,
        (from_ms, to_ms): (i64, i64),
        page: u64,
        size: u32,
    ) -> Result<(Vec<SeenFeeding>, u64)> {
        let mut body = json!({ "feedTimeStart": from_ms, "feedTimeEnd": to_ms, "page": page, "size": size });
        if let (Some(id), Some(fields)) = (work_order, body.as_object_mut()) {
            fields.insert("workOrderId".to_owned(), id.into());
        }
        let data = self.send(Effect::Read, &self.connection.paths.feed_list, &body).await?;
        let rows = list_at(&data, "list");
        let rows = if rows.is_empty() { data.as_array().map_or(&[][..], Vec::as_slice) } else { rows };
        let total = total_of(&data, rows.len(), size.into());
        Ok((rows.iter().filter_map(SeenFeeding::of).collect(), total))
    }
}
