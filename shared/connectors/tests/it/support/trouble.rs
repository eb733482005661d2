//! What disturbs a call, alike for every vendor.

use super::TestConnections;
use std::sync::atomic::{AtomicBool, Ordering};
use tenon_platform::http::Failure;
use tenon_sandbox::{Fault, FaultKind, Vendor};

/// What happens to the next such call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No answer, and nothing was done.
    LostBefore,
    /// No answer, and it was done.
    LostAfter,
    /// The token or session is no longer accepted.
    Expired,
    /// Too many calls.
    Limited,
    /// The app may not make this call.
    Forbidden,
    /// The system cannot be reached at all.
    Unreachable,
}

/// Method and a part of the path that tells a call from all others.
pub type Route = (&'static str, &'static str);

impl TestConnections {
    /// Disturbs the next call to a vendor by this route; `forbidden` is its answer, status and body, to a call that
    /// may not be made.
    pub fn disturb(&self, vendor: Vendor, (method, path): Route, trouble: Trouble, forbidden: (u16, &str)) {
        let kind = match trouble {
            Trouble::LostBefore => FaultKind::DropBeforeCommit,
            Trouble::LostAfter => FaultKind::DropAfterCommit,
            Trouble::Expired => FaultKind::ExpireSessions,
            Trouble::Limited => FaultKind::RateLimited,
            Trouble::Forbidden => FaultKind::Status(forbidden.0, forbidden.1.into()),
            Trouble::Unreachable => {
                let once = AtomicBool::new(false);
                return self.wire.answer(move |sent| {
                    let hit = sent.method == method && sent.url.contains(path);
                    let first = hit && !once.swap(true, Ordering::SeqCst);
                    first.then(|| Err(Failure::NotSent("no route".into())))
                });
            }
        };
        self.sandbox.inject(Fault::new(kind).vendor(vendor).on(method, path));
    }
}
