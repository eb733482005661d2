//! The sandbox, the embedded table and a manual clock, with a wire between them that records what
//! was sent.

mod trouble;

pub use trouble::{Route, Trouble};

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon_connectors::b1::B1;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, GateDecision, Local, Moment};
use tenon_model::config::{B1Connection, DingtalkConnection, Secret, ServiceLayer, Timeouts, WecomConnection};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::{Clock, Context, Entropy};
use tenon_sandbox::{B1Options, DingTalkOptions, NewDraft, Outcome, Sandbox, SandboxOptions};

/// Some Monday.
pub const START_MS: i64 = 1_780_000_000_000;

/// A request as it went over the wire.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Sent {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

type Answering = dyn Fn(&Sent) -> Option<Result<Answer, Failure>> + Send + Sync;

/// The way to the sandbox.
pub struct Wire {
    sandbox: Sandbox,
    clock: Clock,
    sent: Mutex<Vec<Sent>>,
    instead: Mutex<Option<Box<Answering>>>,
}

impl Wire {
    /// What was sent with this method to addresses that contain this.
    pub fn sent(&self, method: &str, part: &str) -> Vec<Sent> {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|s| s.method == method && s.url.contains(part)).cloned().collect()
    }

    /// Answers in the sandbox's place where the function does.
    pub fn answer(&self, with: impl Fn(&Sent) -> Option<Result<Answer, Failure>> + Send + Sync + 'static) {
        *self.instead.lock().unwrap() = Some(Box::new(with));
    }
}

#[async_trait]
impl Http for Wire {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        // Lets concurrent calls overlap.
        tokio::task::yield_now().await;
        let sent = Sent { method: call.method.to_string(), url: call.url, headers: call.headers, body: call.body };
        self.sent.lock().unwrap().push(sent.clone());
        if let Some(answer) = self.instead.lock().unwrap().as_ref().and_then(|f| f(&sent)) {
            return answer;
        }
        let mut request = http::Request::builder().method(call.method).uri(&sent.url).body(sent.body).unwrap();
        *request.headers_mut() = sent.headers;
        let outcome = self.sandbox.handle(self.clock.now_ms(), request);
        tokio::task::yield_now().await;
        match outcome {
            Outcome::Answer { response, after } if after < call.timeout => {
                let (parts, body) = response.into_parts();
                Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
            }
            Outcome::Answer { .. } => Err(Failure::NoAnswer("timed out".into())),
            Outcome::Dropped { .. } => Err(Failure::NoAnswer("connection closed".into())),
        }
    }
}

/// An answer with a body.
pub fn answer(status: u16, body: &str) -> Option<Result<Answer, Failure>> {
    Some(Ok(Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) }))
}

/// One process over the sandbox and the table.
pub struct TestConnections {
    pub ctx: Context,
    pub sandbox: Sandbox,
    pub wire: Arc<Wire>,
    pub clock: Clock,
    pub tenant: TenantId,
    /// The version that [`TestConnections::b1`] calls.
    pub api: ServiceLayer,
    local: Local,
    asked: Arc<AtomicUsize>,
}

impl TestConnections {
    pub async fn new(options: impl Into<SandboxOptions>) -> Self {
        let clock = Clock::manual(START_MS);
        let local = Local::memory(clock.clone()).await.unwrap();
        Self::over(local, Sandbox::new(options), clock)
    }

    fn over(local: Local, sandbox: Sandbox, clock: Clock) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let gate = Gate::new(move |_, moment| {
            if moment == Moment::Before {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            GateDecision::Go
        });
        let wire = Arc::new(Wire {
            sandbox: sandbox.clone(),
            clock: clock.clone(),
            sent: Mutex::default(),
            instead: Mutex::default(),
        });
        let http: Arc<dyn Http> = Arc::clone(&wire) as Arc<dyn Http>;
        let ctx = local.with_gate(gate).context(http, Entropy::system(), MasterKey::from_bytes([7; 32])).unwrap();
        Self { ctx, sandbox, wire, clock, tenant: TenantId::operator(), api: ServiceLayer::V1, local, asked }
    }

    /// Another process beside this one: same table, same vendors.
    pub fn another_process(&self) -> Self {
        Self { api: self.api, ..Self::over(self.local.clone(), self.sandbox.clone(), self.clock.clone()) }
    }

    /// Requests to the table so far.
    pub fn table_requests(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    pub fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub fn b1(&self) -> B1<'_> {
        B1::new(&self.ctx, &self.tenant, B1Connection { api: self.api, ..b1_connection() }, 1)
    }

    pub fn logins(&self) -> (u64, u64) {
        let (_, logins, failed) = self.sandbox.b1().sessions();
        (logins, failed)
    }

    pub fn draft(&self) -> i64 {
        self.sandbox.b1().create_draft(self.now(), NewDraft::new("1470000113").field("U_ISSYN", "N")).unwrap().0
    }
}

pub fn b1_connection() -> B1Connection {
    let options = B1Options::default();
    B1Connection {
        id: ConnectionId::new("b1-main"),
        base_url: "http://b1.test:50000/".into(),
        api: ServiceLayer::V1,
        company_db: options.company_db,
        username: options.username,
        password: Secret::new(options.password),
        language: 15,
        time_zone: "Asia/Shanghai".into(),
        ca_file: None,
        ca_pem: None,
        max_sessions: 3,
        link: None,
        timeouts: Timeouts::default(),
    }
}

pub fn dingtalk_connection() -> DingtalkConnection {
    let options = DingTalkOptions::default();
    DingtalkConnection {
        id: ConnectionId::new("ding-main"),
        api_url: "http://ding.test".into(),
        oapi_url: "http://ding.test".into(),
        app_key: options.app_key,
        app_secret: Secret::new(options.app_secret),
        agent_id: Some(1000),
        token: Secret::new(options.token),
        aes_key: Secret::new(options.aes_key),
        owner: None,
        corp_id: None,
        freshness: Duration::from_secs(300),
        reconcile_every: Duration::from_secs(600),
        check_open_after: Duration::from_secs(1800),
        timeout: Duration::from_secs(10),
        link: None,
        calls_per_second: 140,
    }
}

pub fn wecom_connection() -> WecomConnection {
    let options = SandboxOptions::default().wecom;
    WecomConnection {
        id: ConnectionId::new("wecom-main"),
        api_url: "http://wecom.test".into(),
        corp_id: options.corp_id,
        secret: Secret::new(options.secret),
        agent_id: Some(options.agent_id),
        token: Secret::new(options.token),
        aes_key: Secret::new(options.aes_key),
        domain_files: std::collections::BTreeMap::default(),
        time_zone: "Asia/Shanghai".into(),
        freshness: Duration::from_secs(300),
        reconcile_every: Duration::from_secs(600),
        check_open_after: Duration::from_secs(1800),
        link: None,
        timeout: Duration::from_secs(10),
    }
}
