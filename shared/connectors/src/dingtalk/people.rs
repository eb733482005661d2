//! Departments and people. Flags and numbers come as texts from some sites; a page is the last when it says so.

use super::error::text;
use super::{Api, DINGTALK, Dingtalk, Request};
use crate::directory::{FoundDepartment, FoundPerson, PeoplePage};
use http::Method;
use serde_json::{Value, json};
use tenon_platform::error::Result;

/// People a page.
const PAGE: u32 = 100;

impl Dingtalk<'_> {
    pub(crate) async fn department(&self, id: &str) -> Result<FoundDepartment> {
        let result = self.topapi("/topapi/v2/department/get", json!({ "dept_id": number(id) })).await?;
        let name = text(result.get("name")).ok_or_else(|| DINGTALK.unintelligible("a department has no name"))?;
        Ok(FoundDepartment { id: id.to_owned(), name, parent: None })
    }

    pub(crate) async fn managers(&self, id: &str) -> Result<Vec<String>> {
        let result = self.topapi("/topapi/v2/department/get", json!({ "dept_id": number(id) })).await?;
        let listed = result.get("dept_manager_userid_list").and_then(Value::as_array);
        Ok(listed.into_iter().flatten().filter_map(|one| text(Some(one))).collect())
    }

    pub(crate) async fn departments_below(&self, id: &str) -> Result<Vec<FoundDepartment>> {
        let result = self.topapi("/topapi/v2/department/listsub", json!({ "dept_id": number(id) })).await?;
        let Value::Array(all) = result else {
            return Err(DINGTALK.unintelligible("the answer is no list of departments"));
        };
        all.iter()
            .map(|one| match (text(one.get("dept_id")), text(one.get("name"))) {
                (Some(own), Some(name)) => Ok(FoundDepartment { id: own, name, parent: Some(id.to_owned()) }),
                _ => Err(DINGTALK.unintelligible("a department has no id or no name")),
            })
            .collect()
    }

    pub(crate) async fn people(&self, department: &str, cursor: Option<&str>) -> Result<PeoplePage> {
        let cursor = number(cursor.unwrap_or("0"));
        let body = json!({ "dept_id": number(department), "cursor": cursor, "size": PAGE });
        let result = self.topapi("/topapi/v2/user/list", body).await?;
        let Some(list) = result.get("list").and_then(Value::as_array) else {
            return Err(DINGTALK.unintelligible("the answer is no list of people"));
        };
        let people = list.iter().map(|one| person(one, department)).collect::<Result<Vec<_>>>()?;
        let more = text(result.get("has_more")).is_some_and(|more| more == "true");
        let next = match (more, text(result.get("next_cursor"))) {
            (false, _) => None,
            // A page that leads back would be read for ever.
            (true, Some(next)) if number(&next) != cursor => Some(next),
            (true, _) => return Err(DINGTALK.unintelligible("there are more people, and no place where they begin")),
        };
        Ok(PeoplePage { people, next })
    }

    async fn topapi(&self, path: &'static str, body: Value) -> Result<Value> {
        let request = Request {
            api: Api::Old,
            method: Method::POST,
            path,
            query: String::new(),
            body: Some(body),
            creates: false,
        };
        let mut answer = self.send(&request).await?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(DINGTALK.unintelligible("the answer has no result")),
        }
    }
}

pub(super) fn person(one: &Value, department: &str) -> Result<FoundPerson> {
    let of = |name: &str| text(one.get(name)).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let id = of("userid").ok_or_else(|| DINGTALK.unintelligible("a person has no userid"))?;
    let mut departments: Vec<String> =
        one.get("dept_id_list").and_then(Value::as_array).into_iter().flatten().filter_map(|d| text(Some(d))).collect();
    if departments.is_empty() {
        departments.push(department.to_owned());
    }
    Ok(FoundPerson {
        name: of("name").unwrap_or_else(|| id.clone()),
        mobile: of("mobile"),
        email: of("email"),
        id,
        departments,
        // Told of each person alone (`user/get`), and not in lists.
        supervisor: of("manager_userid"),
        active: true,
    })
}

/// Ids and cursors are numbers on the wire.
pub(super) fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Into::into)
}
