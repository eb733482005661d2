//! The people of a department itself.

use super::super::error::text;
use super::super::people::number;
use super::super::{DINGTALK, Dingtalk};
use serde_json::{Value, json};
use tenon_platform::error::Result;

/// People a page.
const PAGE: u32 = 100;

impl Dingtalk<'_> {
    /// Everybody of a department, as DingTalk tells of them, to the last page.
    ///
    /// # Errors
    /// DingTalk's.
    pub async fn members(&self, department: &str) -> Result<Vec<Value>> {
        let pace = self.pace();
        let (mut everybody, mut cursor) = (Vec::new(), Value::from(0));
        loop {
            let body = json!({ "dept_id": number(department), "cursor": cursor, "size": PAGE });
            let mut result = self.result("/topapi/v2/user/list", &body, &pace).await?;
            let Some(Value::Array(list)) = result.get_mut("list").map(Value::take) else {
                return Err(DINGTALK.unintelligible("the answer is no list of people"));
            };
            everybody.extend(list);
            let more = text(result.get("has_more")).is_some_and(|more| more == "true");
            match text(result.get("next_cursor")).map(|next| number(&next)) {
                _ if !more => return Ok(everybody),
                // A page that leads back would be read for ever.
                Some(next) if next != cursor => cursor = next,
                _ => return Err(DINGTALK.unintelligible("there are more people, and no place where they begin")),
            }
        }
    }
}
