//! Runs newest first, from the lists of the index that hold them: of each flow by status, of all flows by status, of a
//! document. Each list is read only as far as it is needed.

use crate::context::Context;
use crate::error::Result;
use crate::table::{Key, Page, Range};
use futures::future::try_join_all;
use std::collections::VecDeque;
use std::fmt;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, RunId, TenantId};

/// Digits of the time in a [`Position`]; enough until the year 2286.
const DIGITS: usize = 13;

/// Where a run stands in every list it is in: its beginning, then its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(String);

impl Position {
    /// Where this run stands.
    pub fn of(run: &Run) -> Self {
        Self::at(run.started_ms, &run.id)
    }

    pub(super) fn at(started_ms: i64, id: &RunId) -> Self {
        Self(format!("{:0DIGITS$}.{id}", started_ms.max(0)))
    }

    /// Reads a position as it was shown; `None` for anything that is none.
    pub fn read(text: &str) -> Option<Self> {
        let (time, id) = text.split_once('.')?;
        let digits = time.len() == DIGITS && time.bytes().all(|b| b.is_ascii_digit());
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let named = (1..=64).contains(&id.len()) && id.bytes().all(fits);
        (digits && named).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which lists of the index are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Runs of every flow that stand so.
    All(Vec<RunStatus>),
    /// Those of these flows.
    OfFlows(Vec<FlowId>, Vec<RunStatus>),
    /// Those of a document, or of an instance without one.
    OfDocument(String),
    /// Those that carry this code now.
    OfCode(String),
}

impl Lists {
    fn partitions(&self, tenant: &TenantId) -> Vec<String> {
        match self {
            Self::All(statuses) => statuses.iter().map(|status| all(tenant, *status)).collect(),
            Self::OfFlows(flows, statuses) => {
                let each = |flow| statuses.iter().map(move |status| of_flow(tenant, flow, *status));
                flows.iter().flat_map(each).collect()
            }
            Self::OfDocument(document) => vec![of_document(tenant, document)],
            Self::OfCode(code) => vec![of_code(tenant, code)],
        }
    }
}

pub(super) fn all(tenant: &TenantId, status: RunStatus) -> String {
    Key::partition_of(tenant, "RUNS-ALL", &[status.word()])
}

pub(super) fn of_flow(tenant: &TenantId, flow: &FlowId, status: RunStatus) -> String {
    Key::partition_of(tenant, "RUNS", &[flow.as_str(), status.word()])
}

pub(super) fn of_document(tenant: &TenantId, document: &str) -> String {
    Key::partition_of(tenant, "RUNS-OF", &[document])
}

pub(super) fn of_code(tenant: &TenantId, code: &str) -> String {
    Key::partition_of(tenant, "RUNS-CODE", &[code])
}

/// Which part of the lists is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Runs that began at this epoch ms or later.
    pub from_ms: Option<i64>,
    /// Runs that began at this epoch ms or before.
    pub to_ms: Option<i64>,
    /// Only what stands behind this, newest first.
    pub after: Option<Position>,
    /// Only what stands before this.
    pub before: Option<Position>,
}

impl Span {
    fn range(&self, at_once: u32) -> Range {
        let time = |ms: i64, end: &str| format!("{:0DIGITS$}.{end}", ms.max(0));
        let from = self.from_ms.map(|ms| time(ms, "")).max(self.before.as_ref().map(|p| p.0.clone()));
        let to = self.to_ms.map(|ms| time(ms, "~"));
        let after = self.after.as_ref().map(|p| p.0.clone());
        let up_to = match (to, after) {
            (Some(to), Some(after)) => Some(to.min(after)),
            (to, after) => to.or(after),
        };
        Range { from, up_to, backwards: true, limit: Some(at_once), ..Range::default() }
    }

    fn is_empty(&self, range: &Range) -> bool {
        matches!((&range.from, &range.up_to), (Some(from), Some(up_to)) if from > up_to)
    }
}

/// The newest runs of one list, as one request brings them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Newest {
    /// They, newest first.
    pub runs: Vec<Run>,
    /// Whether the list has no others.
    pub whole: bool,
}

/// Runs, newest first.
pub struct Feed {
    streams: Vec<Stream>,
    span: Span,
}

struct Stream {
    tenant: TenantId,
    partition: String,
    /// The code that a run must still carry: a run that has lost its code is not taken out of the list of it.
    code: Option<String>,
    range: Range,
    ahead: VecDeque<Run>,
    ended: bool,
}

impl Feed {
    /// The runs of these lists, so many read at once of each.
    pub fn new(tenant: &TenantId, lists: &Lists, span: Span, at_once: u32) -> Self {
        let range = span.range(at_once);
        let ended = span.is_empty(&range);
        let code = match lists {
            Lists::OfCode(code) => Some(code.clone()),
            Lists::All(_) | Lists::OfFlows(..) | Lists::OfDocument(_) => None,
        };
        let stream = |partition| Stream {
            tenant: tenant.clone(),
            partition,
            code: code.clone(),
            range: range.clone(),
            ahead: VecDeque::new(),
            ended,
        };
        Self { streams: lists.partitions(tenant).into_iter().map(stream).collect(), span }
    }

    /// The newest runs of each list by itself, in the order of the lists: a request for each.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn newest(mut self, ctx: &Context) -> Result<Vec<Newest>> {
        try_join_all(self.streams.iter_mut().map(|stream| stream.look_ahead(ctx))).await?;
        let of = |stream: Stream| Newest { runs: stream.ahead.into(), whole: stream.ended };
        Ok(self.streams.into_iter().map(of).collect())
    }

    /// The next run; `None` at the end.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn next(&mut self, ctx: &Context) -> Result<Option<Run>> {
        loop {
            if self.streams.iter().any(Stream::is_exhausted) {
                try_join_all(self.streams.iter_mut().map(|stream| stream.look_ahead(ctx))).await?;
            }
            let ahead = self.streams.iter_mut().filter(|stream| !stream.ahead.is_empty());
            let newest = ahead.max_by_key(|stream| stream.ahead.front().map(Position::of));
            let Some(run) = newest.and_then(|stream| stream.ahead.pop_front()) else { return Ok(None) };
            let position = Some(Position::of(&run));
            // The bounds of a query belong to what it finds.
            if position != self.span.after && position != self.span.before {
                return Ok(Some(run));
            }
        }
    }
}

impl Stream {
    /// Whether there may be more in the table than is known.
    fn is_exhausted(&self) -> bool {
        self.ahead.is_empty() && !self.ended
    }

    async fn look_ahead(&mut self, ctx: &Context) -> Result<()> {
        while self.is_exhausted() {
            let Page { items, next } = ctx.table.query_index::<Run>(&self.partition, self.range.clone()).await?;
            let found = items.into_iter().map(|stored| stored.data).collect();
            let found = match &self.code {
                Some(code) => still_with(ctx, &self.tenant, code, found).await?,
                None => found,
            };
            self.ahead.extend(found);
            self.ended = next.is_none();
            self.range.start = next;
        }
        Ok(())
    }
}

/// Those of these runs that carry the code now, as they stand now.
async fn still_with(ctx: &Context, tenant: &TenantId, code: &str, found: Vec<Run>) -> Result<Vec<Run>> {
    let key = |run: &Run| Key::new(tenant, "RUN", &[run.id.as_str()], "run");
    let keys: Vec<Key> = found.iter().map(key).collect();
    let mut present = ctx.table.get_many::<Run>(&keys).await?;
    let now = found.into_iter().filter_map(|listed| {
        let run = present.remove(&key(&listed))?.data;
        (run.code.as_deref() == Some(code) && run.started_ms == listed.started_ms).then_some(run)
    });
    Ok(now.collect())
}
