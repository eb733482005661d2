//! When somebody came and went.

use super::super::error::text;
use super::super::{DINGTALK, Dingtalk};
use super::spans::{Span, in_china};
use super::trouble::Trouble;
use super::{Pace, WIDTH};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use tenon_platform::error::{Error, Result};

/// Records a page.
const PAGE: usize = 50;

impl Dingtalk<'_> {
    /// Somebody's attendance in a span, as DingTalk tells of it, window by window and to the last page of each; the
    /// times are given in words too.
    ///
    /// # Errors
    /// DingTalk's; that there is no such user.
    pub async fn attendance(&self, user: &str, span: &Span) -> Result<Vec<Value>> {
        let (pace, windows) = (self.pace(), span.windows());
        let pace = &pace;
        let reads = stream::iter(windows).map(|window| async move { self.window(user, &window, pace).await });
        let reads = reads.buffered(WIDTH);
        let pages: Vec<Vec<Value>> = reads.try_collect().await?;
        let mut seen = HashSet::new();
        let mut records: Vec<Value> = pages.into_iter().flatten().collect();
        // On the border of two windows a record may be told twice.
        records.retain(|record| text(record.get("id")).is_none_or(|id| seen.insert(id)));
        if records.is_empty() {
            self.there_is(user, pace).await?;
        }
        Ok(records.into_iter().map(in_words).collect())
    }

    async fn window(&self, user: &str, (from, to): &(String, String), pace: &Pace) -> Result<Vec<Value>> {
        let mut records = Vec::new();
        loop {
            let body = json!({
                "workDateFrom": from, "workDateTo": to, "userIdList": [user],
                "offset": records.len(), "limit": PAGE, "isI18n": "false",
            });
            let mut answer = self.view("/attendance/list", &body, pace).await?;
            let Some(Value::Array(page)) = answer.get_mut("recordresult").map(Value::take) else {
                return Err(DINGTALK.unintelligible("the answer is no list of attendance"));
            };
            let more = text(answer.get("hasMore")).is_some_and(|more| more == "true");
            let none = page.is_empty();
            records.extend(page);
            match (more, none) {
                (false, _) => return Ok(records),
                (true, true) => return Err(DINGTALK.unintelligible("there is more attendance, and no page of it")),
                (true, false) => {}
            }
        }
    }

    /// Nothing is told of somebody who does not exist, either: asks who it is. Whether there is such a user stays
    /// open where the app may not ask.
    async fn there_is(&self, user: &str, pace: &Pace) -> Result<()> {
        let found = self.view("/topapi/v2/user/get", &json!({ "userid": user }), pace).await;
        let nobody = |error: &Error| Trouble::of(error) == Trouble::NoUser;
        match found {
            Err(error) if nobody(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The record with its times and words as people read them, beside what DingTalk said.
fn in_words(record: Value) -> Value {
    let Value::Object(mut fields) = record else { return record };
    for (ms, name, pattern) in [
        ("workDate", "workDay", "%Y-%m-%d"),
        ("baseCheckTime", "baseCheckAt", "%Y-%m-%d %H:%M:%S"),
        ("userCheckTime", "userCheckAt", "%Y-%m-%d %H:%M:%S"),
    ] {
        let at = text(fields.get(ms)).and_then(|ms| ms.parse().ok()).and_then(in_china);
        if let Some(at) = at {
            fields.insert(name.to_owned(), Value::from(at.strftime(pattern).to_string()));
        }
    }
    word(&mut fields, "checkType", &[("OnDuty", "上班"), ("OffDuty", "下班")]);
    word(
        &mut fields,
        "timeResult",
        &[
            ("Normal", "正常"),
            ("Early", "早退"),
            ("Late", "迟到"),
            ("SeriousLate", "严重迟到"),
            ("Absenteeism", "旷工迟到"),
            ("NotSigned", "未打卡"),
        ],
    );
    word(&mut fields, "locationResult", &[("Normal", "范围内"), ("Outside", "范围外"), ("NotSigned", "未打卡")]);
    Value::Object(fields)
}

fn word(fields: &mut Map<String, Value>, name: &str, words: &[(&str, &str)]) {
    let given = fields.get(name).and_then(Value::as_str).unwrap_or_default();
    if let Some((_, shown)) = words.iter().find(|(known, _)| *known == given) {
        fields.insert(format!("{name}Text"), Value::from(*shown));
    }
}
