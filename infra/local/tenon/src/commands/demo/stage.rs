//! The demo's stage: the server of `tenon up` with the sandbox, on free ports of loopback.

use crate::commands::{sandbox_config, sandbox_people, sandbox_tables, up};
use crate::environment::{DataDir, Opened};
use crate::output::{Failure, Out};
use crate::serve::{self, Server};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::run::Run;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_platform::{Clock, Context};
use tenon_sandbox::Sandbox;

/// Longest wait for one step.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Everything the demo plays on.
pub struct Stage<'o> {
    /// Where it is told.
    pub out: &'o Out,
    /// The vendors.
    pub sandbox: Sandbox,
    /// Where Tenon serves.
    pub front: SocketAddr,
    /// The functions' world.
    pub ctx: Context,
    /// Where Tenon answers.
    pub url: String,
    server: Option<Server>,
    started: Instant,
    _dir: DataDir,
    _temporary: Option<tempfile::TempDir>,
}

impl<'o> Stage<'o> {
    /// Starts server and sandbox.
    pub async fn set_up(keep: Option<PathBuf>, out: &'o Out) -> Result<Self, Failure> {
        let (path, temporary) = match keep {
            Some(path) => (path, None),
            None => {
                let made = tempfile::Builder::new().prefix("tenon-demo-").tempdir();
                let made = made.map_err(|e| Failure::outside(format!("no temporary directory could be made: {e}")))?;
                (made.path().to_owned(), Some(made))
            }
        };
        let Opened::Free(dir) = DataDir::open(&path)? else {
            return Err(Failure::usage(format!("{} is being served; choose another directory", path.display())));
        };
        let local = Local::open(&dir.database(), Clock::system()).await?;
        let mut serving = up::serving(&local, &dir)?;
        serving.ctx = serving.ctx.with_outgoing(Arc::new(GuardedClient::new(Allowances::loopback())));
        let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let front = listener.local_addr().map_err(|e| Failure::outside(e.to_string()))?;
        let running = up::start_sandbox(SocketAddr::from(([127, 0, 0, 1], 0)), front).await?;
        let mut config = sandbox_config::config(&running.url)?;
        sandbox_tables::add(&mut config, &running.url, dir.path())?;
        config.apps.push(sandbox_people::boards());
        sandbox_people::oa_of_database(&mut config, dir.path());
        config.aiflow_apps.push(sandbox_people::erp(&running.url));
        config.sso = Some(Box::new(sandbox_people::sso(&running.url, front)));
        let ctx = serving.ctx.clone();
        ctx.config.replace_all(&TenantId::operator(), config, &ctx.entropy).await?;
        sandbox_people::store(&ctx).await?;
        let server = serve::start(serving, listener).map_err(|e| Failure::outside(format!("no threads: {e}")))?;
        out.line(&format!("tenon on http://{front}, SAP Business One and DingTalk simulated on {}", running.url));
        Ok(Self {
            out,
            sandbox: running.sandbox,
            front,
            ctx,
            url: format!("http://{front}"),
            server: Some(server),
            started: Instant::now(),
            _dir: dir,
            _temporary: temporary,
        })
    }

    /// Stops the server.
    pub async fn tear_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// What a service of Tenon's answers.
    pub async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Value, Failure> {
        self.call(Method::GET, path, headers, String::new()).await
    }

    /// The same, with a body of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, &[], body.to_string()).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> Result<Value, Failure> {
        let mut call = Call::new(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|e| Failure::outside(e.to_string()))?;
            call.headers.insert(HeaderName::from_static(name), value);
        }
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = body.into();
        call.timeout = MAX_WAIT;
        let answer = HttpClient::new().call(call).await.map_err(|e| Failure::outside(e.message().to_owned()))?;
        serde_json::from_slice(&answer.body).map_err(|e| Failure::outside(format!("the answer is no JSON: {e}")))
    }

    /// Begins a chapter.
    pub fn chapter(&self, title: &str) {
        self.out.line("");
        self.out.line(title);
    }

    /// Tells one thing that happened.
    pub fn report(&self, text: &str) {
        let at = self.started.elapsed();
        self.out.line(&format!("  {:>7.2} s  {text}", at.as_secs_f64()));
    }

    /// Epoch ms.
    pub fn now(&self) -> i64 {
        self.ctx.now_ms()
    }

    /// Waits until something can be seen, and returns it.
    pub async fn until<T>(&self, what: &str, see: impl AsyncFn(&Self) -> Option<T>) -> Result<T, Failure> {
        let begun = Instant::now();
        loop {
            if let Some(seen) = see(self).await {
                return Ok(seen);
            }
            if begun.elapsed() > MAX_WAIT {
                return Err(Failure::outside(format!("{what} did not happen within {} s", MAX_WAIT.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Fails the demo when something is not as it must be.
    pub fn insist(&self, what: &str, holds: bool) -> Result<(), Failure> {
        if holds { Ok(()) } else { Err(Failure::outside(format!("the demo went wrong: {what}"))) }
    }

    /// A draft as B1 shows it.
    pub fn draft(&self, entry: i64) -> Value {
        let found = self.sandbox.snapshot().b1.drafts;
        found.into_iter().find(|d| d.get("DocEntry").and_then(Value::as_i64) == Some(entry)).unwrap_or(Value::Null)
    }

    /// Instances whose form carries this document's key.
    pub fn instances(&self, entry: i64) -> Vec<Value> {
        let key = entry.to_string();
        let carries = |instance: &Value| {
            let values = instance.get("formComponentValues").and_then(Value::as_array);
            values.into_iter().flatten().any(|v| {
                v.get("name").and_then(Value::as_str) == Some("来源单号")
                    && v.get("value").and_then(Value::as_str) == Some(key.as_str())
            })
        };
        self.sandbox.snapshot().dingtalk.instances.into_iter().filter(carries).collect()
    }

    /// The accepted decisions on a draft: status words and remarks.
    pub fn decisions(&self, entry: i64) -> Vec<(String, String)> {
        let all = self.sandbox.snapshot().b1.decisions;
        all.into_iter().filter(|d| d.draft == entry && d.accepted).map(|d| (d.status, d.remarks)).collect()
    }

    /// The newest run of a document.
    pub async fn run_of(&self, flow: &str, entry: i64) -> Option<Run> {
        let flow = tenon_model::FlowId::new(flow);
        let runs = tenon_platform::runs::newest(&self.ctx, &TenantId::operator(), &flow, 50).await.ok()?;
        runs.into_iter().find(|r| r.document == Some(tenon_model::DocumentKey::Number(entry)))
    }

    /// The newest run of a record of the OA or MES.
    pub async fn run_of_record(&self, flow: &str, id: i64) -> Option<Run> {
        let (flow, id) = (tenon_model::FlowId::new(flow), id.to_string());
        let runs = tenon_platform::runs::newest(&self.ctx, &TenantId::operator(), &flow, 50).await.ok()?;
        runs.into_iter().find(|run| run.instance.as_deref() == Some(&id))
    }
}
