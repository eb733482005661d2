//! Where users come from, as the configuration says: one enum over the sources.

use crate::database::OaDatabase;
use crate::names::Names;
use crate::records::{Binding, DataRight, OaUser, Role};
use crate::store::Store;
use futures::try_join;
use std::sync::Arc;
use tenon_directory::{Directory, Person};
use tenon_model::TenantId;
use tenon_model::config::{OaIntegration, OaSource};
use tenon_platform::{Context, Error, Result};

/// The source of a tenant's users.
pub(crate) struct Source<'a> {
    settings: &'a OaIntegration,
    store: Store<'a>,
    directory: Directory<'a>,
    database: Option<OaDatabase<'a>>,
    names: Arc<Names>,
    ctx: &'a Context,
    tenant: &'a TenantId,
}

impl<'a> Source<'a> {
    /// That of the settings. The OA's own database has the operator's users: of other tenants those count that were
    /// handed in.
    ///
    /// # Errors
    /// That the configuration cannot be read, or has no such database.
    pub async fn new(ctx: &'a Context, tenant: &'a TenantId, settings: &'a OaIntegration) -> Result<Self> {
        let database = match settings.source {
            OaSource::Database if *tenant == TenantId::operator() => {
                let id = settings.database.as_ref().ok_or_else(|| {
                    Error::permanent("config.database", "[oa_integration].database names none of [[databases]]")
                })?;
                let database = ctx.config.load(tenant).await?.database(id)?;
                Some(OaDatabase::new(ctx, settings, database))
            }
            _ => None,
        };
        let (store, directory) = (Store::new(ctx, tenant), Directory::new(ctx, tenant));
        Ok(Self { settings, store, directory, database, names: ctx.extensions.get_or_init::<Names>(), ctx, tenant })
    }

    /// The OA's id of an assistant's user. A binding that was made by hand goes before what the directory or the OA
    /// knows.
    pub async fn bound(&self, assistant: &str) -> Result<Option<String>> {
        let by_hand = self.store.get::<Binding>(assistant).await?;
        self.bound_by(by_hand, assistant).await
    }

    async fn bound_by(&self, by_hand: Option<Binding>, assistant: &str) -> Result<Option<String>> {
        if let Some(binding) = by_hand {
            return Ok(binding.active.then_some(binding.oa_user_id));
        }
        if let Some(database) = &self.database {
            let found = database.binding(assistant).await?;
            return Ok(found.filter(|binding| binding.active).map(|binding| binding.oa_user_id));
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
        if let Some(database) = &self.database {
            return database.user(id).await;
        }
        if self.settings.source != OaSource::Directory {
            return self.store.get::<OaUser>(id).await;
        }
        let (person, kept) = try_join!(self.directory.person(id), self.store.get::<OaUser>(id))?;
        Ok(person.map(|person| of_person(person.data, kept.unwrap_or_default())))
    }

    /// Whom an assistant's user is now, and a user.
    pub async fn holder(&self, assistant: &str, id: &str) -> Result<(Option<String>, Option<OaUser>)> {
        if self.database.is_none() && self.settings.source != OaSource::Directory {
            // Both lie in the same table.
            let (binding, user) = self.store.binding_and_user(assistant, id).await?;
            return Ok((self.bound_by(binding, assistant).await?, user));
        }
        try_join!(self.bound(assistant), self.user(id))
    }

    /// The roles of a user.
    pub async fn roles(&self, user: &OaUser) -> Result<Vec<Role>> {
        match &self.database {
            Some(database) => database.roles(&user.id).await,
            None => self.store.roles(&user.roles).await,
        }
    }

    /// Ids of the roles of a user.
    pub async fn role_ids(&self, user: &OaUser) -> Result<Vec<String>> {
        match &self.database {
            Some(database) => Ok(database.roles(&user.id).await?.into_iter().map(|role| role.id).collect()),
            None => Ok(user.roles.clone()),
        }
    }

    /// Every data right.
    pub async fn data_rights(&self) -> Result<Vec<DataRight>> {
        match &self.database {
            Some(database) => database.data_rights().await,
            None => self.store.data_rights().await,
        }
    }

    /// With the names.
    pub async fn named(&self, mut user: OaUser) -> Result<OaUser> {
        if self.database.is_some() {
            return Ok(user);
        }
        let department = self.name("OA-DEPARTMENT", &user.did);
        let position = self.name("OA-POSITION", &user.position_id);
        let (department, position) = try_join!(department, position)?;
        if !department.is_empty() {
            user.dept_name = department;
        }
        if !position.is_empty() {
            user.position_name = position;
        }
        Ok(user)
    }

    /// The name of a department or a position: few, and seldom another.
    async fn name(&self, collection: &'static str, id: &str) -> Result<String> {
        let now_ms = self.ctx.clock.elapsed_ms();
        if let Some(name) = self.names.get(self.tenant, collection, id, now_ms) {
            return Ok(name);
        }
        let is_of_directory = collection == "OA-DEPARTMENT" && self.settings.source == OaSource::Directory;
        let name = match is_of_directory && !id.is_empty() {
            true => self.directory.department(id).await?.map(|found| found.data.name).unwrap_or_default(),
            false => self.store.name(collection, id).await?,
        };
        self.names.put(self.tenant, collection, id, (now_ms, name.clone()));
        Ok(name)
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
