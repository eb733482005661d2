//! Finding approvals by template, originator and time.

use super::Wecom;
use super::error::text;
use crate::base::Effect;
use serde_json::{Value, json};
use std::collections::HashSet;
use tenon_model::InstanceId;
use tenon_platform::error::Result;

const PATH: &str = "/oa/getapprovalinfo";
/// WeCom's largest page.
const PAGE: u32 = 100;
/// Seconds that one call may cover: 31 days, less an hour for summer time.
pub(super) const WINDOW: i64 = 31 * 86_400 - 3_600;

impl Wecom<'_> {
    /// Numbers of the approvals of a template that were handed in within a time (epoch ms), by one user if given;
    /// to the last page, which is the one without a cursor.
    pub(super) async fn numbers(
        &self,
        template: &str,
        from_ms: i64,
        to_ms: i64,
        user: Option<&str>,
    ) -> Result<Vec<InstanceId>> {
        let mut filters = vec![json!({"key": "template_id", "value": template})];
        filters.extend(user.map(|user| json!({"key": "creator", "value": user})));
        // Whole seconds around the time.
        let (mut from, to) = (from_ms.div_euclid(1000), to_ms.div_euclid(1000) + 1);
        let mut ids = Vec::new();
        while from <= to {
            let until = to.min(from + WINDOW);
            self.window(from, until, &filters, &mut ids).await?;
            from = until + 1;
        }
        let mut met = HashSet::new();
        ids.retain(|id: &InstanceId| met.insert(id.clone()));
        Ok(ids)
    }

    async fn window(&self, from: i64, to: i64, filters: &[Value], ids: &mut Vec<InstanceId>) -> Result<()> {
        let mut cursor = String::new();
        let mut met = HashSet::from([String::new()]);
        loop {
            let body = json!({"starttime": from.to_string(), "endtime": to.to_string(), "new_cursor": cursor,
                "size": PAGE, "filters": filters});
            let answer = self.send(Effect::Read, PATH, &body).await?;
            let list = answer.get("sp_no_list").and_then(Value::as_array);
            ids.extend(list.into_iter().flatten().filter_map(text).map(InstanceId::new));
            match answer.get("new_next_cursor").and_then(text).filter(|next| !next.is_empty()) {
                None => return Ok(()),
                Some(next) if met.insert(next.clone()) => cursor = next,
                Some(_) => {
                    return Err(self.remote.vendor.unintelligible("WeCom's next page is one that was read already"));
                }
            }
        }
    }

    /// Whether the app may read approvals at all: those of the last minute.
    pub(super) async fn may_read(&self) -> Result<()> {
        let now = self.remote.ctx.now_ms().div_euclid(1000);
        let body = json!({"starttime": (now - 60).to_string(), "endtime": now.to_string(), "new_cursor": "",
            "size": 1, "filters": []});
        self.send(Effect::Read, PATH, &body).await.map(drop)
    }
}
