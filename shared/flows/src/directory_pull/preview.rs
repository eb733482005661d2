//! What a pull would read: the first people of the first department.

use super::source;
use crate::compare::Findings;
use crate::kinds::Scope;
use serde_json::{Value, json};
use tenon_model::DocumentKey;
use tenon_model::config::DirectoryPullFlow;
use tenon_platform::{Error, Result};

/// Reads the first page of a department, of the flow's root where none is named, and shows it. Writes nothing.
pub async fn preview(at: Scope<'_>, flow: &DirectoryPullFlow, key: Option<DocumentKey>) -> Result<Value> {
    let source = source(at.ctx, at.tenant, at.loaded, flow)?;
    let id = key.map_or_else(|| flow.root.clone(), |key| key.to_string());
    let department = source.department(&id).await?;
    let below = source.below(&id).await?;
    let page = source.people(&id, None).await?;
    let people: Vec<Value> = page
        .people
        .iter()
        .map(|person| {
            json!({ "id": person.id, "name": person.name, "departments": person.departments, "active": person.active,
                "mobile": person.mobile.is_some(), "email": person.email.is_some() })
        })
        .collect();
    Ok(json!({
        "flow": flow.id, "department": { "id": department.id, "name": department.name },
        "departments": below.iter().map(|one| json!({ "id": one.id, "name": one.name })).collect::<Vec<_>>(),
        "people": people, "more": page.next.is_some(),
    }))
}

/// Whether departments and people can be read, and whether they can be told apart by their numbers. Writes nothing.
pub async fn compare(at: Scope<'_>, flow: &DirectoryPullFlow) -> Result<Findings> {
    let source = source(at.ctx, at.tenant, at.loaded, flow)?;
    let mut findings = Findings::default();
    let read = async {
        let root = source.department(&flow.root).await?;
        let first = source.people(&root.id, None).await?;
        Ok::<_, Error>((root, first))
    };
    match read.await {
        Ok((root, first)) => {
            findings.compared.push(format!("department {} ({})", root.id, root.name));
            if !first.people.is_empty() && first.people.iter().all(|p| p.mobile.is_none() && p.email.is_none()) {
                findings.warnings.push(format!(
                    "the app sees neither mobile numbers nor e-mail addresses, so nobody is found at a sign-on by them; \
                     grant it the permission in the vendor's console: {}",
                    source.contacts_permission()
                ));
            }
        }
        Err(error) => findings.problems.push(format!("departments and people cannot be read: {error}")),
    }
    Ok(findings)
}
