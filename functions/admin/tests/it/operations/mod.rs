//! The operators' API on the embedded engines: what is listed, changed, refused and noted.

mod bulk;
mod correct;
mod flows;
mod letters;
mod runs;

use serde_json::{Value, json};
use std::time::Duration;
use tenon_admin::{bulk_retries, dead_letters, flows as flow_routes, records};
use tenon_engine::Gate;
use tenon_model::access::Role;
use tenon_model::config::Config;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::runs::Recorder;
use tenon_tenants::access::{NewToken, issue};
use tenon_testkit::{HttpEvent, Installation};

const NOW: i64 = 1_795_305_600_000;

/// An installation with two flows, and an operator.
pub struct Fixture {
    pub here: Installation,
    pub operator: String,
}

/// The configuration file.
pub fn config() -> Config {
    let form = json!({ "template": "P" });
    let approval = |id: &str, erp: &str| json!({ "id": id, "kind": "approval", "erp": erp, "oa": "ding", "source": {}, "form": form });
    let b1 = |id: &str| {
        json!({ "id": id, "kind": "b1", "base_url": "https://b1.invalid", "company_db": "C", "username": "u",
                "password": "p" })
    };
    let ding = json!({ "id": "ding", "kind": "dingtalk", "app_key": "k", "app_secret": "s", "agent_id": 1,
                       "token": "t", "aes_key": "SandboxSandboxSandboxSandboxSandboxSandbox1" });
    serde_json::from_value(json!({
        "connections": [b1("b1"), b1("b1-other"), ding],
        "flows": [approval("pr", "b1"), approval("so", "b1-other")],
    }))
    .unwrap()
}

impl Fixture {
    pub async fn new() -> Self {
        let here = Installation::at(NOW).await;
        here.ctx.config.replace_all(&TenantId::operator(), config(), &here.ctx.entropy).await.unwrap();
        let operator = token(&here.ctx, Role::Operator, None, &[]).await;
        Self { here, operator }
    }

    pub fn ctx(&self) -> &Context {
        &self.here.ctx
    }

    /// A process that may die.
    pub fn process(&self, gate: Gate, seed: u64) -> Context {
        self.here.process(gate, seed)
    }

    /// A call by the operator, and the data of its answer.
    pub async fn ok(&self, line: &str, body: Value) -> Value {
        let (status, answer) = call(self.ctx(), &self.operator, line, &body).await;
        assert_eq!(status, 200, "{line}: {answer}");
        answer["data"].clone()
    }

    /// A call that is refused, with what it is told.
    pub async fn refused(&self, line: &str, body: Value) -> (u16, String) {
        let (status, answer) = call(self.ctx(), &self.operator, line, &body).await;
        assert!(status >= 400 && answer["data"].is_null(), "{line}: {status} {answer}");
        assert_eq!((&answer["code"], &answer["requestId"]), (&json!(status), &json!("r-1")), "{line}: {answer}");
        (status, answer["message"].as_str().unwrap().to_owned())
    }

    /// A run that stands so.
    pub async fn run(&self, flow: &str, number: i64, status: RunStatus) -> Run {
        let run = Run {
            id: RunId::new(format!("r-{number:011x}0000000000")),
            flow: FlowId::new(flow),
            document: Some(DocumentKey::Number(number)),
            instance: None,
            trigger: Trigger::Schedule,
            status,
            started_ms: NOW - 1_000_000 + number,
            ended_ms: None,
            message: format!("run number {number}"),
            code: (status == RunStatus::Failed).then(|| "b1.refused".to_owned()),
            counts: std::collections::BTreeMap::new(),
        };
        self.save(&run).await;
        run
    }

    pub async fn save(&self, run: &Run) {
        let mut recorder = Recorder::new(self.ctx(), run.id.clone());
        recorder.note("step", json!({ "at": run.status.word() }));
        recorder.save(self.ctx(), &TenantId::operator(), run).await.unwrap();
    }

    /// What stands in the audit log, newest first: what and of what.
    pub async fn noted(&self) -> Vec<(String, String)> {
        let all = self.ok("GET /admin/v1/audit", Value::Null).await;
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let entries = all["entries"].as_array().unwrap();
        assert!(
            entries.iter().all(|entry| entry["by"].as_str().unwrap().starts_with("n (tok-") && entry["via"] == "api")
        );
        entries.iter().map(|entry| (text(entry, "did"), text(entry, "of"))).collect()
    }
}

pub async fn token(ctx: &Context, role: Role, tenant: Option<&str>, scopes: &[&str]) -> String {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    let new = NewToken { name: "n".to_owned(), role, tenant: tenant.map(TenantId::new), scopes, expires_ms: None };
    issue(ctx, new).await.unwrap().0.expose().to_owned()
}

/// One call, to whichever function has the route.
pub async fn call(ctx: &Context, token: &str, line: &str, body: &Value) -> (u16, Value) {
    call_once(ctx, token, line, body, None).await
}

pub async fn call_once(ctx: &Context, token: &str, line: &str, body: &Value, key: Option<&str>) -> (u16, Value) {
    let (method, target) = line.split_once(' ').unwrap();
    let event = HttpEvent::new(method, target).bearer(token).json(body);
    let event = key.into_iter().fold(event, |event, key| event.header("idempotency-key", key));
    let request = event.request();
    let path = target.split('?').next().unwrap();
    let of = |prefix: &str| path.starts_with(&format!("/admin/v1/{prefix}"));
    let response = if of("flows") || of("runs") || path.ends_with("/barcode/check") {
        flow_routes::SERVICE.answer(ctx, request).await
    } else if of("bulk-retries") {
        bulk_retries::SERVICE.answer(ctx, request).await
    } else if of("dead-letters") || of("alarms") || of("standing") {
        dead_letters::SERVICE.answer(ctx, request).await
    } else {
        records::SERVICE.answer(ctx, request).await
    };
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap())
}

/// The ids in a list of runs.
pub fn ids(listed: &Value) -> Vec<String> {
    listed["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}

pub const MINUTE: Duration = Duration::from_secs(60);
