//! Faults that are waiting for the request they are meant for.

use crate::registry::Vendor;
use serde::Deserialize;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An answer with this status and JSON text, nothing done.
    Status(u16, String),
    /// The request is carried out and answered with this status and JSON text all the same.
    StatusAfterCommit(u16, String),
    /// A proxy's HTML page with this status, nothing done.
    Html(u16),
    /// A proxy's 429 whose `Retry-After` has this value, nothing done.
    RetryAfter(String),
    /// The connection closes; nothing was done.
    DropBeforeCommit,
    /// The request is carried out and the connection closes without an answer.
    DropAfterCommit,
    /// The request is carried out only after this time, and answered then: whoever has given it up by that
    /// time has not taken it back.
    #[serde(rename = "late_ms", deserialize_with = "milliseconds")]
    Late(std::time::Duration),
    /// The answer takes this much longer.
    #[serde(rename = "latency_ms", deserialize_with = "milliseconds")]
    Latency(std::time::Duration),
    /// Every session or token ends before the request is looked at.
    ExpireSessions,
    /// The vendor's error of too many calls; where it has none of its own, a proxy's 429.
    RateLimited,
    /// The error of an overloaded vendor; where it has none of its own, a proxy's 503.
    SystemBusy,
    /// A login or token call is refused whatever it carries. Other calls are not touched.
    WrongPassword,
    /// Connections close until this epoch millisecond. Needs no count.
    Outage {
        /// First millisecond that is served again.
        until_ms: i64,
    },
}

fn milliseconds<'de, D: serde::Deserializer<'de>>(d: D) -> Result<std::time::Duration, D::Error> {
    u64::deserialize(d).map(std::time::Duration::from_millis)
}

/// One fault and the requests it is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only requests to this system.
    #[serde(default)]
    pub vendor: Option<Vendor>,
    /// Only this method, upper case.
    #[serde(default)]
    pub method: Option<String>,
    /// Only paths that start so; with or without the system's root.
    #[serde(default)]
    pub path: Option<String>,
    /// Matching requests that pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// Matching requests it then hits; `None` is all of them until cleared.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// What happens to them.
    pub kind: FaultKind,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    /// Hits the next request, whichever it is.
    pub fn new(kind: FaultKind) -> Self {
        Self { vendor: None, method: None, path: None, skip: 0, times: Some(1), kind }
    }

    /// Only requests to this system.
    #[must_use]
    pub fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// Only requests with this method (upper case) and path prefix, such as `PATCH` and
    /// `ApprovalRequests` or `POST` and `/v1.0/workflow/processInstances`.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// Only the nth matching request, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// This many requests in a row.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Every matching request until the faults are cleared.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    fn matches(&self, call: &CallPath<'_>) -> bool {
        self.vendor.is_none_or(|v| v == call.vendor)
            && self.method.as_deref().is_none_or(|m| m == call.method)
            && self.path.as_deref().is_none_or(|p| call.path.starts_with(p) || call.relative.starts_with(p))
            && (self.kind != FaultKind::WrongPassword || call.is_login)
    }
}

/// What a fault can match on.
pub(crate) struct CallPath<'a> {
    pub vendor: Vendor,
    pub method: &'a str,
    pub path: &'a str,
    /// Below the system's root.
    pub relative: &'a str,
    pub is_login: bool,
}

/// The faults still waiting, in the order they were injected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that hit this request, at most one that answers in the vendor's place. Latency
    /// and expired sessions combine with others.
    pub(crate) fn take(&mut self, now_ms: i64, call: &CallPath<'_>) -> Vec<FaultKind> {
        let mut hits: Vec<FaultKind> = Vec::new();
        self.0.retain(|f| !matches!(f.kind, FaultKind::Outage { until_ms } if until_ms <= now_ms));
        for fault in self.0.iter_mut().filter(|f| f.matches(call)) {
            if matches!(fault.kind, FaultKind::Outage { .. }) {
                hits.push(fault.kind.clone());
                break;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            match &mut fault.times {
                Some(0) => continue,
                Some(left) => *left -= 1,
                None => {}
            }
            hits.push(fault.kind.clone());
            if !matches!(fault.kind, FaultKind::Latency(_) | FaultKind::ExpireSessions) {
                break;
            }
        }
        self.0.retain(|f| f.times != Some(0));
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'a>(method: &'a str, path: &'a str) -> CallPath<'a> {
        CallPath { vendor: Vendor::B1, method, path, relative: path.trim_start_matches("/b1s/v1/"), is_login: false }
    }

    #[test]
    fn a_fault_hits_the_nth_match_and_only_as_often_as_told() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Html(502)).on("GET", "Drafts").nth(2).times(2));
        let hits: Vec<usize> = (0..5).map(|_| faults.take(0, &call("GET", "/b1s/v1/Drafts(1)")).len()).collect();
        assert_eq!(hits, [0, 1, 1, 0, 0]);
    }

    #[test]
    fn other_methods_and_paths_neither_meet_nor_use_up_a_fault() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::DropAfterCommit).on("PATCH", "/b1s/v1/Drafts"));
        assert!(faults.take(0, &call("GET", "/b1s/v1/Drafts")).is_empty());
        assert!(faults.take(0, &call("PATCH", "/b1s/v1/Orders(1)")).is_empty());
        assert_eq!(faults.take(0, &call("PATCH", "/b1s/v1/Drafts(1)")), [FaultKind::DropAfterCommit]);
    }

    #[test]
    fn an_outage_ends_by_the_clock() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Outage { until_ms: 100 }));
        assert_eq!(faults.take(98, &call("GET", "/x")).len(), 1);
        assert_eq!(faults.take(99, &call("GET", "/x")).len(), 1);
        assert!(faults.take(100, &call("GET", "/x")).is_empty());
    }

    #[test]
    fn latency_combines_with_another_fault() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(FaultKind::Latency(std::time::Duration::from_secs(1))));
        faults.inject(Fault::new(FaultKind::Html(503)));
        assert_eq!(faults.take(0, &call("GET", "/x")).len(), 2);
    }
}
