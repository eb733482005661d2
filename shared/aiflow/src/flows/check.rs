//! The check of a definition that another system runs: whoever and whatever it names is there. It looks at what was
//! passed and at nothing else; the flow itself is the other system's. Groups of people are that system's too: they are
//! held against the app's list of them, and kept as they come where it has none.

use super::record::{FlowContent, Rule};
use crate::caller::Caller;
use std::collections::{BTreeMap, HashMap};
use tenon_directory::Directory;
use tenon_platform::body::BadBody;
use tenon_platform::{Context, Rejection};

/// Says what could not be checked.
///
/// # Errors
/// [`Rejection::BadFields`] with each that is not there.
pub(super) async fn check(ctx: &Context, by: &Caller, content: &FlowContent) -> Result<Vec<String>, Rejection> {
    let directory = Directory::new(ctx, &by.tenant);
    let mut wrong = Vec::new();
    let Named { users, departments, groups } = named(content);
    let unchecked = check_groups(&by.app.user_groups, groups, &mut wrong);
    let codes: Vec<String> = users.iter().map(|(_, code)| code.clone()).collect();
    let ids = directory.ids_of(by.enterprise(), &codes).await?;
    let people = directory.people(&ids.values().cloned().collect::<Vec<_>>()).await?;
    for (field, code) in users {
        match ids.get(&code).and_then(|id| people.get(id)) {
            None => wrong.push(BadBody::field(field, format!("用户{code}不存在"))),
            Some(person) if !person.data.active => wrong.push(BadBody::field(field, format!("用户{code}已禁用"))),
            Some(_) => {}
        }
    }
    let codes: Vec<String> = departments.iter().map(|(_, code)| code.clone()).collect();
    let known: HashMap<String, String> = directory.department_ids_of(by.enterprise(), &codes).await?;
    let stored = directory.departments_of(&known.values().cloned().collect::<Vec<_>>()).await?;
    for (field, code) in departments {
        match known.get(&code).and_then(|id| stored.get(id)) {
            None => wrong.push(BadBody::field(field, format!("部门{code}不存在"))),
            Some(department) if !department.data.active => {
                wrong.push(BadBody::field(field, format!("部门{code}已禁用")));
            }
            Some(_) => {}
        }
    }
    if wrong.is_empty() { Ok(unchecked) } else { Err(Rejection::BadFields(wrong)) }
}

fn check_groups(known: &[String], groups: Codes, wrong: &mut Vec<BadBody>) -> Vec<String> {
    if known.is_empty() {
        let unchecked =
            |(field, code): (String, String)| format!("{field}: 用户组{code}由对方系统维护，已保存，未校验");
        return groups.into_iter().take(MAX_UNCHECKED).map(unchecked).collect();
    }
    let unknown = groups.into_iter().filter(|(_, code)| !known.contains(code));
    wrong.extend(unknown.map(|(field, code)| BadBody::field(field, format!("用户组{code}不存在"))));
    Vec::new()
}

/// Groups that are named as not checked.
const MAX_UNCHECKED: usize = 20;

/// Fields with the codes in them.
type Codes = Vec<(String, String)>;

/// Whom and what a definition names.
#[derive(Default)]
struct Named {
    users: Codes,
    departments: Codes,
    groups: Codes,
}

fn named(content: &FlowContent) -> Named {
    let owners = BTreeMap::from([
        ("managerUserCode", &content.manager),
        ("operationUserCode", &content.operation),
        ("configUserCode", &content.config),
        ("createBy", &content.create_by),
    ]);
    let users = owners.into_iter().map(|(field, code)| (field.to_owned(), code.clone())).collect();
    let mut all = Named { users, ..Named::default() };
    for (rule, name) in [(&content.apply, "allowedApplyRule"), (&content.manage, "allowedManageRule")] {
        let Rule::Specify { users, departments, groups } = rule else { continue };
        let at = |list: &str, codes: &[String]| -> Codes {
            codes.iter().enumerate().map(|(index, code)| (format!("{name}.{list}[{index}]"), code.clone())).collect()
        };
        all.users.extend(at("userCodes", users));
        all.departments.extend(at("deptCodes", departments));
        all.groups.extend(at("userGroupCodes", groups));
    }
    all
}
