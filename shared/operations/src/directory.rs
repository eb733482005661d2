//! People and departments of a tenant, with what others call them and who changed what.

use std::borrow::Cow;
use tenon_directory::{Department, Directory, Person};
use tenon_model::TenantId;
use tenon_platform::{Context, Rejection};

/// Everybody whom a text may mean: an id, a mobile number, an e-mail address, a user's id at an OA, or with an enterprise
/// the code of its ERP.
///
/// # Errors
/// Those of the table.
pub async fn find(
    ctx: &Context,
    tenant: &TenantId,
    who: &str,
    enterprise: Option<&str>,
) -> Result<Vec<Person>, Rejection> {
    let directory = Directory::new(ctx, tenant);
    if let Some(enterprise) = enterprise {
        return Ok(directory.by_external(enterprise, who).await?.map(|stored| stored.data).into_iter().collect());
    }
    let mut found: Vec<Person> = directory.person(who).await?.map(|stored| stored.data).into_iter().collect();
    let more = [directory.by_mobile(who).await?, directory.by_email(who).await?, directory.by_any_account(who).await?];
    found.extend(more.into_iter().flatten());
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found.dedup_by(|one, other| one.id == other.id);
    Ok(found)
}

/// A department, by its id or with an enterprise by the code of its ERP.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn department(
    ctx: &Context,
    tenant: &TenantId,
    id: &str,
    enterprise: Option<&str>,
) -> Result<Department, Rejection> {
    let directory = Directory::new(ctx, tenant);
    let found = match enterprise {
        Some(enterprise) => directory.department_by_external(enterprise, id).await?,
        None => directory.department(id).await?,
    };
    let missing = || Rejection::NotFound(Cow::Owned(format!("通讯录中没有部门{id}")));
    Ok(found.ok_or_else(missing)?.data)
}
