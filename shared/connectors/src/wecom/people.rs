//! Departments and members. One call tells all departments below one; mobile numbers and addresses are there only where
//! the company lets the app see them.

use super::error::text;
use super::{WECOM, Wecom};
use crate::base::encode::percent;
use crate::directory::{FoundDepartment, FoundPerson, PeoplePage};
use serde_json::Value;
use tenon_platform::error::{ErrorKind, Result, Retry};

/// States of a member who is here: active, and not yet activated.
const HERE: [&str; 2] = ["1", "4"];

impl Wecom<'_> {
    pub(crate) async fn department(&self, id: &str) -> Result<FoundDepartment> {
        let found = self.listed(id).await?.into_iter().find(|department| department.id == id);
        let found = found.ok_or_else(|| WECOM.not_found(&format!("the app sees no department {id}")))?;
        Ok(FoundDepartment { parent: None, ..found })
    }

    pub(crate) async fn departments_below(&self, id: &str) -> Result<Vec<FoundDepartment>> {
        Ok(self.listed(id).await?.into_iter().filter(|department| department.id != id).collect())
    }

    /// UserIds of those who lead a department; nothing where the app is not told of leaders.
    pub(crate) async fn managers(&self, id: &str) -> Result<Option<Vec<String>>> {
        let answer = match self.fetch("/department/get", &format!("id={}", percent(id))).await {
            Ok(answer) => answer,
            // The company may forbid this one call: who is where is read all the same.
            Err(error) if error.retry == Retry::Permanent && error.kind() == ErrorKind::Unreachable => {
                tracing::warn!(error.code = error.code, error.message = %error, "WeCom tells this app of no department's leaders");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let leaders = answer.get("department").and_then(|one| one.get("department_leader")).and_then(Value::as_array);
        let leader_id = |leader: &Value| text(leader).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        Ok(leaders.map(|leaders| leaders.iter().filter_map(leader_id).collect()))
    }

    async fn listed(&self, id: &str) -> Result<Vec<FoundDepartment>> {
        let answer = self.fetch("/department/list", &format!("id={}", percent(id))).await?;
        let Some(all) = answer.get("department").and_then(Value::as_array) else {
            return Err(WECOM.unintelligible("the answer is no list of departments"));
        };
        all.iter()
            .map(|one| {
                let of = |name: &str| one.get(name).and_then(text).filter(|text| !text.is_empty());
                match (of("id"), of("name")) {
                    (Some(id), Some(name)) => Ok(FoundDepartment { id, name, parent: of("parentid") }),
                    _ => Err(WECOM.unintelligible("a department has no id or no name")),
                }
            })
            .collect()
    }

    pub(crate) async fn people(&self, department: &str) -> Result<PeoplePage> {
        let query = format!("department_id={}&fetch_child=0", percent(department));
        let answer = self.fetch("/user/list", &query).await?;
        let Some(all) = answer.get("userlist").and_then(Value::as_array) else {
            return Err(WECOM.unintelligible("the answer is no list of members"));
        };
        let people = all.iter().map(|one| member(one, department)).collect::<Result<Vec<_>>>()?;
        Ok(PeoplePage { people, next: None })
    }
}

fn member(one: &Value, department: &str) -> Result<FoundPerson> {
    let of = |name: &str| one.get(name).and_then(text).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let id = of("userid").ok_or_else(|| WECOM.unintelligible("a member has no userid"))?;
    let mut departments: Vec<String> =
        one.get("department").and_then(Value::as_array).into_iter().flatten().filter_map(text).collect();
    if let Some(main) = of("main_department") {
        departments.retain(|other| *other != main);
        departments.insert(0, main);
    }
    if departments.is_empty() {
        departments.push(department.to_owned());
    }
    let leaders = one.get("direct_leader").and_then(Value::as_array).into_iter().flatten().filter_map(text);
    let supervisor = leaders.map(|leader| leader.trim().to_owned()).find(|leader| !leader.is_empty() && *leader != id);
    let active = of("status").is_none_or(|status| HERE.contains(&status.as_str()));
    let email = of("email").or_else(|| of("biz_mail"));
    Ok(FoundPerson {
        name: of("name").unwrap_or_else(|| id.clone()),
        mobile: of("mobile"),
        email,
        id,
        departments,
        supervisor,
        active,
    })
}
