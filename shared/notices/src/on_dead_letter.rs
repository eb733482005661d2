//! Notices whose messages were given up.

use crate::counts::count;
use crate::message::Notice;
use crate::recipient;
use crate::record::{Record, State};
use crate::send::{changed_meanwhile, name};
use tenon_model::{Language, TenantId};
use tenon_platform::table::{Expect, Outcome};
use tenon_platform::{Context, Error, Result};

/// Notes that a notice was given up: one that was sent and not answered may have arrived, and is not called failed.
///
/// # Errors
/// Those of the table; that another process changed the notice meanwhile.
pub(crate) async fn on_dead_letter(ctx: &Context, tenant: &TenantId, notice: &Notice, error: &Error) -> Result<()> {
    let person = recipient::find(ctx, tenant, &notice.recipient).await?;
    let key = Record::key_of(tenant, &name(notice, person.as_ref()));
    let (mut record, expect) = match ctx.table.get::<Record>(&key).await? {
        Some(stored) if stored.data.is_done() => return Ok(()),
        Some(stored) => (stored.data, Expect::Version(stored.version)),
        None => (Record::new(notice, Language::default(), ctx.now_ms()), Expect::AbsentAt(ctx.now_ms())),
    };
    record.state = if record.is_unanswered() { State::Unknown } else { State::Failed };
    record.why = Some(error.to_string());
    record.at_ms = ctx.now_ms();
    let write = record.write(ctx, key, expect, ctx.entropy.token()?)?;
    if ctx.table.write(write).await? == Outcome::Conflict {
        return Err(changed_meanwhile());
    }
    count(ctx, &TenantId::operator(), None, record.state.word()).await;
    Ok(())
}
