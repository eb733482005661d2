//! Reading and writing the records.

use crate::department::Department;
use crate::history::noted;
use crate::keys::{self, Pointer};
use crate::person::Person;
use crate::{email_key, mobile_key};
use std::collections::{BTreeMap, HashMap};
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Result};

/// The directory of a tenant.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) tenant: &'a TenantId,
}

impl<'a> Directory<'a> {
    /// The directory of this tenant.
    pub fn new(ctx: &'a Context, tenant: &'a TenantId) -> Self {
        Self { ctx, tenant }
    }

    /// A person by our id.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn person(&self, id: &str) -> Result<Option<Stored<Person>>> {
        self.ctx.table.get(&keys::person(self.tenant, id)).await
    }

    /// People by our ids; who is not there is left out. A request for each hundred.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn people(&self, ids: &[String]) -> Result<HashMap<String, Stored<Person>>> {
        let found = self.ctx.table.get_many(&distinct(ids, |id| keys::person(self.tenant, id))).await?;
        Ok(found.into_iter().map(|(key, stored)| (key.sort().to_owned(), stored)).collect())
    }

    /// People of one of the [`SHARDS`](crate::SHARDS), in the order of their ids, behind this id.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn people_of_shard(&self, shard: u8, after: Option<&str>, most: u32) -> Result<Vec<Stored<Person>>> {
        // Behind it: the least text that is greater.
        let from = after.map(|id| format!("{id}\0"));
        let range = Range { from, limit: Some(most), ..Range::default() };
        Ok(self.ctx.table.query(&keys::people(self.tenant, shard), range).await?.items)
    }

    /// A department by our id.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn department(&self, id: &str) -> Result<Option<Stored<Department>>> {
        self.ctx.table.get(&keys::department(self.tenant, id)).await
    }

    /// Departments by our ids; what is not there is left out. A request for each hundred.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn departments_of(&self, ids: &[String]) -> Result<HashMap<String, Stored<Department>>> {
        let found = self.ctx.table.get_many(&distinct(ids, |id| keys::department(self.tenant, id))).await?;
        Ok(found.into_iter().map(|(key, stored)| (key.sort().to_owned(), stored)).collect())
    }

    /// Every department, by our id.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn departments(&self) -> Result<BTreeMap<String, Stored<Department>>> {
        let all = self.ctx.table.query_all::<Department>(&keys::departments(self.tenant), Range::default()).await?;
        Ok(all.into_iter().map(|stored| (stored.sort.clone(), stored)).collect())
    }

    /// Stores a person as it is to be, if nobody changed it since it was read, and notes who did; nothing where
    /// nothing is new.
    ///
    /// # Errors
    /// Those of the table. [`Outcome::Conflict`] when somebody did, or when a code or account is another's.
    pub async fn put(&self, before: Option<&Stored<Person>>, after: &Person, by: &str) -> Result<Outcome> {
        self.transact(self.person_writes(before, after, by)?).await
    }

    /// As [`put`](Self::put), for a department.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub async fn put_department(
        &self,
        before: Option<&Stored<Department>>,
        after: &Department,
        by: &str,
    ) -> Result<Outcome> {
        self.transact(self.department_writes(before, after, by)?).await
    }

    pub(crate) async fn transact(&self, writes: Vec<Write>) -> Result<Outcome> {
        if writes.is_empty() { Ok(Outcome::Done) } else { self.ctx.table.transact(writes).await }
    }

    /// The writes of [`put`](Self::put), for a transaction with others; empty when nothing is new. At most nine where a
    /// person is known to one enterprise and one OA.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn person_writes(&self, before: Option<&Stored<Person>>, after: &Person, by: &str) -> Result<Vec<Write>> {
        let mut writes = self.person_write(before, after, by)?.into_iter().collect::<Vec<_>>();
        if writes.is_empty() {
            return Ok(writes);
        }
        let none = BTreeMap::new();
        let was = before.map(|stored| &stored.data);
        let code = |enterprise: &str, code: &str| keys::person_code(self.tenant, enterprise, code);
        let account = |connection: &str, id: &str| keys::account(self.tenant, id, connection);
        self.point(&mut writes, (was.map_or(&none, |was| &was.external), &after.external), &after.id, code)?;
        self.point(&mut writes, (was.map_or(&none, |was| &was.accounts), &after.accounts), &after.id, account)?;
        let (old, new) = (was.and_then(email_of), email_of(after));
        if old != new {
            let pointer = Pointer { id: after.id.clone() };
            if let Some(new) = new {
                writes.push(Write::put(keys::email(self.tenant, &new, &after.id), &pointer, Expect::Anything)?);
            }
            writes.extend(old.map(|old| Write::delete(keys::email(self.tenant, &old, &after.id), Expect::Anything)));
        }
        Ok(writes)
    }

    /// The person's own record alone.
    pub(crate) fn person_write(
        &self,
        before: Option<&Stored<Person>>,
        after: &Person,
        by: &str,
    ) -> Result<Option<Write>> {
        let now = self.ctx.now_ms();
        let Some(mut noted) = noted(before.map(|stored| &stored.data), after, by, now) else { return Ok(None) };
        noted.created_ms = before.map_or(now, |stored| stored.data.created_ms);
        let write = Write::put(keys::person(self.tenant, &noted.id), &noted, expected(before, now))?;
        Ok(Some(match noted.mobile.as_deref().and_then(mobile_key) {
            Some(mobile) => write.indexed(keys::mobile(self.tenant, &mobile), noted.id.clone()),
            None => write,
        }))
    }

    /// The writes of [`put_department`](Self::put_department).
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn department_writes(
        &self,
        before: Option<&Stored<Department>>,
        after: &Department,
        by: &str,
    ) -> Result<Vec<Write>> {
        let now = self.ctx.now_ms();
        let was = before.map(|stored| &stored.data);
        let Some(mut noted) = noted(was, after, by, now) else { return Ok(Vec::new()) };
        noted.created_ms = was.map_or(now, |was| was.created_ms);
        let mut writes = vec![Write::put(keys::department(self.tenant, &noted.id), &noted, expected(before, now))?];
        let none = BTreeMap::new();
        let code = |enterprise: &str, code: &str| keys::department_code(self.tenant, enterprise, code);
        self.point(&mut writes, (was.map_or(&none, |was| &was.external), &after.external), &after.id, code)?;
        Ok(writes)
    }

    /// Pointers to what is new, and none to what is gone. One that is another's stands in the way.
    fn point(
        &self,
        writes: &mut Vec<Write>,
        (was, is): (&BTreeMap<String, String>, &BTreeMap<String, String>),
        id: &str,
        key: impl Fn(&str, &str) -> tenon_platform::table::Key,
    ) -> Result<()> {
        let pointer = Pointer { id: id.to_owned() };
        for (scope, name) in is.iter().filter(|(scope, name)| was.get(*scope) != Some(*name)) {
            writes.push(Write::put(key(scope, name), &pointer, Expect::AbsentAt(self.ctx.now_ms()))?);
        }
        for (scope, name) in was.iter().filter(|(scope, name)| is.get(*scope) != Some(*name)) {
            writes.push(Write::delete(key(scope, name), Expect::Anything));
        }
        Ok(())
    }
}

fn email_of(person: &Person) -> Option<String> {
    person.email.as_deref().and_then(email_key)
}

fn expected<T>(before: Option<&Stored<T>>, now_ms: i64) -> Expect {
    before.map_or(Expect::AbsentAt(now_ms), |stored| Expect::Version(stored.version))
}

/// The keys of these names, each once.
pub(crate) fn distinct<K>(names: &[String], key: impl Fn(&str) -> K) -> Vec<K> {
    let names: std::collections::BTreeSet<&str> = names.iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
    names.into_iter().map(key).collect()
}
