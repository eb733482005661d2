//! Queueing notices: with the change that they follow from, or by themselves.

use crate::message::Notice;
use crate::work::NoticeSender;
use tenon_crypto::digest::sha256_hex;
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::job::Job;
use tenon_platform::outbox::{Entry, MAX_ENTRY_BYTES};
use tenon_platform::queue::{NOTICES_SEND, body_of};
use tenon_platform::{Context, Result};

/// Of what an entry of the outbox holds, what its messages take at most: a transaction has a limit of its own.
const TOGETHER: usize = MAX_ENTRY_BYTES * 2 / 3;

/// Promises notices: the write of each entry goes into the transaction of the change that they follow from, and each
/// is sent afterwards. As few entries as hold them all.
///
/// # Errors
/// `platform.message` when one is longer than a record holds.
pub fn promise(ctx: &Context, tenant: &TenantId, notices: &[Notice]) -> Result<Vec<Entry>> {
    let (mut entries, mut some, mut length) = (Vec::new(), Vec::new(), 0);
    for notice in notices {
        let envelope = envelope(tenant, notice);
        let own = body_of(&envelope)?.len();
        if !some.is_empty() && length + own > TOGETHER {
            entries.push(Entry::of_all(ctx, &NOTICES_SEND, &some)?);
            some.clear();
            length = 0;
        }
        length += own;
        some.push(envelope);
    }
    if !some.is_empty() {
        entries.push(Entry::of_all(ctx, &NOTICES_SEND, &some)?);
    }
    Ok(entries)
}

/// Queues a notice that follows from no change: it is stored first, and sent.
///
/// # Errors
/// Those of the table and the queue. What was stored is sent all the same.
pub async fn notify(ctx: &Context, tenant: &TenantId, notice: &Notice) -> Result<()> {
    for entry in promise(ctx, tenant, std::slice::from_ref(notice))? {
        entry.store(ctx).await?;
        entry.send(ctx).await?;
    }
    Ok(())
}

/// A notice as it travels. Its id is that of the notice, so that a repetition is known in the log.
pub(crate) fn envelope(tenant: &TenantId, notice: &Notice) -> Envelope<Notice> {
    let id = format!("notice/{}", name(notice));
    Envelope::new(NoticeSender::NAME, id, tenant, notice.clone())
}

/// Names a notice to its person: 24 hex digits.
pub(crate) fn name(notice: &Notice) -> String {
    let mut name = sha256_hex(format!("{}\n{}", notice.key, notice.recipient.shown()).as_bytes());
    name.truncate(24);
    name
}
