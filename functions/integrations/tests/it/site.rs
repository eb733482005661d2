//! An installation with two flows, runs of all kinds, and whoever looks at them.

use serde_json::json;
use tenon_catalog::{FUNCTIONS, Route};
use tenon_integrations::{dead, flows, runs, view};
use tenon_model::access::Role;
use tenon_model::config::Config;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::router::Router;
use tenon_platform::runs::Recorder;
use tenon_tenants::access::{self, NewToken};
use tenon_testkit::{HttpEvent, Installation};

/// 2026-11-22 10:00 in Shanghai.
const BEGINS_MS: i64 = 1_795_312_800_000;
pub const HOME: &str = "/system/integrations";
/// A minute between two runs.
const APART_MS: i64 = 60_000;
const STATUSES: [RunStatus; 5] =
    [RunStatus::Failed, RunStatus::Succeeded, RunStatus::Running, RunStatus::Retrying, RunStatus::Ended];

pub struct Site {
    pub installation: Installation,
    pub ctx: Context,
}

/// What came.
pub struct Page {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

/// A form that changes something.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    Some(value.replace("&lt;", "<").replace("&quot;", "\"").replace("&amp;", "&"))
}

impl Page {
    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    /// Rows of its tables.
    pub fn rows(&self) -> usize {
        self.body.matches("<tr data-row").count()
    }

    /// Addresses of the section that are linked.
    pub fn links(&self) -> Vec<String> {
        let tags = self.body.split("<a").skip(1).map(|rest| rest.split('>').next().unwrap());
        tags.filter_map(|tag| attribute(tag, "href")).filter(|href| href.starts_with(HOME)).collect()
    }

    /// The link that leads on.
    pub fn next(&self) -> Option<String> {
        let tag = self.body.split("<a rel=\"next\"").nth(1)?.split('>').next()?;
        attribute(tag, "href")
    }

    /// Its forms that change something of the section.
    pub fn forms(&self) -> Vec<Form> {
        let whole = self.body.split("<form method=\"post\"").skip(1).map(|rest| rest.split("</form>").next().unwrap());
        let form = |text: &str| Form {
            action: attribute(text.split('>').next().unwrap(), "action").unwrap(),
            fields: text
                .split("<input")
                .skip(1)
                .filter_map(|rest| {
                    let tag = rest.split('>').next().unwrap();
                    Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
                })
                .collect(),
        };
        whole.map(form).filter(|form| form.action.starts_with(HOME)).collect()
    }

    pub fn form(&self, end: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action.ends_with(end));
        found.unwrap_or_else(|| panic!("no form to {end}: {}", self.body))
    }
}

impl Form {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn config() -> Config {
    let flow = |id: &str, name: &str| {
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
        "flows": [flow("purchase", "采购 <申请>"), flow("sales", "销售")],
    }))
    .unwrap()
}

impl Site {
    pub async fn empty() -> Self {
        let installation = Installation::at(BEGINS_MS).await;
        let ctx = installation.ctx.clone();
        Self { installation, ctx }
    }

    /// With flows, and this many runs.
    pub async fn with(runs: i64) -> Self {
        let site = Self::empty().await;
        site.ctx.config.replace_all(&TenantId::operator(), config(), &site.ctx.entropy).await.unwrap();
        for number in 0..runs {
            site.add(number, STATUSES[usize::try_from(number % 5).unwrap()]).await;
        }
        site
    }

    /// A run, which began so many minutes ago.
    pub async fn add(&self, number: i64, status: RunStatus) -> RunId {
        let started_ms = BEGINS_MS - number * APART_MS;
        let failed = status == RunStatus::Failed;
        let run = Run {
            id: RunId::new(format!("r-{number:07}")),
            flow: FlowId::new(if number % 3 == 0 { "sales" } else { "purchase" }),
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
        Visitor { site: self, session: begun.id.expose().to_owned() }
    }
}

pub struct Visitor<'s> {
    site: &'s Site,
    session: String,
}

fn route_of(method: &str, target: &str) -> (&'static str, &'static Route) {
    let mut router = Router::default();
    for function in FUNCTIONS.iter().filter(|function| function.area == "integrations") {
        for route in function.routes() {
            router.insert(route.method, route.path, (function.name, route)).unwrap();
        }
    }
    let found = router.find(method, target.split(['?', '#']).next().unwrap());
    *found.unwrap_or_else(|| panic!("no route: {method} {target}")).value
}

impl Visitor<'_> {
    async fn ask(&self, method: &str, target: &str, body: &str) -> Page {
        let (function, route) = route_of(method, target);
        let mut event = HttpEvent::new(method, target)
            .route(route.path)
            .header("sec-fetch-site", "same-origin")
            .header("accept-language", "zh-CN")
            .header("cookie", &format!("__Host-tenon={}", self.session));
        if method == "POST" {
            event = event.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let (ctx, request) = (&self.site.ctx, event.request());
        let response = match function {
            "integrations-view" => view::SERVICE.answer(ctx, request).await,
            "integrations-flows" => flows::SERVICE.answer(ctx, request).await,
            "integrations-runs" => runs::SERVICE.answer(ctx, request).await,
            _ => dead::SERVICE.answer(ctx, request).await,
        };
        let body = String::from_utf8(response.body().as_ref().to_vec()).unwrap();
        Page { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    pub async fn get(&self, target: &str) -> Page {
        self.ask("GET", target, "").await
    }

    /// A page that must be there.
    pub async fn page(&self, target: &str) -> Page {
        let page = self.get(target).await;
        assert_eq!(page.status, 200, "{target}: {}", page.body);
        page
    }

    pub async fn send(&self, form: &Form) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form.fields);
        self.ask("POST", &form.action, &body.finish()).await
    }
}
