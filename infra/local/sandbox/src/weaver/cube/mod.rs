//! The cube: tables whose rows are saved and listed by interfaces of their own names. A call proves itself by an MD5 of
//! system id, password and the OA's local time; a row without its id is always a new one.

mod answers;
mod rows;

pub use answers::CubeAnswers;
pub(super) use rows::Cube;
pub use rows::CubeTable;
use rows::text_at;

use super::Weaver;
use crate::reply::{self, Reply};
use crate::system::Handle;
use crate::url;
use serde_json::{Value, json};
use tenon_crypto::weaver::cube_md5;

/// Below this path are the interfaces.
pub(super) const ROOT: &str = "/api/cube/restful/interface/";

impl Weaver {
    /// Answers a call to an interface.
    pub(super) fn cube(&mut self, now_ms: i64, path: &str, body: &[u8]) -> Reply {
        let fields = url::query(&String::from_utf8_lossy(body));
        let sent = url::find(&fields, "datajson").and_then(|text| serde_json::from_str::<Value>(text).ok());
        let Some(sent) = sent else { return self.options.cube_answers.refusal("-1", "datajson不是JSON") };
        if let Some(why) = self.unproven(now_ms, &sent) {
            return self.options.cube_answers.refusal("-1", why);
        }
        match path.split_once('/') {
            Some(("saveOrUpdateModeData", name)) => self.save(name, &sent),
            Some(("getModeDataPageList", name)) => self.list(name, &sent),
            _ => reply::html(404),
        }
    }

    /// Why a call is not let in.
    fn unproven(&self, now_ms: i64, sent: &Value) -> Option<&'static str> {
        let header = |name: &str| text_at(sent, &format!("/header/{name}"));
        let time = header("currentDateTime");
        if time.len() != 14 || !time.bytes().all(|b| b.is_ascii_digit()) || !near(time, now_ms) {
            return Some("currentDateTime无效");
        }
        let expected = cube_md5(&self.options.system_id, &self.options.system_password, time);
        let known = header("systemid") == self.options.system_id && header("Md5") == expected;
        (!known).then_some("md5校验失败")
    }

    fn save(&mut self, name: &str, sent: &Value) -> Reply {
        self.cube.seen.push((name.to_owned(), sent.clone()));
        let answers = self.options.cube_answers;
        // Its own name, or that of the interface beside it that changes rows.
        let own = name.strip_suffix("-change").unwrap_or(name);
        let Some(shape) = self.options.cube.get(own) else { return answers.refusal("-1", "接口不存在") };
        let records = sent["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let results: Vec<Result<String, String>> =
            records.iter().map(|record| self.cube.save(own, shape, record)).collect();
        match results.as_slice() {
            [Err(why)] => answers.refusal("4", why),
            results => answers.saved(results),
        }
    }

    fn list(&self, name: &str, sent: &Value) -> Reply {
        let table = self.options.cube.iter().find(|(_, table)| table.lists.contains(name));
        let Some((table, shape)) = table else { return self.options.cube_answers.refusal("-1", "接口不存在") };
        let number = |name: &str| text_at(sent, &format!("/pageInfo/{name}")).parse::<usize>().ok();
        let (page, size) = (number("pageNo").unwrap_or(1).max(1), number("pageSize").unwrap_or(10));
        let found = self.cube.found(table, shape, &sent["mainTable"]);
        let shown: Vec<Value> = found.into_iter().skip((page - 1) * size).take(size).collect();
        reply::json(200, &json!({ "result": Value::from(shown).to_string() }))
    }
}

/// Whether a time of the OA's clock, which is China's, is within an hour of ours.
fn near(time: &str, now_ms: i64) -> bool {
    let part = |from: usize, to: usize| time.get(from..to).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    // Days since 1970 by the civil calendar.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + part(8, 10) * 3_600 + part(10, 12) * 60 + part(12, 14) - 8 * 3_600;
    (seconds * 1000 - now_ms).abs() <= 3_600_000
}

impl Handle<'_, Weaver> {
    /// Rows of a table of the cube, in the order of their making.
    pub fn cube_rows(&self, table: &str) -> Vec<Value> {
        self.with(|s| s.cube.rows.get(table).cloned().unwrap_or_default())
    }

    /// Bodies of savings that proved themselves, with their interfaces, in the order of their arrival.
    pub fn cube_savings(&self) -> Vec<(String, Value)> {
        self.with(|s| s.cube.seen.clone())
    }

    /// Puts a row into a table, as people do who fill it in by hand. Returns its id.
    pub fn cube_fill(&self, table: &str, columns: &Value) -> String {
        let record = json!({ "operationinfo": { "operator": "1" }, "mainTable": columns });
        self.with(|s| s.cube.save(table, &CubeTable::default(), &record).unwrap_or_default())
    }
}
