//! Departments and members. One call gives everybody below a department, each once; a member's mobile number and address
//! are there only where the company lets the app see them.

use super::{WeCom, error, fine};
use crate::reply::Reply;
use crate::system::Handle;
use crate::url;
use serde_json::{Value, json};

/// A department; the root is 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WecomDepartment {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The one above; 0 for the root.
    pub parent: i64,
    /// UserIds of those who lead it.
    pub leaders: Vec<String>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WecomMember {
    /// UserId.
    pub userid: String,
    /// Name.
    pub name: String,
    /// Departments, the main one first.
    pub departments: Vec<i64>,
    /// Mobile number; empty where the app may not see it.
    pub mobile: String,
    /// 1 active, 2 disabled, 4 not activated, 5 left.
    pub status: i64,
    /// UserId of whom the member reports to; empty for nobody.
    pub leader: String,
}

/// Who is there.
#[derive(Debug)]
pub(super) struct Contacts {
    departments: Vec<WecomDepartment>,
    members: Vec<WecomMember>,
}

impl Default for Contacts {
    fn default() -> Self {
        let department =
            |id, name: &str, parent| WecomDepartment { id, name: name.to_owned(), parent, leaders: Vec::new() };
        let member = |userid: &str, name: &str, departments: &[i64]| WecomMember {
            userid: userid.to_owned(),
            name: name.to_owned(),
            departments: departments.to_vec(),
            mobile: String::new(),
            status: 1,
            leader: String::new(),
        };
        Self {
            departments: vec![department(1, "示例公司", 0), department(2, "销售部", 1), department(3, "华东组", 2)],
            members: vec![member("felix", "费总", &[1]), member("zhaoliu", "赵六", &[2, 3])],
        }
    }
}

impl Handle<'_, WeCom> {
    /// Adds a department, or replaces the one with its id.
    pub fn put_department(&self, department: WecomDepartment) {
        self.with(|s| {
            s.contacts.departments.retain(|d| d.id != department.id);
            s.contacts.departments.push(department);
        });
    }

    /// Adds a member, or replaces the one with the id.
    pub fn put_member(&self, member: WecomMember) {
        self.with(|s| {
            s.contacts.members.retain(|m| m.userid != member.userid);
            s.contacts.members.push(member);
        });
    }

    /// A member leaves.
    pub fn remove_member(&self, userid: &str) {
        self.with(|s| s.contacts.members.retain(|m| m.userid != userid));
    }
}

impl WeCom {
    /// `GET /department/list`, `GET /department/get` and `GET /user/list`; nothing for another path.
    pub(super) fn contacts(&self, path: &str, query: &[(String, String)]) -> Option<Reply> {
        let number = |name: &str| url::find(query, name).and_then(|text| text.parse::<i64>().ok());
        match path {
            "/department/list" => Some(self.listed_departments(number("id").unwrap_or(1))),
            "/department/get" => Some(self.got_department(number("id").unwrap_or(0))),
            "/user/list" => {
                Some(self.listed_members(number("department_id").unwrap_or(1), number("fetch_child") == Some(1)))
            }
            _ => None,
        }
    }

    fn below(&self, root: i64) -> Vec<i64> {
        let mut found = vec![root];
        let mut at = 0;
        while let Some(id) = found.get(at).copied() {
            found.extend(self.contacts.departments.iter().filter(|d| d.parent == id).map(|d| d.id));
            at += 1;
        }
        found
    }

    fn got_department(&self, id: i64) -> Reply {
        match self.contacts.departments.iter().find(|d| d.id == id) {
            Some(department) => fine(json!({ "department": shown_department(department) })),
            None => error(60123, "invalid party id"),
        }
    }

    fn listed_departments(&self, root: i64) -> Reply {
        let ids = self.below(root);
        let all = self.contacts.departments.iter().filter(|d| ids.contains(&d.id));
        let all: Vec<Value> = all.map(shown_department).collect();
        if all.is_empty() { error(60123, "invalid party id") } else { fine(json!({ "department": all })) }
    }

    fn listed_members(&self, root: i64, with_children: bool) -> Reply {
        if !self.contacts.departments.iter().any(|d| d.id == root) {
            return error(60123, "invalid party id");
        }
        let ids = if with_children { self.below(root) } else { vec![root] };
        let there = |m: &&WecomMember| m.departments.iter().any(|id| ids.contains(id));
        let shown = |m: &WecomMember| {
            let mut member = json!({ "userid": m.userid, "name": m.name, "department": m.departments,
                "main_department": m.departments.first(),
                "direct_leader": Some(&m.leader).filter(|leader| !leader.is_empty()).into_iter().collect::<Vec<_>>(), "status": m.status, "enable": i64::from(m.status != 2) });
            if let (false, Some(fields)) = (m.mobile.is_empty(), member.as_object_mut()) {
                fields.insert("mobile".into(), json!(m.mobile));
            }
            member
        };
        fine(json!({ "userlist": self.contacts.members.iter().filter(there).map(shown).collect::<Vec<_>>() }))
    }
}

fn shown_department(department: &WecomDepartment) -> Value {
    let WecomDepartment { id, name, parent, leaders } = department;
    json!({ "id": id, "name": name, "name_en": "", "department_leader": leaders, "parentid": parent, "order": 100 - id })
}
