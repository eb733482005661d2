//! Attendance: who came and went when, asked for by days of China.

use super::DingTalk;
use super::{Call, errors};
use crate::reply::{self, Reply};
use crate::system::Handle;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

/// Its path, POST.
pub(crate) const PATH: &str = "/attendance/list";
/// Users of one call, and records of one page.
const MAX_USERS: usize = 50;
/// Days of one call.
const DAYS: i32 = 7;
/// China's clock.
const CHINA_MS: i64 = 8 * 3_600_000;

/// One record: somebody's coming or going.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Id.
    pub id: i64,
    /// userId.
    pub userid: String,
    /// The day, `2021-07-10`.
    pub day: String,
    /// `OnDuty` or `OffDuty`.
    pub kind: String,
    /// `Normal`, `Late`, `NotSigned`, …
    pub result: String,
    /// `09:00:00`, when the person should.
    pub planned: String,
    /// When the person did; empty for who did not.
    pub checked: String,
}

impl Attendance {
    /// Somebody came at nine.
    pub fn came(id: i64, userid: &str, day: &str) -> Self {
        let text = str::to_owned;
        Self {
            id,
            userid: text(userid),
            day: text(day),
            kind: text("OnDuty"),
            result: text("Normal"),
            planned: text("09:00:00"),
            checked: text("08:58:12"),
        }
    }

    /// With this result, checked in at this time.
    #[must_use]
    pub fn result(mut self, result: &str, checked: &str) -> Self {
        (self.result, self.checked) = (result.to_owned(), checked.to_owned());
        self
    }

    fn at(&self, time: &str) -> Option<i64> {
        let at = DateTime::strptime("%Y-%m-%d %H:%M:%S", format!("{} {time}", self.day)).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond() - CHINA_MS)
    }

    fn to_json(&self) -> Value {
        let mut record = json!({
            "id": self.id, "recordId": self.id + 1_000_000, "userId": self.userid, "workDate": self.at("00:00:00"),
            "checkType": self.kind, "timeResult": self.result, "sourceType": "ATM", "planId": self.id,
            "locationResult": if self.result == "NotSigned" { "NotSigned" } else { "Normal" },
            "baseCheckTime": self.at(&self.planned), "groupId": 700, "procInstId": "", "approveId": null,
        });
        if let (Some(at), Some(fields)) = (self.at(&self.checked), record.as_object_mut()) {
            fields.insert("userCheckTime".into(), json!(at));
        }
        record
    }
}

impl Handle<'_, DingTalk> {
    /// Adds a record, or replaces the one with its id.
    pub fn put_attendance(&self, record: Attendance) {
        self.with(|s| {
            s.attendance.retain(|known| known.id != record.id);
            s.attendance.push(record);
        });
    }
}

/// `POST /attendance/list`. Whoever does not exist has no record, and that is no error.
pub(crate) fn list(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    match read(call) {
        Ok(query) => page(dingtalk, &query),
        Err(problem) => errors::old_api(400002, problem, &mut dingtalk.ids),
    }
}

struct AttendanceQuery {
    users: Vec<String>,
    from: Date,
    to: Date,
    offset: usize,
    limit: usize,
}

fn read(call: &Call<'_>) -> Result<AttendanceQuery, &'static str> {
    let time = |name: &str| {
        let text = call.body.get(name).and_then(Value::as_str)?;
        DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()
    };
    let from = time("workDateFrom").ok_or("参数错误: workDateFrom 格式为yyyy-MM-dd HH:mm:ss")?;
    let to = time("workDateTo").ok_or("参数错误: workDateTo 格式为yyyy-MM-dd HH:mm:ss")?;
    let apart = from.date().until(to.date()).map_or(i32::MAX, |length| length.get_days());
    if to < from || apart > DAYS {
        return Err("参数错误: 起始与结束工作日最多相隔7天");
    }
    let users: Vec<String> = call
        .body
        .get("userIdList")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    if users.is_empty() || users.len() > MAX_USERS {
        return Err("参数错误: userIdList 为1到50个用户");
    }
    let number = |name: &str| call.body.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let offset = number("offset").ok_or("缺少参数 offset")?;
    let limit = number("limit").filter(|limit| (1..=MAX_USERS).contains(limit)).ok_or("参数错误: limit 为1到50")?;
    Ok(AttendanceQuery { users, from: from.date(), to: to.date(), offset, limit })
}

/// `hasMore` stands beside the list, and is a text at some sites.
fn page(dingtalk: &DingTalk, query: &AttendanceQuery) -> Reply {
    let within = |record: &&Attendance| {
        let day = Date::strptime("%Y-%m-%d", &record.day).ok();
        query.users.contains(&record.userid) && day.is_some_and(|day| (query.from..=query.to).contains(&day))
    };
    let mut found = dingtalk.attendance.iter().filter(within).skip(query.offset);
    let list: Vec<Value> = found.by_ref().take(query.limit).map(Attendance::to_json).collect();
    let more = found.next().is_some();
    let more = if dingtalk.options.success_as_text { json!(more.to_string()) } else { json!(more) };
    reply::json(200, &json!({ "errcode": 0, "errmsg": "ok", "hasMore": more, "recordresult": list }))
}
