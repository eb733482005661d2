//! Where the records lie. Users and bindings are many, so they are spread over partitions.

use crate::file::Kind;
use crate::records::{Batch, Binding, DataRight, Named, OaUser, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_crypto::digest::sha256;
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Key, Range, Write};
use tenon_platform::{Context, Error, Result};

/// Partitions over which users, and bindings, are spread.
const SHARDS: u8 = 8;

/// A record of some kind.
pub trait Item: Serialize + DeserializeOwned + Send + Sync {
    /// What it is called by.
    fn id(&self) -> &str;
    /// Where it lies.
    fn key(tenant: &TenantId, id: &str) -> Key;
}

fn shard(of: &str) -> String {
    (sha256(of.as_bytes()).first().copied().unwrap_or(0) % SHARDS).to_string()
}

impl Item for OaUser {
    fn id(&self) -> &str {
        &self.id
    }
    fn key(tenant: &TenantId, id: &str) -> Key {
        Key::new(tenant, "OA-USER", &[&shard(id)], id)
    }
}

impl Item for Binding {
    fn id(&self) -> &str {
        &self.assistant_user_id
    }
    fn key(tenant: &TenantId, id: &str) -> Key {
        Key::new(tenant, "OA-BINDING", &[&shard(id)], id)
    }
}

impl Item for Role {
    fn id(&self) -> &str {
        &self.id
    }
    fn key(tenant: &TenantId, id: &str) -> Key {
        Key::new(tenant, "OA-ROLE", &[], id)
    }
}

impl Item for DataRight {
    fn id(&self) -> &str {
        &self.name
    }
    fn key(tenant: &TenantId, id: &str) -> Key {
        Key::new(tenant, "OA-DATA-RIGHT", &[], id)
    }
}

/// What was stored, by kind.
pub type Stored = BTreeMap<&'static str, usize>;

/// The records of a tenant.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
}

impl<'a> Store<'a> {
    /// Those of this tenant.
    pub fn new(ctx: &'a Context, tenant: &'a TenantId) -> Self {
        Self { ctx, tenant }
    }

    /// One record.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn get<T: Item>(&self, id: &str) -> Result<Option<T>> {
        Ok(self.ctx.table.get::<T>(&T::key(self.tenant, id)).await?.map(|stored| stored.data))
    }

    /// A binding and a user, in one request.
    pub(crate) async fn binding_and_user(
        &self,
        assistant: &str,
        id: &str,
    ) -> Result<(Option<Binding>, Option<OaUser>)> {
        let (binding, user) = (Binding::key(self.tenant, assistant), OaUser::key(self.tenant, id));
        let mut found = self.ctx.table.get_many::<Value>(&[binding.clone(), user.clone()]).await?;
        let binding = found.remove(&binding).map(|stored| of_json(stored.data)).transpose()?;
        Ok((binding, found.remove(&user).map(|stored| of_json(stored.data)).transpose()?))
    }

    /// Roles by their ids; one that is not there is left out.
    pub(crate) async fn roles(&self, ids: &[String]) -> Result<Vec<Role>> {
        let mut ids: Vec<&String> = ids.iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let keys: Vec<Key> = ids.into_iter().map(|id| Role::key(self.tenant, id)).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.ctx.table.get_many::<Role>(&keys).await?;
        Ok(found.into_values().map(|stored| stored.data).collect())
    }

    /// Every data right.
    pub(crate) async fn data_rights(&self) -> Result<Vec<DataRight>> {
        let partition = Key::partition_of(self.tenant, "OA-DATA-RIGHT", &[]);
        let all = self.ctx.table.query_all::<DataRight>(&partition, Range::default()).await?;
        Ok(all.into_iter().map(|stored| stored.data).collect())
    }

    /// The name of a department or a position; empty where there is none.
    pub(crate) async fn name(&self, collection: &'static str, id: &str) -> Result<String> {
        if id.is_empty() {
            return Ok(String::new());
        }
        let found = self.ctx.table.get::<Named>(&Key::new(self.tenant, collection, &[], id)).await?;
        Ok(found.map(|stored| stored.data.name).unwrap_or_default())
    }

    /// A record of a kind, as it is stored.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn read(&self, kind: Kind, id: &str) -> Result<Option<Value>> {
        Ok(self.ctx.table.get::<Value>(&self.key_of(kind, id)).await?.map(|stored| stored.data))
    }

    /// Takes a record of a kind away; whether there was one.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn remove(&self, kind: Kind, id: &str) -> Result<bool> {
        let there = self.read(kind, id).await?.is_some();
        self.ctx.table.write(Write::delete(self.key_of(kind, id), Expect::Anything)).await?;
        Ok(there)
    }

    fn key_of(&self, kind: Kind, id: &str) -> Key {
        match kind {
            Kind::Users => OaUser::key(self.tenant, id),
            Kind::Bindings => Binding::key(self.tenant, id),
            Kind::Roles => Role::key(self.tenant, id),
            Kind::DataAuth => DataRight::key(self.tenant, id),
            Kind::Departments => Key::new(self.tenant, "OA-DEPARTMENT", &[], id),
            Kind::Positions => Key::new(self.tenant, "OA-POSITION", &[], id),
        }
    }

    /// Stores every record of a batch, users and bindings last: whoever is shown has what belongs to him.
    ///
    /// # Errors
    /// Those of the table; some may be stored then, and handing it in again stores all of them.
    pub async fn put_all(&self, batch: &Batch) -> Result<Stored> {
        let mut writes = Vec::new();
        let named = |collection, all: &[Named]| -> Result<Vec<Write>> {
            let write = |one: &Named| {
                Write::put(Key::new(self.tenant, collection, &[], one.id.as_str()), one, Expect::Anything)
            };
            all.iter().map(write).collect()
        };
        writes.extend(named("OA-DEPARTMENT", &batch.departments)?);
        writes.extend(named("OA-POSITION", &batch.positions)?);
        writes.extend(self.writes(&batch.roles)?);
        writes.extend(self.writes(&batch.data_auth)?);
        writes.extend(self.writes(&batch.users)?);
        writes.extend(self.writes(&batch.bindings)?);
        self.ctx.table.put_many(writes).await?;
        let counts = [
            (Kind::Departments.name(), batch.departments.len()),
            (Kind::Positions.name(), batch.positions.len()),
            (Kind::Roles.name(), batch.roles.len()),
            (Kind::DataAuth.name(), batch.data_auth.len()),
            (Kind::Users.name(), batch.users.len()),
            (Kind::Bindings.name(), batch.bindings.len()),
        ];
        Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    fn writes<T: Item>(&self, records: &[T]) -> Result<Vec<Write>> {
        records.iter().map(|one| Write::put(T::key(self.tenant, one.id()), one, Expect::Anything)).collect()
    }
}

fn of_json<T: DeserializeOwned>(value: Value) -> Result<T> {
    let unreadable = |why| Error::permanent("platform.table", format!("a record cannot be read: {why}"));
    serde_json::from_value(value).map_err(unreadable)
}
