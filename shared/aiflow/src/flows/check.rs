//! The check of a definition that another system runs: whoever and whatever it names is there. It looks at what was
//! passed and at nothing else; the flow itself is the other system's.

use super::record::{FlowContent, Rule};
use crate::caller::Caller;
use std::collections::{BTreeMap, HashMap};
use tenon_directory::Directory;
use tenon_platform::body::BadBody;
use tenon_platform::{Context, Rejection};

/// # Errors
/// [`Rejection::BadFields`] with each that is not there.
pub(super) async fn check(ctx: &Context, by: &Caller, content: &FlowContent) -> Result<(), Rejection> {
    let directory = Directory::new(ctx, &by.tenant);
    let mut wrong = Vec::new();
    let (users, departments) = named(content, &mut wrong);
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
    let unknown = departments.into_iter().filter(|(_, code)| !known.contains_key(code));
    wrong.extend(unknown.map(|(field, code)| BadBody::field(field, format!("部门{code}不存在"))));
    if wrong.is_empty() { Ok(()) } else { Err(Rejection::BadFields(wrong)) }
}

/// Fields with the codes in them.
type Codes = Vec<(String, String)>;

/// The people and departments it names. There are no groups here, so none of them is.
fn named(content: &FlowContent, wrong: &mut Vec<BadBody>) -> (Codes, Codes) {
    let owners = BTreeMap::from([
        ("managerUserCode", &content.manager),
        ("operationUserCode", &content.operation),
        ("configUserCode", &content.config),
        ("createBy", &content.create_by),
    ]);
    let mut users: Codes = owners.into_iter().map(|(field, code)| (field.to_owned(), code.clone())).collect();
    let mut all_departments = Codes::new();
    for (rule, name) in [(&content.apply, "allowedApplyRule"), (&content.manage, "allowedManageRule")] {
        let Rule::Specify { users: people, departments, groups } = rule else { continue };
        let at = |list: &str, codes: &[String]| -> Codes {
            codes.iter().enumerate().map(|(index, code)| (format!("{name}.{list}[{index}]"), code.clone())).collect()
        };
        users.extend(at("userCodes", people));
        all_departments.extend(at("deptCodes", departments));
        let groups = at("userGroupCodes", groups).into_iter();
        wrong.extend(groups.map(|(field, code)| BadBody::field(field, format!("用户组{code}不存在"))));
    }
    (users, all_departments)
}
