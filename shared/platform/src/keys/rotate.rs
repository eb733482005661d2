//! Rotation: a new key, everything stored made anew under it, the former key's end.
//!
//! Safe to be killed anywhere and repeated. The new key is in the ring, and current, before the first text is made anew;
//! a pass over the table makes anew what it finds under other keys, each record by one write that fails when somebody
//! else wrote it meanwhile, and notes after each page how far it has come. Writers who still held the former key, or
//! wrote back what they had read, are found by another pass: the last is one that began when nobody could seal with the
//! former key any more, and found nothing.

use super::renew::{Finder, Renewal, renewal};
use super::ring::{Entry, Read, Ring, State};
use super::{Keys, TRUST};
use crate::clock::{SKEW, millis};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{Expect, Key, Outcome, Raw, RecordKind, Write};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::TenantId;

/// Records of one page.
pub const PAGE: i32 = 100;
/// Passes of one command, at most; each finds what was written during the one before.
const MAX_PASSES: u32 = 20;
/// Times a record is read again because somebody else wrote it; then the next pass has it.
const LOOKS: u32 = 3;
/// Records that do not open which are named.
const NAMED: usize = 20;

/// How everything is made anew.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'f> {
    /// Who knows which records have sealed texts.
    pub finders: &'f [Finder],
    /// Whether no other process works on this data.
    pub alone: bool,
    /// Records of one page, [`PAGE`] unless there is a reason.
    pub page: i32,
}

/// What a rotation tells while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This key is current from now on.
    Made(String),
    /// A rotation that was broken off goes on.
    GoesOn(String),
    /// So many records were looked at, and so many texts made anew, since the command began.
    Page(u64, u64),
    /// Until every process knows the new key.
    Waits(Duration),
}

/// A record with texts that open under no key: they were unusable before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The record's partition.
    pub partition: String,
    /// Its sort key.
    pub sort: String,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// The current key.
    pub current: String,
    /// Keys that read and can be retired.
    pub former: Vec<String>,
    /// Texts made anew by this command.
    pub renewed: u64,
    /// Records looked at by this command.
    pub looked_at: u64,
    /// The first records with texts that do not open.
    pub unopened: Vec<Lost>,
}

/// How far a pass has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// The key everything is made anew under.
    to: String,
    /// Epoch ms at which the pass began.
    began_ms: i64,
    /// Partition and sort key after which it goes on.
    after: Option<(String, String)>,
    /// Whether it found a text that it made anew, or had to leave.
    found: bool,
}

/// The kind of record that tells it.
pub(super) const KIND: RecordKind = RecordKind::of::<Progress>("KEYS");

fn progress_key() -> Key {
    Key::new(&TenantId::operator(), "KEYS", &[], "progress")
}

/// Every key, oldest first, and whether a rotation is under way.
///
/// # Errors
/// `config.other-key`; what the table refuses.
pub async fn list(ctx: &Context) -> Result<(Vec<Entry>, bool)> {
    let Read { ring, .. } = Ring::read_or_first(ctx).await?;
    Ok((ring.entries, ring.renewing_since_ms.is_some()))
}

/// The ring, while it is under one master key.
async fn ring(ctx: &Context) -> Result<(Ring, Option<u64>)> {
    let Read { ring, version, change } = Ring::read_or_first(ctx).await?;
    match change {
        None => Ok((ring, version)),
        Some(_) => Err(super::master::under_way()),
    }
}

/// Makes a new key and everything stored anew under it, or goes on with a rotation that was broken off.
///
/// # Errors
/// `config.other-key`; `keys.master`; what the table refuses; `keys.contended` when others keep writing under a former key.
pub async fn rotate(ctx: &Context, rotation: Rotation<'_>, report: &mut (dyn FnMut(Step) + Send)) -> Result<Rotated> {
    let Rotation { finders, alone, page } = rotation;
    let since_ms = begin(ctx, report).await?;
    let keys = ctx.keys.to_seal().await?;
    let settled_ms = if alone { since_ms } else { since_ms + millis(TRUST) + millis(SKEW) };
    let (mut looked_at, mut renewed, mut unopened) = (0, 0, Vec::new());
    for _ in 0..MAX_PASSES {
        let mut pass = resumed(ctx, keys.id()).await?;
        unopened.clear();
        loop {
            let after = pass.after.as_ref().map(|(partition, sort)| Key::from_parts(partition, sort));
            let found = ctx.table.scan(after.as_ref(), page).await?;
            for record in found.records {
                let done = renew(ctx, &ctx.keys, finders, record, &mut unopened).await?;
                looked_at += 1;
                renewed += done;
                pass.found |= done > 0;
            }
            report(Step::Page(looked_at, renewed));
            pass.after = found.next.map(|key| (key.partition().to_owned(), key.sort().to_owned()));
            if pass.after.is_none() {
                break;
            }
            note(ctx, &pass).await?;
        }
        forget(ctx).await?;
        if !pass.found && pass.began_ms >= settled_ms {
            return end(ctx, looked_at, renewed, unopened).await;
        }
        let left = settled_ms - ctx.now_ms();
        if left > 0 {
            let wait = Duration::from_millis(left.unsigned_abs());
            report(Step::Waits(wait));
            ctx.clock.sleep(wait).await;
        }
    }
    let message =
        "what former keys sealed keeps being written; nothing is lost: run `tenon keys rotate` again, it goes on";
    Err(Error::transient("keys.contended", message).with_kind(ErrorKind::Overtaken))
}

/// Sees to it that there is a new key, and tells since when.
async fn begin(ctx: &Context, report: &mut (dyn FnMut(Step) + Send)) -> Result<i64> {
    loop {
        let (mut ring, version) = ring(ctx).await?;
        let goes_on = ring.renewing_since_ms.is_some();
        if !goes_on {
            ring.add(ctx)?;
            if ring.write(ctx, version).await? == Outcome::Conflict {
                continue;
            }
        }
        let current = ring.entries.last().map(|entry| entry.id.clone()).unwrap_or_default();
        report(if goes_on { Step::GoesOn(current) } else { Step::Made(current) });
        return Ok(ring.renewing_since_ms.unwrap_or(0));
    }
}

/// The pass that was broken off, or a new one. What the one that was broken off made anew after its last note is not
/// known, so it counts as one that found something.
async fn resumed(ctx: &Context, to: &str) -> Result<Progress> {
    let stored = ctx.table.get::<Progress>(&progress_key()).await?.map(|stored| stored.data);
    let new = || Progress { to: to.to_owned(), began_ms: ctx.now_ms(), after: None, found: false };
    let broken_off = stored.filter(|progress| progress.to == to);
    Ok(broken_off.map_or_else(new, |progress| Progress { found: true, ..progress }))
}

async fn note(ctx: &Context, progress: &Progress) -> Result<()> {
    ctx.table.write(Write::put(progress_key(), progress, Expect::Anything)?).await.map(drop)
}

async fn forget(ctx: &Context) -> Result<()> {
    ctx.table.write(Write::delete(progress_key(), Expect::Anything)).await.map(drop)
}

/// Makes the texts of one record anew; how many, counting those that somebody else was in the way of.
async fn renew(
    ctx: &Context,
    keys: &Keys,
    finders: &[Finder],
    mut record: Raw,
    unopened: &mut Vec<Lost>,
) -> Result<u64> {
    for _ in 0..LOOKS {
        let found: Vec<_> = finders.iter().flat_map(|texts| texts(&record)).collect();
        if found.is_empty() {
            return Ok(0);
        }
        let keys = keys.to_open_all(found.iter().map(|sealed| sealed.text.as_str())).await?;
        let Renewal { texts, unopened: closed } = renewal(ctx, &keys, &found)?;
        if closed > 0 && unopened.len() < NAMED {
            let (partition, sort) = (record.key.partition().to_owned(), record.key.sort().to_owned());
            unopened.push(Lost { partition, sort });
        }
        if texts.is_empty() {
            return Ok(0);
        }
        if ctx.table.replace_texts(&record, &texts).await? == Outcome::Done {
            return Ok(texts.len() as u64);
        }
        match ctx.table.read_raw(&record.key).await? {
            Some(now) => record = now,
            None => return Ok(0),
        }
    }
    Ok(1)
}

/// The rotation is done.
async fn end(ctx: &Context, looked_at: u64, renewed: u64, unopened: Vec<Lost>) -> Result<Rotated> {
    loop {
        let (mut ring, version) = ring(ctx).await?;
        if ring.renewing_since_ms.take().is_some() && ring.write(ctx, version).await? == Outcome::Conflict {
            continue;
        }
        let of = |state| ring.entries.iter().filter(move |e| e.state == state).map(|e| e.id.clone());
        let (current, former) = (of(State::Current).next().unwrap_or_default(), of(State::Former).collect());
        return Ok(Rotated { current, former, renewed, looked_at, unopened });
    }
}

/// Ends a former key: what it sealed opens no more. Looks through the whole table first; `losing` gives up what does
/// not open.
///
/// # Errors
/// `keys.unknown`, `keys.current`, `keys.rotating`, `keys.in-use`; what the table refuses.
pub async fn retire(ctx: &Context, finders: &[Finder], id: &str, losing: bool) -> Result<()> {
    let (known, _) = ring(ctx).await?;
    let entry = known.entries.iter().find(|entry| entry.id == id);
    let refused = |code, message: String| Err(Error::permanent(code, message));
    match entry.map(|entry| entry.state) {
        None => return refused("keys.unknown", format!("there is no key {id}; `tenon keys list` names them")),
        Some(State::Retired) => return Ok(()),
        Some(State::Current) => {
            return refused(
                "keys.current",
                format!("{id} is the current key; `tenon keys rotate` makes another first"),
            );
        }
        Some(State::Former) => {}
    }
    if known.renewing_since_ms.is_some() {
        let message = "a rotation is under way, and this key still reads; `tenon keys rotate` goes on with it";
        return refused("keys.rotating", message.to_owned());
    }
    let (mut after, mut in_use) = (None, Vec::new());
    loop {
        let page = ctx.table.scan(after.as_ref(), PAGE).await?;
        for record in page.records {
            let found: Vec<_> = finders.iter().flat_map(|texts| texts(&record)).collect();
            if found.iter().any(|sealed| tenon_crypto::secrets::key_id(&sealed.text) == Some(id)) {
                in_use.push(format!("{} / {}", record.key.partition(), record.key.sort()));
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if !in_use.is_empty() && !losing {
        let named: Vec<_> = in_use.iter().take(NAMED).map(String::as_str).collect();
        let message = format!(
            "{} records still have texts of key {id}: {}. `tenon keys rotate` makes them anew; what opens under no key \
             is to be applied or reset anew, or given up with --lose",
            in_use.len(),
            named.join(", ")
        );
        return refused("keys.in-use", message);
    }
    loop {
        let (mut ring, version) = ring(ctx).await?;
        ring.retire(id, ctx.now_ms());
        if ring.write(ctx, version).await? == Outcome::Done {
            return Ok(());
        }
    }
}
