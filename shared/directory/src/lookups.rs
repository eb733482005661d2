//! Finding people and departments by what others call them.

use crate::department::Department;
use crate::keys::{self, Pointer};
use crate::person::Person;
use crate::store::{Directory, distinct};
use crate::{email_key, mobile_key};
use std::collections::HashMap;
use tenon_platform::Result;
use tenon_platform::table::{Range, Stored};

impl Directory<'_> {
    /// Our ids of people, by the codes that an enterprise's ERP has for them. A request for each hundred.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn ids_of(&self, enterprise: &str, codes: &[String]) -> Result<HashMap<String, String>> {
        let wanted = distinct(codes, |code| keys::person_code(self.tenant, enterprise, code));
        let found = self.ctx.table.get_many::<Pointer>(&wanted).await?;
        Ok(found.into_iter().map(|(key, stored)| (key.sort().to_owned(), stored.data.id)).collect())
    }

    /// Our ids of departments, by the codes that an enterprise's ERP has for them.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn department_ids_of(&self, enterprise: &str, codes: &[String]) -> Result<HashMap<String, String>> {
        let wanted = distinct(codes, |code| keys::department_code(self.tenant, enterprise, code));
        let found = self.ctx.table.get_many::<Pointer>(&wanted).await?;
        Ok(found.into_iter().map(|(key, stored)| (key.sort().to_owned(), stored.data.id)).collect())
    }

    /// The person that an enterprise's ERP calls so.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_external(&self, enterprise: &str, code: &str) -> Result<Option<Stored<Person>>> {
        let pointer = self.ctx.table.get::<Pointer>(&keys::person_code(self.tenant, enterprise, code)).await?;
        match pointer {
            Some(pointer) => self.person(&pointer.data.id).await,
            None => Ok(None),
        }
    }

    /// The department that an enterprise's ERP calls so.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn department_by_external(&self, enterprise: &str, code: &str) -> Result<Option<Stored<Department>>> {
        let pointer = self.ctx.table.get::<Pointer>(&keys::department_code(self.tenant, enterprise, code)).await?;
        match pointer {
            Some(pointer) => self.department(&pointer.data.id).await,
            None => Ok(None),
        }
    }

    /// Everybody of this mobile number, here or not. By the index, which is behind by a moment.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_mobile(&self, mobile: &str) -> Result<Vec<Person>> {
        let Some(mobile) = mobile_key(mobile) else { return Ok(Vec::new()) };
        let found = self.ctx.table.query_index::<Person>(&keys::mobile(self.tenant, &mobile), Range::default()).await?;
        Ok(found.items.into_iter().map(|stored| stored.data).collect())
    }

    /// Everybody of this e-mail address, here or not.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_email(&self, email: &str) -> Result<Vec<Person>> {
        let Some(email) = email_key(email) else { return Ok(Vec::new()) };
        let found = self.ctx.table.query::<Pointer>(&keys::emails(self.tenant, &email), Range::default()).await?;
        let people = self.pointed(found.items).await?;
        Ok(people.into_iter().filter(|p| p.email.as_deref().and_then(email_key).as_ref() == Some(&email)).collect())
    }

    /// The person of this account at an OA.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_account(&self, connection: &str, vendor_id: &str) -> Result<Option<Stored<Person>>> {
        match self.ctx.table.get::<Pointer>(&keys::account(self.tenant, vendor_id, connection)).await? {
            Some(pointer) => self.person(&pointer.data.id).await,
            None => Ok(None),
        }
    }

    /// Everybody with this account, at whichever OA.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_any_account(&self, vendor_id: &str) -> Result<Vec<Person>> {
        if vendor_id.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.ctx.table.query::<Pointer>(&keys::accounts(self.tenant, vendor_id), Range::default()).await?;
        self.pointed(found.items).await
    }

    async fn pointed(&self, pointers: Vec<Stored<Pointer>>) -> Result<Vec<Person>> {
        let ids: Vec<String> = pointers.into_iter().map(|stored| stored.data.id).collect();
        let mut people: Vec<Person> = self.people(&ids).await?.into_values().map(|stored| stored.data).collect();
        people.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(people)
    }
}
