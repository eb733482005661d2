//! Whom a recipient names.

use crate::message::Recipient;
use std::collections::BTreeMap;
use tenon_directory::Directory;
use tenon_model::{Language, TenantId};
use tenon_platform::{Context, Result};

/// A person who can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The person's id.
    pub id: String,
    /// Whether the person is still there.
    pub active: bool,
    /// The language the person has named.
    pub language: Option<Language>,
    /// Ids at the vendors, by connection.
    pub accounts: BTreeMap<String, String>,
}

/// The person whom a recipient names; `None` when nobody is.
pub(crate) async fn find(ctx: &Context, tenant: &TenantId, recipient: &Recipient) -> Result<Option<Person>> {
    let directory = Directory::new(ctx, tenant);
    let found = match recipient {
        Recipient::Person { id } => directory.person(id).await?,
        Recipient::External { enterprise, code } => directory.by_external(enterprise, code).await?,
    };
    Ok(found.map(|stored| {
        let tenon_directory::Person { id, active, language, accounts, .. } = stored.data;
        let language = match language {
            tenon_directory::Language::Zh => Language::Zh,
            tenon_directory::Language::En => Language::En,
        };
        Person { id, active, language: Some(language), accounts }
    }))
}
