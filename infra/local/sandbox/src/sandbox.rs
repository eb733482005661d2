//! The one entry: which system a request is for, which faults hit it, what it answers.

use crate::delivery::{CallbackDelivery, CallbackOutcome, DeliveryId};
use crate::faults::{CallPath, Fault, FaultKind, Faults};
use crate::registry::{SandboxOptions, Systems, Vendor};
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label};
use crate::traffic::Traffic;
use crate::{operator, url};
use bytes::Bytes;
use http::{Request, Response};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// All simulated systems. Clones share one state.
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
    seed: u64,
    pub systems: Systems,
    pub faults: Faults,
    pub traffic: Traffic,
    /// Requests on their way, and the epoch ms at which they are carried out.
    late: Vec<(i64, Request<Bytes>)>,
}

impl Sandbox {
    /// All systems, empty but for their demo data.
    pub fn new(options: impl Into<SandboxOptions>) -> Self {
        let options = options.into();
        let state = State {
            seed: options.seed,
            systems: Systems::new(options),
            faults: Faults::default(),
            traffic: Traffic::default(),
            late: Vec::new(),
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

    /// Changes settings while running. Callback credentials take effect for the next delivery, a user and password
    /// for the next login; open sessions stay. The seed is that of the beginning.
    pub fn configure(&self, change: impl FnOnce(&mut SandboxOptions)) {
        let state = &mut *self.lock();
        state.systems.configure(state.seed, change);
    }

    /// The deliveries to make now, of all systems. Each counts as sent; one whose result is not told within its
    /// time counts as unanswered the next time anything is asked.
    pub fn due_callbacks(&self, now_ms: i64) -> Vec<CallbackDelivery> {
        self.lock().systems.all().into_iter().flat_map(|(_, system)| system.due(now_ms)).collect()
    }

    /// Tells what a delivery brought. Returns whether the vendor takes it for delivered.
    pub fn callback_result(&self, now_ms: i64, id: DeliveryId, outcome: CallbackOutcome) -> bool {
        self.lock().systems.get(id.vendor).delivered(now_ms, id.number, outcome)
    }

    /// When the next delivery is due, epoch ms; in the past when one waits already.
    pub fn next_callback_at(&self) -> Option<i64> {
        self.lock().systems.all().into_iter().filter_map(|(_, system)| system.next_due_at()).min()
    }

    pub(crate) fn state(&self) -> &Mutex<State> {
        &self.state
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the state as consistent as a crashed vendor's.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What faults make of one request.
#[derive(Default)]
struct Effects {
    /// It is on its way for so long.
    late: Option<Duration>,
    /// The connection closes before anything is done.
    dropped: bool,
    /// The connection closes after everything is done.
    drop_after: bool,
    wrong_password: bool,
    /// The answer, with nothing done.
    instead: Option<Reply>,
    /// The answer, with everything done.
    afterwards: Option<Reply>,
}

impl State {
    fn handle(&mut self, now_ms: i64, request: Request<Bytes>) -> Outcome {
        self.arrive(now_ms);
        let method = request.method().as_str().to_owned();
        let path = url::decode(request.uri().path(), false);
        if let Some(action) = path.strip_prefix("/_sandbox/") {
            let response = operator::run(self, now_ms, &method, action, request.body());
            return Outcome::Answer { response, after: Duration::ZERO };
        }
        let found = self.systems.all().into_iter().find_map(|(vendor, system)| Some((vendor, system.matches(&path)?)));
        let Some((vendor, label)) = found else {
            self.traffic.record(now_ms, &method, &path, "404");
            let page = "<!DOCTYPE html><html><body>No simulated system has this address.</body></html>";
            return Outcome::Answer { response: reply::with_body(404, "text/html", page), after: Duration::ZERO };
        };
        self.traffic.count(&method, &label.entity, label.key.as_deref());
        let mut after = self.systems.get(vendor).latency();
        let effects = self.effects(now_ms, vendor, &method, &path, &label, &mut after);
        if let Some(time) = effects.late {
            self.traffic.record(now_ms, &method, &path, "on its way");
            let due = now_ms.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
            self.late.push((due, request));
            return Outcome::Answer { response: reply::with_body(204, "", String::new()), after: after + time };
        }
        if effects.dropped {
            self.traffic.record(now_ms, &method, &path, "dropped before commit");
            return Outcome::Dropped { committed: false, after };
        }
        let Effects { wrong_password, instead, afterwards, drop_after, .. } = effects;
        let response = instead.unwrap_or_else(|| {
            let incoming = Incoming { now_ms, path: &path, wrong_password, traffic: &mut self.traffic };
            self.systems.get(vendor).handle(incoming, request)
        });
        if drop_after {
            let committed = response.status().is_success();
            self.traffic.record(now_ms, &method, &path, "dropped after commit");
            return Outcome::Dropped { committed, after };
        }
        let response = afterwards.unwrap_or(response);
        self.traffic.record(now_ms, &method, &path, response.status().as_str());
        Outcome::Answer { response, after }
    }

    fn effects(
        &mut self,
        now_ms: i64,
        vendor: Vendor,
        method: &str,
        path: &str,
        label: &Label,
        after: &mut Duration,
    ) -> Effects {
        let call = CallPath { vendor, method, path, relative: &label.relative, is_login: label.is_login };
        let json = |status, body: String| Some(reply::with_body(status, "application/json;charset=utf-8", body));
        let mut effects = Effects::default();
        for kind in self.faults.take(now_ms, &call) {
            let system = self.systems.get(vendor);
            match kind {
                FaultKind::Latency(more) => *after += more,
                FaultKind::Late(time) => effects.late = Some(time),
                FaultKind::ExpireSessions => system.expire_sessions(),
                FaultKind::DropBeforeCommit | FaultKind::Outage { .. } => effects.dropped = true,
                FaultKind::DropAfterCommit => effects.drop_after = true,
                FaultKind::WrongPassword => effects.wrong_password = true,
                FaultKind::Status(status, body) => effects.instead = json(status, body),
                FaultKind::StatusAfterCommit(status, body) => effects.afterwards = json(status, body),
                FaultKind::Html(status) => effects.instead = Some(reply::html(status)),
                FaultKind::RetryAfter(wish) => effects.instead = Some(reply::retry_after(&wish)),
                FaultKind::RateLimited => effects.instead = Some(system.rate_limited(path)),
                FaultKind::SystemBusy => effects.instead = Some(system.busy(path)),
            }
        }
        effects
    }

    /// Carries out what was on its way until now.
    fn arrive(&mut self, now_ms: i64) {
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now_ms);
        self.late = late;
        // Their faults have come: whoever was answered is not told another thing now.
        let faults = std::mem::take(&mut self.faults);
        for (at, request) in due {
            self.handle(at, request);
        }
        self.faults = faults;
    }
}
