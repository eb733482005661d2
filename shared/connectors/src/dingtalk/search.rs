//! Finding instances by form and time, which is how a creation without an answer is looked up.

use super::error::text;
use super::{Api, Dingtalk, Request};
use http::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use tenon_model::InstanceId;
use tenon_platform::error::{Error, Result};

const PATH: &str = "/v1.0/workflow/processes/instanceIds/query";
/// DingTalk's largest page.
const PAGE: u32 = 20;

impl Dingtalk<'_> {
    /// Ids of the instances of a form that were created in a time window (epoch ms, both ends
    /// included, at most 120 days), by one user if given; in DingTalk's order.
    ///
    /// # Errors
    /// `dingtalk.answer` when the pages run in a circle.
    pub(super) async fn instance_ids(
        &self,
        process_code: &str,
        start_ms: i64,
        end_ms: i64,
        user: Option<&str>,
    ) -> Result<Vec<InstanceId>> {
        let mut ids = Vec::new();
        let mut next = json!(0);
        let mut met = HashSet::from(["0".to_owned()]);
        loop {
            let mut body = json!({
                "processCode": process_code, "startTime": start_ms, "endTime": end_ms,
                "nextToken": next, "maxResults": PAGE,
            });
            if let (Some(user), Some(fields)) = (user, body.as_object_mut()) {
                fields.insert("userIds".to_owned(), json!([user]));
            }
            let request = Request {
                api: Api::New,
                method: Method::POST,
                path: PATH,
                query: String::new(),
                body: Some(body),
                creates: false,
            };
            let answer = self.send(&request).await?;
            let result = answer.get("result").unwrap_or(&Value::Null);
            let list = result.get("list").and_then(Value::as_array);
            ids.extend(list.into_iter().flatten().filter_map(|id| text(Some(id))).map(InstanceId::new));
            let Some(token) = text(result.get("nextToken")).filter(|t| !t.is_empty()) else { return Ok(ids) };
            if !met.insert(token.clone()) {
                let error = Error::transient("dingtalk.answer", "DingTalk's next page is one that was read already");
                return Err(error.during(format!("dingtalk POST {PATH}")));
            }
            // The documents show a number; what came is sent back as a number when it is one.
            next = token.parse::<i64>().map_or_else(|_| json!(token), |n| json!(n));
        }
    }
}
