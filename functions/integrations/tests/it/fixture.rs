//! An installation with two flows, runs of all kinds, and whoever looks at them.

use serde_json::json;
use tenon_checks::{page_databases, page_login_server};
use tenon_integrations::{dead, flows, mapping, runs, view};
use tenon_model::access::Role;
use tenon_model::config::Config;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::runs::Recorder;
use tenon_tenants::access::{self, NewToken};
use tenon_testkit::Installation;
use tenon_testkit::browser::{Browser, Pages};
use tokio::sync::Mutex;

pub use tenon_testkit::browser::{Form, Page};

/// 2026-11-22 10:00 in Shanghai.
const BEGINS_MS: i64 = 1_795_312_800_000;
pub const HOME: &str = "/system/integrations";
/// A minute between two runs.
const APART_MS: i64 = 60_000;
pub const STATUSES: [RunStatus; 5] =
    [RunStatus::Failed, RunStatus::Succeeded, RunStatus::Running, RunStatus::Retrying, RunStatus::Ended];

pub struct Fixture {
    pub installation: Installation,
    pub ctx: Context,
}

impl Pages for Fixture {
    const AREA: &'static str = "integrations";
    const ALSO: Option<&'static str> = Some("checks");

    fn ctx(&self) -> &Context {
        &self.ctx
    }

    fn service(function: &str) -> &'static dyn Dispatch {
        match function {
            "integrations-view" => &view::SERVICE,
            "integrations-flows" => &flows::SERVICE,
            "integrations-mapping" => &mapping::SERVICE,
            "integrations-runs" => &runs::SERVICE,
            "page-check-login-server" => &page_login_server::SERVICE,
            "page-check-databases" => &page_databases::SERVICE,
            _ => &dead::SERVICE,
        }
    }

    fn is_own(href: &str) -> bool {
        href.starts_with(HOME)
    }

    /// Those that change something of the section.
    fn is_sent(form: &Form) -> bool {
        form.method == "post" && form.action.starts_with(HOME)
    }
}

fn config<'a>(flows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Config {
    let flow = |(id, name): (&str, &str)| {
        json!({ "id": id, "name": name, "kind": "approval", "erp": "b1-main", "oa": "ding-main", "enabled": true,
                "source": { "filter": "DocObjectCode eq '1470000113'" },
                "form": { "template": format!("PROC-{id}"), "fields": [{ "from": "Comments", "to": "备注" }] } })
    };
    serde_json::from_value(json!({
        "connections": [
            { "kind": "b1", "id": "b1-main", "base_url": "http://b1", "company_db": "X", "username": "m", "password": "p",
              "link": "https://erp.example/{object}/{key}" },
            { "kind": "dingtalk", "id": "ding-main", "app_key": "k", "app_secret": "s", "token": "t",
              "aes_key": "SandboxSandboxSandboxSandboxSandboxSandbox1", "link": "https://oa.example/{instance}" },
        ],
        "flows": flows.into_iter().map(flow).collect::<Vec<_>>(),
    }))
    .unwrap()
}

impl Fixture {
    pub async fn empty() -> Self {
        let installation = Installation::at(BEGINS_MS).await;
        let ctx = installation.ctx.clone();
        Self { installation, ctx }
    }

    /// With these flows, and no runs.
    pub async fn of_flows(ids: impl IntoIterator<Item = &str>) -> Self {
        Self::configured(ids.into_iter().map(|id| (id, id))).await
    }

    async fn configured<'a>(flows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fixture = Self::empty().await;
        fixture.ctx.config.replace_all(&TenantId::operator(), config(flows), &fixture.ctx.entropy).await.unwrap();
        fixture
    }

    /// With flows, and this many runs.
    pub async fn with(runs: i64) -> Self {
        let fixture = Self::configured([("purchase", "采购 <申请>"), ("sales", "销售")]).await;
        for number in 0..runs {
            fixture.add(number, STATUSES[usize::try_from(number % 5).unwrap()]).await;
        }
        fixture
    }

    /// A run, which began so many minutes ago.
    pub async fn add(&self, number: i64, status: RunStatus) -> RunId {
        self.add_run(number, if number % 3 == 0 { "sales" } else { "purchase" }, status).await
    }

    /// One of a flow.
    pub async fn add_run(&self, number: i64, flow: &str, status: RunStatus) -> RunId {
        self.add_run_at(number, flow, status, number * APART_MS).await
    }

    /// One of a flow, which began so many ms ago.
    pub async fn add_run_at(&self, number: i64, flow: &str, status: RunStatus, ago_ms: i64) -> RunId {
        let started_ms = BEGINS_MS - ago_ms;
        let failed = status == RunStatus::Failed;
        let run = Run {
            id: RunId::new(format!("r-{number:07}")),
            flow: FlowId::new(flow),
            document: Some(DocumentKey::Number(1_000_000 + number)),
            instance: (!failed).then(|| format!("inst/{number}")),
            trigger: Trigger::Schedule,
            status,
            started_ms,
            ended_ms: (status != RunStatus::Running).then_some(started_ms + 1_250),
            message: format!("message {number} <of> it"),
            code: failed.then(|| "flow.mapping".to_owned()),
            counts: std::collections::BTreeMap::default(),
        };
        let mut steps = Recorder::new(&self.ctx, run.id.clone());
        steps.note("read document", json!({ "Password": "p@ss", "Comments": "<script>" }));
        steps.save(&self.ctx, &TenantId::operator(), &run).await.unwrap();
        run.id
    }

    /// Somebody who is signed in.
    pub async fn visitor(&self, tenant: Option<&str>, scopes: &[&str]) -> Visitor<'_> {
        let role = if tenant.is_some() { Role::TenantAdmin } else { Role::Operator };
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let new = NewToken { name: "x".to_owned(), role, tenant: tenant.map(TenantId::new), scopes, expires_ms: None };
        let (token, _) = access::issue(&self.ctx, new).await.unwrap();
        let begun = access::session::begin(&self.ctx, token.expose()).await.unwrap();
        let mut browser = Browser::of(self);
        browser.cookies.insert("__Host-tenon".to_owned(), begun.id.expose().to_owned());
        Visitor { browser: Mutex::new(browser) }
    }
}

/// Somebody who is signed in, and the browser.
pub struct Visitor<'s> {
    browser: Mutex<Browser<'s, Fixture>>,
}

impl Visitor<'_> {
    pub async fn get(&self, target: &str) -> Page {
        self.browser.lock().await.get(target).await
    }

    /// A page that must be there.
    pub async fn page(&self, target: &str) -> Page {
        self.browser.lock().await.page(target).await
    }

    pub async fn send(&self, form: &Form) -> Page {
        self.browser.lock().await.send(form).await
    }
}
