//! A person's lists, page by page.

use super::entry::{Entry, List, listed_in};
use super::links::open_at;
use crate::flows::{self, FlowHead, Terminal, Urls};
use std::collections::HashMap;
use tenon_directory::Person;
use tenon_model::TenantId;
use tenon_platform::table::Range;
use tenon_platform::{Context, Result};

/// Entries of a list that are looked at for one page, at most.
const LOOKED_AT: usize = 5_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct TaskQuery {
    /// Which list.
    pub list: List,
    /// Of this flow alone.
    pub flow: Option<String>,
    /// With this text in the task's or flow's name, the document's key or the initiator, in any letter case.
    pub text: Option<String>,
    /// Shown on this alone.
    pub terminal: Option<Terminal>,
    /// Where a former page ended.
    pub cursor: Option<String>,
    /// Entries of a page.
    pub size: usize,
}

impl TaskQuery {
    /// The beginning of a list.
    pub fn of(list: List) -> Self {
        Self { list, flow: None, text: None, terminal: None, cursor: None, size: 20 }
    }
}

/// An entry of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The enterprise whose ERP runs it.
    pub enterprise: String,
    /// The entry.
    pub entry: Entry,
    /// Title of its flow, where the flow is known.
    pub title: Option<String>,
    /// Where it is opened, where the flow is known.
    pub detail: Option<Urls>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskPage {
    /// Its entries.
    pub items: Vec<Listed>,
    /// Where the next page begins; none at the end. A page may be short and still have a next one.
    pub next: Option<String>,
}

/// A page of a person's list, over all enterprises that know the person. A page costs one request for each of them, and
/// one for the flows it names; more where a filter passes over entries.
///
/// # Errors
/// Those of the table.
pub async fn tasks_of(ctx: &Context, tenant: &TenantId, person: &Person, query: &TaskQuery) -> Result<TaskPage> {
    let mut streams: Vec<Stream> = places_of(person)
        .map(|(enterprise, code)| {
            let partition = listed_in(tenant, enterprise, code, query.list);
            Stream::new(enterprise, partition, query)
        })
        .collect();
    let mut flows: HashMap<String, FlowHead> = HashMap::new();
    let (mut page, mut looked_at) = (TaskPage::default(), 0);
    loop {
        for stream in &mut streams {
            stream.look_ahead(ctx).await?;
        }
        learn(ctx, tenant, &streams, &mut flows).await?;
        let Some(listed) = take(&mut streams, query.list) else { return Ok(page) };
        looked_at += 1;
        let sort = listed.entry.sort();
        let listed = named(listed, &flows);
        if wanted(&listed, query) {
            page.items.push(listed);
        }
        if page.items.len() >= query.size || looked_at >= LOOKED_AT {
            page.next = streams.iter().any(Stream::has_more).then_some(sort);
            return Ok(page);
        }
    }
}

/// Enterprises with the person's code in each; processes that run here know people whom no ERP does by our own ids.
fn places_of(person: &Person) -> impl Iterator<Item = (&str, &str)> {
    let external = person.external.iter().map(|(enterprise, code)| (enterprise.as_str(), code.as_str()));
    external.chain([(super::NO_ENTERPRISE, person.id.as_str())])
}

/// A list in one enterprise.
struct Stream {
    enterprise: String,
    partition: String,
    range: Range,
    after: Option<String>,
    ahead: std::collections::VecDeque<Entry>,
    ended: bool,
}

impl Stream {
    fn new(enterprise: &str, partition: String, query: &TaskQuery) -> Self {
        let filtered = query.flow.is_some() || query.text.is_some() || query.terminal.is_some();
        let limit = if filtered { 500 } else { query.size.saturating_add(2) };
        let mut range = Range { limit: u32::try_from(limit).ok(), ..Range::default() };
        match query.list.ascends() {
            true => range.from.clone_from(&query.cursor),
            false => {
                range.backwards = true;
                range.up_to.clone_from(&query.cursor);
            }
        }
        let (enterprise, after) = (enterprise.to_owned(), query.cursor.clone());
        Self { enterprise, partition, range, after, ahead: std::collections::VecDeque::new(), ended: false }
    }

    async fn look_ahead(&mut self, ctx: &Context) -> Result<()> {
        while self.ahead.is_empty() && !self.ended {
            let page = ctx.table.query_index::<Entry>(&self.partition, self.range.clone()).await?;
            let after = self.after.as_deref();
            let new = page.items.into_iter().map(|stored| stored.data);
            self.ahead.extend(new.filter(|entry| after.is_none_or(|after| entry.sort() != after)));
            self.ended = page.next.is_none();
            self.range.start = page.next;
        }
        Ok(())
    }

    fn has_more(&self) -> bool {
        !self.ahead.is_empty() || !self.ended
    }
}

/// The next entry of all streams.
fn take(streams: &mut [Stream], list: List) -> Option<Listed> {
    let sort = |stream: &Stream| stream.ahead.front().map(Entry::sort);
    let filled = streams.iter_mut().filter(|stream| !stream.ahead.is_empty());
    let next = match list.ascends() {
        true => filled.min_by_key(|stream| sort(stream)),
        false => filled.max_by_key(|stream| sort(stream)),
    }?;
    let entry = next.ahead.pop_front()?;
    Some(Listed { enterprise: next.enterprise.clone(), entry, title: None, detail: None })
}

/// Reads the flows that are named and not known yet, in one request.
async fn learn(
    ctx: &Context,
    tenant: &TenantId,
    streams: &[Stream],
    known: &mut HashMap<String, FlowHead>,
) -> Result<()> {
    let ahead = streams.iter().flat_map(|stream| &stream.ahead).filter(|entry| entry.title.is_none());
    let named = ahead.filter_map(|entry| entry.flow.as_ref());
    let mut unknown: Vec<String> = named.filter(|code| !known.contains_key(*code)).cloned().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    unknown.sort_unstable();
    unknown.dedup();
    known.extend(flows::heads(ctx, tenant, &unknown).await?);
    Ok(())
}

fn named(mut listed: Listed, flows: &HashMap<String, FlowHead>) -> Listed {
    let entry = &listed.entry;
    if let Some(title) = &entry.title {
        let page = page_of(entry);
        listed.title = Some(title.clone());
        listed.detail = Some(Urls { h5: page.clone(), web: page });
        return listed;
    }
    if let Some(flow) = entry.flow.as_ref().and_then(|code| flows.get(code)) {
        let task = entry.task.as_ref().map(|task| task.id.as_str());
        listed.title = Some(flow.title.clone());
        listed.detail = Some(open_at(&flow.detail, entry.order, task, &entry.business_key));
    }
    listed
}

/// The page of what runs here.
fn page_of(entry: &Entry) -> String {
    match &entry.task {
        Some(task) => super::page_at(&task.id),
        None => super::page_at(&entry.order.to_string()),
    }
}

fn wanted(listed: &Listed, query: &TaskQuery) -> bool {
    let entry = &listed.entry;
    if query.flow.is_some() && entry.flow != query.flow {
        return false;
    }
    let task = entry.task.as_ref();
    let is_shown = |task: &super::entry::EntryTask| match query.terminal {
        Some(Terminal::Pc) => task.show_pc,
        Some(Terminal::Mobile) => task.show_mobile,
        None => true,
    };
    if !task.is_none_or(is_shown) {
        return false;
    }
    let Some(text) = query.text.as_deref().map(str::to_lowercase).filter(|text| !text.is_empty()) else { return true };
    let name = task.map(|task| task.name.as_str());
    [name, listed.title.as_deref(), Some(&entry.business_key), Some(&entry.initiator)]
        .into_iter()
        .flatten()
        .any(|words| words.to_lowercase().contains(&text))
}
