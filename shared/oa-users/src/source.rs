//! Where users come from, as the configuration says: one enum over the sources.

use crate::records::{Binding, OaUser};
use crate::store::Store;
use futures::try_join;
use tenon_directory::{Directory, Person};
use tenon_model::TenantId;
use tenon_model::config::{OaIntegration, OaSource};
use tenon_platform::{Context, Result};

/// The source of a tenant's users.
pub(crate) struct Source<'a> {
    settings: &'a OaIntegration,
    pub(crate) store: Store<'a>,
    directory: Directory<'a>,
}

impl<'a> Source<'a> {
    pub fn new(ctx: &'a Context, tenant: &'a TenantId, settings: &'a OaIntegration) -> Self {
        Self { settings, store: Store::new(ctx, tenant), directory: Directory::new(ctx, tenant) }
    }

    /// The OA's id of an assistant's user. A binding that was made by hand goes before what the directory knows.
    pub async fn bound(&self, assistant: &str) -> Result<Option<String>> {
        if let Some(binding) = self.store.get::<Binding>(assistant).await? {
            return Ok(binding.active.then_some(binding.oa_user_id));
        }
        if self.settings.source != OaSource::Directory {
            return Ok(None);
        }
        let found = match (&self.settings.enterprise_code, &self.settings.connection) {
            (Some(enterprise), _) => self.directory.by_external(enterprise, assistant).await?,
            (None, Some(connection)) => self.directory.by_account(connection.as_str(), assistant).await?,
            (None, None) => None,
        };
        Ok(found.map(|person| person.data.id))
    }

    /// A user, without the names of department and position.
    pub async fn user(&self, id: &str) -> Result<Option<OaUser>> {
        if self.settings.source == OaSource::Stored {
            return self.store.get::<OaUser>(id).await;
        }
        let (person, kept) = try_join!(self.directory.person(id), self.store.get::<OaUser>(id))?;
        Ok(person.map(|person| of_person(person.data, kept.unwrap_or_default())))
    }

    /// With the names.
    pub async fn named(&self, mut user: OaUser) -> Result<OaUser> {
        let department = async {
            match self.settings.source {
                OaSource::Directory if !user.did.is_empty() => {
                    Ok(self.directory.department(&user.did).await?.map(|found| found.data.name).unwrap_or_default())
                }
                _ => self.store.name("OA-DEPARTMENT", &user.did).await,
            }
        };
        let position = self.store.name("OA-POSITION", &user.position_id);
        let (department, position) = try_join!(department, position)?;
        if !department.is_empty() {
            user.dept_name = department;
        }
        if !position.is_empty() {
            user.position_name = position;
        }
        Ok(user)
    }
}

/// A person of the directory, with what it does not know.
fn of_person(person: Person, kept: OaUser) -> OaUser {
    let name = person.shown_name().to_owned();
    let or = |known: Option<String>, kept: String| known.filter(|text| !text.is_empty()).unwrap_or(kept);
    OaUser {
        id: person.id,
        username: person.user_name,
        name,
        email: or(person.email, kept.email),
        mobile: or(person.mobile, kept.mobile),
        did: or(person.departments.into_iter().next(), kept.did),
        active: person.active,
        ..kept
    }
}
