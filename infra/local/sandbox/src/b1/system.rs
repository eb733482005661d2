//! The Service Layer as one of the sandbox's systems.

use super::{B1, B1Options, B1Snapshot, Cx, label, route, users};
use crate::action::ActionError;
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label, Simulated, System};
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// One site: the company's data, its settings, and what ids are drawn from.
pub struct ServiceLayer {
    pub(super) b1: B1,
    pub(super) options: B1Options,
    ids: Ids,
}

impl fmt::Debug for ServiceLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceLayer").finish_non_exhaustive()
    }
}

impl System for ServiceLayer {
    fn matches(&self, path: &str) -> Option<Label> {
        let route = route(path)?;
        let (entity, key, is_login) = label(route.relative);
        Some(Label { entity, key, relative: route.relative.to_owned(), is_login })
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let Incoming { now_ms, path, wrong_password, traffic } = incoming;
        let Some(route) = route(path).filter(|r| r.is_served(self.options.service_layer)) else {
            let page = "<!DOCTYPE HTML><html><body>The requested URL was not found on this server.</body></html>";
            return reply::with_body(404, "text/html", page);
        };
        let cx = Cx { now_ms, options: &self.options, ids: &mut self.ids, traffic, wrong_password };
        self.b1.handle(cx, &route, request)
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.b1.expire_sessions();
    }

    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        users::act(&mut self.b1, &self.options, now_ms, method, parts, body)
    }
}

impl Simulated for ServiceLayer {
    type Options = B1Options;
    type Snapshot = B1Snapshot;

    fn new(seed: u64, options: B1Options) -> Self {
        Self { b1: B1::new(&options), options, ids: Ids::new(seed) }
    }

    fn options(&mut self) -> &mut B1Options {
        &mut self.options
    }

    fn reconfigured(&mut self) {
        let B1Options { username, password, .. } = &self.options;
        self.b1.add_user(username, username, password);
    }

    fn snapshot(&self) -> B1Snapshot {
        self.b1.snapshot()
    }
}
