//! The one entry: which system a request is for, which faults hit it, what it answers.

use crate::b1::{self, B1};
use crate::dingtalk::{self, DingTalk};
use crate::faults::{CallPath, Fault, FaultKind, Faults, Vendor};
use crate::ids::Ids;
use crate::options::SandboxOptions;
use crate::reply::{self, Reply};
use crate::snapshot::RequestRecord;
use crate::{operator, url};
use bytes::Bytes;
use http::{Request, Response};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_crypto::envelope::Codec;

/// Requests kept in the log; older ones are only in the counters.
const LOG_LENGTH: usize = 2000;

/// Both simulated systems. Clones share one state.
#[derive(Clone)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// It is answered.
    Answer {
        /// The answer.
        response: Response<Bytes>,
        /// How long it takes.
        after: Duration,
    },
    /// The connection closes without an answer.
    Dropped {
        /// Whether the request was carried out first.
        committed: bool,
        /// How long it takes.
        after: Duration,
    },
}

pub(crate) struct State {
    pub options: SandboxOptions,
    pub ids: Ids,
    /// `None` when the key in the options is not one; then nothing is pushed.
    pub codec: Option<Codec>,
    pub faults: Faults,
    pub traffic: Traffic,
    pub b1: B1,
    pub dingtalk: DingTalk,
    /// Requests on their way, and the epoch ms at which they are carried out.
    pub late: Vec<(i64, Request<Bytes>)>,
}

/// Counts of what arrived, whether or not it was answered.
#[derive(Default)]
pub(crate) struct Traffic {
    /// By method and entity set or API path: `PATCH Drafts`.
    pub by_entity: BTreeMap<String, u64>,
    /// By method, entity set and key: `PATCH Drafts(16)`.
    pub by_key: BTreeMap<String, u64>,
    pub log: VecDeque<RequestRecord>,
}

impl Traffic {
    pub(crate) fn count(&mut self, method: &str, entity: &str, key: Option<&str>) {
        *self.by_entity.entry(format!("{method} {entity}")).or_default() += 1;
        if let Some(key) = key {
            *self.by_key.entry(format!("{method} {entity}({key})")).or_default() += 1;
        }
    }
}

impl Sandbox {
    /// Both systems, empty but for demo users and departments.
    pub fn new(options: SandboxOptions) -> Self {
        let codec = Codec::new(&options.token, &options.aes_key, &options.owner).ok();
        let state = State {
            ids: Ids::new(options.seed),
            codec,
            faults: Faults::default(),
            traffic: Traffic::default(),
            b1: B1::new(&options),
            dingtalk: DingTalk::new(),
            late: Vec::new(),
            options,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Carries one request out at `now_ms` (epoch milliseconds). The time an answer takes is
    /// returned, not waited for.
    pub fn handle(&self, now_ms: i64, request: Request<Bytes>) -> Outcome {
        self.lock().handle(now_ms, request)
    }

    /// Makes a coming request go wrong.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.inject(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Changes settings while running. Callback credentials take effect for the next delivery, B1's
    /// user and password for the next login; open sessions stay.
    pub fn configure(&self, change: impl FnOnce(&mut SandboxOptions)) {
        let mut state = self.lock();
        change(&mut state.options);
        let options = &state.options;
        let codec = Codec::new(&options.token, &options.aes_key, &options.owner).ok();
        let (username, password) = (options.username.clone(), options.password.clone());
        state.codec = codec;
        state.b1.add_user(&username, &username, &password);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the state as consistent as a crashed vendor's.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn handle(&mut self, now_ms: i64, request: Request<Bytes>) -> Outcome {
        self.arrive(now_ms);
        let method = request.method().as_str().to_owned();
        let path = url::decode(request.uri().path(), false);
        if let Some(action) = path.strip_prefix("/_sandbox/") {
            let action = action.to_owned();
            let response = operator::run(self, now_ms, &method, &action, request.body());
            return Outcome::Answer { response, after: Duration::ZERO };
        }
        let route = b1::route(&path);
        if route.as_ref().is_some_and(|r| !r.is_served(self.options.service_layer)) {
            let page = "<!DOCTYPE HTML><html><body>The requested URL was not found on this server.</body></html>";
            return Outcome::Answer { response: reply::with_body(404, "text/html", page), after: Duration::ZERO };
        }
        let vendor = if route.is_some() { Vendor::B1 } else { Vendor::DingTalk };
        let relative = route.as_ref().map_or(path.as_str(), |r| r.relative);
        let (entity, key, is_login) = match vendor {
            Vendor::B1 => b1::label(relative),
            Vendor::DingTalk => (path.clone(), None, dingtalk::is_token_call(&path)),
        };
        self.traffic.count(&method, &entity, key.as_deref());

        let call = CallPath { vendor, method: &method, path: &path, relative, is_login };
        let hits = self.faults.take(now_ms, &call);
        let mut after = match vendor {
            Vendor::B1 => self.options.b1_latency,
            Vendor::DingTalk => self.options.dingtalk_latency,
        };
        let mut drop_after = false;
        let mut lie: Option<Reply> = None;
        let mut wrong_password = false;
        let mut instead: Option<Reply> = None;
        for kind in hits {
            match kind {
                FaultKind::Latency(more) => after += more,
                FaultKind::Late(time) => {
                    self.record(now_ms, &method, &path, "on its way");
                    let due = now_ms.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
                    self.late.push((due, request));
                    return Outcome::Answer { response: reply::with_body(204, "", String::new()), after: after + time };
                }
                FaultKind::ExpireSessions if vendor == Vendor::B1 => self.b1.expire_sessions(),
                FaultKind::ExpireSessions => self.dingtalk.expire_token(),
                FaultKind::DropBeforeCommit | FaultKind::Outage { .. } => {
                    self.record(now_ms, &method, &path, "dropped before commit");
                    return Outcome::Dropped { committed: false, after };
                }
                FaultKind::DropAfterCommit => drop_after = true,
                FaultKind::WrongPassword => wrong_password = true,
                FaultKind::Status(status, body) => {
                    instead = Some(reply::with_body(status, "application/json;charset=utf-8", body));
                }
                FaultKind::StatusAfterCommit(status, body) => {
                    lie = Some(reply::with_body(status, "application/json;charset=utf-8", body));
                }
                FaultKind::Html(status) => instead = Some(reply::html(status)),
                FaultKind::RetryAfter(wish) => instead = Some(reply::retry_after(&wish)),
                FaultKind::RateLimited if vendor == Vendor::B1 => instead = Some(reply::html(429)),
                FaultKind::SystemBusy if vendor == Vendor::B1 => instead = Some(reply::html(503)),
                FaultKind::RateLimited => instead = Some(dingtalk::errors::qps(&path, &mut self.ids)),
                FaultKind::SystemBusy => instead = Some(dingtalk::errors::busy(&path, &mut self.ids)),
            }
        }
        let response = match (instead, route) {
            (Some(reply), _) => reply,
            (None, Some(route)) => {
                let cx = b1::Cx {
                    now_ms,
                    options: &self.options,
                    ids: &mut self.ids,
                    traffic: &mut self.traffic,
                    wrong_password,
                };
                self.b1.handle(cx, &route, request)
            }
            (None, None) => dingtalk::handle(self, now_ms, wrong_password, &path, request),
        };
        if drop_after {
            let committed = response.status().is_success();
            self.record(now_ms, &method, &path, "dropped after commit");
            return Outcome::Dropped { committed, after };
        }
        let response = lie.unwrap_or(response);
        self.record(now_ms, &method, &path, response.status().as_str());
        Outcome::Answer { response, after }
    }

    /// Carries out what was on its way until now.
    pub(crate) fn arrive(&mut self, now_ms: i64) {
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now_ms);
        self.late = late;
        for (at, request) in due {
            self.handle(at, request);
        }
    }

    fn record(&mut self, at_ms: i64, method: &str, path: &str, outcome: &str) {
        if self.traffic.log.len() == LOG_LENGTH {
            self.traffic.log.pop_front();
        }
        self.traffic.log.push_back(RequestRecord {
            at_ms,
            method: method.to_owned(),
            path: path.to_owned(),
            outcome: outcome.to_owned(),
        });
    }
}
