//! Departments and people.

use super::DingTalk;
use super::{Call, errors};
use crate::reply::{self, Reply};
use crate::system::Handle;
use serde_json::{Value, json};

/// The calls answered here, all POST.
pub(crate) const PATHS: [&str; 4] = [
    "/topapi/v2/department/listsub",
    "/topapi/v2/department/listsubid",
    "/topapi/v2/department/get",
    "/topapi/v2/user/list",
];

/// Who a user is, POST.
pub(crate) const USER: &str = "/topapi/v2/user/get";

/// A department; the root is 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The one above; 0 for the root.
    pub parent: i64,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// userId.
    pub userid: String,
    /// Name.
    pub name: String,
    /// Departments; the person is listed once in each.
    pub departments: Vec<i64>,
    /// Mobile number; empty where the app may not see it.
    pub mobile: String,
    /// E-mail address.
    pub email: String,
    /// Job number (工号).
    pub job_number: String,
    /// Whether the person has activated DingTalk.
    pub active: bool,
}

impl Person {
    /// Somebody in these departments.
    pub fn new(userid: &str, name: &str, departments: &[i64]) -> Self {
        Self {
            userid: userid.to_owned(),
            name: name.to_owned(),
            departments: departments.to_vec(),
            mobile: String::new(),
            email: String::new(),
            job_number: String::new(),
            active: true,
        }
    }

    /// With a mobile number.
    #[must_use]
    pub fn mobile(mut self, mobile: &str) -> Self {
        self.mobile = mobile.to_owned();
        self
    }

    /// With an e-mail address.
    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = email.to_owned();
        self
    }
}

pub(crate) struct Directory {
    departments: Vec<Department>,
    /// Department and userId.
    managers: Vec<(i64, String)>,
    people: Vec<Person>,
}

impl Directory {
    pub(crate) fn demo() -> Self {
        let department = |id, name: &str, parent| Department { id, name: name.into(), parent };
        let person = Person::new;
        Self {
            departments: vec![
                department(1, "示例公司", 0),
                department(100, "采购部", 1),
                department(200, "销售部", 1),
                department(300, "仓储部", 1),
                department(101, "原料采购组", 100),
            ],
            managers: vec![(100, "manager01".to_owned())],
            people: vec![
                person("manager01", "王经理", &[1, 100]).mobile("13800000001"),
                person("zhangsan", "张三", &[100]).mobile("13800000002"),
                person("lisi", "李四", &[200]).mobile("13800000003"),
                person("wangwu", "王五", &[300]).mobile("13800000004"),
            ],
        }
    }

    pub(crate) fn has(&self, userid: &str) -> bool {
        self.people.iter().any(|p| p.userid == userid)
    }

    pub(crate) fn name_of<'a>(&'a self, userid: &'a str) -> &'a str {
        self.people.iter().find(|p| p.userid == userid).map_or(userid, |p| p.name.as_str())
    }

    pub(crate) fn department_name(&self, id: i64) -> &str {
        let id = if id == -1 { 1 } else { id };
        self.departments.iter().find(|d| d.id == id).map_or("", |d| d.name.as_str())
    }
}

impl Handle<'_, DingTalk> {
    /// Adds a department, or renames and moves the one with its id.
    pub fn put_department(&self, department: Department) {
        self.with(|s| {
            let list = &mut s.directory.departments;
            list.retain(|d| d.id != department.id);
            list.push(department);
        });
    }

    /// Somebody manages a department.
    pub fn put_manager(&self, department: i64, userid: &str) {
        self.with(|s| s.directory.managers.push((department, userid.to_owned())));
    }

    /// Nobody manages a department any more.
    pub fn clear_managers(&self, department: i64) {
        self.with(|s| s.directory.managers.retain(|(id, _)| *id != department));
    }

    /// A department is dissolved.
    pub fn remove_department(&self, id: i64) {
        self.with(|s| s.directory.departments.retain(|d| d.id != id));
    }

    /// Somebody leaves the company.
    pub fn remove_person(&self, userid: &str) {
        self.with(|s| s.directory.people.retain(|p| p.userid != userid));
    }

    /// Adds a person, or replaces the one with their userId.
    pub fn put_person(&self, person: Person) {
        self.with(|s| {
            let list = &mut s.directory.people;
            list.retain(|p| p.userid != person.userid);
            list.push(person);
        });
    }
}

/// Answers the calls of [`PATHS`].
pub(crate) fn answer(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let directory = &dingtalk.directory;
    let id = call.body.get("dept_id").and_then(integer).unwrap_or(1);
    let Some(department) = directory.departments.iter().find(|d| d.id == id) else {
        return errors::old_api(60003, "部门不存在", &mut dingtalk.ids);
    };
    if dingtalk.options.out_of_scope.contains(&id) {
        return errors::old_api(50004, "请求的部门id不在授权范围内", &mut dingtalk.ids);
    }
    let below = || directory.departments.iter().filter(|d| d.parent == id);
    let result = match call.path {
        "/topapi/v2/department/listsub" => below()
            .map(|d| json!({"dept_id": d.id, "name": d.name, "parent_id": d.parent, "create_dept_group": true, "auto_add_user": true}))
            .collect(),
        "/topapi/v2/department/listsubid" => json!({"dept_id_list": below().map(|d| d.id).collect::<Vec<_>>()}),
        "/topapi/v2/department/get" => {
            let members = directory.people.iter().filter(|p| p.departments.contains(&id)).count();
            let managers: Vec<&String> =
                directory.managers.iter().filter(|(own, _)| *own == id).map(|(_, userid)| userid).collect();
            json!({"dept_id": id, "name": department.name, "parent_id": department.parent, "order": 0,
                "dept_manager_userid_list": managers, "member_count": members})
        }
        _ => match people_page(directory, dingtalk.options.success_as_text, id, &call.body) {
            Ok(page) => page,
            Err(problem) => return errors::old_api(400002, problem, &mut dingtalk.ids),
        },
    };
    reply::json(200, &json!({"errcode": 0, "errmsg": "ok", "result": result, "request_id": dingtalk.ids.token()}))
}

/// `POST /topapi/v2/user/get`.
pub(crate) fn user(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let id = call.body.get("userid").and_then(Value::as_str).unwrap_or_default();
    match dingtalk.directory.people.iter().find(|p| p.userid == id).map(person_json) {
        Some(result) => reply::json(200, &json!({"errcode": 0, "errmsg": "ok", "result": result})),
        None => errors::old_api(60121, "找不到该用户", &mut dingtalk.ids),
    }
}

fn person_json(p: &Person) -> Value {
    json!({"userid": p.userid, "unionid": format!("union-{}", p.userid), "name": p.name, "active": p.active,
        "admin": false, "boss": false, "leader": false, "hide_mobile": false, "dept_id_list": p.departments,
        "mobile": p.mobile, "email": p.email, "job_number": p.job_number})
}

/// `has_more` and `next_cursor` are texts at some sites.
fn people_page(directory: &Directory, as_text: bool, department: i64, body: &Value) -> Result<Value, &'static str> {
    let number = |name: &str| body.get(name).and_then(integer).and_then(|n| usize::try_from(n).ok());
    let cursor = number("cursor").ok_or("缺少参数 cursor")?;
    let size = number("size").filter(|s| (1..=100).contains(s)).ok_or("参数错误: size 为1到100")?;
    let mut members = directory.people.iter().filter(|p| p.departments.contains(&department)).skip(cursor);
    let list: Vec<Value> = members.by_ref().take(size).map(person_json).collect();
    let (more, next) = (members.next().is_some(), cursor + size);
    let mut page = if as_text {
        json!({"has_more": more.to_string(), "list": list})
    } else {
        json!({"has_more": more, "list": list})
    };
    if let (true, Some(fields)) = (more, page.as_object_mut()) {
        fields.insert("next_cursor".into(), if as_text { json!(next.to_string()) } else { json!(next) });
    }
    Ok(page)
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
