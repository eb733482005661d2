//! Numbers people can read out: `ORD20260211143000` and six random digits.

use crate::times;
use tenon_platform::{Context, Result};

/// A number with this prefix, of this moment in Shanghai. Whoever stores it makes sure that it is new.
pub(super) fn new(ctx: &Context, prefix: &str) -> Result<String> {
    let random = u32::from_be_bytes(ctx.entropy.bytes::<4>()?) % 1_000_000;
    Ok(format!("{prefix}{}{random:06}", times::zoned(ctx.now_ms()).strftime("%Y%m%d%H%M%S")))
}
