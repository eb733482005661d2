//! Storing an order as it came.

use super::lists::Lists;
use super::notices;
use super::record::{self, HEAD, Head, IN_ONE, Order, Task, Tasks};
use super::{finish, read};
use crate::Done;
use crate::caller::Caller;
use crate::flows::{self, FlowHead};
use crate::tasks::{self, Place};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use tenon_crypto::digest::sha256_hex;
use tenon_directory::Directory;
use tenon_model::TenantId;
use tenon_model::config::UnknownPeople;
use tenon_platform::body::BadBody;
use tenon_platform::table::{Expect, Outcome, Range, Stored, Write, in_the_way};
use tenon_platform::{Context, Error, Rejection, Result, outbox};

/// Writes of one transaction; the table takes a hundred.
const TOGETHER: usize = 96;
/// Times a sync is begun anew when somebody else stored the order meanwhile.
pub(super) const TIMES: usize = 8;
/// Entries of the outbox that a transaction of four megabytes holds beside the order.
const PROMISED_WITH_IT: usize = 12;
/// Tasks that came no more and are remembered, so that people are not told of them once more.
const GONE: usize = 2_000;

/// Takes an order with its tasks. What is older than what is stored changes nothing, and is told so in a warning; the
/// same once more changes nothing.
///
/// # Errors
/// [`Rejection::BadFields`] with every field that is wrong, people and flows that are not there included: nothing is
/// stored; those of the table.
pub async fn sync(ctx: &Context, by: &Caller, body: &[u8]) -> std::result::Result<Done, Rejection> {
    let (order, tasks, mut warnings) = read::order(body)?;
    let flow = check(ctx, by, &order, &tasks).await?;
    let incoming = Incoming { hash: hash(&order, &tasks)?, order, tasks, flow };
    let at = At { tenant: by.tenant.clone(), enterprise: by.enterprise().to_owned(), by: by.name() };
    for _ in 0..TIMES {
        match incoming.store(ctx, &at).await? {
            Kept::Done => return Ok(Done::with(warnings)),
            Kept::Older => {
                warnings.push("已有更新的订单数据（按version、updateTime判断），本次未覆盖".to_owned());
                return Ok(Done::with(warnings));
            }
            Kept::Meanwhile => {}
        }
    }
    Err(in_the_way("others keep storing the same order").into())
}

/// What an order names must be there.
async fn check(
    ctx: &Context,
    by: &Caller,
    order: &Order,
    tasks: &[Task],
) -> std::result::Result<Option<FlowHead>, Rejection> {
    let mut wrong = Vec::new();
    let flow = match &order.flow {
        None => None,
        Some(code) => {
            let found = flows::heads(ctx, &by.tenant, std::slice::from_ref(code)).await?.remove(code);
            let own = found.filter(|flow| flow.enterprise == by.enterprise());
            if own.is_none() {
                wrong.push(BadBody::field("thirdFlowCode", format!("流程{code}不存在")));
            }
            own
        }
    };
    if by.app.unknown_people == UnknownPeople::Refuse {
        wrong.extend(unknown_people(ctx, by, order, tasks).await?);
    }
    if wrong.is_empty() { Ok(flow) } else { Err(Rejection::BadFields(wrong)) }
}

async fn unknown_people(ctx: &Context, by: &Caller, order: &Order, tasks: &[Task]) -> Result<Vec<BadBody>> {
    let mut named = vec![("initiator".to_owned(), &order.initiator)];
    let copies = order.copies.iter().enumerate();
    named.extend(copies.map(|(at, copy)| (format!("ccUsers[{at}].userCode"), &copy.code)));
    for (at, task) in tasks.iter().enumerate() {
        let codes = task.assignees.iter().enumerate();
        named.extend(codes.map(|(index, code)| (format!("tasks[{at}].assigneeUserCode[{index}]"), code)));
    }
    let codes: Vec<String> = named.iter().map(|(_, code)| (*code).clone()).collect();
    let known = Directory::new(ctx, &by.tenant).ids_of(by.enterprise(), &codes).await?;
    let unknown = named.into_iter().filter(|(_, code)| !known.contains_key(*code));
    Ok(unknown.map(|(field, code)| BadBody::field(field, format!("用户{code}不存在"))).collect())
}

fn hash(order: &Order, tasks: &[Task]) -> Result<String> {
    let text = serde_json::to_vec(&(order, tasks)).map_err(|e| Error::permanent("platform.table", e.to_string()))?;
    Ok(sha256_hex(&text))
}

/// An order as it came.
pub(super) struct Incoming {
    pub order: Order,
    pub tasks: Vec<Task>,
    pub hash: String,
    pub flow: Option<FlowHead>,
}

/// Whose orders they are, and who changes them.
pub(super) struct At {
    pub tenant: TenantId,
    pub enterprise: String,
    pub by: String,
}

/// What came of storing it.
pub(super) enum Kept {
    Done,
    Older,
    Meanwhile,
}

/// An order as stored.
#[derive(Default)]
pub(super) struct Known {
    pub head: Option<Stored<Head>>,
    parts: Vec<Stored<Tasks>>,
}

impl Known {
    pub async fn load(ctx: &Context, at: &At, order: i64) -> Result<Self> {
        let partition = record::partition(&at.tenant, &at.enterprise, order);
        let all = ctx.table.query_all::<serde_json::Value>(&partition, Range::default()).await?;
        let mut known = Self::default();
        for Stored { sort, version, data } in all {
            let wrong = |e: serde_json::Error| Error::permanent("platform.table", format!("order {order}: {e}"));
            if sort == HEAD {
                known.head = Some(Stored { sort, version, data: serde_json::from_value(data).map_err(wrong)? });
            } else {
                known.parts.push(Stored { sort, version, data: serde_json::from_value(data).map_err(wrong)? });
            }
        }
        // Records beyond those are of a time when there were more.
        let parts = known.head.as_ref().map_or(0, |head| usize::try_from(head.data.parts).unwrap_or(usize::MAX));
        known.parts.truncate(parts);
        Ok(known)
    }

    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.parts.iter().flat_map(|part| &part.data.tasks)
    }
}

impl Incoming {
    async fn store(&self, ctx: &Context, at: &At) -> Result<Kept> {
        let known = Known::load(ctx, at, self.order.id).await?;
        if let Some(head) = &known.head {
            if self.is_older(&head.data.order) {
                return Ok(Kept::Older);
            }
            if head.data.hash == self.hash && !head.data.unfinished {
                return Ok(Kept::Done);
            }
        }
        let parts = self.parts(&known);
        let lists = self.lists(at, &known);
        let writes = lists.writes(ctx)?;
        let promised = self.promises(ctx, at, &known)?;
        let mut first = self.part_writes(at, &known, &parts)?;
        for (number, entry) in promised.iter().enumerate() {
            match number < PROMISED_WITH_IT {
                true => first.push(entry.write()?),
                // Told, at worst, of what its repetition stores.
                false => entry.store(ctx).await?,
            }
        }
        let expect = known.head.as_ref().map_or(Expect::AbsentAt(ctx.now_ms()), |head| Expect::Version(head.version));
        let whole = first.len() + writes.len() < TOGETHER;
        if whole {
            first.push(self.head(at, parts.len(), None, expect)?);
            first.extend(writes);
            return self.finish(ctx, first, promised).await;
        }
        let leaving = lists.leaving();
        let owed = finish::owed(ctx, at, self.order.id)?;
        first.push(self.head(at, parts.len(), Some(leaving.clone()), expect)?);
        first.push(owed.write()?);
        if ctx.table.transact(first).await? == Outcome::Conflict {
            return Ok(Kept::Meanwhile);
        }
        send(ctx, promised).await;
        let version = known.head.as_ref().map_or(1, |head| head.version + 1);
        self.write_lists(ctx, at, (parts.len(), leaving), (writes, version), Some(&owed)).await
    }

    async fn finish(&self, ctx: &Context, writes: Vec<Write>, promised: Vec<outbox::Entry>) -> Result<Kept> {
        if ctx.table.transact(writes).await? == Outcome::Conflict {
            return Ok(Kept::Meanwhile);
        }
        send(ctx, promised).await;
        Ok(Kept::Done)
    }

    /// Writes the lists of a long order, while it is as it was stored. With the last of them goes what was promised in
    /// case that nobody lives to write them.
    pub(super) async fn write_lists(
        &self,
        ctx: &Context,
        at: &At,
        (parts, leaving): (usize, Vec<Place>),
        (mut lists, mut version): (Vec<Write>, u64),
        owed: Option<&outbox::Entry>,
    ) -> Result<Kept> {
        loop {
            let mut writes: Vec<Write> = lists.drain(..lists.len().min(TOGETHER - 2)).collect();
            let is_last = lists.is_empty();
            let still = (!is_last).then(|| leaving.clone());
            writes.push(self.head(at, parts, still, Expect::Version(version))?);
            if let Some(owed) = owed.filter(|_| is_last) {
                writes.push(owed.removal(ctx)?);
            }
            if ctx.table.transact(writes).await? == Outcome::Conflict {
                return Ok(Kept::Meanwhile);
            }
            if is_last {
                return Ok(Kept::Done);
            }
            version += 1;
        }
    }

    /// Whether what is stored is newer: by the version where both have one, else, or where it is the same, by the time
    /// of the update.
    fn is_older(&self, stored: &Order) -> bool {
        let by_version = match (self.order.version, stored.version) {
            (Some(own), Some(stored)) => own.cmp(&stored),
            _ => Ordering::Equal,
        };
        by_version.then(self.order.updated_ms.cmp(&stored.updated_ms)) == Ordering::Less
    }

    /// The tasks as they are to be stored: each where it was, new ones behind, and those that came no more as gone.
    fn parts(&self, known: &Known) -> Vec<Tasks> {
        let mut new: BTreeMap<&str, (usize, &Task)> =
            self.tasks.iter().enumerate().map(|(at, task)| (task.id.as_str(), (at, task))).collect();
        let mut all: Vec<Task> = Vec::new();
        for task in known.tasks() {
            all.push(match new.remove(task.id.as_str()) {
                Some((_, task)) => task.clone(),
                None => Task { gone: true, ..task.clone() },
            });
        }
        let mut behind: Vec<(usize, &Task)> = new.into_values().collect();
        behind.sort_unstable_by_key(|(at, _)| *at);
        all.extend(behind.into_iter().map(|(_, task)| task.clone()));
        // A system that gives its tasks new ids each time does not fill the table.
        let mut beyond = all.iter().filter(|task| task.gone).count().saturating_sub(GONE);
        all.retain(|task| {
            let forgotten = task.gone && beyond > 0;
            beyond -= usize::from(forgotten);
            !forgotten
        });
        all.chunks(IN_ONE).map(|tasks| Tasks { tasks: tasks.to_vec() }).collect()
    }

    fn part_writes(&self, at: &At, known: &Known, parts: &[Tasks]) -> Result<Vec<Write>> {
        let mut writes = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let before = known.parts.get(number);
            if before.is_some_and(|before| before.data == *part) {
                continue;
            }
            // The head's condition is that of all.
            let key = record::part(&at.tenant, &at.enterprise, self.order.id, number);
            writes.push(Write::put(key, part, Expect::Anything)?);
        }
        Ok(writes)
    }

    /// The order's record; with who shall have nothing of it any more, where its lists are not written yet.
    fn head(&self, at: &At, parts: usize, leaving: Option<Vec<Place>>, expect: Expect) -> Result<Write> {
        let head = Head {
            order: self.order.clone(),
            parts: u32::try_from(parts).unwrap_or(u32::MAX),
            hash: self.hash.clone(),
            unfinished: leaving.is_some(),
            leaving: leaving.unwrap_or_default(),
            by: at.by.clone(),
        };
        Write::put(record::head(&at.tenant, &at.enterprise, self.order.id), &head, expect)
    }

    /// Everything that people have of the order and that is not as it was.
    pub(super) fn lists(&self, at: &At, known: &Known) -> Lists {
        let was = match &known.head {
            Some(head) => tasks::entries(&head.data.order, known.tasks()),
            None => BTreeMap::new(),
        };
        let unfinished = known.head.as_ref().filter(|head| head.data.unfinished);
        let mut is = tasks::entries(&self.order, &self.tasks);
        let owed = unfinished.map(|head| head.data.leaving.clone()).unwrap_or_default();
        for place in was.keys().cloned().chain(owed) {
            is.entry(place).or_insert_with(|| tasks::no_entry(&self.order));
        }
        if unfinished.is_none() {
            is.retain(|place, entry| was.get(place) != Some(&*entry));
        }
        Lists { tenant: at.tenant.clone(), enterprise: at.enterprise.clone(), changed: is }
    }

    /// The promises to tell people of new tasks.
    fn promises(&self, ctx: &Context, at: &At, known: &Known) -> Result<Vec<outbox::Entry>> {
        let before: HashSet<&str> = known.tasks().map(|task| task.id.as_str()).collect();
        let news = notices::news(&before, &self.tasks).into_iter();
        let notices: Vec<_> = news
            .map(|(task, code)| notices::notice(&at.enterprise, (&self.order, task), code, self.flow.as_ref()))
            .collect();
        tenon_notices::promise(ctx, &at.tenant, &notices)
    }
}

/// Sends what was promised. What cannot be sent now, the sweeper sends.
async fn send(ctx: &Context, promised: Vec<outbox::Entry>) {
    for entry in promised {
        if let Err(error) = entry.send(ctx).await {
            tracing::warn!(error.code = error.code, error.message = %error, "people are told of new tasks later: the queue did not take it");
        }
    }
}

/// The document's key of an order that another system runs, and the ids of its tasks; none where there is no such order.
///
/// # Errors
/// Those of the table.
pub(crate) async fn known(
    ctx: &Context,
    tenant: &TenantId,
    enterprise: &str,
    order: i64,
) -> Result<Option<(String, std::collections::BTreeSet<String>)>> {
    let at = At { tenant: tenant.clone(), enterprise: enterprise.to_owned(), by: String::new() };
    let known = Known::load(ctx, &at, order).await?;
    let tasks = known.tasks().map(|task| task.id.clone()).collect();
    Ok(known.head.map(|head| (head.data.order.business_key, tasks)))
}
