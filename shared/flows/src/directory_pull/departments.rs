//! Departments of the OA as those of the directory.

use super::record::Named;
use std::collections::{BTreeMap, BTreeSet};
use tenon_directory::{Department, Directory, free_id};
use tenon_model::ConnectionId;
use tenon_platform::table::{Outcome, Stored, in_the_way};
use tenon_platform::{ErrorKind, Result};

/// Our ids of an OA's departments, by the OA's.
pub type Ids = BTreeMap<String, String>;

/// The directory's departments that are this OA's, by the OA's ids.
pub fn ids_of(all: &BTreeMap<String, Stored<Department>>, oa: &ConnectionId) -> Ids {
    let own = all.values().filter_map(|stored| Some((stored.data.accounts.get(oa.as_str())?, &stored.data.id)));
    own.map(|(theirs, ours)| (theirs.clone(), ours.clone())).collect()
}

/// Stores the departments that were told of, those above first, and disables those that are no more, where everything was
/// seen. Returns our ids of them, and how many changed.
pub async fn store(
    directory: &Directory<'_>,
    oa: &ConnectionId,
    found: &[Named],
    everything: bool,
    by: &str,
) -> Result<(Ids, u64)> {
    let mut all = directory.departments().await?;
    let mut ids = ids_of(&all, oa);
    let mut changed = 0;
    // Ids first: one below may be told before the one above.
    for one in found {
        let id = match ids.get(&one.id) {
            Some(id) => id.clone(),
            None if all.contains_key(&one.id) => free_id(oa.as_str(), &one.id),
            None => one.id.clone(),
        };
        ids.insert(one.id.clone(), id);
    }
    for one in found {
        let Some(id) = ids.get(&one.id).cloned() else { continue };
        let before = all.get(&id);
        let mut after =
            before.map_or_else(|| Department { id: id.clone(), ..Department::default() }, |b| b.data.clone());
        after.name.clone_from(&one.name);
        after.parent = one.parent.as_ref().and_then(|parent| ids.get(parent)).cloned();
        after.active = true;
        after.accounts.insert(oa.as_str().to_owned(), one.id.clone());
        if put(directory, before, &after, by).await? {
            changed += 1;
            if let Some(stored) = directory.department(&id).await? {
                all.insert(id, stored);
            }
        }
    }
    if everything {
        let listed: BTreeSet<&str> = found.iter().map(|one| one.id.as_str()).collect();
        for stored in all.values() {
            let theirs = stored.data.accounts.get(oa.as_str());
            if stored.data.active && theirs.is_some_and(|id| !listed.contains(id.as_str())) {
                let after = Department { active: false, ..stored.data.clone() };
                changed += u64::from(put(directory, Some(stored), &after, by).await?);
            }
        }
    }
    Ok((ids, changed))
}

/// Stores who manages a department, by the OA's ids of them. Whether anything was new.
pub async fn store_managers(
    directory: &Directory<'_>,
    (oa, id): (&ConnectionId, &str),
    managers: &[String],
    by: &str,
) -> Result<bool> {
    let Some(before) = directory.department(id).await? else { return Ok(false) };
    let mut ours = Vec::new();
    for account in managers {
        if let Some(person) = directory.by_account(oa.as_str(), account).await? {
            ours.push(person.data.id);
        }
    }
    let after = Department { managers: ours, ..before.data.clone() };
    put(directory, Some(&before), &after, by).await
}

/// Whether anything was new.
async fn put(
    directory: &Directory<'_>,
    before: Option<&Stored<Department>>,
    after: &Department,
    by: &str,
) -> Result<bool> {
    if before.is_some_and(|before| before.data == *after) {
        return Ok(false);
    }
    match directory.put_department(before, after, by).await? {
        Outcome::Done => Ok(true),
        Outcome::Conflict => {
            Err(in_the_way(format!("department {} was changed meanwhile", after.id)).with_kind(ErrorKind::Lost))
        }
    }
}
