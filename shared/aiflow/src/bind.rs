//! `POST /aflow/api/auth/bind`: an ERP's code of a person that an OA, or another system, brought.

use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found};
use tenon_directory::{BindError, Directory, Person};
use tenon_platform::{Context, Rejection};

/// Binds a code; answers with our id of the person. Repeating it changes nothing.
///
/// # Errors
/// [`Rejection::BadFields`] for a body of another form; [`Rejection::BadRequest`] when there is no such person, or more
/// than one, or the code is another's; those of the table.
pub async fn bind(ctx: &Context, by: &Caller, body: &[u8]) -> Result<String, Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &["customUserCode", "linkUserCode", "phoneNumber"]);
    let code = found.required(&of, &["customUserCode"], CODE);
    let link = found.text(&of, &["linkUserCode"], CODE);
    let phone = found.text(&of, &["phoneNumber"], 32);
    if link.is_none() && phone.is_none() {
        found.missing(&of, &["linkUserCode"]);
    }
    found.end()?;
    let directory = Directory::new(ctx, &by.tenant);
    let (field, person) = match (link, phone) {
        (Some(link), _) => ("linkUserCode", by_link(&directory, &link).await?),
        (None, phone) => ("phoneNumber", by_phone(&directory, &phone.unwrap_or_default()).await?),
    };
    match directory.bind(by.enterprise(), &code, &person.id, &by.name()).await? {
        Ok(person) => Ok(person.id),
        Err(BindError::Nobody) => Err(Rejection::field(field, "用户不存在")),
        Err(BindError::Others(id)) => Err(Rejection::field("customUserCode", format!("已绑定其他用户{id}"))),
        Err(BindError::Has(has)) => Err(Rejection::field(field, format!("该用户已绑定编码{has}"))),
    }
}

async fn by_link(directory: &Directory<'_>, link: &str) -> Result<Person, Rejection> {
    let found = directory.by_any_account(link).await?;
    if found.is_empty()
        && let Some(person) = directory.person(link).await?
    {
        return Ok(person.data);
    }
    the_one(found, "linkUserCode")
}

async fn by_phone(directory: &Directory<'_>, phone: &str) -> Result<Person, Rejection> {
    the_one(directory.by_mobile(phone).await?, "phoneNumber")
}

fn the_one(found: Vec<Person>, field: &str) -> Result<Person, Rejection> {
    let mut active: Vec<Person> = found.into_iter().filter(|person| person.active).collect();
    match (active.pop(), active.is_empty()) {
        (Some(person), true) => Ok(person),
        (Some(_), false) => Err(Rejection::field(field, "有多个在职用户与之对应，无法确定")),
        (None, _) => Err(Rejection::field(field, "没有与之对应的在职用户")),
    }
}
