//! A person of the OA as one of the directory.

use super::departments::Ids;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;
use tenon_connectors::directory::FoundPerson;
use tenon_directory::{Directory, Person, email_key, free_id, mobile_key, only_active};
use tenon_model::ConnectionId;
use tenon_platform::Result;
use tenon_platform::table::{Outcome, Stored, in_the_way};

/// People of a page that are stored at once.
const AT_ONCE: usize = 8;
/// Times it is begun anew when somebody else changed the person meanwhile.
const TIMES: usize = 3;

/// What was done with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Nothing was new.
    Same,
    /// The person is new.
    Made,
    /// Something was new.
    Changed,
}

/// A person who was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was done.
    pub merged: Merged,
    /// Whom the person reports to, by the OA's id, where the directory does not know that one yet.
    pub owes: Option<String>,
}

/// Where people are stored.
pub struct Storing<'a> {
    /// The directory.
    pub directory: Directory<'a>,
    /// The OA.
    pub oa: &'a ConnectionId,
    /// Our ids of its departments.
    pub departments: &'a Ids,
    /// The flow, in the history of changes.
    pub by: &'a str,
}

impl Storing<'_> {
    /// Stores everybody of a page.
    pub async fn all(&self, people: &[FoundPerson]) -> Result<Vec<Kept>> {
        let each: Vec<_> = people.iter().map(|person| self.one(person)).collect();
        stream::iter(each).buffered(AT_ONCE).try_collect().await
    }

    /// Stores one person.
    pub async fn one(&self, found: &FoundPerson) -> Result<Kept> {
        for _ in 0..TIMES {
            let before = self.known(found).await?;
            let mut after = self.merged(before.as_ref(), found).await?;
            let owes = self.lead(&mut after, found.supervisor.as_deref()).await?;
            if before.as_ref().is_some_and(|before| before.data == after) {
                return Ok(Kept { merged: Merged::Same, owes });
            }
            if self.directory.put(before.as_ref(), &after, self.by).await? == Outcome::Done {
                let merged = if before.is_none() { Merged::Made } else { Merged::Changed };
                return Ok(Kept { merged, owes });
            }
        }
        Err(in_the_way(format!("others keep changing {}", found.id)))
    }

    /// Names the person's supervisor; gives the OA's id back where the directory has nobody of it. An OA that says
    /// nothing leaves whom an ERP named.
    async fn lead(&self, person: &mut Person, leader: Option<&str>) -> Result<Option<String>> {
        let Some(leader) = leader else { return Ok(None) };
        match self.directory.by_account(self.oa.as_str(), leader).await? {
            Some(stored) if stored.data.id != person.id => {
                person.supervisor = Some(stored.data.id);
                Ok(None)
            }
            Some(_) => Ok(None),
            None => Ok(Some(leader.to_owned())),
        }
    }

    /// Names the supervisor of somebody who is stored, now that everybody is; whether that was new.
    pub async fn lead_later(&self, person: &str, leader: &str) -> Result<bool> {
        for _ in 0..TIMES {
            let Some(before) = self.directory.by_account(self.oa.as_str(), person).await? else { return Ok(false) };
            let mut after = before.data.clone();
            self.lead(&mut after, Some(leader)).await?;
            if after == before.data {
                return Ok(false);
            }
            if self.directory.put(Some(&before), &after, self.by).await? == Outcome::Done {
                return Ok(true);
            }
        }
        Err(in_the_way(format!("others keep changing {person}")))
    }

    /// Whom the directory knows already: by the account, else the one active person of the same number or address who
    /// has no account here.
    async fn known(&self, found: &FoundPerson) -> Result<Option<Stored<Person>>> {
        if let Some(stored) = self.directory.by_account(self.oa.as_str(), &found.id).await? {
            return Ok(Some(stored));
        }
        let mut same = Vec::new();
        if let Some(mobile) = found.mobile.as_deref() {
            same = self.directory.by_mobile(mobile).await?;
        }
        if let (true, Some(email)) = (same.is_empty(), found.email.as_deref()) {
            same = self.directory.by_email(email).await?;
        }
        match only_active(same).filter(|person| !person.accounts.contains_key(self.oa.as_str())) {
            Some(person) => self.directory.person(&person.id).await,
            None => Ok(None),
        }
    }

    async fn merged(&self, before: Option<&Stored<Person>>, found: &FoundPerson) -> Result<Person> {
        let mut person = match before {
            Some(before) => before.data.clone(),
            None => Person::new(self.new_id(&found.id).await?, found.id.clone()),
        };
        person.real_name = Some(found.name.clone());
        // What the app may not see is not known to be gone.
        if let Some(mobile) = found.mobile.as_deref() {
            person.mobile = Some(mobile_key(mobile).unwrap_or_else(|| mobile.to_owned()));
        }
        if let Some(email) = found.email.as_deref() {
            person.email = Some(email_key(email).unwrap_or_else(|| email.to_owned()));
        }
        person.departments = self.departments_of(&person.departments, found);
        person.active = found.active;
        person.accounts.insert(self.oa.as_str().to_owned(), found.id.clone());
        Ok(person)
    }

    /// The OA's departments, beside those that others brought.
    fn departments_of(&self, before: &[String], found: &FoundPerson) -> Vec<String> {
        let own: BTreeSet<&String> = self.departments.values().collect();
        let others: Vec<String> = before.iter().filter(|id| !own.contains(id)).cloned().collect();
        let theirs = found.departments.iter().filter_map(|id| self.departments.get(id)).cloned();
        let others_first = before.first().is_some_and(|first| others.contains(first));
        let mut all: Vec<String> = Vec::new();
        let (one, other): (Vec<String>, Vec<String>) =
            if others_first { (others, theirs.collect()) } else { (theirs.collect(), others) };
        for id in one.into_iter().chain(other) {
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }

    async fn new_id(&self, theirs: &str) -> Result<String> {
        let taken = self.directory.person(theirs).await?.is_some();
        Ok(if taken { free_id(self.oa.as_str(), theirs) } else { theirs.to_owned() })
    }
}
