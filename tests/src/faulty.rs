//! Death at a boundary. Every effect a process has on the world (a table request, a call to a
//! vendor) is a boundary with two sides; the crash_injector counts them and kills at one.

use async_trait::async_trait;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_platform::Clock;
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_sandbox::{Outcome, Sandbox};

/// A place to die: the n-th effect counted from 0, and on which side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Which effect.
    pub effect: usize,
    /// Before it is carried out, or after it and before its answer arrives.
    pub moment: Moment,
}

#[derive(Default)]
struct State {
    effects: AtomicUsize,
    dead: AtomicBool,
    /// Every how many operations of the table another transaction is in the way; 0 for never.
    contended: AtomicUsize,
    operations: AtomicUsize,
    /// Requests to the table.
    requests: AtomicUsize,
    calls: Mutex<Vec<Sent>>,
}

/// A call to a vendor.
struct Sent {
    /// Method, address, and what is preferred.
    shown: String,
    /// The version it is held to.
    if_match: Option<String>,
    body: Bytes,
}

/// Kills one process at one boundary, or only counts.
#[derive(Clone, Default)]
pub struct CrashInjector {
    state: Arc<State>,
    at: Option<Boundary>,
}

impl CrashInjector {
    /// Kills at this boundary; `None` only counts.
    pub fn new(at: Option<Boundary>) -> Self {
        Self { state: Arc::default(), at }
    }

    /// Effects so far.
    pub fn effects(&self) -> usize {
        self.state.effects.load(Ordering::SeqCst)
    }

    /// Requests of the process to the table so far.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// The process's calls to vendors: method, address as sent, and its `Prefer`.
    pub fn calls(&self) -> Vec<String> {
        self.state.calls.lock().unwrap().iter().map(|call| call.shown.clone()).collect()
    }

    /// Bodies that the process sent to addresses that end in this, byte for byte.
    pub fn sent(&self, method: &str, end: &str) -> Vec<String> {
        let is_it =
            |call: &str| call.starts_with(method) && call.split(' ').nth(1).is_some_and(|url| url.ends_with(end));
        let calls = self.state.calls.lock().unwrap();
        let of = calls.iter().filter(|call| is_it(&call.shown));
        of.map(|call| String::from_utf8_lossy(&call.body).into_owned()).collect()
    }

    /// The versions that the process held its calls of this method to.
    pub fn versions(&self, method: &str) -> Vec<Option<String>> {
        let calls = self.state.calls.lock().unwrap();
        calls.iter().filter(|call| call.shown.starts_with(method)).map(|call| call.if_match.clone()).collect()
    }

    /// Whether the process is dead.
    pub fn is_dead(&self) -> bool {
        self.state.dead.load(Ordering::SeqCst)
    }

    /// Kills the process now.
    pub fn kill(&self) {
        self.state.dead.store(true, Ordering::SeqCst);
    }

    /// Puts another transaction in the way of every n-th operation of the table from now on; 0 for none.
    pub fn contend_every(&self, n: usize) {
        self.state.contended.store(n, Ordering::SeqCst);
    }

    fn in_the_way(&self) -> bool {
        let n = self.state.contended.load(Ordering::SeqCst);
        n > 0 && self.state.operations.fetch_add(1, Ordering::SeqCst).is_multiple_of(n)
    }

    fn decide(&self, moment: Moment) -> GateDecision {
        if self.is_dead() {
            return GateDecision::Kill;
        }
        let effect = match moment {
            Moment::Before => self.state.effects.fetch_add(1, Ordering::SeqCst),
            Moment::After => self.effects() - 1,
        };
        if self.at == Some(Boundary { effect, moment }) {
            self.kill();
            return GateDecision::Kill;
        }
        GateDecision::Go
    }

    /// Lets it see, and kill at, statements of SQL databases.
    pub fn watch(&self, ctx: &tenon_platform::Context) {
        ctx.extensions.get_or_init::<tenon_databases::Watching>().by(Arc::new(self.clone()));
    }

    /// The gate of the process's queues.
    pub fn gate(&self) -> Gate {
        let crash_injector = self.clone();
        Gate::new(move |_, moment| crash_injector.decide(moment))
    }

    /// The gate of the process's table.
    pub fn table_gate(&self) -> Gate {
        let crash_injector = self.clone();
        Gate::new(move |_, moment| {
            if moment == Moment::Before {
                crash_injector.state.requests.fetch_add(1, Ordering::SeqCst);
            }
            crash_injector.table_decision(moment)
        })
    }

    fn table_decision(&self, moment: Moment) -> GateDecision {
        match self.decide(moment) {
            GateDecision::Go if moment == Moment::Before && self.in_the_way() => GateDecision::Contend,
            decision => decision,
        }
    }
}

impl tenon_databases::Watch for CrashInjector {
    fn statement(&self, seen: tenon_databases::Seen) -> tenon_platform::Result<()> {
        let moment = match seen {
            tenon_databases::Seen::Before => Moment::Before,
            tenon_databases::Seen::After => Moment::After,
        };
        match self.decide(moment) {
            GateDecision::Kill => {
                Err(tenon_platform::Error::transient("database.unreachable", "the process was killed"))
            }
            _ => Ok(()),
        }
    }
}

/// The vendors in process, behind the crash_injector.
pub struct SandboxHttp {
    pub(crate) sandbox: Sandbox,
    /// A second company's B1, at the host `b1-b`.
    pub(crate) second: Option<Sandbox>,
    pub(crate) clock: Clock,
    pub(crate) crash_injector: CrashInjector,
}

#[async_trait]
impl Http for SandboxHttp {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let killed = || Failure::NoAnswer("the process was killed".to_owned());
        if self.crash_injector.decide(Moment::Before) == GateDecision::Kill {
            return Err(killed());
        }
        let header = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
        let shown = format!("{} {} {}", call.method, call.url, header("prefer").unwrap_or_default());
        let if_match = header("if-match").map(str::to_owned);
        self.crash_injector.state.calls.lock().unwrap().push(Sent { shown, if_match, body: call.body.clone() });
        let mut request = http::Request::builder().method(call.method).uri(&call.url).body(Bytes::new()).unwrap();
        *request.headers_mut() = call.headers;
        *request.body_mut() = call.body;
        let second = self.second.as_ref().filter(|_| request.uri().host() == Some("b1-b"));
        let outcome = second.unwrap_or(&self.sandbox).handle(self.clock.now_ms(), request);
        if self.crash_injector.decide(Moment::After) == GateDecision::Kill {
            return Err(killed());
        }
        match outcome {
            Outcome::Answer { after, .. } if after > call.timeout => {
                self.clock.advance(call.timeout);
                Err(Failure::NoAnswer("operation timed out".to_owned()))
            }
            Outcome::Answer { response, after } => {
                self.clock.advance(after);
                let (parts, body) = response.into_parts();
                Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
            }
            Outcome::Dropped { after, .. } => {
                self.clock.advance(after);
                Err(Failure::NoAnswer("connection closed before message completed".to_owned()))
            }
        }
    }
}
