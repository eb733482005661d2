//! The change of the master key. The ring of keys is sealed anew under the coming one, nothing else: what is stored
//! goes on being sealed by the keys of the ring.
//!
//! While it goes on both master keys open the ring, in one record, so that processes get the new one each at its own
//! time. Each step is one conditional write, and doing it again changes nothing.

use super::ring::{Change, Read, Ring};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::table::Outcome;
use tenon_crypto::secrets::MasterKey;

/// What is under way.
///
/// # Errors
/// `config.other-key`; what the table refuses.
pub async fn change(ctx: &Context) -> Result<Option<Change>> {
    Ok(Ring::read_or_first(ctx).await?.change)
}

/// Lets a master key that is to come open everything, beside this process's.
///
/// # Errors
/// `keys.rotating` while keys are rotated; `keys.master` while another one is to come; `config.other-key`; what the
/// table refuses.
pub async fn begin_change(ctx: &Context, next: &MasterKey) -> Result<()> {
    if next.id() == ctx.keys.master.id() {
        return Err(Error::permanent("keys.master", "the new master key is the present one; make another"));
    }
    loop {
        let Read { ring, version, change } = Ring::read_or_first(ctx).await?;
        match change {
            Some(change) if change.next == next.id() => return Ok(()),
            Some(_) => return Err(under_way()),
            None => {}
        }
        if ring.renewing_since_ms.is_some() {
            let message = "a rotation is under way; `tenon keys rotate` goes on with it, then change the master key";
            return Err(Error::permanent("keys.rotating", message));
        }
        if ring.write_for_both(ctx, next, version).await? == Outcome::Done {
            return Ok(());
        }
    }
}

/// Ends the former master key: only this process's, which was to come, opens the ring from now on.
///
/// # Errors
/// `keys.master` when this process has the former one; `config.other-key`; what the table refuses.
pub async fn finish_change(ctx: &Context) -> Result<()> {
    loop {
        let Read { ring, version, change } = Ring::read_or_first(ctx).await?;
        match change {
            None => return Ok(()),
            Some(change) if !change.is_ours => return Err(under_way()),
            Some(_) => {}
        }
        if ring.write(ctx, version).await? == Outcome::Done {
            return Ok(());
        }
    }
}

/// Gives a change up: the master key that was to come opens nothing any more.
///
/// # Errors
/// `keys.master` when this process has the one that was to come; `config.other-key`; what the table refuses.
pub async fn cancel_change(ctx: &Context) -> Result<()> {
    loop {
        let Read { ring, version, change } = Ring::read_or_first(ctx).await?;
        match change {
            None => return Ok(()),
            Some(change) if change.is_ours => {
                let message = "this is the new master key, and others may have it already; finish the change instead, or \
                               cancel it with the former key";
                return Err(Error::permanent("keys.master", message));
            }
            Some(_) => {}
        }
        if ring.write(ctx, version).await? == Outcome::Done {
            return Ok(());
        }
    }
}

pub(super) fn under_way() -> Error {
    let message = "the master key is being changed: put the new one where the former is, then `tenon keys master` ends the \
                   change; or `tenon keys master --cancel` with the former key";
    Error::permanent("keys.master", message)
}
