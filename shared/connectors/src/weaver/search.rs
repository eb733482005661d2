//! Finding the request of a create whose answer was lost: among those its user handed in, by title and day.

use super::{Request, Weaver, error};
use crate::base::Effect;
use http::Method;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::HashSet;
use tenon_model::InstanceId;
use tenon_model::oa::LostCreate;
use tenon_platform::error::{Error, Result};

const PATH: &str = "/api/workflow/paService/getMyWorkflowRequestList";
const PAGE: usize = 50;
/// Pages are read until one has nothing new; this many at most.
const MAX_PAGES: usize = 100;

impl Weaver<'_> {
    /// The requests that may be it. One whose title is exactly the document's comes alone: titles that only begin
    /// so are those of an OA that adds to them.
    pub(super) async fn lost(&self, lost: &LostCreate) -> Result<Vec<InstanceId>> {
        let Some(user) = lost.originator.as_deref().filter(|_| self.connection.list_requests) else {
            return Err(not_listed("list_requests is false"));
        };
        let title = lost.title.as_deref().unwrap_or_default();
        let mut listed = Vec::new();
        for page in 1..=MAX_PAGES {
            let found = self.page(user, title, lost, page).await.map_err(unlisted)?;
            let before = listed.len();
            let known: HashSet<String> = listed.iter().map(|request: &Listed| request.id.clone()).collect();
            let full = found.len() >= PAGE;
            listed.extend(found.into_iter().filter(|request| !known.contains(&request.id)));
            if !full || listed.len() == before {
                break;
            }
        }
        let zone = &self.connection.time_zone;
        let mut fitting = Vec::new();
        for request in listed {
            let created = crate::time::weaver(&request.created, None, zone)?;
            // Some builds show no seconds.
            let in_time = created.is_none_or(|at| (lost.from_ms - 60_000..=lost.to_ms + 60_000).contains(&at));
            let of_form = request.workflow.as_deref().is_none_or(|workflow| workflow == lost.template);
            let of_user = request.creator.as_deref().is_none_or(|creator| creator == user);
            if in_time && of_form && of_user && begins(&request.title, title) {
                fitting.push(request);
            }
        }
        if fitting.iter().any(|request| request.title == title) {
            fitting.retain(|request| request.title == title);
        }
        Ok(fitting.into_iter().map(|request| InstanceId::new(request.id)).collect())
    }

    async fn page(&self, user: &str, title: &str, lost: &LostCreate, page: usize) -> Result<Vec<Listed>> {
        let conditions = json!({
            "requestname": title, "createdateselect": "6",
            "createdatefrom": self.day(lost.from_ms)?, "createdateto": self.day(lost.to_ms)?,
        });
        let fields =
            vec![("pageNo", page.to_string()), ("pageSize", PAGE.to_string()), ("conditions", conditions.to_string())];
        let request = Request { effect: Effect::Read, method: Method::POST, path: PATH, user, fields };
        let answer = self.send(&request).await?;
        let list = list(&answer)
            .ok_or_else(|| self.remote.vendor.unintelligible("the answer to the list of requests holds no list"))?;
        Ok(list.iter().filter_map(Listed::of).collect())
    }

    /// Whether the app may list requests: those of who reads, of today.
    pub(super) async fn may_list(&self) -> Result<()> {
        let now = self.remote.ctx.now_ms();
        let lost = LostCreate { from_ms: now, to_ms: now, ..LostCreate::default() };
        self.page(&self.connection.read_as, "", &lost, 1).await.map(drop)
    }

    fn day(&self, ms: i64) -> Result<String> {
        let name = &self.connection.time_zone;
        let zone = TimeZone::get(name).map_err(|e| {
            Error::permanent("config.time-zone", format!("{name} is no IANA time zone, such as Asia/Shanghai: {e}"))
        })?;
        let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(at.to_zoned(zone).date().to_string())
    }
}

/// One request of a list.
struct Listed {
    id: String,
    title: String,
    created: String,
    creator: Option<String>,
    workflow: Option<String>,
}

impl Listed {
    fn of(value: &Value) -> Option<Self> {
        let text = |value: &Value, names: [&str; 2]| {
            names.into_iter().find_map(|name| value.get(name)).and_then(error::text).filter(|text| !text.is_empty())
        };
        Some(Self {
            id: text(value, ["requestId", "requestid"])?,
            title: text(value, ["requestName", "requestname"]).unwrap_or_default(),
            created: text(value, ["createTime", "createtime"]).unwrap_or_default(),
            creator: text(value, ["creatorId", "creatorid"]),
            workflow: value
                .get("workflowBaseInfo")
                .and_then(|info| text(info, ["workflowId", "workflowid"]))
                .or_else(|| text(value, ["workflowId", "workflowid"])),
        })
    }
}

/// A bare list, or one in `data` or `datas`.
fn list(answer: &Value) -> Option<&Vec<Value>> {
    answer.as_array().or_else(|| {
        let inside = answer.get("data").or_else(|| answer.get("datas"))?;
        inside.as_array().or_else(|| inside.get("list")?.as_array())
    })
}

/// Whether it is the title, with nothing or with what the OA adds after it: the key it ends in must not go on.
fn begins(found: &str, title: &str) -> bool {
    let next = found.trim().strip_prefix(title.trim()).map(|rest| rest.chars().next());
    next.is_some_and(|next| next.is_none_or(|c| !c.is_alphanumeric()))
}

/// The site does not let requests be listed; nothing can be looked for there.
fn unlisted(error: Error) -> Error {
    if error.code == "weaver.forbidden" { not_listed(&error.message) } else { error }
}

fn not_listed(why: &str) -> Error {
    Error::permanent(
        "flow.instance-unclear",
        format!(
            "the create's answer was lost, and the requests of its user cannot be listed ({why}), so nothing is created \
             a second time. Look for the document's request in the OA by its title, delete it if it is there, and retry"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // R-W28
    #[test]
    fn a_title_is_told_from_one_whose_key_goes_on() {
        for (found, fits) in [
            ("采购申请 16", true),
            ("采购申请 16-张三-2024-12-04", true),
            ("采购申请 161", false),
            ("采购申请 1", false),
        ] {
            assert_eq!(begins(found, "采购申请 16"), fits, "{found}");
        }
    }

    #[test]
    fn lists_come_bare_or_wrapped() {
        for answer in [
            json!([{"requestId": 1}]),
            json!({"data": [{"requestid": "1"}]}),
            json!({"status": "1", "datas": [{"requestId": "1"}]}),
        ] {
            let found = list(&answer).unwrap().iter().filter_map(Listed::of).map(|r| r.id).collect::<Vec<_>>();
            assert_eq!(found, ["1"], "{answer}");
        }
        assert!(list(&json!({"data": {}})).is_none());
    }
}
