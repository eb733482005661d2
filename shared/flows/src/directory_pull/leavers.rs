//! Who has left: people of the OA whom a pull that saw every page did not see. Pages are counted from the beginning, and
//! whoever leaves while they are read moves the others up, so each is looked for once more where the person was.

use super::departments::Ids;
use std::collections::{BTreeMap, HashSet};
use tenon_connectors::directory::Source;
use tenon_directory::{Directory, Person, SHARDS};
use tenon_model::ConnectionId;
use tenon_platform::table::Outcome;
use tenon_platform::{ErrorKind, Result};

/// People read at once.
const PAGE: u32 = 200;

/// A look for leavers.
pub struct Leavers<'a> {
    /// The directory.
    pub directory: Directory<'a>,
    /// The OA.
    pub source: &'a Source<'a>,
    /// Its connection.
    pub oa: &'a ConnectionId,
    /// Our ids of its departments.
    pub departments: &'a Ids,
    /// The flow, in the history of changes.
    pub by: &'a str,
}

impl Leavers<'_> {
    /// Disables whoever was not seen; returns how many.
    pub async fn disable(&self, seen: &HashSet<String>) -> Result<u64> {
        let (mut left, mut read) = (0, BTreeMap::new());
        for shard in 0..SHARDS {
            let mut after: Option<String> = None;
            loop {
                let page = self.directory.people_of_shard(shard, after.as_deref(), PAGE).await?;
                after = page.last().map(|stored| stored.data.id.clone());
                let last = page.len() < PAGE as usize;
                for stored in page {
                    let Some(theirs) = stored.data.accounts.get(self.oa.as_str()) else { continue };
                    if !stored.data.active || seen.contains(theirs) {
                        continue;
                    }
                    if self.is_there(&stored.data, theirs, &mut read).await? {
                        continue;
                    }
                    // Who changed meanwhile is looked at by the next pull.
                    let put = self.directory.put(Some(&stored), &self.gone(&stored.data), self.by).await?;
                    left += u64::from(put == Outcome::Done);
                }
                if last {
                    break;
                }
            }
        }
        Ok(left)
    }

    /// The person without this OA: disabled, unless another OA has the person too.
    fn gone(&self, person: &Person) -> Person {
        let mut gone = person.clone();
        if gone.accounts.len() > 1 {
            gone.accounts.remove(self.oa.as_str());
        } else {
            gone.active = false;
        }
        gone
    }

    /// Whether one of the person's departments has the person after all.
    async fn is_there(
        &self,
        person: &Person,
        theirs: &str,
        read: &mut BTreeMap<String, HashSet<String>>,
    ) -> Result<bool> {
        let of = |ours: &String| self.departments.iter().find(|(_, id)| *id == ours).map(|(theirs, _)| theirs.clone());
        for department in person.departments.iter().filter_map(of) {
            if !read.contains_key(&department) {
                let ids = self.ids(&department).await?;
                read.insert(department.clone(), ids);
            }
            if read.get(&department).is_some_and(|ids| ids.contains(theirs)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn ids(&self, department: &str) -> Result<HashSet<String>> {
        let (mut ids, mut cursor) = (HashSet::new(), None);
        loop {
            let page = match self.source.people(department, cursor.as_deref()).await {
                Ok(page) => page,
                // It is gone, and nobody is in it.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused) => return Ok(ids),
                Err(error) => return Err(error),
            };
            ids.extend(page.people.into_iter().map(|person| person.id));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(ids),
            }
        }
    }
}
