//! What others gave us once and nobody else has: lists that a read removes, entries of them that nobody
//! understood, and error texts longer than what is shown. Kept whole and sealed, for a person to read.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::keys::SealedText;
use crate::table::{Expect, Key, Range, RecordKind, Stored, Write};
use serde::{Deserialize, Serialize};
use tenon_crypto::secrets::Purpose;
use tenon_model::TenantId;

/// Bytes of one part; sealed and encoded, a record holds it.
const PART: usize = 180 * 1024;
/// Parts that one transaction holds.
const TOGETHER: usize = 10;
/// How long what waits for a person is kept, in seconds.
const KEEP_S: i64 = 90 * 86_400;
/// Most that are listed of each kind.
const LISTED: u32 = 200;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A list that its read removed, until all of it is taken in.
    List,
    /// A piece of such a list that was not understood.
    Entry,
    /// An error's whole text.
    Words,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::List, Self::Entry, Self::Words];

    fn letter(self) -> &'static str {
        match self {
            Self::List => "l",
            Self::Entry => "e",
            Self::Words => "w",
        }
    }

    /// The kind of an id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| id.strip_prefix("k").is_some_and(|rest| rest.starts_with(kind.letter())))
    }
}

/// What is known of a kept thing without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its id: `kl-…`, `ke-…` or `kw-…`.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Where it came from: a connection, or the operation that failed.
    pub source: String,
    /// Why it is kept.
    pub why: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// How long it is.
    pub bytes: usize,
    parts: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    sealed: String,
}

/// Its kinds of records.
pub(crate) const KINDS: [RecordKind; 2] = [RecordKind::of::<Kept>("KEPT"), RecordKind::of::<Part>("KEPT-PART")];

fn head(tenant: &TenantId, kind: Kind, id: &str) -> Key {
    Key::new(tenant, "KEPT", &[kind.letter()], id)
}

fn part(tenant: &TenantId, id: &str, number: usize) -> Key {
    Key::new(tenant, "KEPT-PART", &[id], format!("{number:03}"))
}

fn place(tenant: &TenantId, id: &str, number: usize) -> String {
    format!("kept/{tenant}/{id}/{number}")
}

/// The sealed text of a part, by the sort key that is its number.
pub(crate) fn sealed_text(tenant: &TenantId, id: &str, sort: &str, data: &serde_json::Value) -> Option<SealedText> {
    let number = sort.parse().ok()?;
    Some(SealedText::sealed(Purpose::Kept, place(tenant, id, number), data.get("sealed")?.as_str()?))
}

/// Keeps the bytes. The same bytes of the same source are kept once; a list is a list of
/// its own each time. When it returns, all of it is stored.
///
/// # Errors
/// Those of the table.
pub async fn keep(ctx: &Context, tenant: &TenantId, kind: Kind, source: &str, why: &str, bytes: &[u8]) -> Result<Kept> {
    let now = ctx.now_ms();
    let prefix = format!("k{}-", kind.letter());
    let id = match kind {
        Kind::List => ctx.entropy.id(&prefix, now)?,
        Kind::Entry | Kind::Words => {
            let name = [source.as_bytes(), b"\n", bytes].concat();
            format!("{prefix}{}", tenon_crypto::digest::sha256_base64url_short(&name, 16))
        }
    };
    if kind != Kind::List
        && let Some(stored) = ctx.table.get::<Kept>(&head(tenant, kind, &id)).await?
    {
        return Ok(stored.data);
    }
    let expires = (kind != Kind::List).then_some(now / 1000 + KEEP_S);
    let keys = ctx.keys.to_seal().await?;
    let mut parts = Vec::new();
    for (number, piece) in bytes.chunks(PART).enumerate() {
        let sealed = keys.seal(Purpose::Kept, &place(tenant, &id, number), ctx.entropy.bytes()?, piece);
        let write = Write::put(part(tenant, &id, number), &Part { sealed }, Expect::Anything)?;
        parts.push(write.expiring(expires));
    }
    let kept = Kept {
        id: id.clone(),
        kind,
        source: source.to_owned(),
        why: crate::text::cut(why, 500),
        at_ms: now,
        bytes: bytes.len(),
        parts: parts.len(),
    };
    let first = Write::put(head(tenant, kind, &id), &kept, Expect::Anything)?.expiring(expires);
    if parts.len() <= TOGETHER {
        ctx.table.transact([vec![first], parts].concat()).await?;
        return Ok(kept);
    }
    // The head is last, so that what is listed is whole.
    for write in parts {
        ctx.table.write(write).await?;
    }
    ctx.table.write(first).await?;
    Ok(kept)
}

/// Keeps the whole text of an error that was longer than what is shown, once.
///
/// # Errors
/// Those of the table.
pub async fn keep_words(ctx: &Context, tenant: &TenantId, error: &Error) -> Result<()> {
    let Some(whole) = &error.whole else { return Ok(()) };
    let source = if error.operation.is_empty() { error.code } else { &*error.operation };
    let why = format!("{}: the text is longer than what is shown", error.code);
    keep(ctx, tenant, Kind::Words, source, &why, whole.as_bytes()).await.map(|_| ())
}

/// What is kept of one kind, oldest first, at most 200.
///
/// # Errors
/// Those of the table.
pub async fn of_kind(ctx: &Context, tenant: &TenantId, kind: Kind) -> Result<Vec<Kept>> {
    let range = Range { limit: Some(LISTED), ..Range::default() };
    let page = ctx.table.query::<Kept>(&Key::partition_of(tenant, "KEPT", &[kind.letter()]), range).await?;
    let mut kept: Vec<Kept> = page.items.into_iter().map(|stored| stored.data).collect();
    kept.sort_by_key(|k| k.at_ms);
    Ok(kept)
}

/// One kept thing with its bytes; `None` when there is none of this id.
///
/// # Errors
/// `platform.sealed` when it does not open, or a part is missing.
pub async fn open(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Option<(Kept, Vec<u8>)>> {
    let Some(kind) = Kind::of_id(id) else { return Ok(None) };
    let Some(kept) = ctx.table.get::<Kept>(&head(tenant, kind, id)).await?.map(|s| s.data) else {
        return Ok(None);
    };
    let mut bytes = Vec::with_capacity(kept.bytes);
    for number in 0..kept.parts {
        let stored = ctx.table.get::<Part>(&part(tenant, id, number)).await?;
        let piece = match stored {
            Some(Stored { data: Part { sealed }, .. }) => {
                ctx.keys.to_open(&sealed).await?.open(Purpose::Kept, &place(tenant, id, number), &sealed).ok()
            }
            None => None,
        };
        bytes.extend(piece.ok_or_else(|| {
            Error::permanent(
                "platform.sealed",
                format!("what was kept as {id} does not open: the master key is another, or a part is missing"),
            )
        })?);
    }
    Ok(Some((kept, bytes)))
}

/// Forgets it. The parts go last, so that what is listed is whole.
///
/// # Errors
/// Those of the table.
pub async fn forget(ctx: &Context, tenant: &TenantId, kept: &Kept) -> Result<()> {
    ctx.table.write(Write::delete(head(tenant, kept.kind, &kept.id), Expect::Anything)).await?;
    for number in 0..kept.parts {
        ctx.table.write(Write::delete(part(tenant, &kept.id, number), Expect::Anything)).await?;
    }
    Ok(())
}
