//! One slice of a pull.

use super::begin::{next_message, record_run};
use super::departments::{self, Ids};
use super::leavers::Leavers;
use super::message::NextSlice;
use super::people::{Merged, Storing};
use super::read::{Progress, Unit, name};
use super::record::{self, Named, Pull, Seen, taken_over};
use super::{flow, source};
use crate::kinds::Scope;
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_connectors::directory::{FoundDepartment, PeoplePage, Source};
use tenon_directory::Directory;
use tenon_model::TenantId;
use tenon_model::config::DirectoryPullFlow;
use tenon_model::run::RunStatus;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::DIRECTORY_SYNC;
use tenon_platform::table::Outcome;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, lease};

/// Longer than the function may live, so that no other process goes on beside one that still does.
pub const LEASE: Duration = Duration::from_secs(150);
/// When another process has the pull or push in hand.
const BUSY: Duration = Duration::from_secs(30);
/// No page is begun with less time than this: a slow call, and a page's people.
const ENOUGH: Duration = Duration::from_secs(40);
/// Pages read at once.
const AT_ONCE: usize = 4;

/// A pull in hand.
struct Pulling<'a> {
    at: Scope<'a>,
    flow: &'a DirectoryPullFlow,
    /// Whose people they are: the flow and its connection are the operator's.
    people_of: TenantId,
    source: Source<'a>,
    pull: Pull,
    progress: Progress,
    by: String,
}

/// How a slice ended.
enum Slice {
    Done,
    OutOfTime,
}

/// Goes on with a pull for as long as the function may, and queues the next slice.
pub async fn work(ctx: &Context, tenant: &TenantId, slice: &NextSlice) -> Result<()> {
    alone(ctx, tenant, "pull", slice, in_hand(ctx, tenant, slice)).await
}

/// Does the work of a slice while no other process goes on with the same.
pub(crate) async fn alone(
    ctx: &Context,
    tenant: &TenantId,
    what: &str,
    slice: &NextSlice,
    work: impl Future<Output = Result<()>>,
) -> Result<()> {
    let held = lease::acquire(ctx, tenant, &format!("directory-{what}/{}", slice.flow), LEASE).await?;
    let Some(held) = held else {
        let message = format!("another process goes on with this {what}");
        return Err(Error::new("directory.busy", Retry::PutOff(BUSY), message).with_kind(ErrorKind::Busy));
    };
    let outcome = work.await;
    lease::give_back(ctx, held).await;
    outcome
}

async fn in_hand(ctx: &Context, tenant: &TenantId, slice: &NextSlice) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = flow(&loaded, &slice.flow)?;
    let stored = record::latest(ctx, tenant, &flow.id).await?;
    let Some(stored) = stored.filter(|stored| stored.data.run == slice.run && stored.data.ended_ms.is_none()) else {
        return Ok(());
    };
    let progress = Progress::of(record::seen(ctx, tenant, &flow.id, &slice.run).await?);
    let mut pulling = Pulling {
        at: Scope { ctx, tenant, loaded: &loaded },
        flow,
        people_of: flow.people_of(),
        source: source(ctx, tenant, &loaded, flow)?,
        pull: stored.data,
        progress,
        by: format!("flow {}", flow.id),
    };
    pulling.pull.did.slices += 1;
    match pulling.slice().await {
        Ok(Slice::Done) => pulling.end().await,
        Ok(Slice::OutOfTime) => pulling.hand_on().await,
        Err(error) => {
            record::store(ctx, tenant, &flow.id, &pulling.pull).await?;
            if error.kind() != ErrorKind::Lost {
                let (at, pull) = (pulling.at, &pulling.pull);
                record_run(ctx, at, &flow.id, pull, RunStatus::Retrying, error.to_string(), Some(error.code)).await?;
            }
            Err(error)
        }
    }
}

/// The message of a pull is given up: the next poll begins another.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, slice: &NextSlice, error: &Error) -> Result<()> {
    let Some(stored) = record::latest(ctx, tenant, &slice.flow).await?.filter(|s| s.data.run == slice.run) else {
        return Ok(());
    };
    let pull = Pull { ended_ms: Some(ctx.now_ms()), ..stored.data };
    let write = record::write(ctx, tenant, &slice.flow, &pull, Some(stored.version))?;
    if ctx.table.write(write).await? == Outcome::Conflict {
        return Err(taken_over());
    }
    let loaded = ctx.config.load(tenant).await?;
    let at = Scope { ctx, tenant, loaded: &loaded };
    record_run(ctx, at, &slice.flow, &pull, RunStatus::Failed, error.to_string(), Some(error.code)).await
}

impl Pulling<'_> {
    fn has_time(&self) -> bool {
        self.at.ctx.time_left().is_none_or(|left| left >= ENOUGH)
    }

    async fn slice(&mut self) -> Result<Slice> {
        if self.progress.departments.is_empty() {
            self.read_root().await?;
        }
        loop {
            let units = self.progress.below(self.source.lists_whole_tree());
            if units.is_empty() {
                break;
            }
            if !self.has_time() {
                return Ok(Slice::OutOfTime);
            }
            self.read_departments(units).await?;
        }
        let directory = Directory::new(self.at.ctx, &self.people_of);
        let everything = self.progress.gone.is_empty();
        let oa = &self.flow.oa;
        let found = &self.progress.departments;
        let (ids, changed) = departments::store(&directory, oa, found, everything, &self.by).await?;
        self.pull.did.departments += changed;
        loop {
            let units = self.progress.pages();
            if units.is_empty() {
                break;
            }
            if !self.has_time() {
                return Ok(Slice::OutOfTime);
            }
            self.read_people(units, &ids).await?;
        }
        if !self.has_time() || !self.lead(&ids).await? {
            return Ok(Slice::OutOfTime);
        }
        self.disable(&ids).await?;
        match self.read_managers(&ids).await? {
            true => Ok(Slice::Done),
            false => Ok(Slice::OutOfTime),
        }
    }

    async fn read_root(&mut self) -> Result<()> {
        let root = self.source.department(&self.flow.root).await?;
        let below = self.source.below(&root.id).await?;
        self.note_departments(named(root), below, false).await
    }

    async fn read_departments(&mut self, units: Vec<Unit>) -> Result<()> {
        let own: Vec<Named> =
            units.into_iter().filter_map(|unit| if let Unit::Below(own) = unit { Some(own) } else { None }).collect();
        let own: Vec<Named> = own.into_iter().take(AT_ONCE).collect();
        let calls: Vec<_> = own.iter().map(|own| self.source.below(&own.id)).collect();
        let read = futures::future::join_all(calls).await;
        for (own, below) in own.into_iter().zip(read) {
            match below {
                Ok(below) => self.note_departments(own, below, false).await?,
                Err(error) if is_gone(&error) => self.note_departments(own, Vec::new(), true).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn note_departments(&mut self, own: Named, below: Vec<FoundDepartment>, gone: bool) -> Result<()> {
        let page = Seen::Departments { own: own.clone(), below: below.into_iter().map(named).collect(), gone };
        self.note(&Unit::Below(own), &page).await?;
        self.progress.note_departments(&page);
        Ok(())
    }

    async fn read_people(&mut self, units: Vec<Unit>, ids: &Ids) -> Result<()> {
        let units: Vec<Unit> = units.into_iter().take(AT_ONCE).collect();
        let calls: Vec<_> = units.iter().map(|unit| page_of(&self.source, unit)).collect();
        let read = futures::future::join_all(calls).await;
        for (unit, page) in units.into_iter().zip(read) {
            let Unit::People { department, .. } = &unit else { continue };
            let (people, next, gone) = match page {
                Ok(page) => (page.people, page.next, false),
                Err(error) if is_gone(&error) => (Vec::new(), None, true),
                Err(error) => return Err(error),
            };
            let mut new = people;
            let all = new.iter().map(|person| person.id.clone()).collect();
            new.retain(|person| !self.progress.ids.contains(&person.id));
            let mut led_by = BTreeMap::new();
            let stored = self.storing(ids).all(&new).await?;
            for (person, kept) in new.iter().zip(stored) {
                match kept.merged {
                    Merged::Same => {}
                    Merged::Made => self.pull.did.made += 1,
                    Merged::Changed => self.pull.did.changed += 1,
                }
                led_by.extend(kept.owes.map(|leader| (person.id.clone(), leader)));
            }
            let page = Seen::People { ids: all, next, gone, led_by };
            self.note(&unit, &page).await?;
            self.progress.note_people(department, &page);
        }
        Ok(())
    }

    fn storing<'s>(&'s self, ids: &'s Ids) -> Storing<'s> {
        let directory = Directory::new(self.at.ctx, &self.people_of);
        Storing { directory, oa: &self.flow.oa, departments: ids, by: &self.by }
    }

    /// Names the supervisors who were read after those that report to them; whether the time was enough.
    async fn lead(&mut self, ids: &Ids) -> Result<bool> {
        let mut changed = 0;
        for (person, leader) in &self.progress.led_by {
            if !self.has_time() {
                return Ok(false);
            }
            changed += u64::from(self.storing(ids).lead_later(person, leader).await?);
        }
        self.pull.did.changed += changed;
        Ok(true)
    }

    async fn note(&self, unit: &Unit, page: &Seen) -> Result<()> {
        let at = (&self.flow.id, &self.pull.run);
        record::note(self.at.ctx, self.at.tenant, at, &name(unit), page).await
    }

    async fn disable(&mut self, ids: &Ids) -> Result<()> {
        if !self.progress.gone.is_empty() {
            return Ok(());
        }
        if self.progress.ids.is_empty() {
            let message = format!(
                "{} shows nobody, which no company is; nobody was disabled. Let the app see departments and people in the \
                 vendor's console",
                self.flow.oa
            );
            return Err(Error::permanent("directory.nobody", message));
        }
        let directory = Directory::new(self.at.ctx, &self.people_of);
        let (source, oa) = (&self.source, &self.flow.oa);
        let leavers = Leavers { directory, source, oa, departments: ids, by: &self.by };
        self.pull.did.left += leavers.disable(&self.progress.ids).await?;
        Ok(())
    }

    /// Who manages each department, once the people are stored. Whether there was time for all of them.
    async fn read_managers(&mut self, ids: &Ids) -> Result<bool> {
        let directory = Directory::new(self.at.ctx, self.at.tenant);
        let unread = self.progress.departments.iter().filter(|own| !self.progress.managed.contains(&own.id));
        let all: Vec<String> = unread.map(|department| department.id.clone()).collect();
        for some in all.chunks(AT_ONCE) {
            if !self.has_time() {
                return Ok(false);
            }
            let calls: Vec<_> = some.iter().map(|id| self.source.managers(id)).collect();
            for (theirs, read) in some.iter().zip(futures::future::join_all(calls).await) {
                let managers = match read {
                    Ok(Some(managers)) => managers,
                    // The OA says it of none of them.
                    Ok(None) => return Ok(true),
                    Err(error) if is_gone(&error) => continue,
                    Err(error) => return Err(error),
                };
                let Some(ours) = ids.get(theirs) else { continue };
                let changed =
                    departments::store_managers(&directory, (&self.flow.oa, ours), &managers, &self.by).await?;
                self.pull.did.departments += u64::from(changed);
            }
            if let Some(first) = some.first() {
                let (at, page) = ((&self.flow.id, &self.pull.run), Seen::Managers { of: some.to_vec() });
                record::note(self.at.ctx, self.at.tenant, at, &format!("m#{first}"), &page).await?;
            }
            self.progress.managed.extend(some.iter().cloned());
        }
        Ok(true)
    }

    /// The next slice is promised with how far this one came.
    async fn hand_on(self) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        record::store(ctx, tenant, &self.flow.id, &self.pull).await?;
        let next = Entry::of(ctx, &DIRECTORY_SYNC, &next_message(ctx, tenant, &self.flow.id, &self.pull.run))?;
        next.store(ctx).await?;
        next.send(ctx).await
    }

    async fn end(mut self) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        self.pull.ended_ms = Some(ctx.now_ms());
        let (people, departments) = (self.progress.ids.len(), self.progress.departments.len());
        let text = match self.progress.gone.as_slice() {
            [] => format!("read {people} people in {departments} departments"),
            gone => format!(
                "read {people} people in {departments} departments; {} went while they were read, so nobody was disabled: \
                 the next pull does that",
                gone.join(", ")
            ),
        };
        // The run first: what is told of is done.
        record_run(ctx, self.at, &self.flow.id, &self.pull, RunStatus::Succeeded, text, None).await?;
        record::store(ctx, tenant, &self.flow.id, &self.pull).await
    }
}

/// The next people of a department.
async fn page_of(source: &Source<'_>, unit: &Unit) -> Result<PeoplePage> {
    match unit {
        Unit::People { department, cursor } => source.people(department, cursor.as_deref()).await,
        Unit::Below(_) => Ok(PeoplePage::default()),
    }
}

fn named(found: FoundDepartment) -> Named {
    Named { id: found.id, name: found.name, parent: found.parent }
}

fn is_gone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused)
}
