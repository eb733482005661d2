//! One customer's site.

use crate::faulty::{Boundary, CrashInjector, SandboxHttp};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tenon_approvals::submit::Submitter;
use tenon_approvals::write_back::WriteBacker;
use tenon_crypto::secrets::MasterKey;
use tenon_data_sync::work::TableSyncer;
use tenon_engine::Local;
use tenon_manufacturing::issues::FeedingIssuer;
use tenon_manufacturing::post::ErpPoster;
use tenon_manufacturing::send::MesSender;
use tenon_master_data::resume::PlmWriter;
use tenon_master_data::send::RecordSender;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_people::directory::DirectorySyncer;
use tenon_people::notices::NoticeSender;
use tenon_platform::consumer::Worker;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::queue::{
    APPROVALS_SUBMIT, APPROVALS_WRITE_BACK, DATA_SYNC, DIRECTORY_SYNC, MANUFACTURING_POST, MANUFACTURING_SEND,
    MASTER_DATA_PLM, MASTER_DATA_SEND, NOTICES_SEND, PRODUCTION_ISSUES, QueueName,
};
use tenon_platform::{Clock, Context, Entropy};
use tenon_sandbox::{CallbackOutcome, Sandbox, SandboxOptions};
use tenon_testkit::HttpEvent;

/// How long a message that nobody answered for stays hidden.
const VISIBILITY: Duration = Duration::from_secs(180);

/// How long a function may run.
const LIMIT: Duration = Duration::from_secs(120);

/// The site's settings.
#[derive(Default)]
pub struct TestAppOptions {
    /// Seeds ids and randomness.
    pub seed: u64,
    /// Epoch ms at which it begins; by default 2026-11-22 08:00 in Shanghai.
    pub begins_ms: Option<i64>,
    /// Changes the sandbox's options.
    pub sandbox: Option<fn(&mut SandboxOptions)>,
    /// Whether there is a second company, with a B1 of its own at `http://b1-b`.
    pub second_company: bool,
    /// Changes the configuration before it is applied.
    pub config: Option<fn(&mut Value)>,
}

/// Both vendors, the table, and the present process.
pub struct TestApp {
    /// The vendors.
    pub sandbox: Sandbox,
    /// The second company's B1.
    pub second: Option<Sandbox>,
    /// The one clock.
    pub clock: Clock,
    /// The engine; outlives processes.
    pub local: Local,
    /// Kills the present process.
    pub crash_injector: CrashInjector,
    /// The present process.
    pub ctx: Context,
    seed: u64,
}

impl TestApp {
    /// A fresh site with the standard flows applied.
    pub async fn new(options: TestAppOptions) -> Self {
        let clock = Clock::manual(options.begins_ms.unwrap_or(1_795_305_600_000));
        let mut sandbox_options = SandboxOptions { seed: options.seed + 1, ..SandboxOptions::default() };
        sandbox_options.dingtalk.callback_url = Some("http://tenon/callbacks/dingtalk/ding-main".to_owned());
        if let Some(change) = options.sandbox {
            change(&mut sandbox_options);
        }
        let mut config = config(&sandbox_options);
        if let Some(change) = options.config {
            change(&mut config);
        }
        let second = options
            .second_company
            .then(|| Sandbox::new(SandboxOptions { seed: options.seed + 2, ..SandboxOptions::default() }));
        let sandbox = Sandbox::new(sandbox_options);
        let local = Local::memory(clock.clone()).await.unwrap();
        let crash_injector = CrashInjector::default();
        let ctx = process(&local, (&sandbox, &second), &clock, &crash_injector, options.seed);
        let app = Self { sandbox, second, clock, local, crash_injector, ctx, seed: options.seed };
        app.apply(config).await;
        app
    }

    /// Applies a configuration.
    pub async fn apply(&self, config: Value) {
        let config: Config = serde_json::from_value(config).unwrap();
        let problems: Vec<String> =
            tenon_model::config::check(&config).into_iter().filter(|p| !p.warning).map(|p| p.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new());
        let tenant = TenantId::operator();
        self.ctx.config.replace_all(&tenant, config, &self.ctx.entropy).await.unwrap();
    }

    /// Starts a new process, which will die at the boundary if one is given.
    pub fn restart(&mut self, at: Option<Boundary>) {
        self.seed += 1_000_003;
        self.crash_injector = CrashInjector::new(at);
        let vendors = (&self.sandbox, &self.second);
        self.ctx = process(&self.local, vendors, &self.clock, &self.crash_injector, self.seed);
    }

    /// One minute's work of every function, in steps of five seconds; a process that dies is
    /// replaced.
    pub async fn minute(&mut self) {
        for _ in 0..12 {
            self.step().await;
            self.clock.advance(Duration::from_secs(5));
        }
    }

    /// Minutes until `done` holds; panics when it does not within the limit.
    pub async fn minutes_until(&mut self, limit: usize, what: &str, done: impl Fn(&TestApp) -> bool) {
        for _ in 0..limit {
            if done(self) {
                return;
            }
            self.minute().await;
        }
        if !done(self) {
            let seen = serde_json::to_string_pretty(&self.sandbox.snapshot().log).unwrap();
            panic!("{what} did not happen within {limit} minutes; requests seen: {seen}");
        }
    }

    /// Everything that is due now, once.
    pub async fn step(&mut self) {
        // Errors of a schedule are the schedule's to log; the next tick tries again.
        let _ = tenon_approvals::poll::handler(&self.ctx_of("approvals-poll")).await;
        let _ = tenon_manufacturing::poll::handler(&self.ctx_of("manufacturing-poll")).await;
        let _ = tenon_approvals::reconcile::handler(&self.ctx_of("approvals-reconcile")).await;
        let _ = tenon_platform::outbox::sweep::sweep_due(&self.ctx_of("outbox-sweep")).await;
        self.deliver_callbacks().await;
        self.pump(&APPROVALS_SUBMIT, &Submitter).await;
        self.pump(&APPROVALS_WRITE_BACK, &WriteBacker).await;
        self.pump(&MASTER_DATA_SEND, &RecordSender).await;
        self.pump(&MASTER_DATA_PLM, &PlmWriter).await;
        self.pump(&MANUFACTURING_SEND, &MesSender).await;
        self.pump(&MANUFACTURING_POST, &ErpPoster).await;
        self.pump(&PRODUCTION_ISSUES, &FeedingIssuer).await;
        self.pump(&DIRECTORY_SYNC, &DirectorySyncer).await;
        self.pump(&DATA_SYNC, &TableSyncer).await;
        self.pump(&NOTICES_SEND, &NoticeSender).await;
        if self.crash_injector.is_dead() {
            self.restart(None);
        }
    }

    /// The way to the vendors.
    pub fn network(&self) -> SandboxHttp {
        SandboxHttp {
            sandbox: self.sandbox.clone(),
            second: self.second.clone(),
            clock: self.clock.clone(),
            crash_injector: self.crash_injector.clone(),
        }
    }

    /// The process as a function of the catalog sees it.
    pub fn ctx_of(&self, function: &str) -> Context {
        self.ctx.of_function(tenon_catalog::function(function).unwrap())
    }

    async fn pump(&self, queue: &QueueName, worker: &dyn Worker) {
        tenon_testkit::pump(&self.ctx.within(LIMIT), queue, worker, VISIBILITY).await;
    }

    /// The present process is replaced by one that dies where it sends its first message.
    pub fn dies_before_sending(&mut self) {
        self.restart(None);
        self.ctx = tenon_testkit::dies_before_sending(&self.local, Arc::new(self.network()), self.seed);
    }

    /// A minute after a process died a new one runs the sweeper, and nothing else looks for work; then the queues
    /// are worked. What the sweeper sent.
    pub async fn a_minute_later(&mut self) -> u64 {
        self.restart(None);
        self.clock.advance(Duration::from_secs(60));
        let swept = tenon_platform::outbox::sweep::sweep(&self.ctx).await.unwrap();
        self.pump(&APPROVALS_SUBMIT, &Submitter).await;
        self.pump(&APPROVALS_WRITE_BACK, &WriteBacker).await;
        self.pump(&MASTER_DATA_SEND, &RecordSender).await;
        self.pump(&MASTER_DATA_PLM, &PlmWriter).await;
        self.pump(&NOTICES_SEND, &NoticeSender).await;
        swept.sent.values().sum()
    }

    /// Delivers what DingTalk wants delivered now, through the real event and handler.
    pub async fn deliver_callbacks(&self) {
        for delivery in self.sandbox.due_callbacks(self.clock.now_ms()) {
            let outcome = if self.crash_injector.is_dead() {
                CallbackOutcome::NoAnswer
            } else {
                let (status, body) = self.post_with(&delivery.url, &delivery.headers, &delivery.body).await;
                // A process killed while it answered has answered nothing.
                if self.crash_injector.is_dead() {
                    CallbackOutcome::NoAnswer
                } else {
                    CallbackOutcome::Answered { status, body }
                }
            };
            self.sandbox.callback_result(self.clock.now_ms(), delivery.id, outcome);
        }
    }

    /// Posts a body to a callback URL as API Gateway would.
    pub async fn post(&self, url: &str, body: &str) -> (u16, Bytes) {
        self.post_with(url, &[("content-type", "application/json".to_owned())], body).await
    }

    /// The same with headers of the vendor's.
    pub async fn post_with(&self, url: &str, headers: &[(&'static str, String)], body: &str) -> (u16, Bytes) {
        let request = callback_request(url, headers, body);
        let service: &dyn Dispatch = match url {
            url if url.contains("/callbacks/wecom/") => &tenon_callbacks::wecom::SERVICE,
            url if url.contains("/callbacks/weaver/") => &tenon_callbacks::weaver::SERVICE,
            url if url.contains("/callbacks/blacklake/") => &tenon_callbacks::blacklake::SERVICE,
            url if url.contains("/plm/") => &tenon_master_data::plm::SERVICE,
            _ => &tenon_callbacks::dingtalk::SERVICE,
        };
        let response = service.answer(&self.ctx, request).await;
        (response.status().as_u16(), Bytes::copy_from_slice(response.body().as_ref()))
    }

    /// Messages in the dead-letter queues.
    pub async fn dead_letters(&self) -> Vec<String> {
        let mut found = Vec::new();
        for queue in [
            APPROVALS_SUBMIT,
            APPROVALS_WRITE_BACK,
            MASTER_DATA_SEND,
            MASTER_DATA_PLM,
            MANUFACTURING_SEND,
            MANUFACTURING_POST,
            PRODUCTION_ISSUES,
            DATA_SYNC,
            DIRECTORY_SYNC,
            NOTICES_SEND,
        ] {
            let letters = self.local.queue.peek(&queue.dead_letters(), 100).await.unwrap();
            found.extend(letters.into_iter().map(|m| m.body));
        }
        found
    }

    /// Instances in DingTalk that carry this document's key.
    pub fn instances_of(&self, draft: i64) -> Vec<Value> {
        let key = draft.to_string();
        let carries = |i: &Value| {
            i["formComponentValues"]
                .as_array()
                .is_some_and(|values| values.iter().any(|v| v["name"] == "来源单号" && v["value"] == key.as_str()))
        };
        self.sandbox.dingtalk().instances().into_iter().filter(carries).collect()
    }

    /// The open instance of this document, when there is one.
    pub fn open_instance(&self, draft: i64) -> Option<String> {
        let open = |i: &&Value| i["status"] == "RUNNING" && i["deleted"] != true;
        self.instances_of(draft).iter().find(open).map(|i| i["instanceId"].as_str().unwrap().to_owned())
    }

    /// The draft as B1 shows it.
    pub fn draft(&self, entry: i64) -> Value {
        self.sandbox.b1().row("Drafts", "DocEntry", &json!(entry)).unwrap_or(Value::Null)
    }

    /// Accepted decisions on this draft's requests, as their status words.
    pub fn decisions(&self, draft: i64) -> Vec<String> {
        self.sandbox.b1().accepted_decisions(draft).into_iter().map(|d| d.status).collect()
    }
}

fn process(
    local: &Local,
    (sandbox, second): (&Sandbox, &Option<Sandbox>),
    clock: &Clock,
    crash_injector: &CrashInjector,
    seed: u64,
) -> Context {
    let http = SandboxHttp {
        sandbox: sandbox.clone(),
        second: second.clone(),
        clock: clock.clone(),
        crash_injector: crash_injector.clone(),
    };
    let ctx = local
        .with_gates(&crash_injector.table_gate(), &crash_injector.gate())
        .context(Arc::new(http), Entropy::seeded(seed), MasterKey::from_bytes([7; 32]))
        .unwrap();
    crash_injector.watch(&ctx);
    ctx
}

/// A callback as a function receives it.
pub fn callback_request(url: &str, headers: &[(&'static str, String)], body: &str) -> lambda_http::Request {
    let uri: http::Uri = url.parse().unwrap();
    let target = uri.path_and_query().unwrap().as_str();
    let route = match target {
        target if target.contains("/approvals") => "/callbacks/weaver/{connection}/approvals",
        target if target.contains("/documents/") => "/callbacks/weaver/{connection}/documents/{flow}",
        target if target.ends_with("/items") => "/plm/{connection}/items",
        target if target.ends_with("/boms") => "/plm/{connection}/boms",
        target if target.ends_with("/routings") => "/plm/{connection}/routings",
        target if target.contains("/blacklake/") => "/callbacks/blacklake/{connection}",
        _ => "/callbacks/dingtalk/{connection}",
    };
    let event = HttpEvent::new("POST", target).route(route);
    let event = headers.iter().fold(event, |event, (name, value)| event.header(name, value));
    event.body(body).from_ip("127.0.0.1").request()
}

/// The configuration of a site with the sandbox's own credentials.
pub fn standard_config() -> Value {
    config(&SandboxOptions::default())
}

fn config(sandbox: &SandboxOptions) -> Value {
    json!({
        "connections": [
            { "kind": "b1", "id": "b1-main", "base_url": "http://b1", "company_db": sandbox.b1.company_db,
              "username": sandbox.b1.username, "password": sandbox.b1.password },
            { "kind": "dingtalk", "id": "ding-main", "api_url": "http://ding", "oapi_url": "http://ding",
              "app_key": sandbox.dingtalk.app_key, "app_secret": sandbox.dingtalk.app_secret, "token": sandbox.dingtalk.token,
              "aes_key": sandbox.dingtalk.aes_key, "owner": sandbox.dingtalk.owner, "corp_id": sandbox.dingtalk.corp_id }
        ],
        "flows": [
            { "id": "purchase-request", "kind": "approval", "erp": "b1-main", "oa": "ding-main",
              "source": { "filter": "DocObjectCode eq '1470000113' and U_ISSYN eq 'N'" },
              "form": { "template": "PROC-PR", "department": "U_BMID", "key": "来源单号", "on_withdrawn": "resend",
                        "fields": [ { "from": "RequesterName", "to": "申请人" } ],
                        "lines": { "to": "物料明细", "fields": [ { "from": "ItemCode", "to": "品号" },
                                                                  { "from": "Quantity", "to": "需求数量", "format": "number" } ] } },
              "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } },
            { "id": "sales-order", "kind": "approval", "erp": "b1-main", "oa": "ding-main",
              "source": { "document": "document", "object": "Orders" },
              "form": { "template": "PROC-SO", "key": "来源单号", "fields": [ { "from": "CardName", "to": "客户" } ] } },
            { "id": "quotation", "kind": "price", "erp": "b1-main", "oa": "ding-main",
              "form": { "template": "PROC-Q", "fields": [ { "from": "客户代码", "to": "CardCode" } ],
                        "lines": { "from": "报价明细", "fields": [
                            { "from": "物料代码", "to": "ItemCode" }, { "from": "价格", "to": "Price", "format": "number" },
                            { "from": "币种", "to": "Currency" },
                            { "from": "可用起始日期", "to": "ValidFrom", "format": "date" },
                            { "from": "可用结束日期", "to": "ValidTo", "format": "date" } ] } } }
        ]
    })
}
