//! Who in the directory it is that signed in.

use crate::fault::{Fault, Stop};
use crate::userinfo::Userinfo;
use tenon_directory::{BindError, Directory, Person};
use tenon_model::config::Sso;
use tenon_platform::Context;

/// Who changes the directory here, as its history says.
const BY: &str = "sso";

/// The person whom the ERP calls so; else the one active person with the phone number, else with the e-mail, to whom
/// the ERP's code is bound from now on. Nobody is guessed at.
pub(crate) async fn person(ctx: &Context, sso: &Sso, info: &Userinfo) -> Result<Person, Stop> {
    let tenant = crate::tenant(sso);
    let directory = Directory::new(ctx, &tenant);
    let person = match directory.by_external(&sso.enterprise_code, &info.user_id).await? {
        Some(stored) => stored.data,
        None => {
            let found = matched(&directory, info).await?;
            let bound = directory.bind(&sso.enterprise_code, &info.user_id, &found.id, BY).await?;
            bound.map_err(|why| match why {
                BindError::Nobody => Fault::PersonUnknown,
                BindError::Others(_) | BindError::Has(_) => Fault::PersonBound,
            })?
        }
    };
    if !person.active {
        return Err(Fault::PersonDisabled.into());
    }
    department(&directory, sso, info, &person).await;
    Ok(person)
}

async fn matched(directory: &Directory<'_>, info: &Userinfo) -> Result<Person, Stop> {
    let mut somebody_left = false;
    for (phone, email) in [(info.phone.as_deref(), None), (None, info.email.as_deref())] {
        let people = match (phone, email) {
            (Some(phone), _) => directory.by_mobile(phone).await?,
            (_, Some(email)) => directory.by_email(email).await?,
            _ => continue,
        };
        somebody_left |= people.iter().any(|person| !person.active);
        let mut active = people.into_iter().filter(|person| person.active);
        match (active.next(), active.next()) {
            (Some(person), None) => return Ok(person),
            (Some(_), Some(_)) => return Err(Fault::PersonAmbiguous.into()),
            (None, _) => {}
        }
    }
    Err(if somebody_left { Fault::PersonDisabled } else { Fault::PersonUnknown }.into())
}

/// The ERP's code of the person's department, where it can be no other: the person's only one, or the one of that
/// name. A department that cannot be told stops nobody.
async fn department(directory: &Directory<'_>, sso: &Sso, info: &Userinfo, person: &Person) {
    let Some(code) = &info.department else { return };
    if let Err(error) = bind_department(directory, sso, info, code, person).await {
        tracing::warn!(error.code = error.code, error.message = %error, "a department's code could not be bound");
    }
}

async fn bind_department(
    directory: &Directory<'_>,
    sso: &Sso,
    info: &Userinfo,
    code: &str,
    person: &Person,
) -> tenon_platform::Result<()> {
    if directory.department_by_external(&sso.enterprise_code, code).await?.is_some() {
        return Ok(());
    }
    let mut named = Vec::new();
    for id in &person.departments {
        let Some(department) = directory.department(id).await? else { continue };
        if info.department_name.as_deref().is_none_or(|name| name == department.data.name) {
            named.push(department.data.id);
        }
    }
    if let [only] = named.as_slice()
        && let Err(why) = directory.bind_department(&sso.enterprise_code, code, only, BY).await?
    {
        tracing::warn!(department = only.as_str(), reason = ?why, "a department has another code already");
    }
    Ok(())
}
